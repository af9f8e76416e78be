import { isDeepStrictEqual } from 'node:util';
import type { CheckOutcome } from '../../../shared/job/outcome.ts';
import type { JobRef } from '../../../shared/platforms/adapter.ts';
import { hostileHeaders } from '../headers.ts';
import { MOVING, mutate, SPOILING } from '../mutate.ts';
import { canariesOf, holdOutcomes, isOver, mentions } from '../outcomes.ts';
import type { Random } from '../random.ts';
import { ownSpan } from '../spans.ts';
import { connect, play, type Reply, readTapes, replay, type Scene } from '../tape.ts';
import { type Case, hold, type Target } from '../target.ts';

/**
 * What is wrong with the answer, and so what must hold besides that an outcome comes at all:
 * - `any`: anything may be; `spoilt`: nothing was carried from one job to another, so no outcome mentions another's values;
 * - `one job`: only what is said of `job` is spoilt, so the others' outcomes are as they were, or tell nothing;
 * - `mixed up`: `job` is called by another's id, so it is not over; `headers`: the body is as it was.
 */
type Wrong = 'any' | 'spoilt' | 'one job' | 'mixed up' | 'headers';

interface Frame extends Record<string, unknown> {
  scene: number;
  /** Of the answer that is replaced. */
  index: number;
  wrong: Wrong;
  status: number;
  headers: Reply['headers'];
  job?: string;
}

/** Answers of one platform, spoilt, through the adapter's public surface. */
export async function platformAnswers(platform: string, seeds: readonly Buffer[] = []): Promise<Target> {
  const scenes = readTapes().filter((it) => it.platform === platform);
  const usual = await Promise.all(scenes.map((scene) => play(scene, connect(scene, replay(scene.exchanges)))));
  return {
    make: (random) => make(scenes, seeds, random),
    async run(input) {
      const { scene: number, index, status, headers, wrong, job } = input.frame as Frame;
      const scene = scenes[number]!;
      const reply = { status, headers, body: input.bytes.toString('utf8') };
      const told = await play(scene, connect(scene, replay(scene.exchanges, { index, reply })));
      holdOutcomes(scene, told);
      if (!(told instanceof Map)) return;
      const spoilt = wrong === 'spoilt' || wrong === 'one job';
      const original = scene.exchanges[index]!.reply.body;
      if (spoilt) holdApart(scene, told, original, reply.body);
      if (wrong === 'one job')
        holdOthers(scene, told, usual[number] as typeof told, job!, { original, body: reply.body });
      if (wrong === 'mixed up') hold(!isOver(told.get(job!)), `${job} is over, of which the platform said nothing`);
    },
  };
}

function make(scenes: readonly Scene[], seeds: readonly Buffer[], random: Random): Case {
  const scene = random.int(scenes.length);
  const { exchanges, jobs } = scenes[scene]!;
  const index = random.int(exchanges.length);
  const { status, headers, body } = exchanges[index]!.reply;
  const bytes = Buffer.from(body);
  const frame = (wrong: Wrong, job?: JobRef): Frame => ({
    scene,
    index,
    wrong,
    status,
    headers,
    ...(job && { job: job.id }),
  });
  const way = random.int(10);
  if (way === 0) {
    return {
      frame: { ...frame('headers'), status: random.pick(STATUSES), headers: hostileHeaders(headers, random) },
      bytes,
    };
  }
  if (way === 1 && seeds.length > 0) return { frame: frame('any'), bytes: mutate(random.pick(seeds), random) };
  if (way <= 4) return { frame: frame('spoilt'), bytes: mutate(bytes, random, SPOILING) };
  const job = jobs.length > 1 ? random.pick(jobs) : undefined;
  if (way <= 7 && job) {
    const spoilt = spoilOne(body, job, jobs, random);
    if (spoilt) return { frame: frame('one job', job), bytes: spoilt };
  }
  if (way === 8 && job) {
    const mixed = mixUp(body, job, jobs, random);
    if (mixed) return { frame: frame('mixed up', job), bytes: mixed };
  }
  return { frame: frame('any'), bytes: mutate(bytes, random, random.chance(0.5) ? MOVING : undefined) };
}

const STATUSES = [
  0, 100, 200, 201, 204, 301, 302, 400, 401, 403, 404, 408, 429, 431, 500, 502, 503, 504, 599, 600, 999,
];

/** Spoils what the answer says of one job, and leaves the others' parts alone. */
function spoilOne(body: string, job: JobRef, jobs: readonly JobRef[], random: Random): Buffer | undefined {
  const span = partOf(body, job, jobs);
  if (!span) return undefined;
  const [from, to] = span;
  const part = mutate(Buffer.from(body.slice(from, to)), random);
  return Buffer.concat([Buffer.from(body.slice(0, from)), part, Buffer.from(body.slice(to))]);
}

function partOf(body: string, job: JobRef, jobs: readonly JobRef[]) {
  const others = jobs.filter((it) => it !== job);
  const own = canariesOf(job, others);
  const theirs = others.flatMap((it) => canariesOf(it, [job]));
  return ownSpan(
    body,
    (piece) => own.some((word) => mentions(piece, word)),
    (piece) => theirs.some((word) => mentions(piece, word)),
  );
}

/** Calls the job by the id of another one, wherever its own stands. */
function mixUp(body: string, job: JobRef, jobs: readonly JobRef[], random: Random): Buffer | undefined {
  const other = random.pick(jobs.filter((it) => it !== job));
  const [own, theirs] = [canariesOf(job, [other])[0], canariesOf(other, [job])[0]];
  if (!own || !theirs || !mentions(body, own) || !partOf(body, job, jobs)) return undefined;
  return Buffer.from(body.replaceAll(new RegExp(`(?<![\\w-])${own}(?![\\w-])`, 'g'), theirs));
}

/** No outcome mentions what only another job's handle has, unless it was spoilt into just that. */
function holdApart(scene: Scene, told: Map<string, CheckOutcome>, original: string, body: string): void {
  for (const job of scene.jobs) {
    const text = JSON.stringify(told.get(job.id) ?? {});
    for (const other of scene.jobs.filter((it) => it !== job)) {
      for (const word of canariesOf(other, [job])) {
        hold(
          !mentions(text, word) || countOf(word, body) > countOf(word, original),
          `the outcome of ${job.id} mentions ${word}, which is of ${other.id}: ${text.slice(0, 500)}`,
        );
      }
    }
  }
}

/** The outcomes of all but `spoilt` are as they were, or tell nothing. */
function holdOthers(
  scene: Scene,
  told: Map<string, CheckOutcome>,
  usual: Map<string, CheckOutcome>,
  spoilt: string,
  change: { original: string; body: string },
): void {
  for (const other of scene.jobs.filter(({ id }) => id !== spoilt)) {
    const [now, before] = [told.get(other.id), usual.get(other.id)];
    if (now?.kind !== 'observed') {
      hold(now?.kind !== 'not_found', `${other.id} is not found any more because of what is said of ${spoilt}`);
      continue;
    }
    // A spoilt id may have become this job's.
    const words = canariesOf(other, []);
    if (words.some((word) => countOf(word, change.body) > countOf(word, change.original))) continue;
    hold(
      isDeepStrictEqual(now, before),
      `the outcome of ${other.id} has changed with what is said of ${spoilt}: ${JSON.stringify(before).slice(0, 300)} became ${JSON.stringify(now).slice(0, 300)}`,
    );
  }
}

function countOf(word: string, text: string): number {
  return text.split(word).length;
}
