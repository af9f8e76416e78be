import type { JobView } from '../../shared/job/present.ts';
import { adapterOf } from '../../shared/platforms/registry.ts';
import { CONNECTION } from './simulated.ts';
import type { Simulator } from './simulators/simulator.ts';

/** A job of the demo and how it must end. */
export interface DemoJob {
  title: string;
  platform: string;
  body: Record<string, unknown>;
  expected: JobView['status'];
  /** Asked for this long after the submit. */
  cancelAfterSeconds?: number;
  /** What a worker reports, and how long after the submit. */
  reports?: readonly (readonly [seconds: number, report: Record<string, unknown>])[];
}

/** Jobs for one simulator: what it can do, with ends that differ. */
export function demoJobs({ platform, scenarios }: Simulator): DemoJob[] {
  const { partlySucceeds, isSuperseded } = scenarios;
  const jobs: DemoJob[] = [
    { title: 'succeeds', platform, body: scenarios.succeeds(6), expected: 'SUCCEEDED' },
    { title: 'fails', platform, body: scenarios.fails(4), expected: 'FAILED' },
    { title: 'adopted', platform, body: scenarios.adopts(8), expected: 'SUCCEEDED' },
  ];
  if (adapterOf(platform)?.capabilities.cancel) {
    jobs.push({
      title: 'canceled',
      platform,
      body: scenarios.runsForever(),
      expected: 'CANCELED',
      cancelAfterSeconds: 3,
    });
  }
  if (partlySucceeds) {
    jobs.push({ title: 'in part', platform, body: partlySucceeds(5), expected: 'PARTIALLY_SUCCEEDED' });
  }
  if (isSuperseded) jobs.push({ title: 'superseded', platform, body: isSuperseded(5), expected: 'SUPERSEDED' });
  if (platform === 'vsphere') {
    jobs.push({
      title: 'too long',
      platform,
      body: { ...scenarios.runsForever(), deadlineSeconds: 7 },
      expected: 'TIMED_OUT',
    });
  }
  return jobs;
}

/** Tasks have no remote: the demo is their worker, and lets one of them down. */
export const TASK_JOBS: readonly DemoJob[] = [
  {
    title: 'reported',
    platform: 'task',
    body: { operation: 'rebuild-index', heartbeatSeconds: 30 },
    expected: 'SUCCEEDED',
    reports: [
      [1, { state: 'running', description: 'Reading' }],
      [3, { progress: 40, description: 'Writing shard 4' }],
      [5, { progress: 80 }],
      [7, { state: 'success', result: { shards: 10 } }],
    ],
  },
  {
    title: 'silent worker',
    platform: 'task',
    body: { operation: 'rebuild-index', heartbeatSeconds: 5 },
    expected: 'LOST',
  },
];

export class Api {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  submit({ platform, body }: DemoJob): Promise<JobView> {
    return this.#send(`/v1/${platform}/${CONNECTION}/jobs`, body) as Promise<JobView>;
  }

  async cancel({ platform, connection, id }: JobView): Promise<void> {
    await this.#send(`/v1/${platform}/${connection}/jobs/${id}/cancel`, {});
  }

  async report({ platform, connection, id }: JobView, report: Record<string, unknown>): Promise<void> {
    await this.#send(`/v1/${platform}/${connection}/jobs/${id}/report`, report);
  }

  async list(platform: string): Promise<JobView[]> {
    return ((await this.#send(`/v1/${platform}/${CONNECTION}/jobs`)) as { jobs: JobView[] }).jobs;
  }

  async #send(path: string, body?: unknown): Promise<unknown> {
    const request =
      body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(this.#url + path, request);
    const text = await response.text();
    if (!response.ok)
      throw new Error(`${body === undefined ? 'GET' : 'POST'} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text);
  }
}
