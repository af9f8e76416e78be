import { describe, expect, it } from 'vitest';
import type { JobError, Json } from '../../../shared/job/job.ts';
import { readAnswer } from '../../../shared/platforms/cloudstack/answer.ts';
import { outcomeOf } from '../../../shared/platforms/cloudstack/mapping.ts';
import { cpuMs } from '../../support/cpu-time.ts';

function failed(jobresult: Json | undefined, jobresultcode = 530): JobError {
  const body = { jobid: 'j', jobstatus: 2, jobresultcode, ...(jobresult !== undefined && { jobresult }) };
  const outcome = outcomeOf(body, 'j');
  if (outcome.kind !== 'observed' || outcome.status !== 'FAILED') throw new Error(JSON.stringify(outcome));
  return outcome.error!;
}

/** As Java writes it: the magic, the version, a new object, the description of its class, its name. */
function serialized(className: string, rest = 'secret-detail at com.cloud.Foo.bar(Foo.java:12)'): string {
  const name = Buffer.alloc(2);
  name.writeUInt16BE(className.length);
  return Buffer.concat([Buffer.from('aced00057372', 'hex'), name, Buffer.from(className + rest)]).toString('base64');
}

describe('a job that the server gave up is FAILED with an uncertain outcome, whatever reason it gives', () => {
  it.each([
    'job cancelled because of management server restart',
    'job cancelled because of management server restart or shutdown',
    'Job is cancelled as it has been blocking others for too long',
    'Unable to serialize: Job is cancelled as it has been blocking others for too long',
    'Jobs were canceled: shutdown of management server ms2',
    'Management server 345049074322 was fenced',
    'The management server is in maintenance',
    'Operation timed out: Commands 4611686 to Host 12 timed out after 1800',
    'Job was interrupted',
    'Failed to migrate VM: agent 7 disconnected',
    'Job was aborted by the restart of ms2',
    'Async job 17 was abandoned',
    'Cancelled because MS 345 is shutting down',
    'Management server crashed while executing',
    'Timeout while waiting for the VM to start',
    'java.net.SocketTimeoutException: Read timed out',
    'Resource [Host:1] is unreachable: Host 1: Link is closed',
    'java.io.IOException: Connection reset',
    'Lost connection to the agent',
  ])('%s', (errortext) => {
    const forms: Json[] = [
      { errorcode: 530, errortext },
      errortext,
      { exceptionresponse: { errorcode: 530, errortext } },
      `org.apache.cloudstack.api.response.ExceptionResponse/${JSON.stringify({ uuidList: [], errorcode: 530, errortext })}`,
    ];
    for (const form of forms) {
      expect(failed(form)).toEqual({ code: '530', message: errortext, retryable: true, outcomeUncertain: true });
    }
  });

  it('so is one in XML, and one without a text', () => {
    const answer = readAnswer({
      status: 200,
      body: '<r><jobid>j</jobid><jobstatus>2</jobstatus><jobresultcode>530</jobresultcode><jobresult><errorcode>530</errorcode><errortext>job cancelled because of management server restart</errortext></jobresult></r>',
    });
    expect(answer.kind === 'answer' && outcomeOf(answer.body, 'j')).toMatchObject({
      status: 'FAILED',
      error: { outcomeUncertain: true },
    });
    for (const form of [undefined, {}, '', null, { errorcode: 530 }, { errorcode: 530, errortext: 'null' }]) {
      expect(failed(form)).toMatchObject({
        outcomeUncertain: true,
        message: expect.stringContaining('gave no reason'),
      });
    }
  });
});

it.each([
  'Failed to delete ISO',
  'Unable to create a deployment for VM instance',
  'Virtual machine is stopped',
  'Unable to restart the network: the host is down',
  'A key pair with name job1 exists already',
  'Invalid value for parameter timeout',
  'The timeout must be set to at least 5 s',
  'Please restart the management server for the change to take effect',
  'A restart of the management server is required before this operation',
  'The setting needs a management server restart',
  'Snapshot policy schedule was canceled',
  'Uninterrupted power supply missing',
  'Unable to shut down the router',
  'Stop the VM first, then ask the administrator of the management server',
  'Volume is being used by a backup job',
])('an ordinary failure is certain: %s', (errortext) => {
  expect(failed({ errorcode: 530, errortext }).outcomeUncertain).toBeUndefined();
});

