import { expect, it } from 'vitest';
import { fieldErrors } from '../../shared/api/issues.ts';
import { parseSubmit } from '../../shared/api/requests.ts';
import { adapterOf } from '../../shared/platforms/registry.ts';

/** Where a platform has a closed list of operations. */
const OPERATIONS: Record<string, string> = { 'f5-vcmp': 'delete_guest', symphony: 'requestMachines' };

function refusalOf(platform: string, body: object): string {
  try {
    parseSubmit(adapterOf(platform)!, { operation: OPERATIONS[platform] ?? 'deployVirtualMachine', ...body });
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('was taken');
}

it.each([
  ['cloudstack', 'timeoutSeconds', 'deadlineSeconds'],
  ['cloudstack', 'timeout', 'deadlineSeconds'],
  ['cloudstack', 'arguments', 'parameters'],
  ['cloudstack', 'params', 'parameters'],
  ['cloudstack', 'tags', 'labels'],
  ['cloudstack', 'command', 'operation'],
  ['vsphere', 'parameters', 'arguments'],
  ['vsphere', 'timeout_seconds', 'deadlineSeconds'],
  ['vsphere', 'entity', 'target'],
  ['f5-vcmp', 'timeoutSeconds', 'deadlineSeconds'],
  ['symphony', 'timeoutSeconds', 'deadlineSeconds'],
  ['bmc', 'timeoutSeconds', 'deadlineSeconds'],
  ['bmc', 'arguments', 'parameters'],
  ['task', 'timeoutSeconds', 'deadlineSeconds'],
])('a body for %s with the key %s is told of %s', (platform, key, meant) => {
  expect(refusalOf(platform, { [key]: {} })).toContain(`the key "${key}" is not known here; did you mean "${meant}"?`);
});

it('the options of a connection are told of their own keys', () => {
  const { options } = adapterOf('cloudstack')!;
  const value = { url: 'https://cs.example.com', secret: 's', timeoutSeconds: 5, endpoint: 'x' };
  const parsed = options.safeParse(value);
  const messages = fieldErrors(options, value, parsed.error!.issues).map(({ message }) => message);
  expect(messages).toEqual([
    expect.stringContaining('did you mean "requestTimeoutSeconds"?'),
    expect.stringContaining('did you mean "url"?'),
  ]);
});
