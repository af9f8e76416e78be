import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../shared/job/job.ts';
import { observationOf, STATUS_TABLE } from '../../../shared/platforms/vsphere/mapping.ts';
import { type TaskInfo, taskInfoOf } from '../../../shared/platforms/vsphere/task-info.ts';
import { recordedTask } from './fixture.ts';

const running: TaskInfo = { key: 'task-1', state: 'running', cancelled: false, cancelable: true };
const error = (type: string, more: Partial<TaskInfo['error']> = {}): TaskInfo => ({
  ...running,
  state: 'error',
  error: { type, fields: {}, ...more },
});

describe('recorded tasks', () => {
  it('VS-03 queued is not done', () => {
    expect(observationOf(recordedTask('task-queued'))).toEqual({ kind: 'observed', status: 'QUEUED' });
  });

  it('running, with progress and times of nine digits (VS-10, VS-31)', () => {
    expect(observationOf(recordedTask('task-running'))).toEqual({
      kind: 'observed',
      status: 'RUNNING',
      progress: 30,
      startedAt: Date.parse('2026-11-21T02:27:52.463Z'),
    });
  });

  it('VS-11 success with progress 90 is complete', () => {
    expect(observationOf(recordedTask('task-success-progress-90'))).toMatchObject({
      status: 'SUCCEEDED',
      progress: 100,
    });
  });

  it('VS-11 clamps progress of 150 and -5', () => {
    expect(observationOf({ ...running, progress: 150 })).toMatchObject({ status: 'RUNNING', progress: 100 });
    expect(observationOf({ ...running, progress: -5 })).toMatchObject({ status: 'RUNNING', progress: 0 });
  });

  it('shows what the task is doing', () => {
    expect(observationOf(recordedTask('task-described'))).toMatchObject({ message: 'Copying disk 2' });
  });

  it('a reference as result is the resource', () => {
    expect(observationOf(recordedTask('task-success-moref'))).toMatchObject({
      status: 'SUCCEEDED',
      result: { type: 'VirtualMachineSnapshot', value: 'snapshot-75' },
      resource: { type: 'VirtualMachineSnapshot', id: 'snapshot-75' },
    });
  });

  it('failed, with the fault in its own words', () => {
    const { status, error, progress } = observationOf(recordedTask('task-error-invalid-power-state'));
    expect({ status, progress }).toEqual({ status: 'FAILED', progress: undefined });
    expect(error).toEqual({
      code: 'InvalidPowerState',
      message: 'Operation failed: InvalidPowerState.',
      retryable: false,
      details: { requestedState: 'poweredOff', existingState: 'poweredOff', alreadyInDesiredState: true },
    });
  });

  it('a task in the way is worth another try', () => {
    expect(observationOf(recordedTask('task-error-task-in-progress'))).toMatchObject({
      status: 'FAILED',
      error: { code: 'TaskInProgress', retryable: true, details: { task: { type: 'Task', value: 'task-76' } } },
    });
  });

  it('VS-01 error RequestCanceled is the cancellation', () => {
    expect(observationOf(recordedTask('task-canceled'))).toMatchObject({
      status: 'CANCELED',
      error: { code: 'RequestCanceled' },
    });
  });

  it('VS-01 a canceled flag on a running task is a request', () => {
    expect(observationOf(recordedTask('task-running-cancelled')).status).toBe('RUNNING');
  });

  it('VS-14 error without a fault fails, success without a start succeeds', () => {
    expect(observationOf(recordedTask('task-error-without-fault'))).toMatchObject({
      status: 'FAILED',
      error: { code: 'unknown' },
    });
    const never = observationOf(recordedTask('task-success-never-started'));
    expect(never).toMatchObject({ status: 'SUCCEEDED' });
    expect(never).not.toHaveProperty('startedAt');
  });
});

