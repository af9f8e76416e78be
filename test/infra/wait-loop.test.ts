import aslValidator from 'asl-validator';
import { StateMachine } from 'aws-local-stepfunctions';
import { describe, expect, it } from 'vitest';
import { waitLoopDefinition } from '../../infra/wait-loop.ts';
import { LOOP_GENERATION } from '../../shared/loop/soft-state.ts';

const FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function:check-jobs';
const context = {
  StateMachine: { Id: 'arn:aws:states:eu-central-1:123456789012:stateMachine:loop', Name: 'loop' },
  State: { RetryCount: 0 },
};
const first = { platform: 'vsphere', connection: 'dc1', epoch: 7 };

/** Runs the loop against these answers of check-jobs; gives what check-jobs was called with, and the states entered. */
async function run(answers: (Record<string, unknown> | Error)[]) {
  const calls: unknown[] = [];
  const machine = new StateMachine(waitLoopDefinition(FUNCTION) as never, { validationOptions: { checkArn: true } });
  const execution = machine.run(first, {
    context: context as never,
    overrides: {
      taskResourceLocalHandlers: {
        Check: async (payload: unknown) => {
          calls.push(payload);
          const answer = answers.shift();
          if (answer instanceof Error) throw answer;
          return answer as never;
        },
      },
      waitTimeOverrides: { Wait: 1 },
      retryIntervalOverrides: { Check: 1 },
    },
  });
  const states: string[] = [];
  const events = (async () => {
    for await (const event of execution.eventLogs) {
      if (event.type.endsWith('StateEntered'))
        states.push((event as unknown as { state: { name: string } }).state.name);
    }
  })();
  const result = await execution.result.catch((error: unknown) => error);
  await events;
  return { calls, states, result };
}

describe('the wait-loop', () => {
  it('is valid Amazon States Language', () => {
    const { isValid, errorsText } = aslValidator(waitLoopDefinition(FUNCTION));
    expect({ isValid, errors: errorsText('\n') }).toEqual({ isValid: true, errors: '' });
  });

  it('takes three transitions a turn, and carries the state', async () => {
    const turn = (state: string, next: string) => ({ ...first, next, waitSeconds: 1, state });
    const { calls, states, result } = await run([turn('a', 'wait'), turn('b', 'check'), turn('c', 'done')]);
    expect(states).toEqual(['Check', 'Next?', 'Wait', 'Check', 'Next?', 'Check', 'Next?', 'Done']);
    const call = (input: unknown) => ({
      input,
      stateMachineArn: context.StateMachine.Id,
      retryCount: 0,
      generation: LOOP_GENERATION,
    });
    expect(calls).toEqual([call(first), call(turn('a', 'wait')), call(turn('b', 'check'))]);
    expect(result).toEqual(turn('c', 'done'));
  });

  it('ends on an answer that it does not know', async () => {
    expect((await run([{ ...first, next: 'dance' }])).states.at(-1)).toBe('Done');
  });

  it('outlasts twenty refusals of Lambda in a row, which pass for all loops at once', async () => {
    const refusals = ['TooManyRequestsException', 'ServiceException', 'SdkClientException', 'AWSLambdaException'];
    for (const refusal of refusals) {
      const refused = () => Object.assign(new Error('no room'), { name: `Lambda.${refusal}` });
      const { calls, states } = await run([...Array.from({ length: 20 }, refused), { ...first, next: 'done' }]);
      expect(calls).toHaveLength(21);
      expect(states.at(-1)).toBe('Done');
      expect((await run(Array.from({ length: 30 }, refused))).result).toBeInstanceOf(Error);
    }
  });

  it('waits up to a minute between refusals, and never in step with the other loops', () => {
    const { Retry } = (waitLoopDefinition(FUNCTION).States as Record<string, { Retry: object[] }>).Check!;
    expect(Retry[0]).toMatchObject({ MaxAttempts: 20, MaxDelaySeconds: 60, JitterStrategy: 'FULL' });
    expect(Retry[1]).toMatchObject({ ErrorEquals: ['States.ALL'], MaxAttempts: 4 });
  });

  it('waits no longer than 90 s for an answer of check-jobs, whose own time is 60 s', () => {
    const { Check } = waitLoopDefinition(FUNCTION).States as Record<string, { TimeoutSeconds: number }>;
    expect(Check!.TimeoutSeconds).toBe(90);
  });

  it('survives four failures in a row', async () => {
    const failures = Array.from({ length: 4 }, () => new Error('throttled'));
    const { calls, states } = await run([...failures, { ...first, next: 'done' }]);
    expect(calls).toHaveLength(5);
    expect(states.at(-1)).toBe('Done');
  });

  it('fails at the fifth, for reconcile to see', async () => {
    const { calls, result } = await run(Array.from({ length: 6 }, () => new Error('broken')));
    expect(calls).toHaveLength(5);
    expect(result).toBeInstanceOf(Error);
  });
});
