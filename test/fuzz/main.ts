import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { type Failure, fuzz } from './fuzz.ts';
import { recordTapes } from './record.ts';
import type { Target } from './target.ts';
import { TARGETS } from './targets.ts';

const HELP = `npm run fuzz -- [--seconds 45] [--seed N] [--target NAME] [--run N] [--record]

Feeds hostile input to everything that reads what others wrote, and checks what must hold all the same.
  --seconds  for all targets together, 45 unless told
  --seed     repeats a run; another one each time unless told
  --target   this target alone: ${Object.keys(TARGETS).join(', ')}
  --run      this run of the target alone, as a failure names it
  --record   records the simulators' answers, which the targets "answers-…" spoil, into test/fuzz/tapes`;

/** A case is given up by its own limit, if it ever yields. This is for one that does not. */
const HANG_MS = 30_000;
/** More of a failing input would not be read; the seed gives it back whole. */
const SHOWN_BYTES = 400;

interface Switches {
  seconds: number;
  seed: number;
  targets: string[];
  run?: number;
}

function switches(): Switches | undefined {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      seconds: text,
      seed: text,
      target: text,
      run: text,
      record: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return void console.log(HELP);
  if (values.target !== undefined && !Object.hasOwn(TARGETS, values.target))
    throw new Error(`no target "${values.target}"\n${HELP}`);
  return {
    seconds: number('seconds', values.seconds) ?? 45,
    seed: number('seed', values.seed) ?? randomInt(2 ** 31),
    targets: values.target === undefined ? Object.keys(TARGETS) : [values.target],
    ...(values.run !== undefined && { run: number('run', values.run)! }),
  };
}

function number(name: string, given: string | undefined): number | undefined {
  if (given === undefined || /^\d{1,10}$/.test(given)) return given === undefined ? undefined : Number(given);
  throw new Error(`--${name} must be a whole number\n${HELP}`);
}

/** All targets, each with its share of the time that is left. Answers how many have failed. */
async function runAll({ seconds, seed, targets, run }: Switches, at: Int32Array): Promise<number> {
  const end = Date.now() + seconds * 1000;
  let failures = 0;
  // Opened before the first of them runs, so that what is left of the time is shared fairly; and what two share stays open.
  const opened: { name: string; target: Target }[] = [];
  for (const name of targets) opened.push({ name, target: await TARGETS[name]!() });
  for (const [index, { name, target }] of opened.entries()) {
    Atomics.store(at, 0, index);
    const share = Math.max(0, end - Date.now()) / (targets.length - index);
    const report = await fuzz(target, {
      seed,
      name,
      only: run,
      until: Date.now() + share,
      began: (number) => {
        Atomics.store(at, 1, number);
        Atomics.add(at, 2, 1);
      },
    });
    await target.close?.();
    const verdict = report.failure ? 'FAILED' : 'ok';
    console.log(
      `${name.padEnd(20)}${String(report.runs).padStart(8)} runs  slowest ${String(Math.round(report.slowestMs)).padStart(5)} ms  ${verdict}`,
    );
    if (report.failure) {
      failures++;
      tell(name, seed, report.failure);
    }
  }
  return failures;
}

function tell(name: string, seed: number, { run, reason, input }: Failure): void {
  const shown = input.bytes.subarray(0, SHOWN_BYTES);
  const rest = input.bytes.length > shown.length ? ` and ${input.bytes.length - shown.length} bytes more` : '';
  console.log(`  ${reason.slice(0, 2000)}`);
  console.log(`  frame: ${JSON.stringify(input.frame).slice(0, 1000)}`);
  console.log(`  smallest input: ${shown.toString('hex')}${rest}`);
  console.log(`  as text: ${JSON.stringify(shown.toString('utf8'))}`);
  console.log(`  again: npm run fuzz -- --target ${name} --seed ${seed} --run ${run}`);
}

if (!isMainThread) {
  const { given, at } = workerData as { given: Switches; at: Int32Array };
  const failures = await runAll(given, at);
  process.exit(failures === 0 ? 0 : 1);
}

/** Watches a thread that does the work, because a case that never yields can only be ended from outside. */
function watched(given: Switches): void {
  const at = new Int32Array(new SharedArrayBuffer(12));
  const worker = new Worker(new URL(import.meta.url), { workerData: { given, at }, trackUnmanagedFds: false });
  let seen = -1;
  let since = Date.now();
  const watch = setInterval(() => {
    const now = Atomics.load(at, 2);
    if (now !== seen) [seen, since] = [now, Date.now()];
    if (Date.now() - since < HANG_MS) return;
    const [index, run] = [Atomics.load(at, 0), Atomics.load(at, 1)];
    console.log(
      `${given.targets[index]} hangs: npm run fuzz -- --target ${given.targets[index]} --seed ${given.seed} --run ${run}`,
    );
    process.exit(1);
  }, 1000);
  worker.on('error', (error) => {
    console.log(`the thread ended: ${error.stack ?? error}`);
    process.exit(1);
  });
  worker.on('exit', (code) => {
    clearInterval(watch);
    process.exitCode = code;
  });
}

if (isMainThread) {
  if (process.argv.includes('--record')) console.log((await recordTapes()).join('\n'));
  else {
    const given = switches();
    if (given) {
      console.log(`seed ${given.seed}, ${given.seconds} s`);
      watched(given);
    }
  }
}
