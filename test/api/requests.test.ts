import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { listQuery } from '../../shared/api/list-query.ts';
import { requireConfigured } from '../../shared/api/lookup.ts';
import { Problem } from '../../shared/api/problem.ts';
import { reportRequest } from '../../shared/api/report.ts';
import { parseSubmit } from '../../shared/api/requests.ts';
import { validated } from '../../shared/api/validated.ts';
import { adapterOf } from '../../shared/platforms/registry.ts';

// `zod` brings English words for its errors, and a function has none but our own.
z.config({ localeError: undefined });

function problem(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('nothing is wrong with it');
}

const submit = (platform: string, body: unknown) => problem(() => parseSubmit(adapterOf(platform)!, body));

describe('a body that is wrong is answered with what, where and what to do', () => {
  test.each([
    [
      'vsphere',
      {},
      /^operation: must be a text, and is missing; target: must be an object with type, value, and is missing$/,
    ],
    [
      'vsphere',
      { operation: 'PowerOnVM_Task', target: 'vm-57', deadline: 5 },
      /^target: must be an object with type, value, and is a text; deadline: .*did you mean "deadlineSeconds"\? allowed are operation, target, arguments, task, labels, deadlineSeconds, taskToken, adopt$/,
    ],
    [
      'vsphere',
      { operaton: 'PowerOnVM_Task' },
      /operaton: the key "operaton" is not known here; did you mean "operation"\? allowed are operation, target/,
    ],
    [
      'vsphere',
      { operation: 'PowerOnVM_Task', target: { type: 'VirtualMachine', vlue: 'vm-1' } },
      /target\.vlue: .*did you mean "value"\?/,
    ],
    ['task', { operation: '' }, /^operation: must have at least 1 characters, and has 0$/],
    ['task', { operation: 'a', labels: { team: 5 } }, /^labels\.team: must be a text, and is a number$/],
    ['task', { operation: 'a', deadlineSeconds: 1.5 }, /^deadlineSeconds: must be a whole number, and is a number$/],
    ['task', { operation: 'a', deadlineSeconds: 0 }, /^deadlineSeconds: must be at least 1, and is 0$/],
    [
      'task',
      { operation: 'a', labels: { ['k'.repeat(65)]: 'v' } },
      /its name is not one that is taken: must have at most 64 characters, and has 65$/,
    ],
    ['f5-vcmp', { operation: 'set_guest_state', guests: ['g'], state: 'deployed' }, /^state: must be "VCMP/],
    [
      'f5-vcmp',
      { operation: 'set_guest_sate', guests: ['g'] },
      /^operation: must be "set_guest_state" or "create" or "delete_guest"; did you mean "set_guest_state"\?$/,
    ],
    [
      'symphony',
      { operation: 'requestMachines', template: { templateId: 'a', machinCount: 1 } },
      /machinCount: .*did you mean "machineCount"\?/,
    ],
    [
      'cloudstack',
      { operation: 'deployVirtualMachine', parameters: { zoneid: null } },
      /^parameters\.zoneid: must be .*a text or a number or true or false.*, and is null$/,
    ],
    [
      'bmc',
      { operation: 'Power_Off_VM', operationType: 'Basic_Vm', parameters: [] },
      /^parameters: must be an object, and is a list$/,
    ],
  ])('%s %j', (platform, body, detail) => {
    const { status, message } = submit(platform, body);
    expect({ status, message }).toEqual({ status: 400, message: expect.stringMatching(detail) });
  });

  test('the fields are told one by one too', () => {
    expect(submit('task', { operation: 5, bogus: 1 }).extra).toEqual({
      errors: [
        { field: 'operation', message: 'must be a text, and is a number' },
        {
          field: 'bogus',
          message: expect.stringContaining('the key "bogus" is not known here; allowed are operation'),
        },
      ],
    });
  });

  test('reports and lists as well', () => {
    expect(problem(() => validated(reportRequest, { state: 'runing' })).message).toBe(
      'state: must be "running" or "success" or "error"; did you mean "running"?',
    );
    expect(problem(() => validated(reportRequest, 'alive')).message).toMatch(
      /^must be an object with state, .*, and is a text$/,
    );
    expect(problem(() => validated(listQuery, { limit: 'many' })).message).toContain('limit: must be a number');
    expect(problem(() => validated(listQuery, { limit: '1000' })).message).toBe(
      'limit: must be at most 200, and is 1000',
    );
    expect(problem(() => validated(listQuery, { sttaus: 'FAILED' })).message).toContain('did you mean "status"?');
  });

  test('a value is not repeated: it may be a secret in the wrong place', () => {
    const { message, extra } = submit('task', { operation: ['c4nary'], labels: 'c4nary' });
    expect(JSON.stringify([message, extra])).not.toContain('c4nary');
  });

  test('however much is wrong, the answer is short', () => {
    const keys = Array.from({ length: 20_000 }, (_, i) => [`${i}${'k'.repeat(500)}`, i]);
    const many = submit('task', Object.fromEntries([...keys, ['x'.repeat(400_000), 1]]));
    expect(JSON.stringify(many).length).toBeLessThan(20_000);
    const labels = submit('task', { operation: 'a', labels: Object.fromEntries(keys) });
    expect(JSON.stringify(labels).length).toBeLessThan(20_000);
  });

  test("a schema's own words stay as they are", () => {
    const schema = z.object({ a: z.string().regex(/^x/, 'must begin with x') });
    expect(problem(() => validated(schema, { a: 'y' })).message).toBe('a: must begin with x');
  });
});

test('a name that every object has is no connection', () => {
  const connections = { task: { lab: {} } };
  for (const [platform, connection] of [
    ['constructor', 'name'],
    ['__proto__', 'toString'],
    ['task', 'constructor'],
    ['task', '__proto__'],
  ]) {
    const { status } = problem(() => requireConfigured(connections, { platform: platform!, connection: connection! }));
    expect(status).toBe(404);
  }
  expect(() => requireConfigured(connections, { platform: 'task', connection: 'lab' })).not.toThrow();
});
