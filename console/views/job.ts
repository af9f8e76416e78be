import type { JobWithTimeline } from '../../shared/job/present.ts';
import type { Api } from '../api.ts';
import { ApiError } from '../api.ts';
import { type Child, h } from '../dom.ts';
import { elapsed, planned } from '../format.ts';
import { facts, heading, loading, progressBar, statusBadge, tabs, time, unknownWarning } from '../parts.ts';
import { plannedLook } from '../plan.ts';
import { connectionPath, type Route } from '../route.ts';
import type { Screen, Surroundings } from '../screen.ts';
import { isOpen } from '../status.ts';
import { type Connection, loadConnections } from './connections.ts';
import { drawing } from './drawing.ts';
import { loadOperations, type Operation } from './operations.ts';
import { timeline } from './timeline.ts';

export type JobRoute = Extract<Route, { view: 'job' }>;

/** A plan moves when jobs of the operation end; nobody waits for that. */
const PLAN_AGE_MS = 30_000;

/** One job: what is known of it, how that was learned, and what comes next. */
export class JobScreen implements Screen {
  readonly #api: Api;
  readonly #route: JobRoute;
  #job: JobWithTimeline | undefined;
  #plans: { readAt: number; operations: Operation[] } | undefined;
  /** What it can do, and when its loop ticks next. */
  #connection: Connection | undefined;
  #refusal: string | undefined;

  constructor(api: Api, route: JobRoute) {
    this.#api = api;
    this.#route = route;
  }

  get title(): string {
    return `${this.#job?.operation ?? 'Job'} ${this.#route.id}`;
  }

  get busy(): boolean {
    return this.#job !== undefined && isOpen(this.#job.status);
  }

  get #path(): string {
    return `v1/${connectionPath(this.#route)}/jobs/${this.#route.id}`;
  }

  async refresh(): Promise<string | undefined> {
    const before = this.#job?.status;
    this.#job = await this.#api.get<JobWithTimeline>(this.#path);
    if (this.busy) await this.#refreshPlan(this.#job);
    const { operation, status } = this.#job;
    return before !== undefined && status !== before ? `${operation} is ${status}` : undefined;
  }

  async #refreshPlan(job: JobWithTimeline): Promise<void> {
    if (Date.now() - (this.#plans?.readAt ?? 0) > PLAN_AGE_MS) {
      this.#plans = { readAt: Date.now(), operations: await loadOperations(this.#api, this.#route) };
    }
    // Its loop's next tick is shown where its operation has no plan yet.
    if (this.#connection && this.#planOf(job)) return;
    const { platform, connection } = job;
    const all = await loadConnections(this.#api);
    this.#connection = all.find((one) => one.platform === platform && one.connection === connection);
  }

  async cancel(): Promise<void> {
    try {
      await this.#api.post(`${this.#path}/cancel`);
      this.#refusal = undefined;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === 401) throw error;
      this.#refusal = `It cannot be canceled: ${error.message}`;
    }
  }

  render({ now, width }: Surroundings): Child[] {
    const job = this.#job;
    const nav = tabs(this.#route, 'job');
    if (!job) return [heading(this.title), nav, loading()];
    const nextLook = this.#nextLook(job, now);
    return [
      heading(job.operation),
      nav,
      h('p', { class: 'state' }, statusBadge(job.status), progressBar(job), job.message),
      unknownWarning(job, now),
      this.busy && this.#connection?.capabilities.cancel && cancelButton(job),
      this.#refusal !== undefined && h('p', { class: 'warning', role: 'alert', 'data-key': 'refusal' }, this.#refusal),
      jobFacts(job, nextLook, now),
      outcome(job),
      parts(job),
      this.#expected(job, width, now),
      h('section', { 'data-key': 'timeline' }, timeline(job, nextLook, now)),
    ];
  }

  /** Where the job is among those that have ended. */
  #expected(job: JobWithTimeline, width: number, now: number): Child {
    const plan = this.busy && this.#planOf(job);
    if (!plan || plan.histogram.length === 0) return undefined;
    const age = (now - Date.parse(job.createdAt)) / 1000;
    const title = h('h2', {}, `How long ${job.operation} takes`);
    return h('section', { 'data-key': 'expected' }, title, drawing(plan, width, age));
  }

  #planOf({ operation }: JobWithTimeline): Operation | undefined {
    return this.#plans?.operations.find((one) => one.operation === operation);
  }

  #nextLook(job: JobWithTimeline, now: number): number | undefined {
    if (!this.busy) return undefined;
    const plan = this.#planOf(job);
    if (plan) return plannedLook(Date.parse(job.createdAt), plan.looks, now);
    const nextTick = this.#connection?.loop.nextTickAt;
    return nextTick === undefined ? undefined : Date.parse(nextTick);
  }
}

