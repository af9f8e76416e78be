import { afterEach, describe, expect, it } from 'vitest';
import { HttpFailure } from '../../../shared/http/client.ts';
import { envelope, OBJECT_GONE, started, statusOf, taskInfo, VENDOR_SAMPLE } from './documents.ts';
import { observed, POWER_OFF, type Rig, signal, startRig } from './rig.ts';
import { type Answer, connectionOf, outputs, scripted } from './scripted.ts';

const open: Rig[] = [];
const rigOf = async (options: Parameters<typeof startRig>[0] = {}) => {
  const rig = await startRig(options);
  open.push(rig);
  return rig;
};
afterEach(() => Promise.all(open.splice(0).map(({ simulator }) => simulator.close())));

const place = { adapter: 'VMwareInfra' };
const jobsFor = (count: number, at = 0) =>
  Array.from({ length: count }, (_, n) => ({
    id: `j${n}`,
    operation: 'Power_Off_VM',
    handle: { ...place, task: `task-${n + at}` },
    createdAt: 0,
  }));

async function lookVia(answer: Answer, options: Record<string, unknown> = {}, task = 'task-710') {
  const connection = connectionOf(
    scripted(() => answer),
    options,
  );
  const job = { id: 'j', operation: 'Power_Off_VM', handle: { ...place, task }, createdAt: 0 };
  return (await connection.check([job], { signal })).get('j')!;
}

describe('many tasks', () => {
  it('are asked about one by one, each with an outcome of its own', async () => {
    const rig = await rigOf();
    const jobs = await Promise.all(
      Array.from({ length: 12 }, () => rig.started(rig.simulator.scenarios.runsForever())),
    );
    rig.simulator.forget('task-705');
    const outcomes = await rig.connection.check(jobs, { signal });
    const lost = jobs.find((job) => job.handle.task === 'task-705')!;
    expect(outcomes.get(lost.id)).toMatchObject({ kind: 'not_found', code: 'ManagedObjectNotFound' });
    expect([...outcomes.values()].filter((it) => it.kind === 'observed')).toHaveLength(11);
    expect(rig.simulator.calls).toMatchObject({ login: 1, Retrieve_Task_Status: 12 });
  });

  it.each([
    ['nobody there', new HttpFailure('refused', false, 'x'), 'transient'],
    ['no answer', new HttpFailure('timeout', true, 'x'), 'transient'],
    ['503', { status: 503 }, 'transient'],
    ['a web page', { body: '<html>' }, 'transient'],
    ['403', { status: 403 }, 'permanent'],
    [
      "vCenter refuses the adapter's login",
      outputs(envelope('', '<status>error</status><error>InvalidLogin</error>')),
      'permanent',
    ],
    ['vCenter away', outputs(envelope('', '<status>error</status><error>Connection refused</error>')), 'transient'],
  ])('%s costs one call, not one for each', async (_what, answer, kind) => {
    const http = scripted(() => answer);
    const outcomes = await connectionOf(http).check(jobsFor(50), { signal });
    expect(http.asked).toHaveLength(1);
    expect([...outcomes.values()].map((it) => it.kind)).toEqual(Array(50).fill(kind));
  });

  it('one task that always fails hides no other', async () => {
    const http = scripted(({ body }) =>
      String(body).includes('task-0<')
        ? { status: 500 }
        : outputs(statusOf(taskInfo('running', '', taskOf(body)), taskOf(body))),
    );
    const outcomes = await connectionOf(http).check(jobsFor(20), { signal });
    expect(outcomes.get('j0')).toMatchObject({ kind: 'transient', code: 'HTTP 500' });
    expect([...outcomes.values()].filter((it) => it.kind === 'observed')).toHaveLength(19);
  });

  it('failures in a row end the check', async () => {
    const http = scripted(() => ({ status: 500 }));
    const outcomes = await connectionOf(http).check(jobsFor(50), { signal });
    expect(outcomes.size).toBe(50);
    expect(http.asked.length).toBeLessThan(10);
  });

  it('a time that is over is no verdict', async () => {
    const outcomes = await connectionOf(scripted(() => ({}))).check(jobsFor(3), { signal: AbortSignal.abort() });
    expect([...outcomes.values()].map((it) => it.kind)).toEqual(['transient', 'transient', 'transient']);
  });
});

function taskOf(body: unknown): string {
  return /<task>([^<]+)</.exec(String(body))![1]!;
}

describe('BMC-B2', () => {
  it("the vendor's sample is no answer to a question about task-525, and is reported", async () => {
    const rig = await rigOf({ settings: { rewrite: () => VENDOR_SAMPLE } });
    const job = rig.refOf({ ...place, task: 'task-525' });
    expect(await rig.look(job)).toMatchObject({
      kind: 'transient',
      code: 'OtherTask',
      message: expect.stringMatching(/task-525.*task-2675/),
    });
    expect(JSON.stringify(rig.said)).toContain('another task');
  });
});

