import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import aslValidator from 'asl-validator';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { JobStateChangeEvent } from '../../client/events.ts';
import { createClient } from '../../client/index.ts';
import { handler as alert, alertText } from '../../examples/alert-on-failure/handler.ts';
import { AlertStack } from '../../examples/alert-on-failure/stack.ts';
import { CloneStack } from '../../examples/clone-with-task-token/stack.ts';
import { withMachines } from '../../examples/host-factory-requestor/requestor.ts';
import { consume } from '../../examples/queue/consumer.ts';
import { QueueStack } from '../../examples/queue/stack.ts';
import { type Engine, startEngine } from '../../infra/local/engine.ts';
import type { BusEvent } from '../../infra/local/event-bus.ts';
import { readResources } from '../../infra/local/resources.ts';
import { CONNECTION, type SimulatedPlatforms, startSimulatedPlatforms } from '../../infra/local/simulated.ts';
import type { Simulator } from '../../infra/local/simulators/simulator.ts';
import { EXAMPLE, exampleConnections } from '../infra/fixtures.ts';
import { eventually } from '../local/fixture.ts';
import { startDynamo } from '../support/dynalite.ts';
import { ROOT } from './markdown.ts';
import { startTaskTokens, type TaskTokens } from './task-tokens.ts';

/** Pollux on this machine, from the template of the first example; all examples use it. */
let engine: Engine;
let platforms: SimulatedPlatforms;
let tokens: TaskTokens;
let definition: object;
const folder = mkdtempSync(join(tmpdir(), 'pollux-examples-'));
const events: BusEvent[] = [];

beforeAll(async () => {
  [platforms, tokens] = await Promise.all([startSimulatedPlatforms(), startTaskTokens()]);
  const { connections, secrets } = platforms;
  const { template, directory } = synth((app) => new CloneStack(app, 'Clone', { connections, connection: CONNECTION }));
  const isExample = ({ Type, Properties }: any) =>
    Type === 'AWS::StepFunctions::StateMachine' && JSON.stringify(Properties).includes('waitForTaskToken');
  const [logicalId, machine] = Object.entries<any>(template.Resources).find(([, it]) => isExample(it))!;
  const resolved = readResources(template).find((resource) => resource.logicalId === logicalId)!;
  definition = JSON.parse(String(resolved.properties.DefinitionString));
  // The engine runs no task but functions: `tokens` runs this machine, and the engine knows its name alone.
  machine.Properties.DefinitionString = JSON.stringify({ StartAt: 'A', States: { A: { Type: 'Succeed' } } });
  for (const { Type, Properties } of Object.values<any>(template.Resources)) {
    if (Type !== 'AWS::Lambda::Function') continue;
    Properties.Environment = { Variables: { ...Properties.Environment?.Variables, AWS_ENDPOINT_URL_SFN: tokens.url } };
  }
  engine = await startEngine({
    assembly: { template, assemblyDir: directory },
    secrets,
    dataDir: join(folder, 'data'),
    onEvent: (event) => void events.push(event),
  });
  tokens.forwardTo = engine.environment.AWS_ENDPOINT_URL_SFN!;
});

afterAll(async () => {
  await engine?.stop();
  await platforms?.close();
  tokens?.close();
  rmSync(folder, { recursive: true, force: true });
});

function synth(make: (app: App) => Stack) {
  const app = new App({
    outdir: mkdtempSync(join(folder, 'assembly-')),
    context: { 'aws:cdk:enable-asset-metadata': true },
    analyticsReporting: false,
  });
  const stack = make(app);
  const assembly = app.synth();
  return { template: assembly.getStackArtifact(stack.artifactId).template, directory: assembly.directory };
}

function simulator(platform: string): Simulator {
  return platforms.simulators.find((one) => one.platform === platform)!;
}

async function endOf(id: string): Promise<JobStateChangeEvent> {
  const found = await eventually(() => events.find(({ detail }) => detail.id === id));
  return found as unknown as JobStateChangeEvent;
}