function cancelButton({ cancelRequestedAt }: JobWithTimeline): HTMLElement {
  const text = cancelRequestedAt === undefined ? 'Cancel this job…' : 'Ask again to cancel this job…';
  return h(
    'p',
    { 'data-key': 'cancel' },
    h('button', { type: 'button', class: 'danger', 'data-action': 'cancel' }, text),
  );
}

function jobFacts(job: JobWithTimeline, nextLook: number | undefined, now: number): HTMLElement {
  const { createdAt, startedAt, completedAt, cancelRequestedAt, deadline, resource, labels = {} } = job;
  const at = (iso: string | undefined) => iso !== undefined && time(iso, now);
  const open = isOpen(job.status);
  const lasted = elapsed(Date.parse(createdAt), completedAt === undefined ? now : Date.parse(completedAt));
  const named = Object.entries(labels).map(([name, value]) => h('li', {}, `${name}: ${value}`));
  return facts([
    ['Job', h('code', {}, `${job.platform}/${job.connection}/${job.id}`)],
    ['At the platform', job.platformJobId !== undefined && h('code', {}, job.platformJobId)],
    ['Resource', resource && `${resource.type} ${resource.id}`],
    ['Submitted', at(createdAt)],
    ['Started', at(startedAt)],
    ['Ended', at(completedAt)],
    [lastingSince(job), lasted],
    ['Polls', job.looks !== undefined && `${job.looks}${open ? ' until its last change' : ''}`],
    ['Next poll', nextLook !== undefined && `planned ${planned(nextLook, now)}, may be sooner`],
    ['Cancel requested', at(cancelRequestedAt)],
    ['Deadline', open && at(deadline)],
    ['Labels', named.length > 0 && h('ul', { class: 'plain' }, named)],
  ]);
}

/** What the time since the submit is called. */
function lastingSince({ status, startedAt }: JobWithTimeline): string {
  if (!isOpen(status)) return 'Took';
  return startedAt === undefined && status !== 'RUNNING' ? 'Waiting for' : 'Running for';
}

function outcome({ error, result, resultTruncated }: JobWithTimeline): Child[] {
  return [
    error && h('section', { 'data-key': 'error' }, h('h2', {}, 'Error'), errorFacts(error)),
    result !== undefined &&
      h(
        'section',
        { 'data-key': 'result' },
        h('h2', {}, 'Result'),
        resultTruncated === true && h('p', { class: 'warning' }, 'The result was too large to keep whole.'),
        json('Result', result),
      ),
  ];
}

function errorFacts({ code, message, retryable, outcomeUncertain, details }: NonNullable<JobWithTimeline['error']>) {
  return facts([
    ['Code', h('code', {}, code)],
    ['Message', message],
    ['Worth another try', retryable !== undefined && (retryable ? 'yes' : 'no')],
    ['Outcome', outcomeUncertain === true && 'uncertain: look at the resource first'],
    ['Details', details && json('Details of the error', details)],
  ]);
}

/** It may be wider than the page, so one must be able to scroll it with the keyboard. */
function json(name: string, value: unknown): HTMLElement {
  return h('pre', { tabindex: '0', role: 'region', 'aria-label': name }, JSON.stringify(value, null, 2));
}

function parts({ parts: all = [] }: JobWithTimeline): Child {
  if (all.length === 0) return undefined;
  const items = all.map(({ id, name, status, message }) =>
    h(
      'li',
      { 'data-key': id },
      statusBadge(status),
      h('span', { class: 'name' }, name ?? id),
      h('span', { class: 'said' }, name !== undefined && name !== id && h('code', {}, id), ' ', message),
    ),
  );
  return h('section', { 'data-key': 'parts' }, h('h2', {}, 'Parts'), h('ul', { class: 'parts' }, items));
}
