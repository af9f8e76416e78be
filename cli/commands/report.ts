import { jobName } from '../../client/index.ts';
import type { Report } from '../../client/types.ts';
import { type Command, textOf, type Values } from '../command.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { findJob } from '../jobs.ts';
import { changeLine } from '../render/job.ts';
import { parseJson } from '../request.ts';
import { mayBeDone } from './submit.ts';

/** vim.Task's own name of the fault for a job that was not carried out because a cancel was asked for. */
const CANCELED = 'RequestCanceled';

export const report: Command = {
  name: 'report',
  summary: 'say how a job goes that you work on yourself',
  usage: [
    'report <job> [--progress N] [--message TEXT]',
    'report <job> (--succeed | --fail MESSAGE | --canceled) [options]',
  ],
  description: [
    'Without an option it is a sign of life. The answer says so when somebody asked to cancel the job.',
    'For jobs of `task`, and vsphere tasks made by CreateTask.',
  ],
  options: {
    running: { type: 'boolean', description: 'the work has begun' },
    progress: { type: 'string', value: 'N', description: 'percent; the job is RUNNING then' },
    message: { type: 'string', short: 'm', value: 'TEXT', description: 'what is being done right now' },
    succeed: { type: 'boolean', description: 'it is done' },
    result: { type: 'string', value: 'JSON', description: 'what came of it; with --succeed' },
    fail: { type: 'string', value: 'MESSAGE', description: 'it failed' },
    code: { type: 'string', value: 'NAME', description: 'a name for the failure (Failed)' },
    canceled: { type: 'boolean', description: 'it was given up because a cancel was asked for' },
  },
  examples: [
    ["pollux report task/lab/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C --progress 40 --message 'Writing shard 4'", ''],
    [`pollux report task/lab/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C --succeed --result '{ "shards": 10 }'`, ''],
    ["pollux report task/lab/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C --fail 'disk full' --code DiskFull", ''],
  ],
  async run({ words, values, client, output, signal }) {
    const report = reportOf(values);
    const found = await findJob(client, words, signal);
    const job = await client.report(found, report, { signal }).catch((error: unknown) => {
      if (mayBeDone(error))
        output.note(`not known whether the report was taken; to find out: pollux get ${jobName(found)}`);
      throw error;
    });
    if (output.json) output.data(job);
    else {
      const asked = job.cancelRequestedAt !== undefined && job.completedAt === undefined;
      output.line(`${changeLine(job, output.paint)}${asked ? '  cancel requested: stop, and report --canceled' : ''}`);
    }
    return EXIT.ok;
  },
};

export function reportOf(values: Values): Report {
  const fail = textOf(values, 'fail');
  const ends = [values.succeed === true, fail !== undefined, values.canceled === true].filter(Boolean).length;
  if (ends > 1) throw new UsageError('--succeed, --fail and --canceled: one of them only');
  const progress = progressOf(textOf(values, 'progress'));
  const message = textOf(values, 'message');
  const result = textOf(values, 'result');
  const code = textOf(values, 'code');
  if (result !== undefined && values.succeed !== true) throw new UsageError('--result goes with --succeed');
  if (code !== undefined && fail === undefined) throw new UsageError('--code goes with --fail');
  if (ends > 0 && progress !== undefined) throw new UsageError('--progress is for a job that goes on');
  const running = values.running === true || progress !== undefined;
  return {
    ...(running && { state: 'running' }),
    ...(progress !== undefined && { progress }),
    ...(message !== undefined && { description: message }),
    ...(values.succeed === true && { state: 'success' }),
    ...(result !== undefined && { result: parseJson('--result', result) }),
    ...(fail !== undefined && { state: 'error', fault: { code: code ?? 'Failed', message: fail } }),
    ...(values.canceled === true && { state: 'error', fault: { code: CANCELED, message: message ?? 'canceled' } }),
  };
}

function progressOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new UsageError(`--progress ${text}: must be a number`);
}
