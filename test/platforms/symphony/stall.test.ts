import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../shared/job/job.ts';
import { entry, idsOf, jobFor, machine, scripted } from './rig.ts';

const STALL_SECONDS = 600;

/** A provider that says this of every request, in one of the two forms, until the test changes it. */
function provider(form: 'array' | 'object', said: { status: string; machines: JsonObject[]; message?: string }) {
  const rig = scripted(
    (script, input) => {
      if (script === 'requestReturnMachines') return { requestId: 'ret-1' };
      const entries = idsOf(input).map((id) => entry(id, said.status, said.machines, said.message));
      return { requests: form === 'object' ? entries[0]! : entries };
    },
    { stallSeconds: STALL_SECONDS, requestForm: form },
  );
  const later = (seconds: number) => {
    rig.clock.at += seconds * 1000;
  };
  return { ...rig, said, later };
}

describe.each(['array', 'object'] as const)(
  'a request that has ended with machines still executing, form "%s"',
  (form) => {
    it('ends as what it is with the machines that came, once nothing has changed for stallSeconds', async () => {
      const { look, later } = provider(form, {
        status: 'complete_with_error',
        machines: [machine('i-1', 'succeed'), machine('i-2', 'executing')],
      });
      const job = jobFor('r-1', 2);
      expect(await look(job)).toMatchObject({ status: 'RUNNING' });
      later(STALL_SECONDS - 1);
      expect(await look(job)).toMatchObject({ status: 'RUNNING' });
      later(1);
      expect(await look(job)).toMatchObject({
        status: 'PARTIALLY_SUCCEEDED',
        message: '1 of 2 machines are up, 1 given up while executing',
        parts: [
          { id: 'i-1', status: 'SUCCEEDED' },
          { id: 'i-2', status: 'LOST' },
        ],
        result: { machines: [{ machineId: 'i-1' }] },
      });
    });

    it.each([
      ['complete_with_error', ['executing'], 1, 'FAILED'],
      ['complete_with_error', ['executing', 'fail'], 2, 'FAILED'],
      ['complete', ['executing'], 1, 'FAILED'],
      ['complete', ['succeed', 'executing'], 2, 'PARTIALLY_SUCCEEDED'],
      ['complete', ['succeed', 'executing'], 1, 'SUCCEEDED'],
    ])('"%s" with %j of %i is %s then', async (status, results, wanted, expected) => {
      const machines = results.map((result, index) => machine(`i-${index}`, result));
      const { look, later } = provider(form, { status, machines });
      const job = jobFor('r-1', wanted);
      await look(job);
      later(STALL_SECONDS);
      expect(await look(job)).toMatchObject({
        status: expected,
        ...(expected === 'FAILED' && { error: { outcomeUncertain: true } }),
      });
    });

    it('goes on being waited for with every change of a machine, and not with a change of words or times', async () => {
      const machines = [machine('i-1', 'executing', { status: 'pending' })];
      const { look, later, said } = provider(form, { status: 'complete_with_error', machines });
      const job = jobFor('r-1', 1);
      await look(job);
      later(STALL_SECONDS - 1);
      said.machines = [machine('i-1', 'executing', { status: 'building' })];
      await look(job);
      later(STALL_SECONDS - 1);
      said.message = 'still waiting, 3 s';
      said.machines = [machine('i-1', 'executing', { status: 'building', launchtime: 1_800_000_000, message: 'x' })];
      expect(await look(job)).toMatchObject({ status: 'RUNNING' });
      later(1);
      expect(await look(job)).toMatchObject({ status: 'FAILED' });
    });

    it('is remembered with the job, not in a process', async () => {
      const said = { status: 'complete_with_error', machines: [machine('i-1', 'executing')] };
      const [one, other] = [provider(form, said), provider(form, said)];
      const job = jobFor('r-1', 1);
      await one.look(job);
      other.later(STALL_SECONDS);
      expect(await other.look(job)).toMatchObject({ status: 'FAILED' });
    });

    it('that runs again is waited for anew', async () => {
      const { look, later, said } = provider(form, {
        status: 'complete_with_error',
        machines: [machine('i-1', 'executing')],
      });
      const job = jobFor('r-1', 1);
      await look(job);
      later(STALL_SECONDS - 1);
      said.status = 'running';
      await look(job);
      expect(job.handle).toEqual({ requestId: 'r-1', machineCount: 1 });
      said.status = 'complete_with_error';
      await look(job);
      later(STALL_SECONDS - 1);
      expect(await look(job)).toMatchObject({ status: 'RUNNING' });
    });

    it.each([
      ['complete_with_error', ['succeed', 'executing'], 'PARTIALLY_SUCCEEDED'],
      ['complete', ['succeed', 'executing'], 'PARTIALLY_SUCCEEDED'],
      ['complete', ['executing'], 'FAILED'],
    ])('a return that is "%s" with %j is %s after stallSeconds', async (status, results, expected) => {
      const machines = results.map((result, index) => machine(`i-${index}`, result));
      const { look, later } = provider(form, { status, machines });
      const job = jobFor('ret-1', 2, 'requestReturnMachines');
      expect(await look(job)).toMatchObject({ status: 'RUNNING' });
      later(STALL_SECONDS);
      expect(await look(job)).toMatchObject({ status: expected });
    });
  },
);

