import type { JobView } from '../../shared/job/present.ts';
import type { Api } from '../api.ts';
import { type Child, h } from '../dom.ts';
import { elapsed, plural } from '../format.ts';
import { heading, loading, partsSummary, progressBar, statusBadge, tabs, time, unknownWarning } from '../parts.ts';
import { connectionPath, href, type Route, STATUSES } from '../route.ts';
import type { Screen, Surroundings } from '../screen.ts';
import { isOpen } from '../status.ts';

export type JobsRoute = Extract<Route, { view: 'jobs' }>;

interface JobPage {
  jobs: JobView[];
  cursor?: string;
}

/** The jobs of a connection, newest first, a page at a time. */
export class JobsScreen implements Screen {
  readonly title: string;
  readonly #api: Api;
  readonly #route: JobsRoute;
  #page: JobPage | undefined;

  constructor(api: Api, route: JobsRoute) {
    this.#api = api;
    this.#route = route;
    this.title = `Jobs of ${route.platform}/${route.connection}`;
  }

  get busy(): boolean {
    return this.#page?.jobs.some(({ status }) => isOpen(status)) ?? false;
  }

  async refresh(): Promise<string | undefined> {
    const { status, cursor } = this.#route;
    const query = new URLSearchParams({ ...(status && { status }), ...(cursor && { cursor }) });
    const before = this.#page?.jobs;
    this.#page = await this.#api.get<JobPage>(`v1/${connectionPath(this.#route)}/jobs?${query}`);
    const { jobs } = this.#page;
    return before ? changes(before, jobs) : `${plural(jobs.length, 'job')} listed`;
  }

  render({ now }: Surroundings): Child[] {
    const { platform, connection } = this.#route;
    return [
      heading(`${platform}/${connection}`),
      tabs(this.#route, 'jobs'),
      filter(this.#route),
      this.#page ? list(this.#page, now) : loading(),
      this.#page && this.#pages(this.#page),
    ];
  }

  #pages({ cursor }: JobPage): Child {
    const { cursor: here, ...first } = this.#route;
    if (here === undefined && cursor === undefined) return undefined;
    return h(
      'nav',
      { 'aria-label': 'Pages', class: 'pages', 'data-key': 'pages' },
      here !== undefined && h('a', { href: href(first), 'data-key': 'newest' }, 'Newest jobs'),
      cursor !== undefined && h('a', { href: href({ ...first, cursor }), 'data-key': 'older' }, 'Older jobs'),
    );
  }
}

function filter({ status }: JobsRoute): HTMLElement {
  const option = (value: string, text: string) => h('option', { value, selected: value === (status ?? '') }, text);
  return h(
    'p',
    { class: 'filter' },
    h('label', { for: 'status' }, 'Status'),
    ' ',
    h(
      'select',
      { id: 'status', 'data-action': 'filter' },
      option('', 'all'),
      STATUSES.map((one) => option(one, one)),
    ),
  );
}

function list({ jobs }: JobPage, now: number): HTMLElement {
  if (jobs.length === 0) return h('p', { class: 'calm', 'data-key': 'none' }, 'No such jobs.');
  const rows = jobs.map((job) => row(job, now));
  return h('ul', { class: 'jobs', 'aria-label': 'Jobs', 'data-key': 'jobs' }, rows);
}

function row(job: JobView, now: number): HTMLElement {
  const { id, operation, status, message, createdAt, completedAt, error } = job;
  const end = completedAt === undefined ? now : Date.parse(completedAt);
  const lasted = elapsed(Date.parse(createdAt), end);
  return h(
    'li',
    { class: 'job', 'data-key': id },
    h('a', { href: href({ ...job, view: 'job' }), class: 'name' }, operation, ' ', h('code', {}, id)),
    statusBadge(status),
    isOpen(status) && progressBar(job),
    h('span', { class: 'when' }, time(createdAt, now), `, ${isOpen(status) ? 'for' : 'took'} ${lasted}`),
    h('span', { class: 'said' }, error?.message ?? message ?? '', ' ', partsSummary(job)),
    unknownWarning(job, now),
  );
}

/** For those who cannot see the list change. Progress is no news. */
function changes(before: readonly JobView[], jobs: readonly JobView[]): string | undefined {
  const old = new Map(before.map(({ id, status }) => [id, status]));
  const added = jobs.filter(({ id }) => !old.has(id)).length;
  const ended = jobs.filter(({ id, status }) => isOpen(old.get(id) ?? status) && !isOpen(status));
  const news = [
    added > 0 && `${plural(added, 'new job')}`,
    ...ended.map(({ operation, status }) => `${operation} is ${status}`).slice(0, 3),
    ended.length > 3 && `and ${plural(ended.length - 3, 'other')} ended`,
  ];
  return news.filter(Boolean).join(', ') || undefined;
}
