import { afterEach, describe, expect, it } from 'vitest';
import { HttpFailure } from '../../../shared/http/client.ts';
import { type ActiveJob, isTerminal } from '../../../shared/job/job.ts';
import { next } from '../../../shared/job/next.ts';
import { adapter } from '../../../shared/platforms/bmc/index.ts';
import { envelope, started } from './documents.ts';
import { isOver, observed, POWER_OFF, type Rig, signal, startRig } from './rig.ts';
import { connectionOf, outputs, SECRET, scripted } from './scripted.ts';

const open: Rig[] = [];
const rigOf = async (options: Parameters<typeof startRig>[0] = {}) => {
  const rig = await startRig(options);
  open.push(rig);
  return rig;
};
afterEach(() => Promise.all(open.splice(0).map(({ simulator }) => simulator.close())));

const submitTo = (answer: Parameters<typeof scripted>[0], options: Record<string, unknown> = {}) =>
  connectionOf(scripted(answer), options).submit(POWER_OFF, undefined, { signal });

describe.each([
  ['REST sync', {}],
  ['REST async', { mode: 'async' }],
  ['ORCA', { protocol: 'orca' }],
] as const)('%s', (_name, options) => {
  it('from the submit to the end of the task', async () => {
    const rig = await rigOf(options);
    const body = rig.simulator.scenarios.succeeds(10);
    const outcome = await rig.submit(body);
    expect(outcome).toEqual({
      kind: 'accepted',
      handle: { adapter: 'VMwareInfra', task: 'task-701' },
      platformJobId: 'task-701',
    });
    const job = rig.refOf({ adapter: 'VMwareInfra', task: 'task-701' });
    expect(await rig.look(job)).toMatchObject({ status: 'QUEUED', handle: { queueTime: rig.clock.at } });
    rig.after(5);
    expect(observed(await rig.look(job))).toMatchObject({ status: 'RUNNING', progress: 45 });
    rig.after(5);
    expect(await rig.look(job)).toMatchObject({ status: 'SUCCEEDED', progress: 100 });
  });

  it('a refusal in the words of the adapter', async () => {
    const rig = await rigOf(options);
    expect(await rig.submit(rig.simulator.scenarios.refused())).toMatchObject({
      kind: 'refused',
      error: { code: 'EntityNotFound', message: expect.stringContaining('no-such-vm was not found') },
    });
  });

  it('BMC-B7 a name with markup and an ampersand arrives as it is', async () => {
    const rig = await rigOf(options);
    const name = 'R&D-web</virtual-machine><x>"\\ü';
    rig.simulator.addVm(name);
    const job = await rig.started({ ...POWER_OFF, parameters: { 'virtual-machine': name } });
    rig.after(0.5);
    expect(await rig.look(job)).toMatchObject({ status: 'RUNNING' });
    expect(rig.simulator.received[0]).toContain('R&amp;D-web&lt;/virtual-machine&gt;');
  });
});

