import type { Job, JobStatus } from '../../client/types.ts';
import { OPEN_STATUSES, TERMINAL_STATUSES } from '../../shared/job/job.ts';
import { onlyWords } from '../arguments.ts';
import { type Command, textOf } from '../command.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { connectionOf } from '../names.ts';
import { jobTable } from '../render/job.ts';

const LIMIT = 20;
/** Of one request. */
const MAX_PAGE = 200;

export const STATUSES: readonly string[] = [...OPEN_STATUSES, ...TERMINAL_STATUSES];

export const list: Command = {
  name: 'list',
  summary: "list a connection's jobs, newest first",
  usage: ['list <platform>/<connection> [options]'],
  options: {
    status: { type: 'string', short: 's', value: 'STATUS', description: 'only these', values: STATUSES },
    operation: { type: 'string', short: 'o', value: 'NAME', description: 'only these' },
    limit: { type: 'string', short: 'n', value: 'N', description: `at most so many (${LIMIT}); 0 for all` },
  },
  connections: 'the first',
  examples: [
    ['pollux list vsphere/dc1 --status FAILED', ''],
    ['pollux list vsphere/dc1 --limit 0 --json | jq -r .id', 'all of them, a job a line'],
  ],
  async run({ words, values, client, output, signal, now }) {
    const [word] = onlyWords(words, '<platform>/<connection>');
    const { name } = connectionOf(word!);
    const limit = limitOf(textOf(values, 'limit'));
    const status = textOf(values, 'status') as JobStatus | undefined;
    const operation = textOf(values, 'operation');
    const query = {
      pageSize: Math.min(limit, MAX_PAGE),
      ...(status !== undefined && { status }),
      ...(operation !== undefined && { operation }),
    };
    const jobs: Job[] = [];
    let count = 0;
    for await (const job of client.list(name, query, { signal })) {
      // A line at a time: the list may be long, and whoever reads it may have enough.
      if (output.json) output.data(job);
      else jobs.push(job);
      if (++count >= limit) break;
    }
    if (output.json) return EXIT.ok;
    if (jobs.length === 0) output.note(`no such job on ${name}`);
    else output.line(jobTable(jobs, output.paint, now()).join('\n'));
    return EXIT.ok;
  },
};

function limitOf(text: string | undefined): number {
  if (text === undefined) return LIMIT;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--limit ${text}: must be a number`);
  return Number(text) || Number.POSITIVE_INFINITY;
}
