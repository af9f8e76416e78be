import { randomUUID } from 'node:crypto';
import { jobName, NoAnswerError, PolluxError } from '../../client/index.ts';
import type { ConnectionName, Job, SubmitRequest } from '../../client/types.ts';
import { onlyWords } from '../arguments.ts';
import { type Command, type Invocation, type Options, textOf } from '../command.ts';
import { EXIT, exitCodeOf, UsageError } from '../exit-codes.ts';
import { connectionOf } from '../names.ts';
import { changeLine } from '../render/job.ts';
import { bodyOf } from '../request.ts';
import { Watcher } from '../watcher.ts';

/** What every body may have, and what becomes of the answer. */
export const SHARED_OPTIONS: Options = {
  operation: { type: 'string', short: 'o', value: 'NAME', description: "the operation, in the platform's own name" },
  param: {
    type: 'string',
    short: 'p',
    multiple: true,
    value: 'NAME=VALUE',
    description: 'a parameter of the operation; NAME:=JSON for what is no text, NAME[]=VALUE for one more of a list',
  },
  field: { type: 'string', multiple: true, value: 'NAME=VALUE', description: 'any other field of the body, likewise' },
  body: { type: 'string', value: 'FILE|-|JSON', description: 'the body, or the rest of it' },
  label: {
    type: 'string',
    short: 'l',
    multiple: true,
    value: 'NAME=VALUE',
    description: 'shown with the job and in its events',
  },
  deadline: {
    type: 'string',
    value: '90s|15m|2h|1d',
    description: 'the job is TIMED_OUT when it is not over by then; 1d by default, or what the connection says',
  },
  'task-token': {
    type: 'string',
    value: 'TOKEN',
    description: 'Step Functions task token to complete when it is over',
  },
  key: { type: 'string', value: 'KEY', description: 'Idempotency-Key: the same key is the same job for 24 hours' },
  wait: {
    type: 'boolean',
    short: 'w',
    description: 'watch the job until it is over; the exit code tells how it ended',
  },
};

export const submit: Command = {
  name: 'submit',
  summary: 'submit a job',
  usage: ['submit <platform>/<connection> --operation NAME [options]'],
  description: [
    'Parameters become `arguments` of vsphere and `parameters` of cloudstack and bmc; elsewhere they are fields of the body. A.B=VALUE sets B inside A.',
    'After a network failure the request is repeated with the same key, so the job is submitted once at most.',
  ],
  options: {
    ...SHARED_OPTIONS,
    target: { type: 'string', short: 't', value: 'TYPE:ID', description: 'vsphere: the object that is worked on' },
  },
  connections: 'the first',
  examples: [
    ['pollux submit vsphere/lab -o PowerOnVM_Task -t VirtualMachine:vm-102 --wait', 'and see how it ends'],
    ['pollux submit cloudstack/lab -o deployVirtualMachine -p zoneid=z1 -p templateid=t1 -p serviceofferingid=s1', ''],
    ["pollux submit f5-vcmp/lab -o set_guest_state -p 'guests[]=g1' -p state=VCMP_GUEST_STATE_DEPLOYED", ''],
    ['pollux submit task/lab -o rebuild-index -p cancelable:=true --label team=web --deadline 2h', ''],
    ['pollux submit vsphere/lab --body job.json --key nightly-2027-01-31', 'once, however often it is called'],
  ],
  async run(invocation) {
    const { words, values, stdin, client } = invocation;
    const [word] = onlyWords(words, '<platform>/<connection>');
    const { platform, name } = connectionOf(word!);
    const body = await bodyOf(platform, values, stdin);
    return start(invocation, body, (options) => client.submit(name as ConnectionName, body as SubmitRequest, options));
  },
};

/** What submit and adopt have in common. */
export async function start(
  { values, client, output, signal }: Invocation,
  body: Record<string, unknown>,
  send: (options: { idempotencyKey: string; signal: AbortSignal }) => Promise<Job>,
): Promise<number> {
  if (body.operation === undefined) throw new UsageError('--operation is missing');
  const idempotencyKey = textOf(values, 'key') ?? randomUUID();
  const job = await send({ signal, idempotencyKey }).catch((error: unknown) => {
    if (mayBeDone(error)) output.note(`not known whether it was submitted; to find out: --key ${idempotencyKey}`);
    throw error;
  });
  if (values.wait === true) {
    const watcher = new Watcher(client, output, signal);
    watcher.follow(job);
    return stoppedOr(watcher.end(), signal, () => output.note(goesOn([jobName(job)])));
  }
  if (output.json) output.data(job);
  else output.line(changeLine(job, output.paint));
  return EXIT.ok;
}

/** Whether the API may have carried out the request that ended with this error. */
export function mayBeDone(error: unknown): boolean {
  return error instanceof NoAnswerError || (error instanceof PolluxError && error.mayBeDone);
}

export function goesOn(names: readonly string[]): string {
  const jobs = names.length === 1 ? 'the job goes on' : 'the jobs go on';
  return `stopped watching; ${jobs}: pollux watch ${names.join(' ')}`;
}

/** The exit code for how these jobs ended; Ctrl-C ends the watching alone. */
export async function stoppedOr(ended: Promise<Job[]>, signal: AbortSignal, onStop: () => void): Promise<number> {
  try {
    return exitCodeOf(await ended);
  } catch (error) {
    if (!signal.aborted) throw error;
    onStop();
    return EXIT.stopped;
  }
}
