import type { OperationSummary } from '../../shared/job/schedule/summary.ts';
import type { Api } from '../api.ts';
import { type Child, h } from '../dom.ts';
import { duration, number, plural } from '../format.ts';
import { heading, loading, tabs } from '../parts.ts';
import { type ConnectionName, connectionPath, type Route } from '../route.ts';
import type { Screen, Surroundings } from '../screen.ts';
import { drawing } from './drawing.ts';

export type Operation = OperationSummary & { operation: string };

export const loadOperations = async (api: Api, of: ConnectionName): Promise<Operation[]> =>
  (await api.get<{ operations: Operation[] }>(`v1/${connectionPath(of)}/operations`)).operations;

/** How long each operation of a connection takes, and when its jobs are looked at because of it. */
export class OperationsScreen implements Screen {
  readonly title: string;
  readonly busy = false;
  readonly #api: Api;
  readonly #of: Extract<Route, { view: 'operations' }>;
  #operations: Operation[] | undefined;

  constructor(api: Api, route: Extract<Route, { view: 'operations' }>) {
    this.#api = api;
    this.#of = route;
    this.title = `Operations of ${route.platform}/${route.connection}`;
  }

  async refresh(): Promise<string | undefined> {
    const isFirst = this.#operations === undefined;
    this.#operations = (await loadOperations(this.#api, this.#of)).sort((a, b) => b.ended - a.ended);
    return isFirst ? `${plural(this.#operations.length, 'operation')} with history` : undefined;
  }

  render({ width }: Surroundings): Child[] {
    const all = this.#operations;
    const none = 'No operation has a history yet: it begins when the first job ends.';
    return [
      heading(this.title),
      tabs(this.#of, 'operations'),
      all ? all.map((one) => section(one, width)) : loading(),
      all?.length === 0 && h('p', { class: 'calm', 'data-key': 'none' }, none),
    ];
  }
}

function section(one: Operation, width: number): HTMLElement {
  const { operation, ended, failed, cutShort, quantiles } = one;
  const jobs = [
    `${number(ended)} ended`,
    failed > 0 && `${number(failed)} of them failed`,
    cutShort > 0 && `${number(cutShort)} cut short`,
    quantiles && `expected: half within ${duration(quantiles.p50)}, nine of ten within ${duration(quantiles.p90)}`,
  ];
  return h(
    'section',
    { class: 'operation', 'data-key': operation },
    h('h2', {}, operation),
    h('p', {}, 'Jobs: ', jobs.filter(Boolean).join(', '), '. Older jobs count less.'),
    drawing(one, width),
    h('details', {}, h('summary', {}, `The numbers of ${operation}`), tables(one)),
  );
}

/** All that the drawing shows, for those who do not see it or want it exactly. */
function tables({ operation, histogram, quantiles, looks }: Operation): Child[] {
  const shares = Object.entries(quantiles ?? {}).map(([name, age]) => [`${name.slice(1)} %`, duration(age)]);
  const bars = histogram.map(({ from, to, count }) => [duration(from), duration(to), number(count)]);
  return [
    table(`${operation}: durations`, ['more than', 'up to', 'jobs'], bars),
    shares.length > 0 && table(`${operation}: ended by an age of`, ['share of the jobs', 'age'], shares),
    h('p', {}, `Polls of a job as long as it does not end, by its age: ${looks.map(duration).join(', ')}.`),
  ];
}

function table(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  const columns = head.map((text) => h('th', { scope: 'col' }, text));
  const lines = rows.map((cells) =>
    h(
      'tr',
      {},
      cells.map((cell) => h('td', {}, cell)),
    ),
  );
  return h('table', {}, h('caption', {}, caption), h('thead', {}, h('tr', {}, columns)), h('tbody', {}, lines));
}
