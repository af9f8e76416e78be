import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Rig, signal, startRig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.simulator.close());

describe('a cancel', () => {
  it('is accepted, repeatable, and over once the task has ended', async () => {
    const job = await rig.submitted(rig.simulator.scenarios.runsForever());
    expect(await rig.connection.cancel!(job, { signal })).toEqual({ kind: 'accepted' });
    expect(await rig.connection.cancel!(job, { signal })).toEqual({ kind: 'accepted' });
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect((await rig.connection.check([job], { signal })).get(job.id)).toMatchObject({ status: 'CANCELED' });
    expect(await rig.connection.cancel!(job, { signal })).toEqual({ kind: 'over' });
  });

  it('VS-21 is refused where the task cannot be canceled', async () => {
    const { target } = rig.simulator.scenarios.runsForever();
    const job = await rig.submitted({ operation: 'ReconfigVM_Task', target, arguments: { spec: { numCPUs: 2 } } });
    expect(await rig.connection.cancel!(job, { signal })).toMatchObject({
      kind: 'refused',
      error: { code: 'NotSupported' },
    });
  });

  it('VS-22 is over where the task is gone', async () => {
    const job = await rig.submitted(rig.simulator.scenarios.succeeds(0));
    rig.simulator.forget(job.handle.task as string);
    expect(await rig.connection.cancel!(job, { signal })).toEqual({ kind: 'over' });
  });

  it('survives an expired session and says when it cannot get through', async () => {
    const job = await rig.submitted(rig.simulator.scenarios.runsForever());
    rig.simulator.expireSessions();
    expect(await rig.connection.cancel!(job, { signal })).toEqual({ kind: 'accepted' });
    rig.simulator.inject('unavailable');
    expect(await rig.connection.cancel!(job, { signal })).toMatchObject({ kind: 'transient', code: 'HTTP 503' });
  });
});
