import { Execution } from '../../../infra/local/execution.ts';
import { VirtualClock } from './clock.ts';
import type { Followed, Measurement } from './measure.ts';
import { FUNCTION_MS, SimulatedPlatform } from './platform.ts';
import { noUsage } from './prices.ts';
import { seeded } from './random.ts';
import type { Rival, RivalState } from './rivals.ts';
import type { SampleJob } from './workload.ts';

const ACCOUNT = 'arn:aws:states:us-east-1:000000000000';

/** Every job gets an execution of its own, run by the local engine's interpreter until the job is over. */
export async function runRival(rival: Rival, jobs: readonly SampleJob[], seed: number): Promise<Measurement> {
  const clock = new VirtualClock();
  const uninstall = clock.install();
  const platform = new SimulatedPlatform(clock);
  const random = seeded(seed);
  const usage = noUsage();
  const followed: Followed[] = [];
  const failures: unknown[] = [];

  const check = async (state: RivalState) => {
    const called = clock.time;
    await clock.sleep(FUNCTION_MS);
    const over = await platform.isOver(state.task);
    usage.lambdaCalls++;
    usage.lambdaMs += clock.time - called;
    return rival.answer(state, over, random);
  };

  const follow = async ({ kind, seconds }: SampleJob, number: number) => {
    const task = platform.start(seconds);
    const execution = new Execution(rival.definition, { task } satisfies RivalState, {
      machine: { Id: `${ACCOUNT}:stateMachine:rival`, Name: 'rival' },
      execution: { Id: `${ACCOUNT}:execution:rival:${number}`, Name: String(number), RoleArn: ACCOUNT },
      invoke: (_function, state) => check(state as RivalState),
      onTransition: () => {
        usage.transitions++;
      },
    });
    const end = await execution.ended;
    if (end.status !== 'SUCCEEDED') throw new Error(`${rival.name}: ${end.status} ${end.error} ${end.cause}`);
    followed.push({ kind: kind.name, seconds, delaySeconds: (clock.time - platform.endOf(task)) / 1000 });
  };

  try {
    jobs.forEach((job, number) => {
      clock.at(clock.time + job.startSeconds * 1000, () => {
        follow(job, number).catch((error) => failures.push(error));
      });
    });
    await clock.run();
  } finally {
    uninstall();
  }
  if (failures.length > 0) throw failures[0];
  if (followed.length !== jobs.length)
    throw new Error(`${rival.name}: ${jobs.length - followed.length} jobs have no end`);
  return { strategy: rival.name, jobs: followed, usage, remoteCalls: platform.calls, looks: platform.looks };
}