describe('a cancel is not followed for ever either', () => {
  const canceling = { requestId: 'r-1', machineCount: 1, cancel: { rounds: 1, returnId: 'ret-1' } };

  it.each(['complete_with_error', 'running'])(
    'of which the return says "%s" with a machine executing',
    async (status) => {
      const { look, later } = provider('array', { status, machines: [machine('i-1', 'executing')] });
      const job = {
        ...jobFor('r-1', 1),
        handle: { ...canceling, cancel: { ...canceling.cancel, over: true } } as never,
      };
      expect(await look(job)).toMatchObject({ status: 'RUNNING' });
      later(STALL_SECONDS);
      expect(await look(job)).toMatchObject({
        status: 'FAILED',
        error: { code: 'ReturnFailed', outcomeUncertain: true },
      });
    },
  );

  it('of a request that is "running" and never named a machine', async () => {
    const { look, later, clock } = provider('array', { status: 'running', machines: [] });
    const job = {
      ...jobFor('r-1', 1),
      createdAt: clock.at,
      handle: { requestId: 'r-1', machineCount: 1, cancel: { rounds: 0 } } as never,
    };
    expect(await look(job)).toMatchObject({ status: 'RUNNING' });
    later(STALL_SECONDS);
    expect(await look(job)).toMatchObject({ kind: 'not_found', code: 'Stalled' });
  });
});

describe('a failure that names no machine', () => {
  it('of a return is not believed before the provider can have begun, and is asked about again', async () => {
    const { look, later, said } = provider('array', { status: 'complete_with_error', machines: [] });
    const job = jobFor('ret-1', 1, 'requestReturnMachines');
    expect(await look(job)).toMatchObject({ status: 'RUNNING', message: expect.stringContaining('asked again') });
    later(60);
    said.status = 'complete';
    said.machines = [machine('i-1', 'succeed', { status: 'terminated' })];
    expect(await look(job)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it.each(['requestMachines', 'requestReturnMachines'])(
    'of %s is the end when it is still said after two minutes',
    async (operation) => {
      const { look, later, clock } = provider('array', { status: 'complete_with_error', machines: [], message: '' });
      const job = { ...jobFor('r-1', 1, operation), createdAt: clock.at };
      await look(job);
      later(119);
      expect(await look(job)).toMatchObject({ status: 'RUNNING' });
      later(1);
      expect(await look(job)).toMatchObject({ status: 'FAILED', error: { outcomeUncertain: true } });
    },
  );

  it('is the end too where the provider does not know the request after it has said so', async () => {
    const { look, said } = provider('array', { status: 'complete_with_error', machines: [] });
    const job = jobFor('r-1', 1);
    await look(job);
    Object.assign(said, { status: 'complete', message: 'request not found' });
    expect(await look(job)).toMatchObject({ status: 'FAILED' });
  });

  it('ends a request at once where the provider says why', async () => {
    const message = 'No room. Error Code: InsufficientInstanceCapacity';
    const { look } = provider('array', { status: 'complete_with_error', machines: [], message });
    expect(await look(jobFor('r-1', 1))).toMatchObject({
      status: 'FAILED',
      error: { code: 'InsufficientInstanceCapacity', retryable: true },
    });
  });
});
