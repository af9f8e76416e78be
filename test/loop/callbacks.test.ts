import type { SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { addTaskToken } from '../../functions/submit-job/task-token.ts';
import type { JobView } from '../../shared/job/present.ts';
import { StepFunctionsCallbacks } from '../../shared/loop/executions.ts';
import type { MetricName } from '../../shared/observe/metrics.ts';
import { LAB, SILENT, World } from '../support/world.ts';

const HOUR = 3_600_000;

function refusal(name: string): Error {
  return Object.assign(new Error(`${name} of the test`), { name });
}

/** A world whose callbacks answer as `refuse` says, by token. */
function calling(refuse: (token: string, now: number) => Error | undefined) {
  const counted = new Map<MetricName, number>();
  const tries: { token: string; at: number }[] = [];
  const world: World = new World({
    metrics: { count: (name, value) => void counted.set(name, (counted.get(name) ?? 0) + value) },
    callbacks: {
      complete: async (token) => {
        tries.push({ token, at: world.time });
        const error = refuse(token, world.time);
        if (error) throw error;
      },
    },
  });
  return { world, counted, tries };
}

describe('a task token that Step Functions refuses', () => {
  test('is tried again after 5, 10, 20 … seconds, then every five minutes, for a day, then given up and counted', async () => {
    const { world, counted, tries } = calling(() => refusal('AccessDeniedException'));
    const job = await world.submit(5, { taskTokens: ['t'] });
    await world.run();
    const gaps = tries.slice(1).map(({ at }, i) => Math.round((at - tries[i]!.at) / 1000));
    expect(gaps.slice(0, 6)).toEqual([5, 10, 20, 40, 80, 160]);
    expect(new Set(gaps.slice(6))).toEqual(new Set([300]));
    expect(tries.at(-1)!.at - tries[0]!.at).toBeGreaterThanOrEqual(24 * HOUR);
    expect(tries.at(-1)!.at - tries[0]!.at).toBeLessThan(24 * HOUR + 300_000);
    expect(counted.get('CallbacksGivenUp')).toBe(1);
    expect(counted.get('CallbacksRefused')).toBe(tries.length);
    expect(counted.get('PublishFailures') ?? 0).toBe(0);
    const stored = (await world.store.getJob(LAB, job.id))!;
    for (const name of ['activeSince', 'taskTokens', 'callbackRefusedSince']) expect(stored).not.toHaveProperty(name);
    expect(await world.store.getLoop(LAB)).toMatchObject({ state: 'closed' });
  });

  test('is completed within five minutes after the permission was given', async () => {
    const { world, counted, tries } = calling((_token, now) =>
      now < allowedAt ? refusal('KmsAccessDeniedException') : undefined,
    );
    const allowedAt = world.time + 5 * HOUR;
    await world.submit(5, { taskTokens: ['t'] });
    await world.run();
    expect(tries.at(-1)!.at - allowedAt).toBeLessThanOrEqual(300_000);
    expect(counted.get('CallbacksGivenUp')).toBeUndefined();
  });

  test('delays neither its own event nor anybody else’s, and no other token', async () => {
    const { world, tries } = calling((token) => (token === 'refused' ? refusal('ThrottlingException') : undefined));
    const start = world.time;
    await world.submit(5, { taskTokens: ['refused', 'taken'] });
    for (let i = 0; i < 150; i++) await world.submit(5, i % 2 ? { taskTokens: ['taken too'] } : {});
    await world.run(start + 60_000);
    expect(world.events).toHaveLength(151);
    expect(tries.filter(({ token }) => token === 'taken')).toHaveLength(1);
    expect(tries.filter(({ token }) => token === 'taken too')).toHaveLength(75);
    expect((await world.store.activeJobs(LAB)).length).toBe(1);
  });

  test('does not make the loop tick every few seconds: about as many ticks an hour as a sleeping loop has', async () => {
    const { world } = calling(() => refusal('AccessDeniedException'));
    await world.submit(5, { taskTokens: ['t'] });
    await world.run(world.time + HOUR);
    const before = world.ticks;
    await world.run(world.time + HOUR);
    expect(world.ticks - before).toBeLessThanOrEqual(13);
  });

  test('keeps its gap over an hour of ticks that other jobs need', async () => {
    const { world, tries } = calling(() => refusal('AccessDeniedException'));
    await world.submit(5, { taskTokens: ['t'] });
    await world.submit(1e9);
    await world.run(world.time + HOUR);
    expect(tries.length).toBeLessThan(20);
  });

  test('is given up a day after its own first refusal, not after that of an earlier token', async () => {
    const { world, counted, tries } = calling(() => refusal('AccessDeniedException'));
    const job = await world.submit(5, { taskTokens: ['first'] });
    await world.run(world.time + 23 * HOUR);
    const late = world.time;
    await addTaskToken(world.ports, (await world.store.getJob(LAB, job.id))!, 'second');
    await world.run();
    expect(tries.filter(({ token }) => token === 'second').at(-1)!.at - late).toBeGreaterThanOrEqual(24 * HOUR);
    expect(counted.get('CallbacksGivenUp')).toBe(2);
  });
});

describe('an event that the bus refuses', () => {
  test('for good: the loop backs off to five minutes, and the event comes when the bus takes it', async () => {
    const { world, counted } = calling(() => undefined);
    let refused = 0;
    const openAt = world.time + 6 * HOUR;
    world.busTakes = () => world.time >= openAt || refused++ < 0;
    await world.submit(5, { taskTokens: ['t'] });
    await world.run(openAt);
    expect(refused).toBeLessThan(6 * 12 + 10);
    expect(counted.get('PublishFailures')).toBe(refused);
    await world.run(openAt + 300_000);
    expect(world.finished()).toEqual(['SUCCEEDED']);
  });
});

describe('the answers of Step Functions to a callback', () => {
  const job = { id: 'J', status: 'SUCCEEDED', result: 'x'.repeat(1000) } as unknown as JobView;
  const client = (...errors: (string | undefined)[]) => {
    const sent: Record<string, string>[] = [];
    const fake = {
      send: async ({ input }: { input: Record<string, string> }) => {
        sent.push(input);
        const name = errors[sent.length - 1];
        if (name) throw refusal(name);
      },
    } as unknown as SFNClient;
    return { callbacks: new StepFunctionsCallbacks(SILENT, fake), sent };
  };

  test.each(['TaskDoesNotExist', 'TaskTimedOut', 'InvalidToken'])('%s proves that nobody waits: done', async (name) => {
    await expect(client(name).callbacks.complete('token', job)).resolves.toBeUndefined();
  });

  test.each([
    'AccessDeniedException',
    'KmsAccessDeniedException',
    'KmsInvalidStateException',
    'KmsThrottlingException',
    'ThrottlingException',
    'UnrecognizedClientException',
    'ExpiredTokenException',
    'InternalServerError',
    'TimeoutError',
    'AnythingElse',
  ])('%s proves nothing of the kind: to be tried again', async (name) => {
    await expect(client(name).callbacks.complete('token', job)).rejects.toThrow(name);
  });

  test.each(['InvalidOutput', 'ValidationException'])('%s: the job is sent without its bulk', async (name) => {
    const { callbacks, sent } = client(name);
    await callbacks.complete('token', job);
    expect(sent).toHaveLength(2);
    expect(JSON.parse(sent[0]!.output!)).toHaveProperty('result');
    expect(JSON.parse(sent[1]!.output!)).toEqual({ id: 'J', status: 'SUCCEEDED' });
    await expect(client(name, name).callbacks.complete('token', job)).rejects.toThrow(name);
  });

  test('a failure of more than 32,000 characters is sent without its bulk, as JSON', async () => {
    const { callbacks, sent } = client();
    await callbacks.complete('token', { ...job, status: 'FAILED', result: 'x'.repeat(40_000) });
    expect(JSON.parse(sent[0]!.cause!)).toEqual({ id: 'J', status: 'FAILED' });
  });
});
