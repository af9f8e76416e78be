import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectionOf } from './connection.ts';
import { jobOf, loggedIn, type Rig, signal, startRig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.simulator.close());

describe('a cancel', () => {
  it('is accepted, repeatable, and over once the task has ended', async () => {
    const job = await rig.submitted(rig.simulator.scenarios.runsForever());
    expect(await rig.connection.cancel!(job, { signal })).toEqual({ kind: 'accepted' });
    expect(await rig.connection.cancel!(job, { signal })).toEqual({ kind: 'accepted' });
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect((await rig.connection.check([job], { signal })).get(job.id)).toMatchObject({ status: 'CANCELED' });
    expect(await rig.connection.cancel!(job, { signal })).toEqual({ kind: 'over' });
  });

  it('VS-21 is refused where the task cannot be canceled', async () => {
    const { target } = rig.simulator.scenarios.runsForever();
    const job = await rig.submitted({ operation: 'ReconfigVM_Task', target, arguments: { spec: { numCPUs: 2 } } });
    expect(await rig.connection.cancel!(job, { signal })).toMatchObject({
      kind: 'refused',
      error: { code: 'NotSupported' },
    });
  });

  it('VS-22 is over where the task is gone', async () => {
    const job = await rig.submitted(rig.simulator.scenarios.succeeds(0));
    rig.simulator.forget(job.handle.task as string);
    expect(await rig.connection.cancel!(job, { signal })).toEqual({ kind: 'over' });
  });

  it('survives an expired session and says when it cannot get through', async () => {
    const job = await rig.submitted(rig.simulator.scenarios.runsForever());
    rig.simulator.expireSessions();
    expect(await rig.connection.cancel!(job, { signal })).toEqual({ kind: 'accepted' });
    rig.simulator.inject('unavailable');
    expect(await rig.connection.cancel!(job, { signal })).toMatchObject({ kind: 'transient', code: 'HTTP 503' });
  });
});

describe('a cancel that is answered with a fault', () => {
  const answered = (type: string, inner = '', text = 'No.') =>
    connectionOf({
      http: loggedIn(() => ({
        status: 500,
        body: `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body><e:Fault><faultcode>ServerFaultCode</faultcode><faultstring>${text}</faultstring><detail><${type}Fault xmlns="urn:vim25" xsi:type="${type}">${inner}</${type}Fault></detail></e:Fault></e:Body></e:Envelope>`,
      })),
    }).cancel!(jobOf({ task: 'task-1' }), { signal });

  it('is refused with the whole explanation', async () => {
    const why = '<faultMessage><key>k</key><message>Replication ends by itself.</message></faultMessage>';
    expect(await answered('NotSupported', why, 'The operation is not supported on the object.')).toMatchObject({
      kind: 'refused',
      error: { message: expect.stringMatching(/is not supported on the object\. Replication ends by itself\./) },
    });
  });

  it.each([
    'NoPermission',
    'SecurityError',
    'RestrictedVersion',
    'RestrictedByAdministrator',
    'HostAccessRestrictedToManagementServer',
    'NotImplemented',
    'MethodNotFound',
    'InvalidArgument',
    'InvalidRequest',
  ])('%s is for good', async (type) => {
    expect(await answered(type)).toMatchObject({ kind: 'permanent', code: type });
  });

  it.each(['SystemError', 'MethodDisabled', 'HostCommunication', 'Timedout', 'TaskInProgress', 'SomethingNew'])(
    '%s is asked again',
    async (type) => {
      expect(await answered(type)).toMatchObject({ kind: 'transient', code: type });
    },
  );

  it.each([
    ['the task itself', '<obj type="Task">task-1</obj>', 'over'],
    ['nothing', '', 'over'],
    ['another object', '<obj type="VirtualMachine">vm-1</obj>', 'transient'],
    ['another task', '<obj type="Task">task-2</obj>', 'transient'],
  ])('ManagedObjectNotFound that names %s', async (_what, obj, kind) => {
    expect(await answered('ManagedObjectNotFound', obj)).toMatchObject({ kind });
  });
});
