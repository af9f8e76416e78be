import { describe, expect, test } from 'vitest';
import { cancelJob } from '../../functions/cancel-job/cancel.ts';
import type { CancelOutcome } from '../../shared/platforms/adapter.ts';
import { LAB } from '../support/world.ts';
import { problemOf, setUp } from './rig.ts';

const HOUR = 3_600_000;
const noPermission: CancelOutcome = {
  kind: 'permanent',
  code: 'NoPermission',
  message: 'The user lacks the privilege Global.CancelTask.',
};
const notCancelable: CancelOutcome = { kind: 'refused', error: { code: 'NotSupported', message: 'Not cancelable.' } };
const reset: CancelOutcome = { kind: 'transient', code: 'http.reset', message: 'reset' };

/** A job of an hour, whose cancels are answered with these, the last again and again. */
async function canceling(...answers: CancelOutcome[]) {
  const at: number[] = [];
  const rig = setUp({
    cancel: () => {
      at.push(rig.world.time);
      return answers[Math.min(at.length, answers.length) - 1]!;
    },
  });
  const { job } = await rig.submit();
  const over = rig.world.time + HOUR;
  rig.world.platform.outcomes.set('t1', (now) => ({ kind: 'observed', status: now < over ? 'RUNNING' : 'SUCCEEDED' }));
  const stored = async () => (await rig.world.store.getJob(LAB, job.id))!;
  return { ...rig, at, job, stored, cancel: () => cancelJob(rig.world.ports, rig.platform, LAB, job.id) };
}

describe('a cancel that the platform refuses for good', () => {
  test.each([
    ['for a missing privilege', noPermission, 'NoPermission', 'The user lacks the privilege Global.CancelTask.'],
    ['for its nature', notCancelable, 'NotSupported', 'Not cancelable.'],
  ] as const)(
    '%s is answered with 409 and the reason, noted on the job, and never sent again',
    async (_, answer, code, message) => {
      const { world, at, cancel, stored } = await canceling(answer);
      const problem = await problemOf(cancel());
      expect(problem).toMatchObject({ status: 409, problem: 'cancel-refused', message });
      expect(problem.toJSON()).toMatchObject({ error: { code, message } });
      const noted = await stored();
      expect(noted).not.toHaveProperty('cancelRequestedAt');
      expect(noted.timeline!.map((entry) => entry.cancel).filter(Boolean)).toEqual(['requested', 'refused']);
      expect(noted.timeline!.at(-1)!.message).toBe(`Cancel refused: ${message}`);
      await world.run();
      expect(at).toHaveLength(1);
      expect(world.finished()).toEqual(['SUCCEEDED']);
    },
  );

  test('may be asked for again by its caller, and is then sent once more', async () => {
    const { at, cancel, stored } = await canceling(noPermission, { kind: 'accepted' });
    await problemOf(cancel());
    await cancel();
    expect(at).toHaveLength(2);
    expect(await stored()).toMatchObject({ cancelSentAt: expect.any(Number) });
  });

  test('when the loop sends it: is told once on the job, and not repeated', async () => {
    const { world, at, cancel, stored } = await canceling(reset, noPermission);
    expect(await cancel()).toMatchObject({ cancelRequestedAt: expect.any(Number) });
    await world.run(world.time + HOUR / 2);
    expect(at).toHaveLength(2);
    const noted = await stored();
    expect(noted).not.toHaveProperty('cancelRequestedAt');
    const refusals = noted.timeline!.filter((entry) => entry.cancel === 'refused');
    expect(refusals.map((entry) => entry.message)).toEqual([
      'Cancel refused: The user lacks the privilege Global.CancelTask.',
    ]);
    await world.run();
    expect(world.finished()).toEqual(['SUCCEEDED']);
  });

  test('its reason stands in the timeline also where the platform says something at the same moment', async () => {
    const { world, cancel, stored } = await canceling(reset, notCancelable);
    world.platform.outcomes.set('t1', () => ({
      kind: 'observed',
      status: 'RUNNING',
      message: 'Copying',
      progress: 30,
    }));
    await cancel();
    await world.run(world.time + 20_000);
    const refused = (await stored()).timeline!.find((entry) => entry.cancel === 'refused');
    expect(refused).toMatchObject({ message: 'Cancel refused: Not cancelable.' });
  });
});

describe('a cancel that may yet be taken', () => {
  test('is sent again after gaps that double up to a minute, however often the loop ticks', async () => {
    const { world, at, cancel } = await canceling(reset);
    await cancel();
    // A busy neighbor keeps the loop ticking.
    for (let i = 0; i < 120; i++) await world.submit(1e9);
    await world.run(world.time + HOUR / 2);
    const gaps = at.slice(1).map((time, i) => Math.round((time - at[i]!) / 1000));
    expect(gaps.slice(1, 5).map((gap, i) => gap >= 5 * 2 ** i)).toEqual([true, true, true, true]);
    expect(Math.min(...gaps.slice(6))).toBeGreaterThanOrEqual(60);
    expect(at.length).toBeLessThan(40);
    expect(at.length).toBeGreaterThan(20);
  });

  test('because the connection is out of order (a rotated password) is kept, and taken once that is repaired', async () => {
    const invalidLogin = { kind: 'permanent', code: 'InvalidLogin', message: 'wrong password' } as const;
    let asked = 0;
    const rig = setUp({
      cancel: () => (asked++ === 0 ? reset : rig.world.time < repairedAt ? invalidLogin : { kind: 'accepted' }),
    });
    const repairedAt = rig.world.time + 120_000;
    const { job } = await rig.submit();
    rig.world.platform.outcomes.set('t1', (now) =>
      now < repairedAt ? invalidLogin : { kind: 'observed', status: 'RUNNING' },
    );
    await cancelJob(rig.world.ports, rig.platform, LAB, job.id);
    await rig.world.run(rig.world.time + HOUR);
    expect(asked).toBeGreaterThan(2);
    expect(await rig.world.store.getJob(LAB, job.id)).toMatchObject({ cancelSentAt: expect.any(Number) });
  });

  test('by an adapter that throws is a cancel without an answer', async () => {
    let sent = 0;
    const rig = setUp({
      cancel: () => {
        if (sent++ === 0) throw new Error('an adapter that breaks its word');
        return { kind: 'accepted' };
      },
    });
    const { job } = await rig.submit();
    expect(await cancelJob(rig.world.ports, rig.platform, LAB, job.id)).toMatchObject({ status: 'QUEUED' });
    await rig.world.run(rig.world.time + 30_000);
    expect(sent).toBe(2);
  });
});
