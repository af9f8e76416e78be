import type { JobView } from '../shared/job/present.ts';
import { type Child, h } from './dom.ts';
import { localTime, plural } from './format.ts';
import { type ConnectionName, href } from './route.ts';
import { HEALTH_TONES, TONES, type Tone } from './status.ts';

/** Pieces that several views have. */

export function badge(word: string, [sign, tone]: readonly [sign: string, tone: Tone]): HTMLElement {
  return h('span', { class: `badge ${tone}` }, h('span', { 'aria-hidden': 'true' }, `${sign} `), word);
}

export const statusBadge = (status: JobView['status']) => badge(status, TONES[status]);
export const healthBadge = (health: keyof typeof HEALTH_TONES) => badge(health, HEALTH_TONES[health]);

/** In the reader's zone; the very text of the API where one points at it. */
export function time(iso: string, now: number): HTMLElement {
  return h('time', { datetime: iso, title: iso }, localTime(Date.parse(iso), now));
}

export function facts(rows: readonly (readonly [name: string, value: Child])[]): HTMLElement {
  const known = rows.filter(([, value]) => value !== undefined && value !== false);
  return h(
    'dl',
    { class: 'facts' },
    known.map(([name, value]) => h('div', { 'data-key': name }, h('dt', {}, name), h('dd', {}, value))),
  );
}

export function progressBar({ progress, operation }: Pick<JobView, 'progress' | 'operation'>): Child {
  if (progress === undefined) return undefined;
  return h(
    'span',
    { class: 'progress', 'data-key': 'progress' },
    h('progress', { max: 100, value: progress, 'aria-label': `Progress of ${operation}` }),
    h('span', {}, `${progress} %`),
  );
}

/** Looks fail or say nothing: the job keeps its status, and one ought to know that it may be out of date. */
export function unknownWarning({ unknownSince, unknownReason }: JobView, now: number): Child {
  if (unknownSince === undefined) return undefined;
  const why = unknownReason === undefined ? '' : `: ${unknownReason}`;
  return h('p', { class: 'warning', 'data-key': 'unknown' }, '⚠ State unknown since ', time(unknownSince, now), why);
}

/** `2 of 3 parts SUCCEEDED`. */
export function partsSummary({ parts = [] }: JobView): string | undefined {
  if (parts.length === 0) return undefined;
  const counts = new Map<string, number>();
  for (const { status } of parts) counts.set(status, (counts.get(status) ?? 0) + 1);
  const each = [...counts].map(([status, count]) => `${count} ${status}`);
  return `${plural(parts.length, 'part')}: ${each.join(', ')}`;
}

/** The two pages of a connection. */
export function tabs(of: ConnectionName, here: 'jobs' | 'operations' | 'job'): HTMLElement {
  const link = (view: 'jobs' | 'operations', text: string) =>
    h('a', { href: href({ ...of, view }), 'aria-current': here === view && 'page' }, text);
  return h(
    'nav',
    { 'aria-label': `${of.platform}/${of.connection}`, class: 'tabs' },
    h('a', { href: '#/' }, 'Connections'),
    link('jobs', 'Jobs'),
    link('operations', 'Operations'),
  );
}

export const heading = (text: string) => h('h1', { tabindex: '-1' }, text);

export const loading = () => h('p', { class: 'calm', 'data-key': 'loading' }, 'Nothing to show yet.');