describe('the table', () => {
  it('VS-01 success with cancelled=true and with an error element succeeded', () => {
    const info: TaskInfo = { ...error('RequestCanceled'), state: 'success', cancelled: true };
    expect(observationOf(info)).toMatchObject({ status: 'SUCCEEDED' });
    expect(observationOf(info)).not.toHaveProperty('error');
  });

  it('RequestCanceled among the causes cancels only what was asked to be canceled', () => {
    const cause = { type: 'VmConfigFault', fields: {}, cause: { type: 'RequestCanceled', fields: {} } };
    expect(observationOf({ ...error('GenericVmConfigFault', { cause }), cancelled: true }).status).toBe('CANCELED');
    expect(observationOf(error('GenericVmConfigFault', { cause })).status).toBe('FAILED');
    expect(observationOf({ ...error('HostNotConnected'), cancelled: true }).status).toBe('FAILED');
  });

  it('an unknown state is not terminal, and says so', () => {
    expect(observationOf({ ...running, state: 'paused', progress: 7 })).toEqual({
      kind: 'observed',
      status: 'RUNNING',
      progress: 7,
      message: 'The server reports the task state "paused", which is not known',
    });
  });

  it.each(['queued', 'running', 'success', 'error'])('VS-15 the name of a task that is %s decides nothing', (state) => {
    const named = ['PowerOnVM_Task', 'PowerOn', undefined].map(
      (name) => observationOf({ ...running, state, ...(name !== undefined && { name }) }).status,
    );
    expect(new Set(named).size).toBe(1);
  });

  it('VS-12 progress 0 is a value, absent progress is none', () => {
    expect(observationOf({ ...running, progress: 0 })).toHaveProperty('progress', 0);
    expect(observationOf(running)).not.toHaveProperty('progress');
  });

  it('VS-13 decides by type only', () => {
    const { message: _, ...mute } = error('RequestCanceled').error!;
    expect(observationOf({ ...error('x'), error: mute }).status).toBe('CANCELED');
    expect(observationOf(error('FileLocked', { message: 'RequestCanceled' })).status).toBe('FAILED');
  });

  it.each([
    ['HostNotConnected', { retryable: true, outcomeUncertain: true }],
    ['InsufficientMemoryResourcesFault', { retryable: true }],
    ['NoDiskSpace', { retryable: true }],
    ['DatastoreInUse', { retryable: true }],
    ['InvalidVmState', { retryable: false }],
    ['DuplicateName', { retryable: false }],
    ['NumVirtualCpusExceedsLimit', { retryable: false }],
    ['NoPermission', { retryable: false }],
    ['OvfMissingElement', { retryable: false }],
  ])('%s says whether another try makes sense', (type, expected) => {
    expect(observationOf(error(type)).error).toMatchObject(expected);
  });

  it('a name that nobody has classified says nothing about another try', () => {
    const { error: told } = observationOf(error('BrandNewFault'));
    expect(told).toEqual({ code: 'BrandNewFault', message: 'The task ended with BrandNewFault' });
  });

  it('a vague fault is as transient as its cause', () => {
    const cause = { type: 'FileLocked', fields: {} };
    expect(observationOf(error('GenericVmConfigFault', { cause })).error).toMatchObject({ retryable: true });
    expect(observationOf(error('InvalidArgument', { cause })).error).toMatchObject({ retryable: false });
  });

  it('VS-29 a failed clone may have left a VM behind', () => {
    expect(observationOf({ ...error('InvalidArgument'), name: 'CloneVM_Task' }).error).toMatchObject({
      outcomeUncertain: true,
    });
  });

  it.each([
    'TaskInProgress',
    'VAppTaskInProgress',
    'VAppOperationInProgress',
    'MethodDisabled',
    'TooManyConcurrentNativeClones',
    'DuplicateName',
    'NotSupported',
  ])('a clone that ends with %s began nothing, so its outcome is certain', (type) => {
    for (const name of ['CloneVM_Task', 'InstantClone_Task', 'CustomizeVM_Task'])
      expect(observationOf({ ...error(type), name }).error).not.toHaveProperty('outcomeUncertain');
  });

  it.each(['Timedout', 'InsufficientMemoryResourcesFault', 'CustomizationFault', 'NoDiskSpace'])(
    'a clone that ends with %s may have left a VM behind',
    (type) => {
      expect(observationOf({ ...error(type), name: 'CloneVM_Task' }).error).toMatchObject({ outcomeUncertain: true });
    },
  );

  it('a bulk fault stays failed, and says that a part may have been applied', () => {
    const fields = { hostFault: [{ host: 'a' }, { host: 'b' }] };
    expect(observationOf(error('DvsOperationBulkFault', { fields }))).toMatchObject({
      status: 'FAILED',
      error: { outcomeUncertain: true, details: { partialEffects: true, hostFault: { count: 2 } } },
    });
  });

  it('can be printed', () => {
    expect(STATUS_TABLE.map(({ observation, status }) => `${observation} | ${status}`)).toMatchInlineSnapshot(`
      [
        "queued | QUEUED",
        "running | RUNNING",
        "success, and every item of the result failed | FAILED",
        "success, and some items of the result failed | PARTIALLY_SUCCEEDED",
        "success | SUCCEEDED",
        "error RequestCanceled | CANCELED",
        "error, cancelled=true, RequestCanceled among the causes | CANCELED",
        "error | FAILED",
        "any other state | RUNNING",
      ]
    `);
  });
});

