import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../infra/local/engine.ts';
import { Execution } from '../../infra/local/execution.ts';
import { clientOf, eventually, startFixture } from './fixture.ts';

const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:Loop';
const FOREVER = JSON.stringify({ do: 'wait', seconds: 99_999_999 });
const AT_ONCE = JSON.stringify({ do: 'wait', seconds: 0 });

function sfn(engine: Engine) {
  const client = new SFNClient(clientOf(engine, 'SFN'));
  const describeExecution = (executionArn: string) => client.send(new DescribeExecutionCommand({ executionArn }));
  return {
    client,
    start: (name: string | undefined, input: string) =>
      client.send(new StartExecutionCommand({ stateMachineArn: MACHINE, name, input })),
    describe: describeExecution,
    stop: (executionArn: string) => client.send(new StopExecutionCommand({ executionArn, error: 'E', cause: 'C' })),
    over: (executionArn: string) =>
      eventually(async () => {
        const described = await describeExecution(executionArn);
        return described.status === 'RUNNING' ? undefined : described;
      }),
  };
}

describe('StartExecution is idempotent exactly as on AWS', () => {
  test('same name and input while it runs: the same execution', async () => {
    const { start } = sfn(await startFixture());
    const first = await start('dc1-1', FOREVER);
    const second = await start('dc1-1', FOREVER);
    expect(first.executionArn).toBe('arn:aws:states:us-east-1:000000000000:execution:Loop:dc1-1');
    expect(second.executionArn).toBe(first.executionArn);
    expect(second.startDate).toEqual(first.startDate);
  });

  test.each([
    ['another input while it runs', FOREVER, AT_ONCE, false],
    ['the same input after it ended', AT_ONCE, AT_ONCE, true],
    ['another input after it ended', AT_ONCE, FOREVER, true],
    ['the same input after it was stopped', FOREVER, FOREVER, true],
  ])('same name, %s: ExecutionAlreadyExists', async (_, first, second, ended) => {
    const { start, over, stop } = sfn(await startFixture());
    const { executionArn } = await start('dc1-1', first);
    if (ended && first === FOREVER) await stop(executionArn!);
    if (ended) await over(executionArn!);
    await expect(start('dc1-1', second)).rejects.toThrow(expect.objectContaining({ name: 'ExecutionAlreadyExists' }));
  });

  test('no name: a new execution each time', async () => {
    const { start } = sfn(await startFixture());
    expect((await start(undefined, AT_ONCE)).executionArn).not.toBe((await start(undefined, AT_ONCE)).executionArn);
  });

  test.each(['', 'a b', 'a/b', 'a:b', 'a?b', 'a#b', 'a\u0000b', 'x'.repeat(81)])(
    'the name %j is refused',
    async (name) => {
      const { start } = sfn(await startFixture());
      await expect(start(name, AT_ONCE)).rejects.toThrow(expect.objectContaining({ name: 'InvalidName' }));
    },
  );

  test('80 characters with dots, dashes and underlines are a name', async () => {
    const { start } = sfn(await startFixture());
    await start(`a.b-c_d${'x'.repeat(73)}`, AT_ONCE);
  });

  test('errors have the names of the API', async () => {
    const { client, start, describe: describeExecution } = sfn(await startFixture());
    await expect(start('a', 'no json')).rejects.toThrow(expect.objectContaining({ name: 'InvalidExecutionInput' }));
    await expect(describeExecution(`${MACHINE}:none`.replace('stateMachine', 'execution'))).rejects.toThrow(
      expect.objectContaining({ name: 'ExecutionDoesNotExist' }),
    );
    const elsewhere = new StartExecutionCommand({ stateMachineArn: `${MACHINE}s` });
    await expect(client.send(elsewhere)).rejects.toThrow(expect.objectContaining({ name: 'StateMachineDoesNotExist' }));
    const token = new SendTaskSuccessCommand({ taskToken: 'x', output: '{}' });
    await expect(client.send(token)).rejects.toThrow(expect.objectContaining({ name: 'TaskDoesNotExist' }));
  });
});

describe('an execution', () => {
  test('passes through its states, each counted once', async () => {
    const engine = await startFixture();
    const { start, over } = sfn(engine);
    const { executionArn } = await start('a', AT_ONCE);
    const { status, output } = await over(executionArn!);
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(output!)).toMatchObject({ result: { seconds: 0 } });
    // Check, Choice, Wait, Done
    expect(engine.counters()).toMatchObject({
      stateTransitions: 4,
      stateTransitionsByExecution: { [executionArn!]: 4 },
    });
  });

  test('sees the context object; a repeated task counts again and knows its RetryCount', async () => {
    const engine = await startFixture({ maxWorkers: 1 });
    const { start, over } = sfn(engine);
    const echo = await over((await start('a', JSON.stringify({ do: 'echo', seconds: 0 }))).executionArn!);
    expect(JSON.parse(echo.output!).result).toMatchObject({ retries: 0, name: 'a', machine: MACHINE });
    expect(engine.counters().stateTransitions).toBe(3);
    const flaky = await over((await start('b', JSON.stringify({ do: 'flaky', seconds: 0 }))).executionArn!);
    expect(flaky.status).toBe('SUCCEEDED');
    expect(engine.counters().stateTransitions).toBe(3 + 3 + 2);
  });

  test('fails with the error of its function, and Catch gets it as JSON', async () => {
    const { start, over } = sfn(await startFixture());
    const failed = await over((await start('a', JSON.stringify({ do: 'fail', seconds: 0 }))).executionArn!);
    expect(failed).toMatchObject({ status: 'FAILED', error: 'TypeError' });
    expect(JSON.parse(failed.cause!)).toMatchObject({ errorType: 'TypeError', errorMessage: 'as asked' });
  });

  test('waits longer than a timer of Node can (2^31 ms), and can be stopped meanwhile', async () => {
    const engine = await startFixture();
    const { start, describe: describeExecution, stop } = sfn(engine);
    const { executionArn } = await start('a', FOREVER);
    await eventually(() => (engine.counters().stateTransitions === 3 ? true : undefined));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await describeExecution(executionArn!)).status).toBe('RUNNING');
    await stop(executionArn!);
    expect(await describeExecution(executionArn!)).toMatchObject({ status: 'ABORTED', error: 'E', cause: 'C' });
    expect(engine.counters()).toMatchObject({ stateTransitions: 3, runningExecutions: 0 });
  });

  test('appears in the list, the latest first', async () => {
    const { client, start, over } = sfn(await startFixture());
    await over((await start('a', AT_ONCE)).executionArn!);
    await start('b', FOREVER);
    const list = async (statusFilter?: 'RUNNING') =>
      (await client.send(new ListExecutionsCommand({ stateMachineArn: MACHINE, statusFilter }))).executions?.map(
        ({ name }) => name,
      );
    expect(await list()).toEqual(['b', 'a']);
    expect(await list('RUNNING')).toEqual(['b']);
  });

  test('ends, as on AWS, before it has more than 25,000 history events', async () => {
    const endless = { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } } };
    const execution = new Execution(
      endless,
      {},
      {
        machine: { Id: MACHINE, Name: 'Loop' },
        execution: { Id: 'x', Name: 'x', RoleArn: '' },
        invoke: async () => null,
        onTransition: () => {},
      },
    );
    expect(await execution.ended).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    // Two events each (entered, exited), after the one that says the execution started.
    expect(execution.transitions).toBe(12_500);
  });
});
