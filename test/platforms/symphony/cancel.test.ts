import { afterEach, describe, expect, it } from 'vitest';
import { entry, idsOf, jobFor, machine, type Said, scripted, signal, startRig } from './rig.ts';

let rig: Awaited<ReturnType<typeof startRig>>;
const start = async (...given: Parameters<typeof startRig>) => {
  rig = await startRig(...given);
  return rig;
};
afterEach(async () => {
  await rig?.simulator.close();
  rig = undefined as never;
});

describe('a cancel', () => {
  it.each(['vendor', 'real', 'noisy'] as const)(
    'gives back the machines that came, of the dialect "%s"',
    async (dialect) => {
      const { simulator, started, cancel, look, until } = await start({ dialect });
      const job = await started(simulator.scenarios.runsForever());
      const { requestId } = job.handle;
      expect(await cancel(job)).toMatchObject({ kind: 'accepted', handle: { cancel: { rounds: 0 } } });
      expect(await look(job)).toMatchObject({
        status: 'RUNNING',
        message: expect.stringContaining('given back by request ret-'),
      });
      const ended = await until(job, 'CANCELED');
      expect(ended).toMatchObject({
        platformJobId: requestId,
        parts: expect.arrayContaining([expect.objectContaining({ status: 'CANCELED' })]),
      });
      expect(simulator.calls.requestReturnMachines).toBe(1);
      const machines = JSON.parse(simulator.inputs.find((input) => input.includes('"machines"'))!).machines;
      expect([machines].flat()[0]).toEqual({ name: expect.any(String), machineId: expect.any(String) });
    },
  );

  it('of an end that was told is over, and asks nothing', async () => {
    const { simulator, started, cancel, until } = await start();
    const job = await started(simulator.ends('ok', 0));
    await until(job, 'SUCCEEDED');
    const before = { ...simulator.calls };
    expect(await cancel(job)).toEqual({ kind: 'over' });
    expect(simulator.calls).toEqual(before);
  });

  it('HF-T4: of an end that nobody has seen finds it, and its answer is not lost', async () => {
    const { simulator, started, cancel, look } = await start({ oneShot: true });
    const job = await started(simulator.ends('ok', 0));
    await cancel(job);
    expect(await look(job)).toMatchObject({ status: 'SUCCEEDED' });
    expect(simulator.calls.requestReturnMachines).toBeUndefined();
    expect(job.handle).not.toHaveProperty('cancel');
  });

  it('of a return is refused', async () => {
    const { cancel } = scripted(() => '');
    const job = jobFor('ret-1', 1, 'requestReturnMachines');
    expect(await cancel(job)).toMatchObject({ kind: 'refused', error: { retryable: false } });
  });

  it('is one, however often it is asked for', async () => {
    const { simulator, started, cancel } = await start();
    const job = await started(simulator.scenarios.runsForever());
    await cancel(job);
    const { handle } = job;
    expect(await cancel(job)).toEqual({ kind: 'accepted' });
    expect(job.handle).toBe(handle);
  });

  it('that the provider refuses leaves the job running, and says why', async () => {
    const { simulator, started, cancel, look } = await start({ refusesReturns: true });
    const job = await started(simulator.scenarios.runsForever());
    await cancel(job);
    expect(await look(job)).toMatchObject({
      status: 'RUNNING',
      message: expect.stringContaining('UnauthorizedOperation'),
    });
  });

  it('waits while no machine has come', async () => {
    const { cancel, look, calls } = scripted((_script, input) => ({ requests: idsOf(input).map((id) => entry(id)) }));
    const job = jobFor('req-1');
    await cancel(job);
    expect(await look(job)).toMatchObject({
      status: 'RUNNING',
      message: expect.stringContaining('no machine to give back'),
    });
    expect(calls.every(({ script }) => script === 'getRequestStatus')).toBe(true);
  });
});