describe.concurrent('clone-with-task-token', () => {
  /** The simulator's VM whose next task ends so. */
  const input = (body: Record<string, any>, name: string) => ({
    vm: body.target.value,
    folder: 'group-v3',
    name,
  });

  test('is valid Amazon States Language', () => {
    const { isValid, errorsText } = aslValidator(definition);
    expect({ isValid, errors: errorsText('\n') }).toEqual({ isValid: true, errors: '' });
  });

  test('goes on when the clone is there', async () => {
    const vm = simulator('vsphere').scenarios.succeeds(1);
    const output = await tokens.run(definition, 'Clone', engine.url, input(vm, 'web77'));
    expect(output).toEqual({
      vm: expect.stringMatching(/^vm-/),
      name: 'web77',
      completedAt: expect.stringMatching(/Z$/),
    });
    expect((output as { vm: string }).vm).not.toBe((vm as any).target.value);
  });

  test('makes one clone, whatever is lost on the way', async () => {
    const vm = simulator('vsphere').scenarios.succeeds(1);
    const output = await tokens.run(definition, 'Clone', engine.url, input(vm, 'web78'), 2);
    expect(output).toMatchObject({ vm: expect.stringMatching(/^vm-/), name: 'web78' });
    let made = 0;
    for await (const { resource } of createClient({ url: engine.url }).list(`vsphere/${CONNECTION}`)) {
      if (resource?.id === (output as { vm: string }).vm) made++;
    }
    expect(made).toBe(1);
  });

  test("fails with vSphere's own error", async () => {
    const vm = simulator('vsphere').scenarios.fails(1);
    const failure = await tokens.run(definition, 'Clone', engine.url, input(vm, 'web03')).catch((error) => error.cause);
    expect(failure).toMatchObject({ name: 'HostNotConnected', message: expect.stringContaining('disconnected') });
  });

  test('does not try again what may still be going on', async () => {
    const vm = simulator('vsphere').scenarios.runsForever();
    const hurried = JSON.parse(JSON.stringify(definition).replace('"deadlineSeconds":7200', '"deadlineSeconds":2'));
    const failure = await tokens.run(hurried, 'Clone', engine.url, input(vm, 'web79')).then(
      () => expect.unreachable(),
      (error: Error) => error.cause as Error,
    );
    expect(failure.name).toBe('Pollux.TIMED_OUT');
    expect(JSON.parse(failure.message)).toMatchObject({
      operation: 'CloneVM_Task',
      status: 'TIMED_OUT',
      labels: { execution: expect.any(String) },
      error: { outcomeUncertain: true },
    });
  });

  test('ends with what the API answered, where there is no job', async () => {
    const failure = await tokens
      .run(definition, 'Clone', engine.url, { vm: '', folder: 'group-v3', name: 'web04' })
      .catch((error) => error.cause);
    expect(failure).toMatchObject({ name: 'ApiGateway.400', message: expect.stringContaining('target.value') });
  });
});

describe.concurrent('alert-on-failure', () => {
  test('tells people of a job that failed', async () => {
    const posted: string[] = [];
    const chat = createServer(async (request, response) => {
      posted.push(JSON.parse(await text(request)).text);
      response.writeHead(posted.length === 1 ? 200 : 500).end();
    });
    await new Promise<void>((resolve) => chat.listen(0, '127.0.0.1', resolve));
    const url = async () => `http://127.0.0.1:${(chat.address() as AddressInfo).port}/hook`;
    try {
      const body = { ...simulator('vsphere').scenarios.fails(1), labels: { team: 'web' } };
      const job = await createClient({ url: engine.url }).submit(`vsphere/${CONNECTION}`, body as never);
      const event = await endOf(job.id);
      await alert(event, undefined, url);
      expect(posted).toEqual([alertText(event.detail)]);
      expect(posted[0]).toContain(`FAILED: PowerOnVM_Task on vsphere/lab\nHostNotConnected: `);
      expect(posted[0]).toContain(`Job ${job.id}\n(team=web)`);
      await expect(alert(event, undefined, url)).rejects.toThrow('500');
      await alert({ ...event, source: 'aws.ec2' }, undefined, url);
      expect(posted).toHaveLength(2);
    } finally {
      chat.close();
      chat.closeAllConnections();
    }
  });

  test('is called for the three ends that nobody wished for', () => {
    const { template } = synth(
      (app) => new AlertStack(app, 'Alert', { connections: exampleConnections, webhookSecret: 'chat' }),
    );
    Template.fromJSON(template).hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { source: ['pollux'], detail: { status: ['FAILED', 'TIMED_OUT', 'LOST'] } },
    });
  });
});