describe('VS-16 results that hide failures', () => {
  const fault = (type: string) => ({ fault: { _typeName: type }, localizedMessage: `because of ${type}` });
  const vm = (value: string) => ({ type: 'VirtualMachine', value });
  const success = (result: Json, name = 'PowerOnMultiVM_Task'): TaskInfo => ({
    ...running,
    state: 'success',
    name,
    result,
  });

  it('some failed: partial, with the members as parts', () => {
    const result = {
      _typeName: 'ClusterPowerOnVmResult',
      attempted: [{ vm: vm('vm-1'), task: { type: 'Task', value: 'task-9' } }],
      notAttempted: [{ vm: vm('vm-2'), fault: fault('InvalidPowerState') }],
    };
    expect(observationOf(success(result))).toMatchObject({
      status: 'PARTIALLY_SUCCEEDED',
      result,
      parts: [
        { id: 'vm-2', status: 'FAILED', message: 'because of InvalidPowerState' },
        { id: 'vm-1', status: 'RUNNING', message: 'goes on as task-9' },
      ],
      error: { code: 'InvalidPowerState', message: '1 of 2 items failed; the first: because of InvalidPowerState' },
    });
  });

  it('all failed: failed', () => {
    const result = { notAttempted: [{ vm: vm('vm-2'), fault: fault('InvalidPowerState') }] };
    expect(observationOf(success(result)).status).toBe('FAILED');
  });

  it('thousands of members: the first of them, failed ones first, and their number', () => {
    const members = (count: number, more: object) =>
      Array.from({ length: count }, (_, n) => ({ vm: vm(`vm-${n}`), ...more }));
    const result = { attempted: members(5000, {}), notAttempted: members(150, { fault: fault('NoPermission') }) };
    const { parts, error } = observationOf(success(result as unknown as Json));
    expect(parts).toHaveLength(200);
    expect(parts!.filter((it) => it.status === 'FAILED')).toHaveLength(150);
    expect(error!.message).toContain('150 of 5150 items failed');
  });

  it('none failed: succeeded, and the child tasks are named', () => {
    const result = { attempted: [{ vm: vm('vm-1'), task: { type: 'Task', value: 'task-9' } }] };
    expect(observationOf(success(result))).toMatchObject({
      status: 'SUCCEEDED',
      parts: [{ id: 'vm-1', status: 'RUNNING' }],
    });
  });

  it('a list of results, some with a fault', () => {
    const result = [{ key: 'lun-1' }, { key: 'lun-2', fault: fault('NotFound') }];
    expect(observationOf(success(result, 'AttachScsiLunEx_Task'))).toMatchObject({
      status: 'PARTIALLY_SUCCEEDED',
      parts: [
        { id: 'lun-2', status: 'FAILED' },
        { id: 'lun-1', status: 'SUCCEEDED' },
      ],
    });
  });

  it('hosts that could not be added', () => {
    const result = {
      hostsAddedToCluster: [{ type: 'HostSystem', value: 'host-1' }],
      hostsFailedInventoryAdd: [{ hostName: 'h2', fault: fault('SSLVerifyFault') }],
    };
    expect(observationOf(success(result, 'BatchAddHostsToCluster_Task'))).toMatchObject({
      status: 'PARTIALLY_SUCCEEDED',
      parts: [
        { id: 'h2', status: 'FAILED' },
        { id: 'host-1', status: 'SUCCEEDED' },
      ],
    });
  });

  it('the errors that a check returns are its answer', () => {
    const result = [{ vm: vm('vm-1'), error: [fault('CannotMoveVm')], fault: fault('CannotMoveVm') }];
    expect(observationOf(success(result, 'CheckMigrate_Task'))).toMatchObject({ status: 'SUCCEEDED', result });
    expect(observationOf(success(result, 'QueryVMotionCompatibilityEx_Task'))).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('any TaskInfo', () => {
  const state = fc.oneof(fc.constantFrom('queued', 'running', 'success', 'error'), fc.string());
  const fault = fc.record(
    {
      _typeName: fc.oneof(fc.constantFrom('RequestCanceled', 'InvalidState'), fc.string()),
      faultCause: fc.jsonValue(),
      faultMessage: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const info = fc.record(
    {
      state,
      key: fc.string(),
      cancelled: fc.jsonValue(),
      progress: fc.oneof(fc.double(), fc.string(), fc.jsonValue()),
      error: fc.oneof(fault, fc.record({ fault, localizedMessage: fc.jsonValue() }), fc.jsonValue()),
      result: fc.oneof(fc.jsonValue(), fc.record({ notAttempted: fc.jsonValue(), attempted: fc.jsonValue(), fault })),
      queueTime: fc.oneof(fc.string(), fc.jsonValue()),
      startTime: fc.jsonValue(),
      entity: fc.jsonValue(),
      reason: fc.jsonValue(),
      description: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );

  it('has an outcome that keeps the promises of an observation', () => {
    const ends = new Map([
      ['success', ['SUCCEEDED', 'PARTIALLY_SUCCEEDED', 'FAILED']],
      ['error', ['FAILED', 'CANCELED']],
    ]);
    fc.assert(
      fc.property(fc.oneof(info, fc.jsonValue()), (value) => {
        // JSON has no -0.
        const read = taskInfoOf(JSON.parse(JSON.stringify(value)) as Json);
        const seen = observationOf(read);
        expect(ends.get(read.state) ?? ['QUEUED', 'RUNNING']).toContain(seen.status);
        if (seen.progress !== undefined)
          expect(seen.progress >= 0 && seen.progress <= 100 && Number.isInteger(seen.progress)).toBe(true);
        if (seen.status === 'FAILED' || seen.status === 'CANCELED') expect(seen.error?.code).toBeTruthy();
        expect(JSON.parse(JSON.stringify(seen))).toEqual(seen);
      }),
      { numRuns: 500 },
    );
  });
});
