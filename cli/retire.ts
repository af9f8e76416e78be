import { type Client, type Job, jobName, PolluxError } from '../client/index.ts';
import type { ConnectionName } from '../client/types.ts';
import { OPEN_STATUSES } from '../shared/job/job.ts';
import { newestFirst } from './jobs.ts';
import type { Output } from './output.ts';
import { Watcher } from './watcher.ts';

export interface Retirement {
  client: Client;
  output: Output;
  signal: AbortSignal;
  /** Whether to ask the platform to cancel the open jobs. */
  cancel: boolean;
}

/**
 * Waits until the connection has no open job. Jobs that are submitted meanwhile are waited for too: the API goes on to accept
 * them until the connection is taken out of the stack.
 */
export async function emptied(retirement: Retirement, name: ConnectionName): Promise<void> {
  const { client, output, signal, cancel } = retirement;
  for (;;) {
    const jobs = await openJobs(client, name, signal);
    if (jobs.length === 0) break;
    output.note(`${name}: ${jobs.length} open ${jobs.length === 1 ? 'job' : 'jobs'}`);
    const watcher = new Watcher(client, output, signal);
    for (const job of jobs) watcher.follow(cancel ? await canceled(retirement, job) : job);
    await watcher.end();
  }
  output.note(`${name} has no open job: take it out of the connections and deploy`);
}

async function openJobs(client: Client, name: ConnectionName, signal: AbortSignal): Promise<Job[]> {
  const lists = OPEN_STATUSES.map((status) => client.list(name, { status, pageSize: 200 }, { signal }));
  const jobs: Job[] = [];
  for await (const job of newestFirst(lists)) jobs.push(job);
  return jobs;
}

/** A job that cannot be canceled goes on, and is waited for. */
async function canceled({ client, output, signal }: Retirement, job: Job): Promise<Job> {
  try {
    return await client.cancel(job, { signal });
  } catch (error) {
    if (!(error instanceof PolluxError && [404, 409, 501].includes(error.status))) throw error;
    output.note(`${jobName(job)}: not canceled: ${error.detail}`);
    return client.get(job, { signal });
  }
}
