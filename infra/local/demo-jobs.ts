import type { JobView } from '../../shared/job/present.ts';
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
}

/** Jobs for one simulator: what it can do, with ends that differ. */
export function demoJobs({ platform, scenarios }: Simulator): DemoJob[] {
  const jobs: DemoJob[] = [
    { title: 'succeeds', platform, body: scenarios.succeeds(6), expected: 'SUCCEEDED' },
    { title: 'fails', platform, body: scenarios.fails(4), expected: 'FAILED' },
    { title: 'adopted', platform, body: scenarios.adopts(8), expected: 'SUCCEEDED' },
  ];
  // CloudStack cannot cancel a job.
  if (platform !== 'vsphere') return jobs;
  return [
    ...jobs,
    { title: 'canceled', platform, body: scenarios.runsForever(), expected: 'CANCELED', cancelAfterSeconds: 3 },
  ];
}

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
