import { describe, expect, it } from 'vitest';
import { type Said, scripted, startRig } from './rig.ts';

const REQUEST = { operation: 'requestMachines', template: { templateId: 'T1', machineCount: 3 } };
const GIVE_BACK = { operation: 'requestReturnMachines', machines: [{ machineId: 'i-1', name: 'h1' }] };
const submitted = (said: Said, body: Record<string, unknown> = REQUEST) => scripted(() => said).submit(body);

describe('what requestMachines says', () => {
  it.each<[string, Said, object]>([
    [
      'an id',
      { message: 'Request VM success from AWS.', requestId: 'r-01' },
      { kind: 'accepted', platformJobId: 'r-01', handle: { requestId: 'r-01', machineCount: 3 } },
    ],
    [
      'HF-T9 exit 1 with a live id',
      { exitCode: 1, stdout: '{"requestId":"req-1","message":"Request partially completed: 1"}' },
      { kind: 'accepted' },
    ],
    [
      'HF-T9 exit 1 with the id of a failure that can be asked about',
      { exitCode: 1, stdout: '{"requestId":"req-1","message":"Request failed: quota exceeded"}' },
      { kind: 'accepted' },
    ],
    [
      'HF-T9 an id and a refusal',
      { requestId: 'u-1', status: 'complete_with_error', message: 'Azure CycleCloud experienced an error' },
      { kind: 'refused', error: { code: 'complete_with_error' } },
    ],
    [
      'accepted, outcome open',
      { requestId: 'u-1', status: 'running', message: 'though it may have succeeded' },
      { kind: 'accepted' },
    ],
    [
      'HF-T7 a crash that is hidden',
      { requests: [], status: 'running', message: 'boom' },
      { kind: 'unknown', error: { code: 'swallowed', outcomeUncertain: true } },
    ],
    ['no id', { message: 'Request Spot Instance on awsinst EC2 failed.' }, { kind: 'refused' }],
    [
      'a null id and a code',
      { exitCode: 1, stdout: '{"requestId":null,"message":"no. Error Code: InsufficientInstanceCapacity"}' },
      { kind: 'refused', error: { code: 'InsufficientInstanceCapacity', retryable: true } },
    ],
    [
      'a wrong template',
      { exitCode: 1, stdout: 'Error: The template does not exist.' },
      { kind: 'refused', error: { retryable: false } },
    ],
    ['an error text with exit 0', 'ERROR: Command returned empty result', { kind: 'refused' }],
    ['two documents', '{"requestId":"a"}\n{"requestId":"b"}', { kind: 'accepted', platformJobId: 'b' }],
    ['silence with exit 1', { exitCode: 1 }, { kind: 'unknown' }],
    ['silence with exit 0', '', { kind: 'unknown' }],
    ['noise', 'Command bc not found!', { kind: 'unknown' }],
    ['half an answer', '{"requestId":"r-0', { kind: 'unknown', error: { code: 'truncated' } }],
    ['killed', { exitCode: 137 }, { kind: 'unknown', error: { code: 'exit 137' } }],
    ['killed after the whole answer', { exitCode: 137, stdout: '{"requestId":"r-01"}' }, { kind: 'accepted' }],
    ['killed after a message', { exitCode: 137, stdout: '{"message":"asking"}' }, { kind: 'unknown' }],
    ['given up', { exitCode: 124 }, { kind: 'unknown' }],
    ['not executable', { exitCode: 126 }, { kind: 'unavailable' }],
    ['not found', { exitCode: 127 }, { kind: 'unavailable' }],
    ['no script', { kind: 'failed', code: 'ENOENT', message: 'no', started: false }, { kind: 'unavailable' }],
    ['an id that cannot be asked about', { requestId: 'a b;c' }, { kind: 'unknown', error: { code: 'BadRequestId' } }],
    ['nothing of use', {}, { kind: 'unknown' }],
  ])('%s', async (_, said, expected) => {
    expect(await submitted(said)).toMatchObject(expected);
  });

  it('"No Active VM." of a return is an acceptance', async () => {
    expect(await submitted({ message: 'No Active VM.', requestId: 'ret-1' }, GIVE_BACK)).toMatchObject({
      kind: 'accepted',
    });
  });
});

describe('what the scripts get', () => {
  it.each([
    ['array', [{ name: 'h1', machineId: 'i-1' }]],
    ['object', { name: 'h1', machineId: 'i-1' }],
  ])('HF-T1: a return in the form "%s", with both names', async (requestForm, machines) => {
    const { submit, calls } = scripted(() => ({ requestId: 'ret-1' }), { requestForm });
    await submit(GIVE_BACK);
    expect(calls).toEqual([{ script: 'requestReturnMachines', input: { machines } }]);
  });

  it('HF-T1: two machines do not fit into one object', async () => {
    const { submit, calls } = scripted(() => ({}), { requestForm: 'object' });
    const machines = [...GIVE_BACK.machines, { machineId: 'i-2', name: 'h2' }];
    expect(await submit({ ...GIVE_BACK, machines })).toMatchObject({ kind: 'refused', error: { code: 'requestForm' } });
    expect(calls).toEqual([]);
  });

  it('the template as the page has it', async () => {
    const { submit, calls } = scripted(() => ({ requestId: 'r-1' }));
    await submit(REQUEST);
    expect(calls[0]!.input).toEqual({ template: { templateId: 'T1', machineCount: 3 } });
  });
});

describe('a submit whose answer is lost', () => {
  it('is unknown, is not repeated, and has no way to be found', async () => {
    const { simulator, submit, connection } = await startRig();
    simulator.inject('lost-answer', { call: 'requestMachines' });
    expect(await submit(simulator.scenarios.succeeds(1))).toMatchObject({
      kind: 'unknown',
      error: { code: 'exit 137' },
    });
    expect(simulator.calls.requestMachines).toBe(1);
    expect(connection.findSubmitted).toBeUndefined();
    expect(connection.intent({} as never, { id: 'a', createdAt: 0 })).toBeUndefined();
    await simulator.close();
  });
});

it('the value of an environment variable is not repeated in what a script says', async () => {
  const environment = { PROVIDER_PASSWORD: 'hunter2hunter2' };
  const { submit, look, log } = scripted(() => ({ exitCode: 1, stdout: 'Error: login with hunter2hunter2 failed' }), {
    environment,
  });
  const said = [
    await submit(REQUEST),
    await look({ id: 'a', operation: 'requestMachines', handle: { requestId: 'r', machineCount: 1 }, createdAt: 0 }),
  ];
  expect(JSON.stringify([said, log])).not.toContain('hunter2');
  expect(JSON.stringify(said)).toContain('$PROVIDER_PASSWORD');
});

it('the names of machines stay as they are, whatever the environment holds', async () => {
  const machines = [{ machineId: 'i-1', name: 'awsinst-1', result: 'succeed' }];
  const { look } = scripted(() => ({ requests: [{ requestId: 'awsinst-r', status: 'complete', machines }] }), {
    environment: { HF_PROVIDER_NAME: 'awsinst' },
  });
  const job = {
    id: 'a',
    operation: 'requestMachines',
    handle: { requestId: 'awsinst-r', machineCount: 1 },
    createdAt: 0,
  };
  expect(await look(job)).toMatchObject({ platformJobId: 'awsinst-r', parts: [{ name: 'awsinst-1' }] });
});