it.each([401, 430, 431, 432, 531, 532, 535, 537])(
  'a refusal of what was asked for (%s) is certain, whatever words are in it',
  (errorcode) => {
    expect(failed({ errorcode, errortext: 'The operation timed out' }).outcomeUncertain).toBeUndefined();
  },
);

it('words that fit no form take no more time in a long text', () => {
  for (const word of ['management server ', 'job ', 'because of MS ', 'restart '])
    expect(cpuMs(() => failed({ errorcode: 530, errortext: word.repeat(100_000) }))).toBeLessThan(1000);
});

describe('the explanation of a failure is found wherever it stands in the result', () => {
  const WHY = { errorcode: 533, errortext: 'no host has room' };

  it.each<[string, Json, string]>([
    ['a list', [WHY], 'no host has room'],
    ['a list of several', [WHY, { errorcode: 534, errortext: 'pool is full' }], 'no host has room; pool is full'],
    ['two envelopes', { response: { exceptionresponse: WHY } }, 'no host has room'],
    ['beside other fields', { id: 'x', exception: WHY }, 'no host has room'],
    ['a list of texts', { errorcode: 533, errortext: ['no host', 'no pool'] }, 'no host; no pool'],
    ['an object as the text', { errorcode: 533, errortext: { text: 'no host' } }, 'no host'],
    ['another name', { errorcode: 533, message: 'no host' }, 'no host'],
    ['a list written as text', JSON.stringify([WHY]), 'no host has room'],
    ['text and details', { ...WHY, details: 'tag ssd' }, 'no host has room: tag ssd'],
  ])('%s', (_, jobresult, message) => {
    expect(failed(jobresult)).toMatchObject({ code: '533', message });
    expect(failed(jobresult).outcomeUncertain).toBeUndefined();
  });

  it('a result of a wrong type is no reason, and no queue is blamed where the server told no code', () => {
    for (const jobresult of [false, 530, '530', []] as Json[]) {
      expect(failed(jobresult)).toMatchObject({ code: '530', outcomeUncertain: true });
    }
    const outcome = outcomeOf({ jobid: 'j', jobstatus: 2 }, 'j');
    expect(outcome.kind === 'observed' && outcome.error?.message).not.toMatch(/queue|restarted/);
  });
});

it('a number in the result is a reason, also without a text', () => {
  expect(failed({ errorcode: 533, errortext: null })).toEqual({
    code: '533',
    message: '533 insufficient capacity',
    retryable: true,
  });
});

describe('a serialized Java object is named by its class, and nothing of what it holds is shown', () => {
  const CLASS = 'com.cloud.exception.InsufficientServerCapacityException';

  it.each([
    ['as the result', (object: string): Json => object],
    ['as the text', (object: string): Json => ({ errorcode: 533, errortext: object })],
    [
      'in base64url, behind other words',
      (object: string): Json => ({
        errorcode: 533,
        errortext: `Unable to serialize: ${object.replaceAll('+', '-').replaceAll('/', '_')}`,
      }),
    ],
    [
      'in lines, of which the last is short',
      (object: string): Json => ({ errorcode: 533, errortext: object.replace(/(.{76})/g, '$1\r\n') }),
    ],
    [
      'in lines whose ends are escaped',
      (object: string): Json => ({ errorcode: 533, errortext: object.replace(/(.{76})/g, '$1\\n') }),
    ],
    [
      'percent-encoded',
      (object: string): Json => ({ errorcode: 533, errortext: `it said ${encodeURIComponent(object)}` }),
    ],
    ['cut', (object: string): Json => ({ errorcode: 533, errortext: object.slice(0, 120) })],
  ])('%s', (_, form) => {
    const { message } = failed(form(serialized(CLASS)), 533);
    expect(message).toContain(`a serialized Java object of the class ${CLASS}`);
    expect(message).not.toMatch(/rO0AB|secret-detail|Foo\.java/);
  });

  it('one of a million characters takes no time, and one that is none is not taken for one', () => {
    let message = '';
    expect(cpuMs(() => ({ message } = failed(serialized(CLASS, 'x'.repeat(1_000_000)))))).toBeLessThan(1000);
    expect(message.length).toBeLessThan(300);
    expect(failed('volume rO0AB').message).toBe('volume rO0AB');
    expect(failed('rO0ABQAAAA').message).toBe('(a serialized Java object)');
  });

  it('a class that tells of a timeout makes the outcome uncertain', () => {
    expect(failed(serialized('com.cloud.exception.OperationTimedoutException')).outcomeUncertain).toBe(true);
  });

  it('in the result of a job that went well, too', () => {
    const body = { jobid: 'j', jobstatus: 1, jobresult: { volume: { id: 'v', log: serialized(CLASS) } } };
    expect(JSON.stringify(outcomeOf(body, 'j'))).not.toContain('rO0AB');
  });
});

