import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FunctionError } from '../../infra/local/function-pool.ts';
import { LogFile } from '../../infra/local/log-file.ts';
import { eventually, startFixture, template, temporaryDirectory } from './fixture.ts';

test('a function has the environment of its template and nothing of the host', async () => {
  process.env.SECRET_OF_THE_HOST = 'x';
  const engine = await startFixture();
  const environment = (await engine.invoke('Work', { do: 'environment' })) as Record<string, string>;
  expect(environment).toMatchObject({
    TABLE: 'Table',
    MACHINE: 'arn:aws:states:us-east-1:000000000000:stateMachine:Loop',
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: 'Work',
    AWS_ENDPOINT_URL_SFN: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
  });
  expect(environment).not.toHaveProperty('SECRET_OF_THE_HOST');
  expect(environment).not.toHaveProperty('HOME');
});

test('a handler gets the context of Lambda', async () => {
  const engine = await startFixture();
  const context = (await engine.invoke('Work', { do: 'context' })) as Record<string, unknown>;
  expect(context).toMatchObject({
    functionName: 'Work',
    memoryLimitInMB: '128',
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(context.remaining).toBeGreaterThan(1000);
  expect(context.remaining).toBeLessThanOrEqual(2000);
});

test.each([
  [
    'hang',
    { errorType: 'Sandbox.Timedout', errorMessage: expect.stringContaining('Task timed out after 2.00 seconds') },
  ],
  [
    'spin',
    { errorType: 'Sandbox.Timedout', errorMessage: expect.stringContaining('Task timed out after 2.00 seconds') },
  ],
  ['exit', { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited with exit status 3' }],
  [
    'fail',
    { errorType: 'TypeError', errorMessage: 'as asked', trace: expect.arrayContaining(['TypeError: as asked']) },
  ],
])('a function that does "%s" fails as on Lambda, and its next invocation works', async (what, failure) => {
  const engine = await startFixture();
  const error = await engine.invoke('Work', { do: what }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(FunctionError);
  expect((error as FunctionError).failure).toEqual(expect.objectContaining(failure));
  expect(await engine.invoke('Work', { do: 'count' })).toBe(1);
});

test('a bundle that does not load fails the invocation, naming the module', async () => {
  const engine = await startFixture({ assembly: { template, assemblyDir: temporaryDirectory() } });
  await expect(engine.invoke('Work', {})).rejects.toThrow(/Runtime\.ImportModuleError: index\.handler: no such module/);
});

test('one environment runs one invocation at a time, and the one used last is used next', async () => {
  const engine = await startFixture();
  await Promise.all(Array.from({ length: 6 }, () => engine.invoke('Work', { do: 'sleep', ms: 150 })));
  for (let expected = 1; expected <= 3; expected++) expect(await engine.invoke('Work', { do: 'count' })).toBe(expected);
  expect(engine.counters().invocations.Work).toBe(9);
});

test('at most `maxWorkers` run at once, the others wait', async () => {
  const engine = await startFixture({ maxWorkers: 1 });
  await engine.invoke('Work', { do: 'count' });
  const before = Date.now();
  await Promise.all([1, 2, 3].map(() => engine.invoke('Work', { do: 'sleep', ms: 100 })));
  expect(Date.now() - before).toBeGreaterThanOrEqual(295);
});

test('threads are added where invocations wait for something else, and not where the processors are busy', async () => {
  const engine = await startFixture();
  const all = (event: object) => Promise.all(Array.from({ length: 24 }, () => engine.invoke('Work', event)));
  const burning = all({ do: 'burn', ms: 40 });
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, engine.counters().threads.Work ?? 0);
  }, 5);
  await burning;
  clearInterval(watch);
  expect(most).toBeLessThanOrEqual(Math.max(2, availableParallelism()));

  await all({ do: 'sleep', ms: 400 });
  expect(engine.counters().threads.Work).toBeGreaterThan(most);
});

test('what a function prints goes to its log, which stays within bounds', async () => {
  const engine = await startFixture();
  await engine.invoke('Work', { mark: 'in the log' });
  const file = join(engine.dataDir, 'logs', 'Work.log');
  await eventually(() => (existsSync(file) && readFileSync(file, 'utf8').includes('in the log') ? true : undefined));

  const bounded = join(temporaryDirectory(), 'bounded.log');
  const log = new LogFile(bounded, 100);
  for (let index = 0; index < 50; index++) log.write('0123456789\n');
  log.close();
  expect(readFileSync(bounded).length).toBeLessThanOrEqual(111);
  expect(readFileSync(`${bounded}.1`).length).toBeLessThanOrEqual(111);
});

test('stop lets an invocation under way finish and refuses new ones', async () => {
  const engine = await startFixture();
  await engine.invoke('Work', {});
  const running = engine.invoke('Work', { do: 'sleep', ms: 200 });
  const stopped = engine.stop();
  await expect(running).resolves.toBe(0);
  await stopped;
  await expect(engine.invoke('Work', {})).rejects.toThrow('the engine is stopping');
});
