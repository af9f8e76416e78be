import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { EventBridgeBus } from '../../shared/events/eventbridge.ts';
import { StepFunctionsCallbacks, StepFunctionsExecutions } from '../../shared/loop/executions.ts';
import { systemsManager } from '../../shared/platforms/symphony/run-command.ts';
import { SecretsManagerStore } from '../../shared/secrets/secrets-manager.ts';
import { DynamoStore } from '../../shared/store/dynamodb.ts';
import { SILENT } from '../support/world.ts';

/** Takes every connection and never answers: what is left of a socket that died while a function was frozen. */
let silent: Server;
const sockets = new Set<Socket>();

beforeAll(async () => {
  silent = createServer((socket) => sockets.add(socket.on('error', () => {})));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  for (const socket of sockets) socket.destroy();
  silent.close();
});

const of = { platform: 'vsphere', connection: 'dc1' };
const loopArn = () => 'arn:aws:states:eu-central-1:111122223333:stateMachine:loop';
const signal = new AbortController().signal;
const command = { document: 'AWS-RunShellScript', lines: ['true'], executionSeconds: 60, comment: '' } as const;
const job = { ...of, id: 'a', status: 'SUCCEEDED' } as never;

/** Every client that the product has, through what uses it. */
const CALLS: readonly [string, tries: number, () => Promise<unknown>][] = [
  ['DynamoDB', 4, () => new DynamoStore('jobs').getJob(of, 'a')],
  [
    'EventBridge',
    4,
    async () => {
      const taken = await new EventBridgeBus('bus', SILENT).publish([
        { id: 'a', at: 0, detailType: 'x', detail: {} } as never,
      ]);
      if (!taken[0]) throw new Error('not taken');
    },
  ],
  ['Secrets Manager', 4, () => new SecretsManagerStore().get('secret')],
  ['Step Functions, for the loop', 4, () => new StepFunctionsExecutions(loopArn).runningSince(of, 1)],
  ['Step Functions, for callbacks', 4, () => new StepFunctionsCallbacks(SILENT).complete('token', job)],
  ['Systems Manager', 1, () => systemsManager({ instanceId: 'mi-0123' } as never).send(command, signal)],
];

const STEP_SECONDS = 0.25;

/** Real connections take real time: virtual time stands still until none is being made. */
async function connectionsMade(): Promise<void> {
  for (let quiet = 0; quiet < 20; quiet++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (process.getActiveResourcesInfo().includes('TCPConnectWrap')) quiet = 0;
  }
}

test.each(CALLS)(
  'a call to %s that is never answered fails before a function of 29 s ends, after %i tries',
  async (_, tries, call) => {
    const before = sockets.size;
    let settled: unknown;
    void call().then(
      () => (settled = 'an answer'),
      (error: unknown) => (settled = error),
    );
    let seconds = 0;
    for (; settled === undefined && seconds < 60; seconds += STEP_SECONDS) {
      await connectionsMade();
      await vi.advanceTimersByTimeAsync(STEP_SECONDS * 1000);
    }
    expect(settled).toBeInstanceOf(Error);
    expect(seconds).toBeLessThan(29);
    expect(sockets.size - before).toBe(tries);
  },
);

test('no other place makes a client of its own', () => {
  const root = new URL('../../', import.meta.url);
  const files = ['shared', 'functions', 'infra'].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  );
  const making = files.filter(
    (file) => file.endsWith('.ts') && /\bnew \w+Client\(/.test(readFileSync(new URL(file, root), 'utf8')),
  );
  expect(making).toEqual([]);
});
