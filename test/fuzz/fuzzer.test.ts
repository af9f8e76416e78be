import { expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';
import { mutate } from './mutate.ts';
import { isOver } from './outcomes.ts';
import { Random } from './random.ts';
import { ownSpan } from './spans.ts';
import { connect, play, readTapes, replay, type Scene } from './tape.ts';
import { type Case, hold, type Target } from './target.ts';

const plan = (more = {}) => ({ seed: 7, name: 'planted', until: Date.now() + 20_000, maxRuns: 3000, ...more });

function planted(run: (input: Case) => Promise<void>): Target {
  const seed = Buffer.from(
    '{"id":"a","list":[1,2,3],"text":"nothing of interest stands here, and there is a lot of it"}',
  );
  return { make: (random) => ({ frame: {}, bytes: mutate(seed, random) }), run, limitMs: 100 };
}

test('a planted crash is found, made small, and comes again with its seed and number', async () => {
  const target = planted(async ({ bytes }) => {
    if (bytes.includes(0)) throw new TypeError('a NUL');
  });
  const { failure } = await fuzz(target, plan());
  expect(failure?.reason).toContain('TypeError: a NUL');
  expect(failure?.input.bytes).toEqual(Buffer.from([0]));
  const again = await fuzz(target, plan({ only: failure!.run }));
  expect(again).toMatchObject({ runs: 1, failure: { run: failure!.run, reason: expect.stringContaining('a NUL') } });
});

test('a property that does not hold, a slow case, a stray rejection and a touched prototype are failures', async () => {
  const reasons: Record<string, (input: Case) => Promise<void>> = {
    'longer than before': async ({ bytes }) => hold(bytes.length < 200, 'longer than before'),
    'of processor time': async ({ bytes }) => {
      const begun = process.cpuUsage();
      while (bytes.includes(0) && process.cpuUsage(begun).user < 150_000);
    },
    'nobody caught': async ({ bytes }) => {
      if (bytes.includes(0)) void Promise.reject(new Error('stray'));
      await new Promise((resolve) => setImmediate(resolve));
    },
    'Object.prototype got polluted': async ({ bytes }) => {
      if (bytes.includes(0)) Object.assign(Object.prototype, { polluted: true });
    },
  };
  for (const [reason, run] of Object.entries(reasons)) {
    const { failure } = await fuzz(planted(run), plan({ minimizeMs: 200 }));
    expect(failure?.reason, reason).toContain(reason);
  }
  expect('polluted' in {}).toBe(false);
});

test('the same seed gives the same inputs, another seed others', () => {
  const inputs = (seed: string) =>
    Array.from({ length: 20 }, (_, i) =>
      mutate(Buffer.from('<a b="1">text</a>'), new Random(`${seed}/${i}`)).toString('hex'),
    );
  expect(inputs('1')).toEqual(inputs('1'));
  expect(inputs('1')).not.toEqual(inputs('2'));
  expect(new Set(inputs('1')).size).toBeGreaterThan(15);
});

test('what is said of one thing is told apart, in XML and in JSON', () => {
  const piece = (text: string) => {
    const span = ownSpan(
      text,
      (it) => it.includes('B'),
      (it) => it.includes('A'),
    );
    return span && text.slice(...span);
  };
  expect(piece('<r><o><id>A</id><s>x</s></o><o><id>B</id><s>y</s></o></r>')).toBe('<o><id>B</id><s>y</s></o>');
  expect(piece('{"r":[{"id":"A"},{"id":"B","m":[{"x":"}"}]}]}')).toBe('{"id":"B","m":[{"x":"}"}]}');
});

const scenes = readTapes();
const ofCall = (call: Scene['call']) => scenes.filter((scene) => scene.call === call);

test('the recorded answers still fit what the adapters ask: `npm run fuzz -- --record` records them anew', async () => {
  const outcomeOf = (scene: Scene) => play(scene, connect(scene, replay(scene.exchanges)));
  for (const scene of ofCall('submit')) expect(await outcomeOf(scene), scene.name).toMatchObject({ kind: 'accepted' });
  for (const scene of ofCall('find')) expect(await outcomeOf(scene), scene.name).toMatchObject({ kind: 'accepted' });
  for (const scene of ofCall('cancel')) expect(await outcomeOf(scene), scene.name).toMatchObject({ kind: 'accepted' });
  const over = scenes.filter(({ name }) => name.endsWith('when two are over'));
  expect(new Set(over.map(({ platform }) => platform)).size).toBe(5);
  for (const scene of over) {
    const told = (await outcomeOf(scene)) as Map<string, never>;
    expect(
      scene.jobs.map(({ id }) => isOver(told.get(id))),
      scene.name,
    ).toEqual([true, true, false]);
  }
});