describe('BMC-B4 a status workflow that fails is not a task that failed', () => {
  it.each(['FAILED', 'ABORTED', 'CANCELLED', 'COMPENSATED'])('%s, and the task goes on', async (endState) => {
    const rig = await rigOf({ connection: { lookMode: 'async' } });
    const job = await rig.started(rig.simulator.scenarios.runsForever());
    rig.simulator.settings.endState = endState;
    expect(await rig.look(job)).toMatchObject({ kind: 'transient', code: 'WorkflowEnded' });
    rig.simulator.settings.endState = 'COMPLETED';
    rig.after(1);
    expect(await rig.look(job)).toMatchObject({ status: 'RUNNING' });
  });

  it('in a row it becomes a matter for an operator', async () => {
    const rig = await rigOf({ connection: { lookMode: 'async' }, settings: { endState: 'FAILED' } });
    const job = rig.refOf({ ...place, task: 'task-1' });
    const kinds: string[] = [];
    for (let n = 0; n < 10; n++) kinds.push((await rig.look(job)).kind);
    expect(kinds).toEqual([...Array(9).fill('transient'), 'permanent']);
  });

  it('one that has not ended in time is gone on with, and started anew once it is forgotten', async () => {
    const rig = await rigOf({ connection: { lookMode: 'async', requestTimeoutSeconds: 1 } });
    const job = await rig.started(rig.simulator.scenarios.runsForever());
    rig.simulator.settings.workflowMs = 60_000;
    expect(await rig.look(job)).toMatchObject({ kind: 'transient', code: 'WorkflowUnderWay' });
    rig.after(61);
    expect(await rig.look(job)).toMatchObject({ kind: 'observed' });
    expect(rig.simulator.calls.Retrieve_Task_Status).toBe(1);
    expect(await rig.look(job)).toMatchObject({ code: 'WorkflowUnderWay' });
    rig.simulator.forgetWorkflows();
    rig.simulator.settings.workflowMs = 0;
    expect(await rig.look(job)).toMatchObject({ kind: 'transient', code: 'WorkflowGone' });
    expect(await rig.look(job)).toMatchObject({ kind: 'observed' });
  });
});

describe('BMC-B5 an error inside HTTP 200', () => {
  it('of the adapter', async () => {
    const document = envelope('', '<status>error</status><error-message>boom</error-message>');
    expect(await lookVia(outputs(document))).toMatchObject({
      kind: 'transient',
      message: expect.stringContaining('boom'),
    });
  });

  it("in the workflow's own output, while the others look fine", async () => {
    const fine = statusOf(taskInfo('success'));
    const said = [{ name: 'Error Message', value: 'stale answer' }];
    const errorOutput = 'error message';
    expect(await lookVia(outputs(fine, said), { errorOutput })).toMatchObject({
      kind: 'transient',
      code: 'ErrorOutput',
    });
    expect(
      await lookVia(outputs(fine, [{ name: 'Error Message', value: '<result></result>' }]), { errorOutput }),
    ).toMatchObject({
      status: 'SUCCEEDED',
    });
    expect(await lookVia(outputs(fine, said))).toMatchObject({ status: 'SUCCEEDED' });
  });
});

it('an id that stands beside the TaskInfo only is enough', async () => {
  const info = '<TaskInfo><state>success</state></TaskInfo>';
  expect(await lookVia(outputs(statusOf(info)))).toMatchObject({ kind: 'observed', status: 'SUCCEEDED' });
});

describe('BMC-B13 ids are unique for one vCenter only', () => {
  it('a job of another adapter or vCenter is not asked about', async () => {
    const rig = await rigOf();
    const job = await rig.started(rig.simulator.scenarios.runsForever());
    const other = rig.connect({ soapUrl: 'https://vc2.example.com/sdk/vim' });
    expect(await rig.look(job, other)).toMatchObject({ kind: 'permanent', code: 'OtherServer' });
    expect(await rig.look(rig.refOf({ adapter: 'Old', task: 'task-701' }))).toMatchObject({ code: 'OtherServer' });
    expect(rig.simulator.calls.Retrieve_Task_Status).toBeUndefined();
  });

  it('an id that was given out anew is another task', async () => {
    const rig = await rigOf();
    const job = await rig.started(rig.simulator.scenarios.runsForever());
    await rig.look(job);
    job.handle = { ...job.handle, queueTime: rig.clock.at - 86_400_000 };
    expect(await rig.look(job)).toMatchObject({ kind: 'not_found', code: 'OtherTask' });
  });

  it('the queue time is learned once', async () => {
    const rig = await rigOf();
    const job = await rig.started(rig.simulator.scenarios.runsForever());
    expect(observed(await rig.look(job)).handle).toEqual({ ...place, task: 'task-701', queueTime: rig.clock.at });
    expect(await rig.look(job)).not.toHaveProperty('handle');
  });
});

