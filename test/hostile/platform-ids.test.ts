import { describe, expect, test } from 'vitest';
import type { Handle } from '../../shared/job/job.ts';
import type { CheckOutcome } from '../../shared/job/outcome.ts';
import { connect, play, readTapes, replay, type Scene } from '../fuzz/tape.ts';

const scenes = readTapes();
const twoAreOver = scenes.filter(({ name }) => name.endsWith('when two are over'));

function spoilt(scene: Scene, change: (body: string) => string): Promise<unknown> {
  const exchanges = scene.exchanges.map(({ request, reply }) => ({
    request,
    reply: { ...reply, body: change(reply.body) },
  }));
  return play(scene, connect(scene, replay(exchanges)));
}

function submitOf(platform: string): Scene {
  return scenes.find((scene) => scene.platform === platform && scene.call === 'submit')!;
}

/** A handle travels in every tick of the wait-loop and stands in the table. */
describe('ids of a platform are bounded before they become a handle', () => {
  const long = 'x'.repeat(100_000);

  test('cloudstack: an id that is none leaves the submit to be looked for', async () => {
    const outcome = await spoilt(submitOf('cloudstack'), (body) =>
      body.replace(/"jobid":"[^"]*"/, `"jobid":"${long}"`),
    );
    expect(outcome).toMatchObject({ kind: 'unknown', error: { code: 'bad_jobid' } });
  });

  test('vsphere: so does a task id; a long instanceUuid is cut', async () => {
    const scene = submitOf('vsphere');
    const noTask = await spoilt(scene, (body) => body.replace(/>task-\d+</, `>${long}<`));
    expect(noTask).toMatchObject({ kind: 'unknown', error: { code: 'NoTask' } });
    const accepted = await spoilt(scene, (body) => body.replace(/<instanceUuid>[^<]*/, `<instanceUuid>${long}`));
    expect(accepted).toMatchObject({ kind: 'accepted', handle: { instanceUuid: 'x'.repeat(100) } });
  });
});

describe("a handle that somebody edited is its own job's matter", () => {
  const garbage: [string, Handle][] = [
    ['empty', {}],
    ['of another shape', { task: { a: 1 }, jobid: [], requestId: {}, guests: [{}], adapter: 5 }],
    [
      'with characters that cannot be sent',
      {
        task: 'a\u0000',
        jobid: 'a\u0000',
        requestId: 'a\ud800',
        guests: ['a\u0001'],
        wanted: 'ABSENT',
        adapter: 'a',
        workflow: '\u0000',
      },
    ],
    [
      'far too long',
      {
        task: 'x'.repeat(400_000),
        jobid: 'x'.repeat(400_000),
        requestId: 'x'.repeat(400_000),
        guests: ['x'.repeat(400_000)],
        wanted: 'ABSENT',
        adapter: 'x'.repeat(400_000),
        workflow: 'x'.repeat(400_000),
      },
    ],
  ];

  describe.each(twoAreOver.map((scene) => ({ scene, name: `${scene.platform} ${scene.name}` })))(
    '$name',
    ({ scene }) => {
      test.each(garbage)('%s', async (_, handle) => {
        const [first, ...rest] = scene.jobs;
        const edited = { ...scene, jobs: [{ ...first!, handle }, ...rest] };
        const told = (await play(edited, connect(edited, replay(scene.exchanges)))) as Map<string, CheckOutcome>;
        const outcome = told.get(first!.id);
        expect(outcome).toMatchObject({ kind: 'permanent', message: expect.any(String) });
        expect(JSON.stringify(outcome).length).toBeLessThan(2000);
        expect(told.size).toBe(scene.jobs.length);
      });
    },
  );

  test('vsphere: the question about a hundred tasks is sent without it', async () => {
    const scene = twoAreOver.find(({ platform }) => platform === 'vsphere')!;
    const asked: string[] = [];
    const edited = { ...scene, jobs: [{ ...scene.jobs[0]!, handle: { task: '\ud800' } }, ...scene.jobs.slice(1)] };
    const answer = replay(scene.exchanges);
    const noted = (request: string) => {
      asked.push(request);
      return answer(request);
    };
    const told = (await play(edited, connect(edited, noted))) as Map<string, CheckOutcome>;
    expect(told.get(scene.jobs[1]!.id)).toMatchObject({ kind: 'observed', status: 'FAILED' });
    expect(asked.join()).toContain(String(scene.jobs[1]!.handle.task));
  });
});

test('what is said of one job is not quoted in the outcomes of others', async () => {
  const scene = twoAreOver.find(({ platform, name }) => platform === 'symphony' && name.startsWith('as real'))!;
  // The first key is spoilt: nothing of the answer can be read, and all of it would be quoted.
  const told = (await spoilt(scene, (body) => body.replace('{', ' '))) as Map<string, CheckOutcome>;
  for (const job of scene.jobs) {
    const outcome = JSON.stringify(told.get(job.id));
    for (const other of scene.jobs.filter((it) => it !== job)) expect(outcome).not.toContain(other.handle.requestId);
  }
});

test("a machine's result that is a word of every object is a machine on its way", async () => {
  const scene = twoAreOver.find(({ platform, name }) => platform === 'symphony' && name.startsWith('as real'))!;
  const told = (await spoilt(scene, (body) => body.replace('"succeed"', '"constructor"'))) as Map<string, CheckOutcome>;
  const outcome = told.get(scene.jobs[0]!.id);
  expect(outcome).toMatchObject({ kind: 'observed' });
  expect(outcome?.kind === 'observed' && outcome.parts?.map(({ status }) => typeof status)).toEqual([
    'string',
    'string',
  ]);
});
