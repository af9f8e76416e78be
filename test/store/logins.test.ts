import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../shared/store/store.ts';
import { startDynamo } from '../support/dynalite.ts';
import { MemoryStore } from '../support/memory-store.ts';

const implementations: [string, () => Promise<{ store: Store; close(): Promise<void> }>][] = [
  ['DynamoDB', startDynamo],
  ['memory', async () => ({ store: new MemoryStore(), close: async () => {} })],
];

describe.each(implementations)('what instances tell each other of logins, over %s', (_, start) => {
  let store: Store;
  let close: () => Promise<void>;
  beforeAll(async () => ({ store, close } = await start()));
  afterAll(() => close());

  const first = { rev: 1, version: 'v1', refusals: 0, accepted: 0, tryingUntil: 30_000 };
  const second = { rev: 2, version: 'v1', refusals: 1, accepted: 0, code: 'InvalidLogin', restsUntil: 300_000 };

  test('is written by one of several that read the same', async () => {
    const lab = { platform: 'fake', connection: 'several' };
    expect(await store.putLogin(lab, undefined, first)).toBe(true);
    expect(await store.putLogin(lab, undefined, first)).toBe(false);
    expect(await store.putLogin(lab, first, second)).toBe(true);
    expect(await store.putLogin(lab, first, second)).toBe(false);
    expect((await store.getLoop(lab)).login).toEqual(second);
  });

  test("is kept beside the loop's own, which is not begun or signalled by it", async () => {
    const lab = { platform: 'fake', connection: 'loop' };
    await store.putLogin(lab, undefined, first);
    expect(await store.getLoop(lab)).toMatchObject({ state: 'closed', epoch: 0, version: 0 });
    await store.takeEpoch(lab, 1, 10);
    await store.signalLoop(lab);
    const end = { state: 'open', heartbeatAt: 1, wakeAt: 2, health: { status: 'UP', since: 0 } } as const;
    await store.endTick(lab, 1, end);
    expect((await store.getLoop(lab)).login).toEqual(first);
  });
});
