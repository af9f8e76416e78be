import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, isTerminal, type Job, jobName, parseJob } from '../../client/index.ts';
import type { Command, Invocation } from '../command.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { connectionOf, jobOf } from '../names.ts';
import { Watcher } from '../watcher.ts';
import { goesOn, stoppedOr } from './submit.ts';

/** How often a connection is asked for jobs that are new. */
const REFRESH_MS = 5_000;
/** One request's worth. */
const NEWEST = 200;

export const watch: Command = {
  name: 'watch',
  summary: 'follow jobs until they are over',
  usage: ['watch <job> …', 'watch <platform>/<connection>'],
  description: [
    `On a terminal a bar for each job, elsewhere a line for each change. A connection: those that are open among its newest ${NEWEST} jobs, and those that come meanwhile, until none is open.`,
    'The exit code tells how they ended. Ctrl-C stops the watching; the jobs go on.',
  ],
  options: {},
  connections: 'the first',
  examples: [
    ['pollux watch vsphere/dc1/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C && echo done', ''],
    ['pollux watch vsphere/dc1', ''],
    ['pollux watch vsphere/dc1 --json | jq -r .status', ''],
  ],
  async run(invocation) {
    const { words, client, output, signal } = invocation;
    if (words.length === 0) throw new UsageError('<job> is missing');
    const [first] = words;
    const isConnection = words.length === 1 && parseJob(first!) === undefined;
    if (isConnection) return watchConnection(invocation, connectionOf(first!).name);
    const references = words.map(jobOf);
    const watcher = new Watcher(client, output, signal);
    const ended = async () => {
      for (const reference of references) watcher.follow(await client.get(reference, { signal }));
      return watcher.end();
    };
    return stoppedOr(ended(), signal, () => output.note(goesOn(references.map(jobName))));
  },
};

async function watchConnection({ client, output, signal }: Invocation, name: string): Promise<number> {
  const watcher = new Watcher(client, output, signal);
  const newJobs = finder(client, watcher, name, signal);
  if ((await newJobs()) === 0) {
    output.note(`no job of ${name} is open`);
    return EXIT.ok;
  }
  const refreshing = new AbortController();
  const refreshed = keepFollowing(newJobs, AbortSignal.any([signal, refreshing.signal]));
  const ended = async (): Promise<Job[]> => {
    let jobs: Job[];
    // A job that came while the last ones ended is watched too.
    do jobs = await watcher.end();
    while ((await newJobs()) > 0);
    refreshing.abort();
    await refreshed;
    return jobs;
  };
  return stoppedOr(ended(), signal, () => output.note(goesOn([name])));
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
