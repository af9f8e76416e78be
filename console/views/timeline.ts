import type { JobWithTimeline, TimelineView } from '../../shared/job/present.ts';
import { type Child, h } from '../dom.ts';
import { duration, planned, plural } from '../format.ts';
import { statusBadge, time } from '../parts.ts';

/** The API keeps the creation and so many changes. */
const KEPT = 32;

/** Each thing that was learned of a job, and when; then what is planned. */
export function timeline(job: JobWithTimeline, nextLook: number | undefined, now: number): Child[] {
  const created = Date.parse(job.createdAt);
  const entries = job.timeline.map((entry) => {
    const after = (Date.parse(entry.at) - created) / 1000;
    const age = after >= 0.05 && h('span', { class: 'calm' }, ` after ${duration(after)}`);
    const looks = entry.looks !== undefined && h('span', { class: 'calm' }, ` · ${plural(entry.looks, 'poll')} so far`);
    return h('li', {}, h('p', { class: 'when' }, time(entry.at, now), age, looks), h('p', {}, told(entry, job)));
  });
  return [
    h('h2', {}, 'Timeline'),
    entries.length > KEPT && h('p', { class: 'calm' }, `Of its changes, the last ${KEPT} are kept.`),
    h('ol', { class: 'timeline' }, entries, nextLook !== undefined && plannedEntry(nextLook, now)),
  ];
}

function plannedEntry(at: number, now: number): HTMLElement {
  const iso = new Date(at).toISOString();
  return h(
    'li',
    { class: 'planned', 'data-key': 'planned' },
    h('p', { class: 'when' }, time(iso, now), h('span', { class: 'calm' }, ` ${planned(at, now)}`)),
    h('p', {}, 'Next poll, as planned. It may come sooner, together with other jobs.'),
  );
}

function told({ status, progress, message, parts, unknown, cancel }: TimelineView, job: JobWithTimeline): Child[] {
  const nameOf = (id: string) => job.parts?.find((part) => part.id === id)?.name ?? id;
  const all: Child[] = [];
  if (status !== undefined) all.push(statusBadge(status));
  if (progress !== undefined) all.push(`${progress} %`);
  if (message !== undefined) all.push(message);
  if (parts !== undefined) all.push(`changed: ${parts.map(nameOf).join(', ')}`);
  if (unknown === null) all.push('the platform reports its state again');
  else if (unknown !== undefined) all.push(`the platform does not report its state: ${unknown}`);
  if (cancel !== undefined) all.push(CANCEL[cancel]);
  return all.flatMap((one, index) => (index === 0 ? [one] : [' · ', one]));
}

const CANCEL: Record<NonNullable<TimelineView['cancel']>, string> = {
  requested: 'cancel requested',
  sent: 'the platform has taken the cancel request',
  refused: 'the platform refuses to cancel it',
};
