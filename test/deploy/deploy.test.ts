import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SimulatedPlatforms, startSimulatedPlatforms } from '../../infra/local/simulated.ts';
import { until, whyNot } from './aws.ts';
import { createWaitingMachine, Ends, Queue } from './caller.ts';
import { type Deployment, deploy } from './deployment.ts';

const reason = whyNot();
if (reason) console.info(`the deployment to a stand-in for AWS is skipped: ${reason}`);

/** The template that `cdk deploy` sends, and functions as processes: everything but the platforms is as on AWS. */
describe.skipIf(reason !== undefined)('Pollux, deployed with cdk bootstrap and cdk deploy,', () => {
  let platforms: SimulatedPlatforms;
  let pollux: Deployment;
  let stepFunctions: SFNClient;
  let ends: Ends;

  beforeAll(async () => {
    platforms = await startSimulatedPlatforms();
    pollux = await deploy(platforms.connections, platforms.secrets);
    stepFunctions = new SFNClient(pollux.aws.client);
    ends = await Ends.subscribe(pollux.aws, pollux.physicalId('Pollux/Pollux/Bus/Resource'));
  });
  afterAll(async () => {
    await pollux?.stop();
    await platforms?.close();
  });

  const vsphere = () => platforms.simulators.find(({ platform }) => platform === 'vsphere')!;
  const runsForever = () => vsphere().scenarios.runsForever();
  const task = { operation: 'backup' } as never;

  it('takes a job of every platform, and a rule delivers its end to a queue', async () => {
    const submitted = await Promise.all(
      platforms.simulators.map(({ platform, scenarios }) =>
        pollux.client.submit(`${platform}/lab` as never, scenarios.succeeds(1) as never),
      ),
    );
    for (const { id, platform } of submitted) {
      const { detail } = await ends.of(id);
      expect({ platform: detail.platform, status: detail.status }).toEqual({ platform, status: 'SUCCEEDED' });
    }
  });

  it('takes a submit that is repeated with its key for the same job, which the platform is asked for once', async () => {
    const body = vsphere().scenarios.succeeds(1) as { operation: string };
    const before = vsphere().calls[body.operation] ?? 0;
    const options = { idempotencyKey: 'clone-web09' };
    const first = await pollux.client.submit('vsphere/lab', body as never, options);
    const again = await pollux.client.submit('vsphere/lab', body as never, options);
    expect(again.id).toBe(first.id);
    expect(vsphere().calls[body.operation]! - before).toBe(1);
    expect((await ends.of(first.id)).detail.status).toBe('SUCCEEDED');
  });

  it('ends a job that is canceled as CANCELED', async () => {
    const { id } = await pollux.client.submit('vsphere/lab', runsForever() as never);
    await pollux.client.cancel(`vsphere/lab/${id}`);
    expect((await ends.of(id)).detail.status).toBe('CANCELED');
  });

  it('ends a job at its deadline as TIMED_OUT', async () => {
    const { id } = await pollux.client.submit('vsphere/lab', {
      ...runsForever(),
      deadlineSeconds: 3,
    } as never);
    expect((await ends.of(id)).detail.status).toBe('TIMED_OUT');
  });

  it('ends a job as its worker reports it', async () => {
    const { id } = await pollux.client.submit('task/lab', task);
    await pollux.client.report(`task/lab/${id}`, { state: 'running', progress: 40 });
    await pollux.client.report(`task/lab/${id}`, { state: 'success', result: { saved: 12 } });
    expect((await ends.of(id)).detail).toMatchObject({ status: 'SUCCEEDED', result: { saved: 12 } });
  });

  it('repairs a loop whose execution was stopped: reconcile starts another, which sees the job to its end', async () => {
    const machine = pollux.physicalId('Pollux/Pollux/Task/WaitLoop/StateMachine/Resource');
    const running = async () => {
      const wanted = { stateMachineArn: machine, statusFilter: 'RUNNING' } as const;
      return (await stepFunctions.send(new ListExecutionsCommand(wanted))).executions!.map(({ name }) => name!);
    };
    const epochOf = (name: string) => Number(name.split('-').at(-1));
    const { id, createdAt } = await pollux.client.submit('task/lab', task);
    // Executions that were replaced sleep on beside it: the loop is the newest, once it has ticked.
    let epoch = 0;
    await until(async () => {
      const { loop } = (await pollux.client.connections()).find(({ platform }) => platform === 'task')!;
      epoch = loop.epoch;
      const newest = Math.max(...(await running()).map(epochOf));
      return loop.state === 'open' && newest === epoch && Date.parse(loop.lastTickAt!) > Date.parse(createdAt);
    });
    const name = `lab-${epoch}`;
    const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:${name}`;
    await stepFunctions.send(new StopExecutionCommand({ executionArn }));
    await until(async () => !(await running()).includes(name));
    // What Step Functions puts on the account's bus then, and the rule LoopFailed hands on; the stand-in puts nothing there.
    const aborted = {
      source: 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      detail: { executionArn, stateMachineArn: machine, name, status: 'ABORTED' },
    };
    const reconcile = pollux.physicalId('Pollux/Pollux/Reconcile/Function/Resource');
    expect(await pollux.aws.invoke(reconcile, aborted)).toEqual({
      repairs: [{ connection: 'task/lab', reason: 'loop-dead' }],
    });
    expect((await running()).map(epochOf)).toContain(epoch + 1);
    await pollux.client.report(`task/lab/${id}`, { state: 'success' });
    expect((await ends.of(id)).detail.status).toBe('SUCCEEDED');
  });

  it('keeps a callback that it is not allowed to make, and makes it once it is', async () => {
    const tokens = await Queue.create(pollux.aws, 'tokens');
    const machine = await createWaitingMachine(pollux.aws, tokens);
    const { executionArn } = await stepFunctions.send(new StartExecutionCommand({ stateMachineArn: machine }));
    const [taskToken] = await tokens.take();
    const { id } = await pollux.client.submit('task/lab', { ...(task as object), taskToken } as never);
    await pollux.client.report(`task/lab/${id}`, { state: 'success', result: { saved: 12 } });
    // The event comes with the first attempt to complete the token, which the role of check-jobs does not permit.
    await ends.of(id);
    const waiting = await stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
    expect(waiting.status).toBe('RUNNING');

    // What allowCallbacks adds.
    const statement = {
      Effect: 'Allow',
      Action: ['states:SendTaskSuccess', 'states:SendTaskFailure'],
      Resource: machine,
    };
    await pollux.aws.query('iam', '2010-05-08', {
      Action: 'PutRolePolicy',
      RoleName: pollux.physicalId('Pollux/Pollux/Task/CheckJobsRole/Resource'),
      PolicyName: 'Callbacks',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    });
    let ended = waiting;
    await until(async () => {
      ended = await stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
      return ended.status !== 'RUNNING';
    });
    expect(ended.status).toBe('SUCCEEDED');
    expect(JSON.parse(ended.output!)).toMatchObject({ id, status: 'SUCCEEDED', result: { saved: 12 } });
  });

  it('has announced each of these ends once', () => {
    const ids = ends.all.map(({ detail }) => detail.id);
    expect(ids.length).toBeGreaterThan(9);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('shows no difference to what is deployed', async () => {
    expect(await pollux.diff()).toContain('There were no differences');
  });
});
