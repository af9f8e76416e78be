import { minimize } from './minimize.ts';
import { Random } from './random.ts';
import { type Case, type Target, Violation } from './target.ts';

export interface Plan {
  /** With the target's name and the number of a run it gives that run's input. */
  seed: number;
  name: string;
  /** No run begins after it (epoch ms). */
  until: number;
  maxRuns?: number;
  /** This run alone. */
  only?: number | undefined;
  /** For making a failing input small; 8,000 ms unless told. */
  minimizeMs?: number;
  /** Told before each run, for a watch over runs that never end. */
  began?(run: number): void;
}

export interface Failure {
  run: number;
  reason: string;
  input: Case;
}

export interface Report {
  runs: number;
  slowestMs: number;
  failure?: Failure;
}

const DEFAULT_LIMIT_MS = 1000;
const MINIMIZE_MS = 8000;

/** Runs a target over inputs made from the seed, until the first failure, which is then made as small as can be. */
export async function fuzz(target: Target, plan: Plan): Promise<Report> {
  const strays: unknown[] = [];
  const stray = (reason: unknown) => strays.push(reason);
  process.on('unhandledRejection', stray);
  process.on('uncaughtException', stray);
  const report: Report = { runs: 0, slowestMs: 0 };
  try {
    const first = plan.only ?? 0;
    const last = plan.only === undefined ? (plan.maxRuns ?? Number.POSITIVE_INFINITY) : first + 1;
    for (let run = first; run < last && (Date.now() < plan.until || report.runs === 0); run++) {
      plan.began?.(run);
      const input = target.make(new Random(`${plan.seed}/${plan.name}/${run}`));
      const { reason, ms } = await attempt(target, input, strays);
      report.runs++;
      report.slowestMs = Math.max(report.slowestMs, ms);
      if (reason === undefined) continue;
      const fails = async (shorter: Case) => (await attempt(target, shorter, strays)).reason !== undefined;
      const smallest = await minimize(input, fails, plan.minimizeMs ?? MINIMIZE_MS);
      return { ...report, failure: { run, reason, input: smallest } };
    }
    return report;
  } finally {
    process.off('unhandledRejection', stray);
    process.off('uncaughtException', stray);
  }
}

/** Other programs of a busy machine may hold a case up for so many times its limit. */
const HELD_UP = 10;

/**
 * Why it failed, if it did. The limit is one of processor time, and a case is slow only if it is so three times over: the
 * garbage of the cases before may have been collected just then.
 */
async function attempt(target: Target, input: Case, strays: unknown[]): Promise<{ reason?: string; ms: number }> {
  const limit = target.limitMs ?? DEFAULT_LIMIT_MS;
  let ms = 0;
  for (let tries = 0; tries < 3; tries++) {
    const begun = performance.now();
    const used = process.cpuUsage();
    const reason = (await thrown(target, input)) ?? polluted() ?? strayed(strays);
    const { user, system } = process.cpuUsage(used);
    ms = Math.max((user + system) / 1000, (performance.now() - begun) / HELD_UP);
    if (reason !== undefined) return { reason, ms };
    if (ms <= limit) return { ms };
  }
  return { reason: `took ${Math.round(ms)} ms of processor time, ${limit} ms are allowed`, ms };
}

async function thrown(target: Target, input: Case): Promise<string | undefined> {
  try {
    await target.run(input);
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error.message;
    return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

function strayed(strays: unknown[]): string | undefined {
  const [stray] = strays.splice(0);
  return stray === undefined ? undefined : `left an error that nobody caught: ${String(stray)}`;
}

const PROTOTYPES = {
  Object: Object.prototype,
  Array: Array.prototype,
  Function: Function.prototype,
  Map: Map.prototype,
};
const CLEAN = new Map(Object.values(PROTOTYPES).map((it) => [it as object, new Set(Reflect.ownKeys(it))]));

/** What was put on a prototype, which is taken off again. */
function polluted(): string | undefined {
  for (const [name, prototype] of Object.entries(PROTOTYPES)) {
    const added = Reflect.ownKeys(prototype).filter((key) => !CLEAN.get(prototype)!.has(key));
    for (const key of added) Reflect.deleteProperty(prototype, key);
    if (added.length > 0) return `${name}.prototype got ${added.map(String).join(', ')}`;
  }
  return undefined;
}
