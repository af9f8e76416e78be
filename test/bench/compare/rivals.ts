import type { Definition } from '../../../infra/local/state-machine-definition.ts';

/** What the state machine carries from state to state. */
export interface RivalState {
  task: string;
  attempt?: number;
  waitSeconds?: number;
  status?: 'RUNNING' | 'DONE';
}

/** One execution for each job: a state machine and the function that it calls, in their usual form. */
export interface Rival {
  name: string;
  /** How it is usually met. */
  what: string;
  definition: Definition;
  /** What the function answers, or throws, once it knows whether the job is over. */
  answer(state: RivalState, over: boolean, random: () => number): RivalState;
}

const CHECK = 'arn:aws:lambda:us-east-1:000000000000:function:is-it-over';
/** Eight hours, the longest deadline of the jobs here, at one try a second. */
const ENDLESS = 28_800;

/** What a function throws to be called again by `Retry`. */
class NotOver extends Error {
  override readonly name = 'NotOver';
}

function throwUntilOver(state: RivalState, over: boolean): RivalState {
  if (!over) throw new NotOver('the job is not over');
  return state;
}

function status(state: RivalState, over: boolean): RivalState {
  return { ...state, status: over ? 'DONE' : 'RUNNING' };
}

/** The sample "job poller": Wait, Check, Choice. */
function polling(seconds: { Seconds: number } | { SecondsPath: string }, startAt: 'Wait' | 'Check'): Definition {
  return {
    StartAt: startAt,
    States: {
      Wait: { Type: 'Wait', ...seconds, Next: 'Check' },
      Check: { Type: 'Task', Resource: CHECK, Next: 'Over?' },
      'Over?': {
        Type: 'Choice',
        Choices: [{ Variable: '$.status', StringEquals: 'DONE', Next: 'Done' }],
        Default: 'Wait',
      },
      Done: { Type: 'Succeed' },
    },
  };
}

/** One state that fails until the job is over: each try is one transition. */
function retrying(retrier: Record<string, unknown>): Definition {
  return {
    StartAt: 'Check',
    States: {
      Check: {
        Type: 'Task',
        Resource: CHECK,
        Retry: [{ ErrorEquals: ['NotOver'], MaxAttempts: ENDLESS, ...retrier }],
        End: true,
      },
    },
  };
}

const WAITER_MIN_SECONDS = 2;
const WAITER_MAX_SECONDS = 120;

/** `@smithy/util-waiter`: twice as long each time, with full jitter from the minimum on; then always the maximum. */
function waiterDelay(attempt: number, random: () => number): number {
  const ceiling = Math.log(WAITER_MAX_SECONDS / WAITER_MIN_SECONDS) / Math.log(2) + 1;
  if (attempt > ceiling) return WAITER_MAX_SECONDS;
  const longest = WAITER_MIN_SECONDS * 2 ** (attempt - 1);
  return WAITER_MIN_SECONDS + random() * (longest - WAITER_MIN_SECONDS);
}

export const RIVALS: readonly Rival[] = [
  {
    name: 'Wait 30 s, Check, Choice',
    what: 'the sample "job poller" of Step Functions, every 30 s',
    definition: polling({ Seconds: 30 }, 'Wait'),
    answer: status,
  },
  {
    name: 'CDK Provider, 5 s',
    what: "the retry loop of the CDK's custom-resource Provider at its default `queryInterval`",
    definition: retrying({ IntervalSeconds: 5, BackoffRate: 1 }),
    answer: throwUntilOver,
  },
  {
    name: 'Back-off x2 to 60 s',
    what: '`Retry` with `BackoffRate` 2 from 1 s and `MaxDelaySeconds` 60',
    definition: retrying({ IntervalSeconds: 1, BackoffRate: 2, MaxDelaySeconds: 60 }),
    answer: throwUntilOver,
  },
  {
    name: 'SDK waiter, 2 to 120 s',
    what: "the AWS SDK's waiters: 2 to 120 s, doubled, full jitter; the function tells the Wait state how long",
    definition: polling({ SecondsPath: '$.waitSeconds' }, 'Check'),
    answer: (state, over, random) => {
      const attempt = (state.attempt ?? 0) + 1;
      return { ...status(state, over), attempt, waitSeconds: Math.round(waiterDelay(attempt, random)) };
    },
  },
];
