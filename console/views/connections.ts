import type * as z from 'zod';
import type { connectionsView } from '../../shared/openapi/views.ts';
import type { Api } from '../api.ts';
import { type Child, h } from '../dom.ts';
import { planned, plural, relative } from '../format.ts';
import { facts, heading, healthBadge, loading, time } from '../parts.ts';
import { href } from '../route.ts';
import type { Screen, Surroundings } from '../screen.ts';

export type Connection = z.infer<typeof connectionsView>['connections'][number];

export const loadConnections = async (api: Api): Promise<Connection[]> =>
  (await api.get<z.infer<typeof connectionsView>>('v1/connections')).connections;

/** All connections: do they answer, and what do their loops do. */
export class ConnectionsScreen implements Screen {
  readonly title = 'Connections';
  readonly #api: Api;
  #connections: Connection[] | undefined;

  constructor(api: Api) {
    this.#api = api;
  }

  get busy(): boolean {
    return this.#connections?.some(({ loop }) => loop.state === 'open') ?? false;
  }

  async refresh(): Promise<string | undefined> {
    const before = new Map(this.#connections?.map((one) => [nameOf(one), one.health]));
    this.#connections = await loadConnections(this.#api);
    const changed = this.#connections.filter((one) => (before.get(nameOf(one)) ?? one.health) !== one.health);
    return changed.map((one) => `${nameOf(one)} is ${one.health}`).join('. ') || undefined;
  }

  render({ now }: Surroundings): Child[] {
    const all = this.#connections;
    if (!all) return [heading(this.title), loading()];
    const cards = all.map((one) => card(one, now));
    return [heading(this.title), h('p', { class: 'summary' }, summary(all)), h('ul', { class: 'cards' }, cards)];
  }
}

const nameOf = ({ platform, connection }: Connection) => `${platform}/${connection}`;

function summary(all: readonly Connection[]): string {
  const count = (health: Connection['health']) => all.filter((one) => one.health === health).length;
  const busy = all.filter(({ loop }) => loop.state === 'open').length;
  const parts = [`${count('UP')} up`, `${count('DOWN')} down`, `${count('UNKNOWN')} not polled yet`];
  return `${plural(all.length, 'connection')}: ${parts.join(', ')}. ${plural(busy, 'connection has', 'connections have')} open jobs.`;
}

function card(one: Connection, now: number): HTMLElement {
  const { health, healthSince, healthReason } = one;
  return h(
    'li',
    { class: 'card', 'data-key': nameOf(one) },
    h('h2', {}, h('a', { href: href({ ...one, view: 'jobs' }) }, nameOf(one))),
    h('p', {}, healthBadge(health), healthSince !== undefined && [' since ', time(healthSince, now)]),
    healthReason !== undefined && h('p', { class: 'warning', 'data-key': 'reason' }, healthReason),
    loopFacts(one, now),
    h('p', {}, h('a', { href: href({ ...one, view: 'operations' }) }, `Operations of ${nameOf(one)}`)),
  );
}

export function loopFacts({ loop }: Connection, now: number): HTMLElement {
  const { state, lastTickAt, nextTickAt } = loop;
  const tick = (iso: string, when: string) => h('time', { datetime: iso, title: iso }, when);
  return facts([
    ['Open jobs', state === 'open' ? 'yes' : 'none'],
    ['Last poll cycle', lastTickAt !== undefined && tick(lastTickAt, relative(Date.parse(lastTickAt), now))],
    ['Next poll cycle', nextTickAt !== undefined && tick(nextTickAt, planned(Date.parse(nextTickAt), now))],
  ]);
}
