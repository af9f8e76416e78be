import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { adapter } from '../../../shared/platforms/bmc/index.ts';
import { readSecret } from '../../../shared/secrets/secret-form.ts';
import { POWER_OFF } from './rig.ts';

const OPTIONS = {
  url: 'https://cdp.example.com:8443/baocdp/rest',
  secret: 's',
  process: ':VMware:Call_Adapter',
  adapter: 'VMwareInfra',
};
const ORCA = { ...OPTIONS, url: 'https://cdp.example.com:8443/baocdp/orca', protocol: 'orca', gridName: 'GRID1' };

describe('options', () => {
  it.each([
    ['the example of the design', { ...OPTIONS, inputs: { adapter: 'a', request: 'b' }, output: 'c' }, true],
    ['the least', OPTIONS, true],
    ['an unknown key', { ...OPTIONS, insecure: true }, false],
    ['an unknown input', { ...OPTIONS, inputs: { adapter: 'a', request: 'b', other: 'c' } }, false],
    ['plain http', { ...OPTIONS, url: 'http://cdp.example.com/baocdp/rest' }, false],
    ['a process without its colon', { ...OPTIONS, process: 'Call_Adapter' }, false],
    ['a query in the url', { ...OPTIONS, url: `${OPTIONS.url}?a=b` }, false],
    ['ORCA', ORCA, true],
    ['ORCA without a grid', { ...ORCA, gridName: undefined }, false],
    ['ORCA, asynchronously', { ...ORCA, mode: 'async' }, false],
    ['the url of the other protocol', { ...ORCA, url: OPTIONS.url }, false],
    ['the url of the other protocol, too', { ...OPTIONS, url: ORCA.url }, false],
    ['REST, asynchronously', { ...OPTIONS, mode: 'async' }, true],
  ])('%s', (_what, options, accepted) => {
    expect(adapter.options.safeParse(options).success).toBe(accepted);
  });

  it('a user of vCenter comes with a password', () => {
    const user = { username: 'a', password: 'b', vcenterUsername: 'c' };
    expect(readSecret(adapter.secret!, user).wrong).toEqual(['vcenterPassword']);
    expect(readSecret(adapter.secret!, { ...user, vcenterPassword: 'd' }).wrong).toEqual([]);
  });
});

describe('requests', () => {
  it.each([
    ['the example of the design', POWER_OFF, true],
    ['nested and repeated elements', { ...POWER_OFF, parameters: { a: { b: [1, true, 'x'], c: [{ d: '' }] } } }, true],
    ['an operation that nobody has documented', { ...POWER_OFF, operation: 'Create_Snapshot' }, true],
    ['BMC-B6 a clone in the wrong group', { ...POWER_OFF, operation: 'Clone_VM' }, false],
    ['BMC-B6 a clone in its group', { ...POWER_OFF, operation: 'Clone_VM', operationType: 'Configure_Vm' }, true],
    ['BMC-B6 a migration in the wrong group', { ...POWER_OFF, operation: 'Migrate_VM' }, false],
    ['an operation that only reads', { ...POWER_OFF, operation: 'Get_It', operationType: 'Monitor_Vm' }, false],
    [
      'an operation without a task',
      { ...POWER_OFF, operation: 'Validate_VM_Migration', operationType: 'Advanced_Vm' },
      false,
    ],
    ['BMC-B7 markup as a name', { ...POWER_OFF, parameters: { 'a><b': 'x' } }, false],
    ['a prefix', { ...POWER_OFF, parameters: { 'a:b': 'x' } }, false],
    ['a character that XML does not have', { ...POWER_OFF, parameters: { a: 'x\u0000' } }, false],
    ['a list of lists', { ...POWER_OFF, parameters: { a: [['x']] } }, false],
    ['null', { ...POWER_OFF, parameters: { a: null } }, false],
    ['markup as an operation', { ...POWER_OFF, operation: 'A</x>' }, false],
    ['an unknown key', { ...POWER_OFF, target: 'x' }, false],
  ])('%s', (_what, body, accepted) => {
    expect(adapter.submitRequest.safeParse(body).success).toBe(accepted);
  });

  it('names the right group', () => {
    const wrong = adapter.submitRequest.safeParse({ ...POWER_OFF, operation: 'Clone_VM' });
    expect(wrong.error?.issues[0]).toMatchObject({
      path: ['operationType'],
      message: expect.stringContaining('Configure_Vm'),
    });
  });

  it('is not brought down by depth', () => {
    let deep: Record<string, unknown> = { a: 'x' };
    for (let n = 0; n < 5000; n++) deep = { a: deep };
    expect(adapter.submitRequest.safeParse({ ...POWER_OFF, parameters: deep }).success).toBe(false);
  });

  it.each([
    ['task-525', true],
    ['haTask-ha-folder-vm-vim.Folder.createVm-12', true],
    ['task 5', false],
    ['</task>', false],
    ['', false],
  ])('adopts %j: %s', (task, accepted) => {
    expect(adapter.adoptRequest.safeParse({ operation: 'x', adopt: { task } }).success).toBe(accepted);
  });
});

it('has schemas that an editor can be given', () => {
  for (const schema of [adapter.options, adapter.submitRequest, adapter.adoptRequest]) {
    expect(z.toJSONSchema(schema, { io: 'input' })).toMatchObject({ type: 'object', additionalProperties: false });
  }
});

it('documents every state and error it decides by', () => {
  const { states, errors } = adapter.documentation!;
  expect(states.length).toBeGreaterThan(18);
  expect(errors.length).toBeGreaterThan(40);
  expect(new Set(errors.map(({ code }) => code)).size).toBe(errors.length);
});