describe.concurrent('queue', () => {
  test('has a dead-letter queue behind it, and failures are answered one by one', () => {
    const { template } = synth((app) => new QueueStack(app, 'Queue', { connections: exampleConnections }));
    const made = Template.fromJSON(template);
    made.hasResourceProperties('AWS::SQS::Queue', { RedrivePolicy: { maxReceiveCount: 5 }, VisibilityTimeout: 180 });
    made.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    made.hasResourceProperties('AWS::Events::Rule', { EventPattern: { detail: { platform: ['vsphere'] } } });
  });

  test('does the work once for each event', async () => {
    const dynamo = await startDynamo();
    await dynamo.client.send(
      new CreateTableCommand({
        TableName: 'seen',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'eventId', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'eventId', KeyType: 'HASH' }],
      }),
    );
    const job = await createClient({ url: engine.url }).submit(
      `vsphere/${CONNECTION}`,
      simulator('vsphere').scenarios.succeeds(1) as never,
    );
    const event = await endOf(job.id);
    // Each delivery has an id of its own beside `detail`.
    const copy = (messageId: string) => ({ messageId, body: JSON.stringify({ ...event, id: messageId }) });
    const batch = (...ids: string[]) => ({ Records: ids.map(copy) }) as unknown as SQSEvent;
    const complaints = vi.spyOn(console, 'error').mockImplementation(() => {});
    const worked: string[] = [];
    let fails = true;
    let time = Date.now();
    const ports = {
      table: 'seen',
      client: dynamo.client,
      now: () => time,
      async work({ eventId }: { eventId: string }) {
        if (fails) throw new Error('the ledger is away');
        worked.push(eventId);
      },
    };
    try {
      expect(await consume(ports, batch('a'))).toEqual({ batchItemFailures: [{ itemIdentifier: 'a' }] });
      fails = false;
      // The claim of the attempt that failed still stands.
      expect(await consume(ports, batch('a'))).toEqual({ batchItemFailures: [{ itemIdentifier: 'a' }] });
      time += 61_000;
      const answers = await Promise.all([consume(ports, batch('a')), consume(ports, batch('b'))]);
      expect(answers.flatMap(({ batchItemFailures }) => batchItemFailures).length).toBeLessThanOrEqual(1);
      expect(await consume(ports, batch('a', 'b'))).toEqual({ batchItemFailures: [] });
      expect(worked).toEqual([event.detail.eventId]);
    } finally {
      complaints.mockRestore();
      await dynamo.close();
    }
  });
});

describe.each([
  ['alert-on-failure', 'Alert'],
  ['clone-with-task-token', 'Clone'],
  ['queue', 'Queue'],
])('the app of %s', (example, stack) => {
  function run(connections: string) {
    const out = mkdtempSync(join(folder, 'app-'));
    const env = { PATH: process.env.PATH, CDK_OUTDIR: out, CDK_VALIDATION: 'false', POLLUX_CONNECTIONS: connections };
    const app = new URL(`../../examples/${example}/app.ts`, import.meta.url).pathname;
    const { status, stderr } = spawnSync(process.execPath, [app], { cwd: ROOT, env, encoding: 'utf8' });
    return { status, stderr, out };
  }

  test('says in a line that there is no such file', () => {
    expect(run('nowhere.json')).toMatchObject({
      status: 1,
      stderr: 'nowhere.json has a problem:\n  - cannot be read (ENOENT)\n',
    });
  });

  test('is made of the example, but not deployed', () => {
    const { status, out } = run(EXAMPLE);
    expect(status).toBe(0);
    const { Rules } = JSON.parse(readFileSync(join(out, `${stack}.template.json`), 'utf8'));
    expect(Rules).toHaveProperty('ConnectionsAreNotTheExample');
  });
});

describe('host-factory-requestor', () => {
  const script = new URL('../../examples/host-factory-requestor/requestor.ts', import.meta.url).pathname;

  test.each([
    [[], 2, 'usage: node requestor.ts symphony/<connection> <templateId> '],
    [['vsphere/lab', 'T1'], 2, 'usage: '],
    [['symphony/lab', 'T1', 'two'], 2, 'usage: '],
    [['symphony/nowhere', 'T1'], 1, 'nowhere'],
  ])('says what is wrong with %j in a line', async (args, code, message) => {
    const child = spawn(process.execPath, [script, ...args], { env: { ...process.env, POLLUX_URL: engine.url } });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    const complaint = await text(child.stderr);
    expect(await exited).toBe(code);
    expect(complaint.trimEnd().split('\n')).toEqual([expect.stringContaining(message)]);
  });

  test.concurrent('prints its machines', async () => {
    const child = spawn(process.execPath, [script, `symphony/${CONNECTION}`, 'sim:ok:1', '2'], {
      env: { ...process.env, POLLUX_URL: engine.url },
    });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    const [out, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect({ code: await exited, complaint }).toEqual({ code: 0, complaint: '' });
    expect(out.trim().split('\n')).toHaveLength(2);
  });

  test.concurrent('fails where an order came in part', async () => {
    const pollux = createClient({ url: engine.url });
    const wanted = { connection: 'symphony/lab', templateId: 'sim:partial:1', machineCount: 3, orderId: '7' } as const;
    const using = withMachines(pollux, wanted, async () => expect.unreachable());
    await expect(using).rejects.toThrow(/^2 of 3 machines came: PARTIALLY_SUCCEEDED/);
  });

  test('has given back the machines of both', () => {
    expect(simulator('symphony').calls).toMatchObject({ requestMachines: 2, requestReturnMachines: 2 });
  });
});
