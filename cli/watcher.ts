import { isDeepStrictEqual } from 'node:util';
import { type Client, isTerminal, type Job, jobName } from '../client/index.ts';
import type { Output } from './output.ts';
import { changeLine } from './render/job.ts';
import { redraw, watchLines } from './render/watch.ts';

/** Between two pictures; the time that a job has taken is shown in seconds. */
const FRAME_MS = 500;

type Reference = Pick<Job, 'platform' | 'connection' | 'id'>;

/**
 * Follows jobs until all are over. On a terminal it is one picture that changes, elsewhere a line for each change, with
 * `--json` the job for each change.
 */
export class Watcher {
  readonly #client: Client;
  readonly #output: Output;
  readonly #signal: AbortSignal;
  readonly #jobs = new Map<string, Job>();
  readonly #waits: Promise<void>[] = [];
  #height = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: Client, output: Output, signal: AbortSignal) {
    this.#client = client;
    this.#output = output;
    this.#signal = signal;
  }

  follows(reference: Reference): boolean {
    return this.#jobs.has(jobName(reference));
  }

  /** As many as are not over. */
  get open(): number {
    return [...this.#jobs.values()].filter(({ status }) => !isTerminal(status)).length;
  }

  /** From its state as it is known now; the first line tells that. */
  follow(job: Job): void {
    this.#see(job);
    if (isTerminal(job.status)) return;
    const onChange = (changed: Job) => this.#see(changed);
    const wait = this.#client.wait(job, { onChange, signal: this.#signal }).then(() => {});
    // Looked at by `end`; until then it must not count as a rejection that nobody handles.
    wait.catch(() => {});
    this.#waits.push(wait);
  }

  /** The jobs as they ended. */
  async end(): Promise<Job[]> {
    if (this.#output.live) this.#timer = setInterval(() => this.#draw(), FRAME_MS);
    try {
      for (let index = 0; index < this.#waits.length; index++) await this.#waits[index];
      return [...this.#jobs.values()];
    } finally {
      clearInterval(this.#timer);
      this.#draw();
    }
  }

  #see(job: Job): void {
    const name = jobName(job);
    const before = this.#jobs.get(name);
    this.#jobs.set(name, job);
    if (this.#output.json) {
      if (before === undefined || !isDeepStrictEqual(comparable(before), comparable(job))) this.#output.data(job);
    } else if (this.#output.live) this.#draw();
    else {
      const line = this.#line(job);
      if (before === undefined || this.#line(before) !== line)
        this.#output.line(`${new Date().toISOString()}  ${line}`);
    }
  }

  #line(job: Job): string {
    const canceling = job.cancelRequestedAt !== undefined && !isTerminal(job.status);
    return `${changeLine(job, this.#output.paint)}${canceling ? '  cancel requested' : ''}`;
  }

  #draw(): void {
    const { live, columns, rows, paint, raw } = this.#output;
    if (!live) return;
    const lines = watchLines([...this.#jobs.values()], { columns: columns(), rows: rows(), now: Date.now(), paint });
    raw(redraw(this.#height, lines));
    this.#height = lines.length;
  }
}

/** The answer to a submit is followed by the first question's, which has a timeline and tells nothing new. */
function comparable(job: Job & { timeline?: unknown }): Partial<Job> {
  const { timeline: _, ...rest } = job;
  return rest;
}