describe('what an answer says about a submit', () => {
  const fault = (text: string) => envelope('', `<status>error</status><error>${text}</error>`);

  it.each([
    ['refused in the connection', new HttpFailure('refused', false, 'x'), 'unavailable', 'http.refused'],
    ['an untrusted certificate', new HttpFailure('tls', false, 'x'), 'unavailable', 'http.tls'],
    ['a read time-out', new HttpFailure('timeout', true, 'x'), 'unknown', 'http.timeout'],
    ['a reset', new HttpFailure('reset', true, 'x'), 'unknown', 'http.reset'],
    ['400', { status: 400, body: 'bad JSON' }, 'refused', 'HTTP 400'],
    ['403', { status: 403, body: 'no' }, 'unavailable', 'HTTP 403'],
    ['404', { status: 404, body: 'no such process' }, 'unavailable', 'HTTP 404'],
    ['420', { status: 420, body: 'text' }, 'unknown', 'HTTP 420'],
    ['429', { status: 429 }, 'unavailable', 'HTTP 429'],
    ['500', { status: 500, body: 'process error' }, 'unknown', 'HTTP 500'],
    ['502', { status: 502 }, 'unknown', 'HTTP 502'],
    ['503', { status: 503 }, 'unknown', 'HTTP 503'],
    ['504', { status: 504 }, 'unknown', 'HTTP 504'],
    ['a redirect', { status: 302 }, 'unavailable', 'HTTP 302'],
    ['a web page', { body: '<html></html>' }, 'unknown', 'html'],
    ['nothing', { body: '' }, 'unknown', 'empty'],
    ['no JSON', { body: '[{' }, 'unknown', 'garbage'],
    ['no outputs', { body: '[]' }, 'unknown', 'NoAdapterResponse'],
    ['an unreadable output', outputs('<a>'), 'unknown', 'NoAdapterResponse'],
    ['an unknown text', outputs(fault('Something broke')), 'unknown', 'AdapterError'],
    ["vCenter's answer lost behind the adapter", outputs(fault('Read timed out')), 'unknown', 'VcenterDisturbed'],
    [
      'vCenter not reached',
      outputs(fault('java.net.ConnectException: Connection refused')),
      'unavailable',
      'VcenterUnreachable',
    ],
    ['a certificate', outputs(fault('PKIX: unable to find valid certification path')), 'unavailable', 'Certificate'],
    [
      'BMC-B15 a peer without the adapter',
      outputs(fault('Adapter VMwareInfra not found on peer')),
      'unavailable',
      'AdapterNotRunning',
    ],
    [
      "the adapter's session",
      outputs(fault('com.vmware.vim25.NotAuthenticated: x')),
      'unavailable',
      'NotAuthenticated',
    ],
    ["vCenter's login", outputs(fault('com.vmware.vim25.InvalidLogin: x')), 'unavailable', 'InvalidLogin'],
    ['no privilege', outputs(fault('com.vmware.vim25.NoPermission: x')), 'refused', 'NoPermission'],
    ['no such VM', outputs(fault('com.vmware.vim25.ManagedObjectNotFound: x')), 'refused', 'ManagedObjectNotFound'],
    ['a busy VM', outputs(fault('TaskInProgress')), 'refused', 'TaskInProgress'],
    ['a host that is away', outputs(fault('HostNotConnectedFault')), 'unavailable', 'HostNotConnected'],
    ['an unsure failure of vCenter', outputs(fault('SystemError: x')), 'unknown', 'SystemError'],
    ['an unknown operation', outputs(fault('operation-name Foo is not valid')), 'refused', 'InvalidRequest'],
    ['success without a task', outputs(envelope('<PowerOffVM_TaskResponse/>')), 'refused', 'NoTask'],
    ['an empty task', outputs(envelope('<R><Task> </Task></R>')), 'refused', 'NoTask'],
    ['several tasks', outputs(envelope('<R><Task>task-1</Task><Task>task-2</Task></R>')), 'unknown', 'SeveralTasks'],
  ])('%s', async (_what, answer, kind, code) => {
    expect(await submitTo(() => answer)).toMatchObject({ kind, error: { code, message: expect.stringMatching(/./) } });
  });

  it.each([
    ['REST', {}],
    ['ORCA', { protocol: 'orca', gridName: 'G' }],
  ])(
    "a proxy's 503 is an unknown outcome, for a proxy says it of a server that broke off, too (%s)",
    async (_protocol, options) => {
      const pages = [
        'upstream connect error or disconnect/reset before headers. reset reason: connection termination',
        '<html><body><h1>503 Service Unavailable</h1></body></html>',
        '',
      ];
      for (const body of pages) {
        const answer = { status: 503, body, headers: { 'retry-after': '5' } };
        expect(await submitTo(() => answer, options)).toMatchObject({
          kind: 'unknown',
          error: { code: 'HTTP 503', outcomeUncertain: true },
        });
      }
    },
  );

  it('is asked for once, on a connection of its own', async () => {
    const http = scripted(() => new HttpFailure('timeout', true, 'x'));
    await connectionOf(http).submit(POWER_OFF, undefined, { signal });
    expect(http.asked.map(({ fresh }) => fresh)).toEqual([true]);
  });

  it.each(['PowerOffVM_TaskResponse', 'whatever'])('takes the Task whatever wraps it: %s', async (wrapper) => {
    expect(await submitTo(() => outputs(started(' task-7 ', wrapper)))).toMatchObject({ platformJobId: 'task-7' });
  });

  it('a Task inside an error is the one that is in the way', async () => {
    const inWay = envelope('<fault><Task>task-9</Task></fault>', '<status>error</status><error>TaskInProgress</error>');
    expect(await submitTo(() => outputs(inWay))).toMatchObject({ kind: 'refused', error: { code: 'TaskInProgress' } });
  });

  it('a Task inside a TaskInfo is none that was started', async () => {
    const inside = envelope('<R><TaskInfo><Task>task-1</Task></TaskInfo></R>');
    expect(await submitTo(() => outputs(inside))).toMatchObject({ kind: 'refused', error: { code: 'NoTask' } });
  });

  it('BMC-B5 an error output of the workflow explains what is missing, but a started task counts', async () => {
    const errorOutput = 'error message';
    const said = [{ name: errorOutput, value: '<result>VM is locked</result>' }];
    expect(await submitTo(() => outputs('', said), { errorOutput })).toMatchObject({
      kind: 'unknown',
      error: { code: 'ErrorOutput', message: expect.stringContaining('VM is locked') },
    });
    expect(await submitTo(() => outputs(started('task-1'), said), { errorOutput })).toMatchObject({ kind: 'accepted' });
  });
});

