import { describe, expect, it } from 'vitest';
import { adapter } from '../../../shared/platforms/cloudstack/index.ts';
import { customJobId } from '../../../shared/platforms/cloudstack/job-id.ts';
import { flatten, type Parameter } from '../../../shared/platforms/cloudstack/parameters.ts';

function problems(parameters: Record<string, unknown>, operation = 'deployVirtualMachine'): string[] {
  const { error } = adapter.submitRequest.safeParse({ operation, parameters });
  return error?.issues.map((issue) => `${issue.path.join('/')}: ${issue.message}`) ?? [];
}

describe('request', () => {
  it('writes names in lower case, but the fields of maps as they are', () => {
    const parameters: Record<string, Parameter> = {
      zoneId: 'z',
      startVm: true,
      size: 20,
      networkIds: ['a', 'b'],
      details: { cpuNumber: 2, 'io.policy': 'threads' },
      tags: [{ key: 'env', value: 'a, b' }],
      'Details2[1].rootDiskSize': 8,
    };
    expect(Object.fromEntries(flatten(parameters).pairs)).toEqual({
      zoneid: 'z',
      startvm: 'true',
      size: '20',
      networkids: 'a,b',
      'details[0].cpuNumber': '2',
      'details[0].io.policy': 'threads',
      'tags[0].key': 'env',
      'tags[0].value': 'a, b',
      'details2[1].rootDiskSize': '8',
    });
  });

  it.each(['command', 'Response', 'apiKey', 'signature', 'signatureVersion', 'expires', 'customJobId'])(
    'refuses the reserved %s',
    (name) => {
      expect(problems({ [name]: 'x' })).toEqual([`parameters/${name}: ${name} is set by Pollux and cannot be given`]);
    },
  );

  it.each([
    ['a control character', { name: 'a\u001b[31m' }, /control character/],
    ['a tab', { name: 'a\tb' }, /control character/],
    ['half a surrogate pair', { name: 'a\ud800' }, /surrogate/],
    ['one name in two cases', { zoneid: 'a', zoneId: 'b' }, /given twice/],
    ['a comma inside a list', { ids: ['a,b'] }, /comma/],
    ['a name that would end the parameter', { 'a=b&c': 'x' }, /not the name/],
    ['a field that would', { details: { 'a=b&c': 'x' } }, /not the name/],
    ['a nested map', { details: { a: { b: 'c' } } }, /./],
    ['null', { name: null }, /./],
  ])('refuses %s, naming it', (_, parameters, message) => {
    const [problem, ...more] = problems(parameters);
    expect(problem).toMatch(message);
    expect(problem).toContain(Object.keys(parameters).at(-1));
    expect(more).toEqual([]);
  });

  it('takes line ends, which user data may have', () => {
    expect(problems({ userdata: 'a\r\nb' })).toEqual([]);
  });

  it.each(['listVirtualMachines', 'queryAsyncJobResult', 'login', 'Deploy VM', ''])(
    'refuses the operation %j',
    (operation) => {
      expect(problems({}, operation)).not.toEqual([]);
    },
  );

  it('adopts by uuid and by number', () => {
    const adopt = (jobid: unknown) =>
      adapter.adoptRequest.safeParse({ operation: 'stopVirtualMachine', adopt: { jobid } }).success;
    expect([adopt('609d8aed-95e5-4393-979b-a7f954ef0682'), adopt(17177), adopt('a b'), adopt('')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('options', () => {
  it.each([
    [{ url: 'https://cs.example.com/client/api', secret: 'a' }, true],
    [{ url: 'http://127.0.0.1:8080/client/api', secret: 'a' }, true],
    [{ url: 'http://cs.example.com/client/api', secret: 'a' }, false],
    [{ url: 'http://cs.example.com/client/api', secret: 'a', allowPlainHttp: true }, true],
    [{ url: 'https://cs.example.com/client/api?apikey=x', secret: 'a' }, false],
    [{ url: 'https://cs.example.com/client/api' }, false],
    [{ url: 'https://cs.example.com/client/api', secret: 'a', sercet: 'b' }, false],
  ])('%j → %s', (options, valid) => {
    expect(adapter.options.safeParse(options).success).toBe(valid);
  });
});

describe('customjobid', () => {
  it('is the ULID as a UUID in lower case', () => {
    expect(customJobId('01ARZ3NDEKTSV4RRFFQ69G5FAV')).toBe('01563e3a-b5d3-d676-4c61-efb99302bd5b');
    expect(customJobId('7ZZZZZZZZZZZZZZZZZZZZZZZZZ')).toBe('ffffffff-ffff-ffff-ffff-ffffffffffff');
  });

  it('is one for any other id too', () => {
    expect(customJobId('job-1')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(customJobId('job-1')).not.toBe(customJobId('job-2'));
  });
});
