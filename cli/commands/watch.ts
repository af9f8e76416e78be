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
    `On a terminal a bar for each job, elsewhere a line for each change. A connection: those that are open among its newest ${NEWEST} jobs, and those that come, until none is open.`,
    'The exit code tells how they ended. Ctrl-C stops the watching; the jobs go on.',
  ],
  options: {},
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
  const found = await followNew(client, watcher, name, signal);
  if (found === 0) {
    output.note(`no job of ${name} is open`);
    return EXIT.ok;
  }
  const refreshing = new AbortController();
  const both = AbortSignal.any([signal, refreshing.signal]);
  const ended = async (): Promise<Job[]> => {
    let jobs: Job[];
    // A job that came while the last ones ended is watched too.
    do jobs = await watcher.end();
    while ((await followNew(client, watcher, name, signal)) > 0);
    return jobs;
  };
  const refresh = keepFollowing(client, watcher, name, both);
  return stoppedOr(
    ended().finally(() => refreshing.abort()),
    signal,
    () => output.note(goesOn([name])),
  ).finally(() => refresh);
}

async function keepFollowing(client: Client, watcher: Watcher, name: string, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await sleep(REFRESH_MS, undefined, { signal });
      await followNew(client, watcher, name, signal);
    }
  } catch {
    // What is wrong shows with the jobs themselves, which are asked about more often.
    if (!signal.aborted) return keepFollowing(client, watcher, name, signal);
  }
}

async function followNew(client: Client, watcher: Watcher, name: string, signal: AbortSignal): Promise<number> {
  let seen = 0;
  let followed = 0;
  for await (const job of client.list(name, { pageSize: NEWEST }, { signal })) {
    if (!isTerminal(job.status) && !watcher.follows(job)) {
      watcher.follow(job);
      followed++;
    }
    if (++seen >= NEWEST) break;
  }
  return followed;
}
