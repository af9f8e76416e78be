import { expect, expectTypeOf, test } from 'vitest';
import { isJobStateChange } from '../../client/events.ts';
import { type Client, type Job, PolluxError, type SubmitRequest } from '../../client/index.ts';

/** Compiled by `npm run check`; never called. */
async function typed(client: Client, event: unknown): Promise<void> {
  const target = { type: 'VirtualMachine', value: 'vm-1' };
  await client.submit('vsphere/dc1', { operation: 'PowerOnVM_Task', target, labels: { a: 'b' }, deadlineSeconds: 5 });
  // @ts-expect-error: vsphere needs a target
  await client.submit('vsphere/dc1', { operation: 'PowerOnVM_Task' });
  await client.submit('f5-vcmp/edge', { operation: 'delete_guest', guests: ['g1'] });
  // @ts-expect-error: the operation of another platform
  await client.submit('f5-vcmp/edge', { operation: 'deployVirtualMachine', guests: ['g1'] });
  // @ts-expect-error: no such platform
  await client.submit('vsfere/dc1', { operation: 'x' });
  // @ts-expect-error: labels are text
  await client.submit('task/lab', { operation: 'x', labels: { a: 1 } });
  await client.adopt('vsphere/dc1', { operation: 'PowerOnVM_Task', adopt: { task: 'task-5' } });
  // @ts-expect-error: a task is nowhere else, so there is nothing to adopt
  await client.adopt('task/lab', { operation: 'x', adopt: {} });
  const job = await client.wait('vsphere/dc1/01K2', { onChange: (it, before) => [it.progress, before?.status] });
  expectTypeOf(job).toEqualTypeOf<Job>();
  // @ts-expect-error: no such status
  if (job.status === 'DONE') return;
  if (isJobStateChange(event))
    expectTypeOf(event.detail.previousStatus).toEqualTypeOf<'SUBMITTING' | 'QUEUED' | 'RUNNING'>();
}

test('the types name every platform', () => {
  expectTypeOf(typed).toBeFunction();
  expectTypeOf<SubmitRequest<'cloudstack'>['operation']>().toEqualTypeOf<string>();
  expect(new PolluxError('GET x', 404, {}).message).toBe('GET x was answered with 404: HTTP 404');
});
