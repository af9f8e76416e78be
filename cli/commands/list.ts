import { PolluxError } from '../../client/index.ts';
import type { Job, JobStatus } from '../../client/types.ts';
import { OPEN_STATUSES, TERMINAL_STATUSES } from '../../shared/job/job.ts';
import { type Command, textOf } from '../command.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { newestFirst } from '../jobs.ts';
import { connectionOf } from '../names.ts';
import { jobTable } from '../render/job.ts';

const LIMIT = 20;
/** Of one request. */
const MAX_PAGE = 200;

export const STATUSES: readonly string[] = [...OPEN_STATUSES, ...TERMINAL_STATUSES];

export const list: Command = {
  name: 'list',
  summary: 'list jobs, newest first',
  usage: ['list [<platform>/<connection> …] [options]'],
  description: ['Without a connection: the jobs of all connections that the caller may read.'],
  options: {
    status: { type: 'string', short: 's', value: 'STATUS', description: 'only these', values: STATUSES },
    operation: { type: 'string', short: 'o', value: 'NAME', description: 'only these' },
    limit: { type: 'string', short: 'n', value: 'N', description: `at most so many (${LIMIT}); 0 for all` },
  },
  connections: 'all',
  examples: [
    ['pollux list --status FAILED', 'of all connections'],
    ['pollux list vsphere/dc1 --status FAILED', ''],
    ['pollux list vsphere/dc1 --limit 0 --json | jq -r .id', 'all of them, a job a line'],
  ],
  async run({ words, values, client, output, signal, now }) {
    const limit = limitOf(textOf(values, 'limit'));
    const status = textOf(values, 'status') as JobStatus | undefined;
    const operation = textOf(values, 'operation');
    const query = {
      pageSize: Math.min(limit, MAX_PAGE),
      ...(status !== undefined && { status }),
      ...(operation !== undefined && { operation }),
    };
    const named = words.map((word) => connectionOf(word).name);
    const names = named.length > 0 ? named : (await client.connections({ signal })).map(connectionName);
    const lists = names.map((name) => {
      const jobs = client.list(name, query, { signal });
      // One that was not named and may not be read is no error.
      return named.length > 0 ? jobs : readable(jobs, () => output.note(`${name}: not allowed, left out`));
    });
    const jobs: Job[] = [];
    let count = 0;
    for await (const job of newestFirst(lists)) {
      // A line at a time: the list may be long, and whoever reads it may have enough.
      if (output.json) output.data(job);
      else jobs.push(job);
      if (++count >= limit) break;
    }
    if (output.json) return EXIT.ok;
    if (jobs.length === 0) output.note(`no such job on ${names.join(', ')}`);
    else output.line(jobTable(jobs, output.paint, now(), names.length > 1).join('\n'));
    return EXIT.ok;
  },
};

const connectionName = ({ platform, connection }: { platform: string; connection: string }) =>
  `${platform}/${connection}`;

/** These jobs, or none of them where the caller may not read them. */
async function* readable(
  jobs: AsyncGenerator<Job, void, void>,
  onForbidden: () => void,
): AsyncGenerator<Job, void, void> {
  try {
    yield* jobs;
  } catch (error) {
    if (!(error instanceof PolluxError && error.status === 403)) throw error;
    onForbidden();
  }
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return LIMIT;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--limit ${text}: must be a number`);
  return Number(text) || Number.POSITIVE_INFINITY;
}