describe('a failure inside of a success is a failure', () => {
  const status = (jobresult: Json) => {
    const outcome = outcomeOf({ jobid: 'j', jobstatus: 1, jobresult }, 'j');
    return outcome.kind === 'observed' && outcome.status;
  };

  it.each<[string, Json, string]>([
    ['an error in place of a resource', { errorcode: 530, errortext: 'no host' }, 'FAILED'],
    ['an error in an envelope', { errorresponse: { errorcode: 530, errortext: 'no host' } }, 'FAILED'],
    [
      'a list beside other fields',
      { success: true, nodes: [{ success: true }, { success: false }] },
      'PARTIALLY_SUCCEEDED',
    ],
    ['the one member of a list, as XML writes it', { success: 'true', nodes: { success: 'false' } }, 'FAILED'],
    ['an error written as text', 'x.ExceptionResponse/{"errorcode":530,"errortext":"no host"}', 'FAILED'],
    ['an error without its text', { errorcode: 530 }, 'FAILED'],
    ['an error in a list', [{ errorcode: 530, errortext: 'no host' }], 'FAILED'],
    ['an error beside other fields', { id: 'x', errorresponse: { errorcode: 530, errortext: 'no host' } }, 'FAILED'],
    ['success: false in two envelopes', { a: { b: { success: false } } }, 'FAILED'],
    ['success as a word or a number', { success: 'No' }, 'FAILED'],
    [
      'an error in place of one member',
      { nodes: [{ id: 'a' }, { id: 'b', errorcode: 530, errortext: 'no host' }] },
      'PARTIALLY_SUCCEEDED',
    ],
    ['an errorcode of 0 is none', { errorcode: 0, errortext: 'fine' }, 'SUCCEEDED'],
    ['a resource with a text', { volume: { id: 'v', displaytext: 'error 530' } }, 'SUCCEEDED'],
  ])('%s', (_, jobresult, expected) => expect(status(jobresult)).toBe(expected));

  it('and keeps its number and its reason, for the member too', () => {
    expect(
      outcomeOf({ jobid: 'j', jobstatus: 1, jobresult: { errorcode: 533, errortext: 'no host' } }, 'j'),
    ).toMatchObject({ error: { code: '533', message: 'no host' } });
    const nodes = [{ id: 'a' }, { id: 'b', errorcode: 530, errortext: 'no host' }];
    expect(outcomeOf({ jobid: 'j', jobstatus: 1, jobresult: { nodes } }, 'j')).toMatchObject({
      parts: [
        { id: 'a', status: 'SUCCEEDED' },
        { id: 'b', status: 'FAILED', message: 'no host' },
      ],
    });
  });

  it('a result that is written as text hides its secrets as one that is not', () => {
    const jobresult = JSON.stringify({ virtualmachine: { id: 'v', password: 'hunter2' } });
    const outcome = JSON.stringify(outcomeOf({ jobid: 'j', jobstatus: 1, jobresult }, 'j'));
    expect(outcome).not.toContain('hunter2');
    expect(outcome).toContain('"id":"v"');
  });
});
