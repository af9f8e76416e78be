import {
  exponential,
  gammaAfter,
  logNormal,
  mixture,
  pareto,
  positiveNormal,
  type Sampler,
  seeded,
  uniform,
} from './random.ts';

/** A kind of operation: how long its jobs take, and after how many seconds their callers give them up. */
export interface Kind {
  name: string;
  what: string;
  sample: Sampler;
  deadlineSeconds: number;
}

export interface SampleJob {
  kind: Kind;
  /** Seconds since the beginning; negative: it ran before. */
  startSeconds: number;
  seconds: number;
}

const kind = (name: string, what: string, sample: Sampler, deadlineSeconds = 7_200): Kind => ({
  name,
  what,
  sample,
  deadlineSeconds,
});

/** Shapes of durations that infrastructure platforms have, in equal shares. Plausible, not measured. */
export const KINDS: readonly Kind[] = [
  kind('Memoryless', 'exponential, mean 300 s', exponential(300)),
  kind('PowerOn', 'log-normal, median 9 s, sigma 0.35', logNormal(9, 0.35)),
  kind('Deploy', 'log-normal, median 95 s, sigma 0.25', logNormal(95, 0.25)),
  kind('Clone', 'log-normal, median 240 s, sigma 0.5', logNormal(240, 0.5)),
  kind('Snapshot', 'log-normal, median 180 s, sigma 1', logNormal(180, 1)),
  kind('Wide', 'log-normal, median 120 s, sigma 1.6', logNormal(120, 1.6)),
  kind(
    'FailsFast',
    '15 % log-normal around 4 s, else around 420 s',
    mixture([0.15, logNormal(4, 0.5)], [0.85, logNormal(420, 0.3)]),
  ),
  kind(
    'ThreeModes',
    'log-normals: 10 % around 3 s, 70 % around 75 s, 20 % around 900 s',
    mixture([0.1, logNormal(3, 0.4)], [0.7, logNormal(75, 0.2)], [0.2, logNormal(900, 0.4)]),
  ),
  kind('HeavyTail', 'Pareto from 20 s, shape 1.3', pareto(20, 1.3)),
  kind('Punctual', 'normal, 600 s, sigma 8 s', positiveNormal(600, 8)),
  kind('Uniform', 'uniform, 60 to 900 s', uniform(60, 900)),
  kind('CreateGuest', '180 s and a gamma of shape 3, scale 60 s', gammaAfter(180, 3, 60)),
  kind(
    'FromTemplate',
    'normals: 60 % 35 s (cached), 40 % 480 s',
    mixture([0.6, positiveNormal(35, 3)], [0.4, positiveNormal(480, 25)]),
  ),
  kind('LongClone', 'log-normal, median 3,600 s, sigma 0.5', logNormal(3_600, 0.5), 28_800),
];

/** No job comes so close to its deadline that the last look before it would be too early: this is no test of deadlines. */
const BEFORE_DEADLINE_SECONDS = 60;
const SHORTEST_SECONDS = 0.05;

/** One duration of a kind. */
export function durationOf(of: Kind, random: () => number): number {
  return Math.min(of.deadlineSeconds - BEFORE_DEADLINE_SECONDS, Math.max(SHORTEST_SECONDS, of.sample(random)));
}

const MEAN_DRAWS = 20_000;

/** Mean duration of the mix, in seconds. */
export function meanSeconds(kinds = KINDS): number {
  const random = seeded(1);
  const means = kinds.map((of) => {
    let sum = 0;
    for (let i = 0; i < MEAN_DRAWS; i++) sum += durationOf(of, random);
    return sum / MEAN_DRAWS;
  });
  return means.reduce((sum, mean) => sum + mean, 0) / means.length;
}

/**
 * Jobs that are submitted at random moments (a Poisson process), so many that `open` of them run at once on average: those
 * that run at second 0, and those that start between then and `untilSeconds`.
 */
export function steadyArrivals(open: number, untilSeconds: number, seed: number): SampleJob[] {
  const random = seeded(seed);
  const gap = exponential(meanSeconds() / open);
  const longest = Math.max(...KINDS.map((of) => of.deadlineSeconds));
  const jobs: SampleJob[] = [];
  for (let at = -longest + gap(random); at < untilSeconds; at += gap(random)) {
    const of = KINDS[Math.floor(random() * KINDS.length)]!;
    const seconds = durationOf(of, random);
    if (at >= 0 || at + seconds > 0) jobs.push({ kind: of, startSeconds: at, seconds });
  }
  return jobs;
}

/** `each` jobs of every kind, at random moments of the first minute. */
export function sampleOf(each: number, seed: number): SampleJob[] {
  const random = seeded(seed);
  return KINDS.flatMap((of) =>
    Array.from({ length: each }, () => ({ kind: of, startSeconds: random() * 60, seconds: durationOf(of, random) })),
  );
}
