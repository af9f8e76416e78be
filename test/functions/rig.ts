import { expect } from 'vitest';
import { type Submission, submitJob } from '../../functions/submit-job/submit.ts';
import { Problem } from '../../shared/api/problem.ts';
import { cachedStats } from '../../shared/loop/statistics.ts';
import type { CancelOutcome, FindOutcome, PlatformConnection, SubmitOutcome } from '../../shared/platforms/adapter.ts';
import { fakeAdapter, LAB, World } from '../support/world.ts';

/** A world whose platform takes submits, and a way to submit to it. */
export function setUp(
  options: { answer?: () => SubmitOutcome; find?: () => FindOutcome; cancel?: () => CancelOutcome } = {},
) {
  const world = new World();
  let submits = 0;
  const platform: PlatformConnection = {
    intent: () => ({ marker: 'intent' }),
    submit: async () => {
      submits++;
      return (
        options.answer ?? (() => ({ kind: 'accepted', handle: { task: `t${submits}` }, platformJobId: `t${submits}` }))
      )();
    },
    adopt: ({ adopt }) => ({ handle: { task: adopt.task }, platformJobId: adopt.task }),
    check: (jobs) => world.platform.check(jobs),
    ...(options.find && { findSubmitted: async () => options.find!() }),
    ...(options.cancel && { cancel: async () => options.cancel!() }),
  };
  Object.assign(world.ports, { platform });
  const adapter = fakeAdapter(() => platform);
  const submit = (fields: Partial<Submission> = {}) =>
    submitJob(
      { ...world.ports, stats: cachedStats(world.ports) },
      adapter,
      { options: {}, platform },
      {
        of: LAB,
        operation: 'op',
        request: { operation: 'op' },
        common: {},
        adopt: false,
        idempotencyKey: undefined,
        submitter: `request-${world.time}-${submits}`,
        ...fields,
      },
    );
  return { world, platform, submit, submits: () => submits };
}

export async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(Problem);
  return error as Problem;
}