describe('what vCenter no longer has', () => {
  it.each([
    ['an error of the adapter', envelope('', `<status>error</status><error>${OBJECT_GONE}</error>`)],
    ['an empty returnval', envelope('<RetrieveTaskStatusResponse><returnval/></RetrieveTaskStatusResponse>')],
  ])('%s is not found, with the reason', async (_what, document) => {
    expect(await lookVia(outputs(document))).toMatchObject({
      kind: 'not_found',
      message: expect.stringContaining('ten minutes'),
    });
  });
});

describe('a task is canceled at vCenter', () => {
  it.each([
    ['with its fault', {}, { code: 'RequestCanceled' }],
    ['without a fault in the answer', { withoutFault: true }, { code: 'RequestCanceled', details: { assumed: true } }],
  ])('%s', async (_how, how, error) => {
    const rig = await rigOf();
    const job = await rig.started(rig.simulator.scenarios.runsForever());
    rig.simulator.tasks.cancel('task-701', how);
    expect(await rig.look(job)).toMatchObject({ status: 'CANCELED', error });
  });

  it('BMC-B3 a request alone is none', async () => {
    const rig = await rigOf();
    const job = await rig.started(rig.simulator.scenarios.succeeds(5));
    rig.after(1);
    rig.simulator.tasks.cancel('task-701', { takesEffect: false });
    expect(await rig.look(job)).toMatchObject({ status: 'RUNNING' });
    rig.after(5);
    expect(await rig.look(job)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('unreadable answers', () => {
  it.each([
    ['an ill-formed document', outputs(started('task-1').slice(10)), 'NoAdapterResponse'],
    ['a web page', { body: '<!DOCTYPE html><html>' }, 'html'],
    ['no body', {}, 'empty'],
    ['the page of a server that starts', { status: 404, body: '<html>404</html>' }, 'NotServed'],
    ['another JSON', { body: '{"a":1}' }, 'garbage'],
    ['420', { status: 420 }, 'HTTP 420'],
  ])('%s', async (_what, answer, code) => {
    expect(await lookVia(answer)).toMatchObject({ kind: 'transient', code });
  });

  it('420 once more is a matter for an operator', async () => {
    const connection = connectionOf(scripted(() => ({ status: 420, body: 'hm' })));
    const [job] = jobsFor(1);
    await connection.check([job!], { signal });
    expect((await connection.check([job!], { signal })).get('j0')).toMatchObject({ kind: 'permanent' });
  });

  it.each([{}, { task: 'task-1' }, { ...place, task: '</task>' }, { ...place, task: 5 }])(
    'a handle that is none: %j',
    async (handle) => {
      const connection = connectionOf(scripted(() => ({})));
      const job = { id: 'j', operation: 'x', handle, createdAt: 0 };
      expect((await connection.check([job], { signal })).get('j')).toMatchObject({
        kind: 'permanent',
        code: 'BadHandle',
      });
    },
  );
});

describe.each(['rest', 'orca'] as const)('every fault of the simulator over %s', (protocol) => {
  const faults = [
    'unauthorized',
    'html',
    'empty',
    'hang',
    'truncated',
    'unavailable',
    'reset',
    'throttled',
    'lost-answer',
  ] as const;
  it.each(faults)('%s leaves a look without a state, and the next look tells it', async (fault) => {
    const rig = await rigOf({ protocol });
    const job = await rig.started(rig.simulator.scenarios.runsForever());
    rig.after(1);
    // Twice: a 401 costs a new login and a second try.
    rig.simulator.inject(fault, { count: fault === 'unauthorized' ? 2 : 1, call: 'Retrieve_Task_Status' });
    expect((await rig.look(job)).kind).toMatch(/transient|permanent/);
    rig.simulator.inject(fault, { count: 0 });
    rig.after(61);
    expect(await rig.look(job)).toMatchObject({ kind: 'observed', status: 'RUNNING' });
  });
});

it('adopts by the id of the task', async () => {
  const connection = connectionOf(
    scripted(() => ({})),
    { soapUrl: 'https://vc.example.com/sdk/vim' },
  );
  expect(connection.adopt({ operation: POWER_OFF.operation, adopt: { task: 'task-525' } })).toEqual({
    handle: { adapter: 'VMwareInfra', soapUrl: 'https://vc.example.com/sdk/vim', task: 'task-525' },
    platformJobId: 'task-525',
  });
});