describe('BMC-B6 the group of an operation', () => {
  it('that is wrong is refused by the adapter', async () => {
    const rig = await rigOf();
    const outcome = await rig.submit({ ...POWER_OFF, operation: 'Snapshot_VM' });
    expect(outcome).toMatchObject({ kind: 'refused', error: { code: 'InvalidRequest', retryable: false } });
  });
});

describe('a submit whose answer is lost', () => {
  it('was carried out once, is never repeated, and cannot be looked for', async () => {
    const rig = await rigOf();
    const body = rig.simulator.scenarios.runsForever();
    rig.simulator.inject('lost-answer', { call: 'Migrate_VM' });
    expect(await rig.submit(body)).toMatchObject({ kind: 'unknown', error: { outcomeUncertain: true } });
    expect(rig.simulator.calls.Migrate_VM).toBe(1);
    expect(rig.simulator.tasks.describe('task-701')).toBeDefined();
    expect(rig.connection.intent(adapter.submitRequest.parse(body), { id: 'a', createdAt: 0 })).toBeUndefined();
    expect(rig.connection.findSubmitted).toBeUndefined();
    expect(rig.connection.cancel).toBeUndefined();
  });
});

describe('BMC-B10 slow workflows', () => {
  const slow = async (settings = {}) => {
    const rig = await rigOf({
      mode: 'async',
      connection: { submitPatienceSeconds: 0 },
      settings: { workflowMs: 30_000, ...settings },
    });
    const body = rig.simulator.scenarios.succeeds(60);
    return { rig, job: await rig.started(body) };
  };

  it('are carried on by looks: READY, IN_PROGRESS, COMPLETED, then the task', async () => {
    const { rig, job } = await slow();
    expect(job.handle).toEqual({ adapter: 'VMwareInfra', workflow: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(await rig.look(job)).toMatchObject({ status: 'QUEUED', message: expect.stringContaining('READY') });
    rig.after(15);
    const waiting = await rig.look(job);
    expect(waiting).toMatchObject({ status: 'QUEUED', message: expect.stringContaining('IN_PROGRESS') });
    expect(waiting).not.toHaveProperty('handle');
    rig.after(15);
    const told = await rig.look(job);
    expect(told).toMatchObject({ status: 'QUEUED', platformJobId: 'task-701', handle: { task: 'task-701' } });
    rig.simulator.settings.workflowMs = 0;
    expect(await rig.look(job)).toMatchObject({ status: 'RUNNING' });
    expect(rig.simulator.calls).toMatchObject({ Power_On_VM: 1, status: 4, Retrieve_Task_Status: 1, login: 1 });
  });

  it('the core carries such a job from SUBMITTING to its end', async () => {
    const { rig, job } = await slow();
    const bounds = adapter.bounds;
    let stored: ActiveJob = {
      ...{ platform: 'bmc', connection: 'test', id: job.id, operation: job.operation },
      ...{
        status: 'SUBMITTING',
        rev: 1,
        createdAt: rig.clock.at,
        deadline: rig.clock.at + 3_600_000,
        handle: job.handle,
      },
    };
    const looked = async () => {
      const ref = { ...job, handle: stored.handle! };
      stored = next(stored, (await rig.connection.check([ref], { signal })).get(job.id), rig.clock.at, bounds);
    };
    await looked();
    expect(isTerminal(stored.status)).toBe(false);
    expect(stored.platformJobId).toBeUndefined();
    rig.after(30);
    rig.simulator.settings.workflowMs = 0;
    await looked();
    expect(stored).toMatchObject({ status: 'QUEUED', platformJobId: 'task-701', handle: { task: 'task-701' } });
    await looked();
    expect(stored).toMatchObject({ status: 'RUNNING' });
    rig.after(60);
    await looked();
    expect(stored).toMatchObject({ status: 'SUCCEEDED', platformJobId: 'task-701' });
  });

  it('are told at once when they end in time', async () => {
    const rig = await rigOf({ mode: 'async' });
    expect(await rig.submit(rig.simulator.scenarios.succeeds(1))).toMatchObject({ kind: 'accepted' });
  });

  it.each(['text', 'string', 'jobId', 'JobId', 'JOB_ID', 'id'] as const)('the id comes as %s', async (asyncAnswer) => {
    const { rig, job } = await slow({ asyncAnswer });
    expect(job.handle.workflow).toMatch(/^[0-9a-f]{32}$/);
    expect(rig.simulator.calls.Power_On_VM).toBe(1);
  });

  it('that end in a refusal end the job with it', async () => {
    const { rig } = await slow();
    const job = await rig.started(rig.simulator.scenarios.refused());
    rig.after(30);
    expect(await rig.look(job)).toMatchObject({ status: 'FAILED', error: { code: 'EntityNotFound' } });
  });

  it.each(['FAILED', 'ABORTED', 'CANCELLED', 'COMPENSATED'])(
    'that end %s: whether a task runs cannot be known',
    async (endState) => {
      const { rig, job } = await slow({ endState });
      rig.after(30);
      expect(await rig.look(job)).toMatchObject({
        status: 'LOST',
        error: { code: 'WorkflowEnded', message: expect.stringContaining(endState), outcomeUncertain: true },
      });
    },
  );

  it('that fail after the adapter has answered have started the task', async () => {
    const { rig, job } = await slow({ endState: 'FAILED', leaky: true });
    rig.after(30);
    expect(await rig.look(job)).toMatchObject({ status: 'QUEUED', handle: { task: 'task-701' } });
  });

  it.each(['PAUSED', 'A_NEW_WORD'])('are waited for while they are %s', async (endState) => {
    const { rig, job } = await slow({ endState });
    rig.after(30);
    expect(await rig.look(job)).toMatchObject({ status: 'QUEUED' });
  });

  it('BMC-B16 that the Orchestrator has forgotten are not found, and never started again', async () => {
    const { rig, job } = await slow();
    rig.simulator.forgetWorkflows();
    expect(await rig.look(job)).toMatchObject({ kind: 'not_found', code: 'WorkflowGone' });
    expect(rig.simulator.calls.Power_On_VM).toBe(1);
  });

  it('that are not there yet a moment after their start are carried on', async () => {
    const answers = [{ body: '"w-1"' }, { status: 404, body: 'The job does not exist' }];
    const http = scripted((_request, count) => answers[count - 1]!);
    const submitted = await connectionOf(http, { mode: 'async' }).submit(POWER_OFF, undefined, { signal });
    expect(submitted).toEqual({ kind: 'pending', handle: { adapter: 'VMwareInfra', workflow: 'w-1' } });
  });

  it('whose output cannot be read wait for the operator', async () => {
    const { rig, job } = await slow({ rewrite: () => 'no document' });
    rig.after(30);
    expect(await rig.look(job)).toMatchObject({ kind: 'permanent', code: 'NoAdapterResponse' });
  });

  it.each(['html', 'empty', 'hang', 'truncated', 'unavailable', 'reset', 'throttled'] as const)(
    'a look that meets %s ends nothing',
    async (fault) => {
      const { rig, job } = await slow();
      rig.simulator.inject(fault, { call: 'status' });
      const outcome = await rig.look(job);
      expect(isOver(outcome)).toBe(false);
      expect(outcome.kind).toBe('transient');
      expect(await rig.look(job)).toMatchObject({ status: 'QUEUED' });
    },
  );
});

describe('BMC-B14 passwords inside requests', () => {
  it('are sent where the secret has them, and never told', async () => {
    const said: string[] = [];
    const http = scripted((request) => {
      said.push(String(request.body));
      return { status: 500, body: `could not run ${request.body} for ${SECRET.password} with AQ/+=*` };
    });
    const body = { ...POWER_OFF, parameters: { 'virtual-machine': 'w', guest: { 'admin-password': 'gu3st&pw' } } };
    const outcome = await connectionOf(http).submit(body, undefined, { signal });
    expect(said[0]).toContain('<user-name>vc</user-name><password>vc-c4n&amp;ry</password>');
    expect(JSON.stringify(outcome)).toContain('could not run');
    expect(JSON.stringify(outcome)).not.toMatch(/c4n&|c4n&amp;|gu3st|AQ\/\+/);
  });

  it('are empty elements otherwise', async () => {
    const rig = await rigOf();
    await rig.started(rig.simulator.scenarios.succeeds(1));
    expect(rig.simulator.received[0]).toContain('<soap-url/><transport/><user-name/><password/>');
  });
});
