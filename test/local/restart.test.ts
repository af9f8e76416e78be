import { appendFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { Credentials } from '../../infra/local/credentials.ts';
import type { Invocation } from '../../infra/local/functions.ts';
import { errorPosition } from '../../infra/local/json-file.ts';
import { lockDirectory } from '../../infra/local/lock.ts';
import { readResources } from '../../infra/local/resources.ts';
import { Tables } from '../../infra/local/tables.ts';
import { clientOf, eventually, startFixture, template, temporaryDirectory } from './fixture.ts';

const KEY = { pk: { S: 'p' }, sk: { S: 's' } };

test('after a restart the items are there, what ran is ABORTED, and its name stays used up', async () => {
  const dataDir = temporaryDirectory();
  const input = JSON.stringify({ do: 'wait', seconds: 1000 });
  const start = new StartExecutionCommand({
    stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:Loop',
    name: 'dc1-1',
    input,
  });

  const first = await startFixture({ dataDir });
  await new DynamoDBClient(clientOf(first, 'DYNAMODB')).send(
    new PutItemCommand({ TableName: 'Table', Item: { ...KEY, n: { N: '1' } } }),
  );
  const { executionArn } = await new SFNClient(clientOf(first, 'SFN')).send(start);
  await first.stop();
  // As a kill in the middle of a write leaves it.
  appendFileSync(
    join(dataDir, 'executions.jsonl'),
    `${JSON.stringify({ arn: `${executionArn}-2`, status: 'RUNNING', startDate: 1 })}\n{"arn":"`,
  );

  const second = await startFixture({ dataDir });
  const { Item } = await new DynamoDBClient(clientOf(second, 'DYNAMODB')).send(
    new GetItemCommand({ TableName: 'Table', Key: KEY }),
  );
  expect(Item).toEqual({ ...KEY, n: { N: '1' } });
  expect(second.counters().tableRequests).toEqual({ GetItem: 1 });
  const sfn = new SFNClient(clientOf(second, 'SFN'));
  for (const arn of [executionArn, `${executionArn}-2`]) {
    expect((await sfn.send(new DescribeExecutionCommand({ executionArn: arn }))).status).toBe('ABORTED');
  }
  await expect(sfn.send(start)).rejects.toThrow(expect.objectContaining({ name: 'ExecutionAlreadyExists' }));
});

test('two engines never share a data directory; a dead one leaves it free', async () => {
  const dataDir = temporaryDirectory();
  const { release } = lockDirectory(dataDir);
  await expect(startFixture({ dataDir })).rejects.toThrow(
    `data directory ${dataDir}: in use by process ${process.pid}`,
  );
  release();
  // Half a file, a process that is gone, and this pid as another process had it before.
  for (const left of [
    '{',
    '{"pid":999999999}',
    JSON.stringify({ pid: process.pid, started: '1' }),
    JSON.stringify({ pid: process.ppid, started: '1' }),
  ]) {
    writeFileSync(join(dataDir, 'lock'), left);
    lockDirectory(dataDir).release();
  }
});

test('expired items are swept, others stay', async () => {
  const credentials = new Credentials();
  const tables = await Tables.open(
    temporaryDirectory(),
    readResources(template).filter(({ logicalId }) => logicalId === 'Table'),
    credentials,
  );
  try {
    const client = new DynamoDBClient({ region: 'us-east-1', endpoint: tables.endpoint, credentials });
    const put = (sk: string, more: object) =>
      client.send(new PutItemCommand({ TableName: 'Table', Item: { pk: { S: 'p' }, sk: { S: sk }, ...more } }));
    await put('expired', { expiresAt: { N: '1000' } });
    await put('later', { expiresAt: { N: '3000' } });
    await put('text', { expiresAt: { S: '1000' } });
    await put('without', {});
    expect(await tables.sweep('Table', 'expiresAt', ['pk', 'sk'], 2_000_000)).toBe(1);
    expect(await tables.sweep('Table', 'expiresAt', ['pk', 'sk'], 2_000_000)).toBe(0);
  } finally {
    await tables.stop();
  }
});

test('secrets come from their file, by name or ARN, and follow its changes', async () => {
  const file = join(temporaryDirectory(), 'secrets.json');
  writeFileSync(file, '{"lab":{"password":"one"}}');
  const client = new SecretsManagerClient(clientOf(await startFixture({ secrets: file }), 'SECRETS_MANAGER'));
  const get = async (SecretId: string) =>
    JSON.parse((await client.send(new GetSecretValueCommand({ SecretId }))).SecretString!);
  expect(await get('lab')).toEqual({ password: 'one' });
  writeFileSync(file, '{"lab":{"password":"two"}}');
  utimesSync(file, 1, 1);
  expect(await get('arn:aws:secretsmanager:eu-central-1:123456789012:secret:lab-AbCdEf')).toEqual({ password: 'two' });
  writeFileSync(file, '{"lab":');
  expect(await get('lab')).toEqual({ password: 'two' });
  await expect(get('none')).rejects.toThrow(expect.objectContaining({ name: 'ResourceNotFoundException' }));
});

test('a secret has another version when it is changed, and the same one when another secret of its file is', async () => {
  const file = join(temporaryDirectory(), 'secrets.json');
  writeFileSync(file, '{"lab":{"password":"one"},"other":{"password":"x"}}');
  const client = new SecretsManagerClient(clientOf(await startFixture({ secrets: file }), 'SECRETS_MANAGER'));
  const version = async (SecretId: string) => (await client.send(new GetSecretValueCommand({ SecretId }))).VersionId!;
  const [lab, other] = [await version('lab'), await version('other')];
  writeFileSync(file, '{"lab":{"password":"two"},"other":{"password":"x"}}');
  utimesSync(file, 1, 1);
  expect(await version('lab')).not.toBe(lab);
  expect(await version('other')).toBe(other);
});

test('malformed JSON is located without being quoted', async () => {
  const file = join(temporaryDirectory(), 'secrets.json');
  writeFileSync(file, '{\n  "lab": { "password": hunter2 }\n}');
  await expect(startFixture({ secrets: file })).rejects.toThrow(
    `secrets file ${file}: not valid JSON at line 2, column 24`,
  );
  expect(['', '{', '[1,]', '{"a" 1}', '[1] 2', '"a', '{"a":1,}'].map(errorPosition)).toEqual([0, 1, 3, 5, 4, 0, 7]);
});

test('an execution that fails, is stopped, or was cut off with the last engine is told to the rules of the default bus', async () => {
  const dataDir = temporaryDirectory();
  const told: { status: string; name: string }[] = [];
  const shown: string[] = [];
  const options = {
    dataDir,
    more: {
      ExecutionRule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: { source: ['aws.states'], detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'] } },
          Targets: [{ Id: 'a', Arn: { 'Fn::GetAtt': ['Listener', 'Arn'] } }],
        },
      },
    },
    onInvocation: ({ function: name, event }: Invocation) => {
      const { detail } = event as { detail?: { status: string; name: string; startDate: number; stopDate: number } };
      if (name !== 'Listener' || !detail) return;
      expect(detail.stopDate).toBeGreaterThanOrEqual(detail.startDate);
      told.push({ status: detail.status, name: detail.name });
    },
    onEvent: ({ id }: { id: string }) => void shown.push(id),
  };
  const machine = 'arn:aws:states:us-east-1:000000000000:stateMachine:Loop';
  const start = (name: string, input: object) =>
    new StartExecutionCommand({ stateMachineArn: machine, name, input: JSON.stringify(input) });
  const first = await startFixture(options);
  const sfn = new SFNClient(clientOf(first, 'SFN'));
  await sfn.send(start('done-1', { do: 'echo', seconds: 0 }));
  await sfn.send(start('failed-1', { do: 'fail', seconds: 0 }));
  const { executionArn } = await sfn.send(start('stopped-1', { do: 'wait', seconds: 1000 }));
  await sfn.send(start('asleep-1', { do: 'wait', seconds: 1000 }));
  await sfn.send(new StopExecutionCommand({ executionArn }));
  await eventually(() => (told.length === 2 ? true : undefined));
  await first.stop();
  expect(told.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    { status: 'FAILED', name: 'failed-1' },
    { status: 'ABORTED', name: 'stopped-1' },
  ]);
  const second = await startFixture(options);
  await eventually(() => (told.length === 3 ? true : undefined));
  expect(told.at(-1)).toEqual({ status: 'ABORTED', name: 'asleep-1' });
  await second.stop();
  await startFixture(options);
  // Told once; and no subscriber of the product's own events sees any of it.
  expect(told).toHaveLength(3);
  expect(shown).toEqual([]);
});
