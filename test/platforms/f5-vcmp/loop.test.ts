import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cancelJob } from '../../../functions/cancel-job/cancel.ts';
import { type F5VcmpSimulator, startF5VcmpSimulator } from '../../../infra/local/simulators/f5-vcmp.ts';
import { createHttpClient } from '../../../shared/http/node.ts';
import type { Job } from '../../../shared/job/job.ts';
import { wake } from '../../../shared/loop/wake.ts';
import { adapter } from '../../../shared/platforms/f5-vcmp/index.ts';
import type { F5VcmpSecret } from '../../../shared/platforms/f5-vcmp/secret.ts';
import { LAB, SILENT, World } from '../../support/world.ts';
import { STATE } from './rig.ts';

/** The wait-loop itself over this adapter: what a cancel and its look in one tick make of each other. */
let world: World;
let simulator: F5VcmpSimulator;
beforeEach(async () => {
  const clock = () => world.time;
  simulator = await startF5VcmpSimulator({ now: clock, seconds: 30 });
  const options = adapter.options.parse({ ...simulator.connection, maxRequestsPerSecond: 1000 });
  const platform = adapter.connect({
    name: 'f5-vcmp/lab',
    options,
    secret: async () => simulator.secret as unknown as F5VcmpSecret,
    http: createHttpClient(options),
    now: clock,
    random: Math.random,
    log: SILENT,
  });
  world = new World({ platform: platform as never, bounds: adapter.bounds });
});
afterEach(() => simulator.close());

async function submitted(seconds: number): Promise<Job> {
  const guest = simulator.host.add();
  guest.next = { seconds, ending: 'ok' };
  const request = adapter.submitRequest.parse({
    operation: 'set_guest_state',
    guests: [guest.name],
    state: `${STATE}DEPLOYED`,
  });
  const { platform } = world.ports;
  const outcome = await platform.submit(request, platform.intent(request, { id: 'a', createdAt: 0 }), {
    signal: AbortSignal.timeout(60_000),
  });
  if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
  const { kind: _kind, ...fields } = outcome;
  const job = world.job({ ...fields, operation: 'set_guest_state' });
  await world.store.createJob(job);
  await wake(world.ports, LAB, world.time + 13_000, world.time);
  return job;
}

describe('through the wait-loop', () => {
  it('a job runs to its end', async () => {
    await submitted(120);
    await world.run();
    expect(world.finished()).toEqual(['SUCCEEDED']);
  });

  it('a canceled job is CANCELED, and is never SUPERSEDED by its own cancel', async () => {
    const job = await submitted(1200);
    await world.run(world.time + 700_000);
    await cancelJob(world.ports, world.ports.platform, LAB, job.id);
    await world.run();
    expect(world.finished()).toEqual(['CANCELED']);
    expect(simulator.host.guest('guest1').wish).toBe('CONFIGURED');
  });

  it('a cancel that the loop itself delivers, its answer lost at first, is CANCELED too', async () => {
    const job = await submitted(1200);
    await world.run(world.time + 700_000);
    const current = (await world.store.getJob(LAB, job.id))!;
    await world.store.updateJob(current, { ...current, cancelRequestedAt: world.time });
    simulator.inject('lost-answer', { call: 'set_guest_state' });
    await wake(world.ports, LAB, world.time, world.time);
    await world.run();
    expect(world.finished()).toEqual(['CANCELED']);
    expect(simulator.calls.set_guest_state).toBe(2);
  });

  it('somebody else ends it', async () => {
    await submitted(1200);
    await world.run(world.time + 700_000);
    simulator.host.setState(['guest1'], ['PROVISIONED']);
    await world.run();
    expect(world.finished()).toEqual(['SUPERSEDED']);
  });

  it('a guest that is gone is LOST after its grace', async () => {
    await submitted(1200);
    await world.run(world.time + 100_000);
    simulator.forget('guest1');
    await world.run();
    expect(world.finished()).toEqual(['LOST']);
  });
});
