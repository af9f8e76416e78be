import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, isTerminal, type Job, jobName } from '../../client/index.ts';
import type { Command, Invocation } from '../command.ts';
import { UsageError } from '../exit-codes.ts';
import { findJobs } from '../jobs.ts';
import { isConnection } from '../names.ts';
import { Watcher } from '../watcher.ts';
import { goesOn, stoppedOr } from './submit.ts';

/** How often a connection is asked for jobs that are new. */
const REFRESH_MS = 5_000;
/** One request's worth. */
const NEWEST = 200;

export const watch: Command = {
  name: 'watch',
  summary: 'follow jobs until they are over',
  usage: ['watch (<job> | <platform>/<connection>) …'],
  description: [
    `On a terminal a bar for each job, elsewhere a line for each change. Of a connection: the open ones among its newest ${NEWEST} jobs, and those that are submitted meanwhile, until none is open.`,
    'The exit code tells how the jobs ended. Ctrl-C stops the watching; the jobs go on.',
  ],
  options: {},
  connections: 'all',
  examples: [
    ['pollux watch vsphere/dc1/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C && echo done', ''],
    ['pollux watch vsphere/dc1 cloudstack/zone1', 'several connections at once'],
    ['pollux watch vsphere/dc1 --json | jq -r .status', ''],
  ],
  async run(invocation) {
    const { words, client, output, signal } = invocation;
    if (words.length === 0) throw new UsageError('<job> or <platform>/<connection> is required');
    const connections = words.filter(isConnection);
    const others = words.filter((word) => !isConnection(word));
    const references = others.length === 0 ? [] : await findJobs(client, others, signal);
    const watcher = new Watcher(client, output, signal);
    const ended = async () => {
      for (const reference of references) watcher.follow(await client.get(reference, { signal }));
      return connections.length === 0 ? watcher.end() : endOfConnections(invocation, watcher, connections);
    };
    return stoppedOr(ended(), signal, () => output.note(goesOn([...connections, ...references.map(jobName)])));
  },
};

/** Follows what is submitted meanwhile too, until no job is open. */
async function endOfConnections(
  { client, output, signal }: Invocation,
  watcher: Watcher,
  names: readonly string[],
): Promise<Job[]> {
  const finders = names.map((name) => finder(client, watcher, name, signal));
  const newJobs = async () => {
    const counts = await Promise.all(finders.map((find) => find()));
    return counts.reduce((sum, count) => sum + count, 0);
  };
  if ((await newJobs()) === 0 && watcher.open === 0) output.note(`no job of ${names.join(', ')} is open`);
  const refreshing = new AbortController();
  const refreshed = keepFollowing(newJobs, AbortSignal.any([signal, refreshing.signal]));
  try {
    let jobs: Job[];
    // A job that came while the last ones ended is watched too.
    do jobs = await watcher.end();
    while ((await newJobs()) > 0);
    return jobs;
  } finally {
    refreshing.abort();
    await refreshed;
  }
}

async function keepFollowing(newJobs: () => Promise<number>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await sleep(REFRESH_MS, undefined, { signal });
      await newJobs();
    } catch {
      // What is wrong shows with the jobs themselves, which are asked about more often.
    }
  }
}

/** Follows what is not followed yet: jobs that are open, and those that came since the first call, even if they ended meanwhile. */
function finder(client: Client, watcher: Watcher, name: string, signal: AbortSignal): () => Promise<number> {
  let newestBefore: string | undefined;
  return async () => {
    const jobs: Job[] = [];
    for await (const job of client.list(name, { pageSize: NEWEST }, { signal })) {
      if (jobs.push(job) === NEWEST) break;
    }
    // Ids are ULIDs: they sort by time.
    const since = newestBefore;
    newestBefore ??= jobs[0]?.id ?? '';
    const isNew = (job: Job) => !isTerminal(job.status) || (since !== undefined && job.id > since);
    const found = jobs.filter((job) => isNew(job) && !watcher.follows(job));
    for (const job of found) watcher.follow(job);
    return found.length;
  };
}