/** A provider whose request lists these machines, one list for each look at it. */
function provider(lists: Said[], returned: (call: number) => Said, options = {}) {
  let looks = 0;
  let returns = 0;
  return scripted((script, input) => {
    if (script === 'requestReturnMachines') return returned(++returns);
    const [id] = idsOf(input);
    if (id?.startsWith('ret-')) return { requests: [entry(id, 'complete')] };
    return lists[Math.min(looks++, lists.length - 1)]!;
  }, options);
}
const running = (...machines: Parameters<typeof entry>[2] & object) => ({
  requests: [entry('req-1', 'running', machines)],
});
const over = (...machines: Parameters<typeof entry>[2] & object) => ({
  requests: [entry('req-1', 'complete', machines)],
});
const UP = machine('i-1', 'succeed');
const LATE = machine('i-2', 'executing');

async function canceled(rig: ReturnType<typeof provider>, machineCount = 2) {
  const job = jobFor('req-1', machineCount);
  await rig.cancel(job);
  const seen: string[] = [];
  for (let n = 0; n < 12; n++) {
    const outcome = (await rig.connection.check([job], { signal })).get(job.id)!;
    seen.push(outcome.kind === 'observed' ? outcome.status : outcome.kind);
    if (outcome.kind === 'observed' && outcome.handle) job.handle = outcome.handle;
    if (outcome.kind === 'observed' && outcome.status !== 'RUNNING') return { job, seen, outcome };
  }
  return { job, seen, outcome: undefined };
}

describe('a cancel that does not go by the book', () => {
  const ok = (call: number) => ({ requestId: `ret-${call}` });
  const returns = (rig: ReturnType<typeof provider>) =>
    rig.calls.filter(({ script }) => script === 'requestReturnMachines').map(({ input }) => input.machines);

  it('gives back the machines that came in between, too', async () => {
    const rig = provider(
      [
        running(UP),
        running(machine('i-1', 'succeed', { status: 'terminated' }), LATE),
        over(machine('i-1', 'fail'), machine('i-2', 'fail')),
      ],
      ok,
    );
    expect((await canceled(rig)).outcome).toMatchObject({ status: 'CANCELED' });
    expect(returns(rig)).toMatchObject([[{ machineId: 'i-1' }], [{ machineId: 'i-2' }]]);
  });

  it('HF-T1: gives them back one at a time where a list is not understood', async () => {
    const rig = provider([running(UP, LATE), running(LATE), over(machine('i-1', 'fail'))], ok, {
      requestForm: 'object',
    });
    expect((await canceled(rig)).outcome).toMatchObject({ status: 'CANCELED' });
    expect(returns(rig)).toMatchObject([{ machineId: 'i-1' }, { machineId: 'i-2' }]);
  });

  it('HF-T4: when the request has ended meanwhile, the return has the last word', async () => {
    const rig = provider([running(UP), over(UP, machine('i-2', 'succeed'))], ok);
    expect((await canceled(rig)).outcome).toMatchObject({ status: 'CANCELED' });
    // Once while it ran, once when it was over, never after.
    expect(rig.calls.filter(({ input }) => 'requests' in input && idsOf(input)[0] === 'req-1')).toHaveLength(2);
  });

  it('is CANCELED when the provider forgets a request whose machines are gone', async () => {
    const rig = provider([running(UP), over()], ok);
    expect((await canceled(rig)).outcome).toMatchObject({ status: 'CANCELED' });
  });

  it('goes on after a return that failed', async () => {
    const rig = provider([running(UP), running(UP), over(machine('i-1', 'fail'))], (call) =>
      call === 1 ? { exitCode: 1 } : ok(call),
    );
    const { seen } = await canceled(rig);
    expect(seen[0]).toBe('transient');
    expect(seen.at(-1)).toBe('CANCELED');
  });

  it('is given up when the provider will not take its machines back, and the request goes its way', async () => {
    const refusal = () => ({
      exitCode: 1,
      stdout: '{"message":"Delete VM failed. Error Code: UnauthorizedOperation"}',
    });
    const rig = provider([running(UP), running(UP), over(UP, machine('i-2', 'succeed'))], refusal);
    const { outcome, job } = await canceled(rig);
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', message: expect.stringContaining('Not canceled') });
    expect(job.handle).not.toHaveProperty('cancel');
  });

  it('does not give back for ever what is listed for ever', async () => {
    const rig = provider([running(UP)], ok);
    const { job } = await canceled(rig, 1);
    expect(returns(rig)).toHaveLength(6);
    expect(job.handle).not.toHaveProperty('cancel');
  });
});
