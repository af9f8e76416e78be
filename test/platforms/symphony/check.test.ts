import { afterEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../infra/local/simulators/simulator.ts';
import { UNKNOWN_ID, type UnknownId } from '../../../infra/local/simulators/symphony/dialects.ts';
import { adapter } from '../../../shared/platforms/symphony/index.ts';
import { entry, idsOf, jobFor, jobOf, machine, observed, scripted, signal, startRig } from './rig.ts';

let rig: Awaited<ReturnType<typeof startRig>>;
const start = async (...given: Parameters<typeof startRig>) => {
  rig = await startRig(...given);
  return rig;
};
afterEach(async () => {
  await rig?.simulator.close();
  rig = undefined as never;
});

const TWO_UP = [machine('i-1', 'succeed'), machine('i-2', 'succeed')];

describe.each(['vendor', 'real', 'noisy'] as const)(
  'HF-T1: a provider of the dialect "%s", its scripts run for real',
  (dialect) => {
    it('a request runs, and succeeds with its machines', async () => {
      const { simulator, clock, started, look, until } = await start({ dialect });
      const job = await started(simulator.ends('ok', 3600));
      expect(await look(job)).toMatchObject({
        status: 'RUNNING',
        parts: expect.arrayContaining([expect.objectContaining({ status: 'RUNNING' })]),
      });
      clock.aheadSeconds = 3600;
      const ended = await until(job, 'SUCCEEDED');
      expect((ended.result as { machines: object[] }).machines[0]).toMatchObject({
        machineId: expect.any(String),
        privateIpAddress: '10.0.0.7',
      });
      expect(JSON.parse(simulator.inputs.at(-1)!)).toEqual({
        requests: dialect === 'vendor' ? { requestId: job.handle.requestId } : [{ requestId: job.handle.requestId }],
      });
    });

    it('fails, partly too, and says why', async () => {
      const { simulator, started, until } = await start({ dialect });
      expect(await until(await started(simulator.ends('fail', 0)), 'FAILED')).toMatchObject({
        error: { message: 'Timeout: VM is not in the running state' },
      });
      expect(await until(await started(simulator.ends('nothing', 0)), 'FAILED')).toMatchObject({
        error: { code: 'InsufficientInstanceCapacity', retryable: true },
      });
      if (dialect !== 'vendor') await until(await started(simulator.ends('partial', 0)), 'PARTIALLY_SUCCEEDED');
    });

    it('machines are given back', async () => {
      const { simulator, started, until } = await start({ dialect });
      const made = await until(await started(simulator.ends('ok', 0)), 'SUCCEEDED');
      const [{ machineId, name }] = (made.result as { machines: [{ machineId: string; name: string }] }).machines;
      const job = await started({ operation: 'requestReturnMachines', machines: [{ machineId, name }] });
      expect(await until(job, 'SUCCEEDED')).toMatchObject({ message: '1 machines are returned' });
    });

    it.each<Fault>(['unauthorized', 'html', 'empty', 'truncated', 'unavailable', 'reset', 'throttled', 'lost-answer'])(
      '%s ends nothing',
      async (fault) => {
        const { simulator, started, look } = await start({ dialect });
        const job = await started(simulator.scenarios.runsForever());
        simulator.inject(fault);
        expect(await look(job)).toMatchObject({ kind: fault === 'unauthorized' ? 'permanent' : 'transient' });
        expect(await look(job)).toMatchObject({ kind: 'observed', status: 'RUNNING' });
      },
    );
  },
);

describe('HF-T8: an unknown id', () => {
  const expected: Record<UnknownId, string> = {
    complete: 'not_found',
    'not found': 'not_found',
    omitted: 'not_found',
    text: 'not_found',
    running: 'observed',
    silent: 'transient',
  };
  it.each(Object.keys(UNKNOWN_ID) as UnknownId[])('"%s"', async (unknownId) => {
    const { look } = await start({ unknownId });
    expect((await look(jobFor('req-gone'))).kind).toBe(expected[unknownId]);
  });

  it('silence is "unknown" after three times, once the provider speaks of others', async () => {
    const { simulator, look, started } = await start({ unknownId: 'silent' });
    const gone = jobFor('req-gone');
    for (let n = 0; n < 4; n++) expect((await look(gone)).kind).toBe('transient');
    await look(await started(simulator.scenarios.runsForever()));
    expect((await look(gone)).kind).toBe('not_found');
  });

  it('"running" for ever is given up when no machine was ever named', async () => {
    const { look, clock } = scripted((_script, input) => ({ requests: idsOf(input).map((id) => entry(id)) }));
    const job = jobFor('req-gone');
    clock.at += 7100_000;
    expect(await look(job)).toMatchObject({ status: 'RUNNING' });
    clock.at += 200_000;
    expect(await look(job)).toMatchObject({ kind: 'not_found', code: 'Stalled' });
  });

  it('is not read out of every text: a file that is not found is no request', async () => {
    const { look } = scripted(() => ({
      exitCode: 1,
      stdout: '{"requestId":null,"status":"complete_with_error","message":"Input file not found: x"}',
    }));
    expect(await look(jobFor('req-1'))).toMatchObject({ kind: 'transient' });
  });

  it('of an awsv2 fleet that was fulfilled keeps the message', async () => {
    const { look } = scripted(() => ({ requests: [entry('req-1', 'complete', [], 'Spot Fleet fulfilled')] }));
    expect(await look(jobFor('req-1'))).toMatchObject({
      kind: 'not_found',
      message: expect.stringMatching(/without naming machines.*Spot Fleet fulfilled/),
    });
  });
});

describe('many requests', () => {
  it('are asked about in one call', async () => {
    const { simulator, connection, started } = await start();
    const jobs = [];
    for (let n = 0; n < 12; n++) jobs.push(await started(simulator.scenarios.runsForever()));
    const outcomes = await connection.check(jobs, { signal });
    expect([...outcomes.values()].map((outcome) => observed(outcome).status)).toEqual(Array(12).fill('RUNNING'));
    expect(simulator.calls.getRequestStatus).toBe(1);
  });

  it('HF-T13: when the batch fails each is asked by itself, and the one that did it is kept apart', async () => {
    const { simulator, connection, started } = await start({ unknownId: 'silent' });
    const jobs = [jobFor('req-gone')];
    for (let n = 0; n < 5; n++) jobs.push(await started(simulator.scenarios.runsForever()));
    const kinds = async () => [...(await connection.check(jobs, { signal })).values()].map(({ kind }) => kind).sort();
    expect(await kinds()).toEqual([...Array(5).fill('observed'), 'transient']);
    expect(simulator.calls.getRequestStatus).toBe(1 + 6);
    expect(await kinds()).toEqual([...Array(5).fill('observed'), 'transient']);
    expect(simulator.calls.getRequestStatus).toBe(7 + 2);
  });

  it('HF-T13: a provider that fails for all is not asked about all', async () => {
    const { connection, calls } = scripted(() => ({ exitCode: 1 }));
    const jobs = Array.from({ length: 50 }, (_, n) => jobFor(`req-${n}`));
    const outcomes = await connection.check(jobs, { signal });
    expect(new Set([...outcomes.values()].map(({ kind }) => kind))).toEqual(new Set(['transient']));
    expect(outcomes.size).toBe(50);
    expect(calls).toHaveLength(1 + 5);
  });

  it('a host that is not there is asked once', async () => {
    const { connection, calls } = scripted(() => ({ kind: 'failed', code: 'ENOENT', message: 'x', started: false }));
    const outcomes = await connection.check([jobFor('a'), jobFor('b')], { signal });
    expect([...outcomes.values()]).toMatchObject([{ kind: 'permanent' }, { kind: 'permanent' }]);
    expect(calls).toHaveLength(1);
  });

  it('HF-T12: answers come in any order, and one that is left out is asked about alone', async () => {
    const { connection, calls } = scripted((_script, input) => {
      const ids = idsOf(input);
      const told = ids.length > 1 ? ids.filter((id) => id !== 'b').reverse() : ids;
      return { requests: told.map((id) => entry(id, 'running', [machine(`i-${id}`, 'executing')])) };
    });
    const jobs = ['a', 'b', 'c'].map((id) => jobFor(id));
    const outcomes = await connection.check(jobs, { signal });
    expect(jobs.map((job) => observed(outcomes.get(job.id)).parts![0]!.id)).toEqual(['i-a', 'i-b', 'i-c']);
    expect(calls.map(({ input }) => idsOf(input))).toEqual([['a', 'b', 'c'], ['b']]);
  });

  it("HF-T14: a list of machines that is another's is not believed", async () => {
    const { connection, calls } = scripted((_script, input) => {
      const ids = idsOf(input);
      return {
        requests: ids.map((id) => (ids.length > 1 || id === 'a' ? entry(id, 'complete', TWO_UP) : entry(id, 'error'))),
      };
    });
    const jobs = ['a', 'b'].map((id) => jobFor(id));
    const outcomes = await connection.check(jobs, { signal });
    expect(jobs.map((job) => outcomes.get(job.id)!)).toMatchObject([{ status: 'SUCCEEDED' }, { kind: 'transient' }]);
    expect(calls.map(({ input }) => idsOf(input))).toEqual([['a', 'b'], ['a'], ['b']]);
  });

  it('an answer about another id only is no answer, and the operator is told', async () => {
    const { look, log } = scripted(() => ({ requests: [entry('req-2', 'complete', TWO_UP)] }));
    expect(await look(jobFor('req-1'))).toMatchObject({ kind: 'transient', code: 'mismatch' });
    expect(log.join()).toContain('other requests');
    expect((await look(jobFor('REQ-2'))).kind).toBe('transient');
  });

  it('10,000 machines are asked about in calls of bounded size', async () => {
    const { connection, calls } = scripted((_script, input) => ({ requests: idsOf(input).map((id) => entry(id)) }));
    await connection.check(
      Array.from({ length: 100 }, (_, n) => jobFor(`req-${n}`, 100)),
      { signal },
    );
    expect(calls.every(({ input }) => idsOf(input).length <= 3)).toBe(true);
  });
});

describe('an end', () => {
  it('HF-T4: is told once and never asked for again', async () => {
    const { simulator, started, until, look } = await start({ oneShot: true });
    const job = await started(simulator.ends('ok', 0));
    const ended = await until(job, 'SUCCEEDED');
    const calls = simulator.calls.getRequestStatus;
    expect(await look(job)).toEqual(ended);
    expect(simulator.calls.getRequestStatus).toBe(calls);
  });

  it('HF-T5: is none while a machine is on its way', async () => {
    const { look } = scripted(() => ({
      requests: [entry('a', 'complete_with_error', [machine('i-1', 'executing'), machine('i-2', 'fail')])],
    }));
    expect(await look(jobFor('a'))).toMatchObject({ status: 'RUNNING', progress: 50 });
  });

  it('HF-T9: exit 1 with a well-formed entry is an answer', async () => {
    const { look } = scripted(() => ({
      exitCode: 1,
      stdout: JSON.stringify({ requests: [entry('a', 'complete', TWO_UP)] }),
    }));
    expect(await look(jobFor('a'))).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('a look that failed', () => {
  it.each([
    [
      'HF-T7 a swallowed exception',
      { requests: [], status: 'running', message: 'Http Status 502: Bad Gateway' },
      'transient',
      'swallowed',
    ],
    [
      'HF-T6 an error object of the call',
      { exitCode: 1, stdout: '{"requestId":"a","status":"complete_with_error","machines":[],"message":"boom"}' },
      'transient',
      'error text',
    ],
    [
      'HF 3.j an error with exit 0',
      { error: 'No request ID provided', message: 'Request ID is required' },
      'transient',
      'protocol',
    ],
    [
      'credentials of the provider',
      { exitCode: 1, stdout: 'Error Code: UnauthorizedOperation' },
      'permanent',
      'UnauthorizedOperation',
    ],
    [
      'HF §7 the cloud is busy',
      { exitCode: 1, stdout: 'Error Code: RequestLimitExceeded' },
      'transient',
      'RequestLimitExceeded',
    ],
    ['HF §7 no Java', { exitCode: 1, stdout: 'Java not installed' }, 'permanent', 'error text'],
    [
      'HF §6 a missing variable',
      { exitCode: 20, stdout: '{"message":"env","status":"error"}' },
      'permanent',
      'exit 20',
    ],
    ['HF §6 no venv', { exitCode: 1, stdout: 'ERROR: Could not find venv at /x' }, 'permanent', 'error text'],
    ['a traceback', { exitCode: 1, stderr: 'Traceback …' }, 'transient', 'silent'],
  ] as const)('%s', async (_, said, kind, code) => {
    const { look } = scripted(() => said as never);
    expect(await look(jobFor('a'))).toMatchObject({ kind, code });
  });

  it('of a handle that names no request', async () => {
    const { look } = scripted(() => '');
    expect(await look(jobOf({}))).toMatchObject({ kind: 'permanent', code: 'handle' });
  });
});

describe('a connection', () => {
  const SSM = { transport: 'ssm', instanceId: 'mi-0123456789abcdef0', scripts: '/opt/scripts', runAs: 'egoadmin' };
  it.each([
    [{}, true],
    [{ runAs: undefined }, false],
    [{ runAs: 'ego; id' }, false],
    [{ scriptType: 'bat' }, false],
    [{ scriptType: 'bat', runAs: undefined }, true],
    [{ instanceId: 'my-host' }, false],
    [{ scripts: '/opt/{{ssm:x}}' }, false],
    [{ environment: { 'A B': 'x' } }, false],
    [{ environment: { A: 'x\ny' } }, false],
    [{ transport: 'exec' }, false],
    [{ bogus: 1 }, false],
  ])('%j: %s', (changed, valid) => {
    const given = Object.fromEntries(Object.entries({ ...SSM, ...changed }).filter(([, value]) => value !== undefined));
    expect(adapter.options.safeParse(given).success).toBe(valid);
  });
});
