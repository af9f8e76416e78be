import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../shared/job/job.ts';
import { entriesOf, idOf, readAnswer } from '../../../shared/platforms/symphony/answer.ts';
import { decode } from '../../../shared/platforms/symphony/transport.ts';
import { cpuMs } from '../../support/cpu-time.ts';

const read = (output: string) => readAnswer(output, ['requests']);

describe('the JSON in an output', () => {
  const body = { requests: [{ requestId: 'a', status: 'running', machines: [] }] };
  const json = JSON.stringify(body);

  it.each([
    ['alone', json],
    ['behind noise without a line break', `Command bc not found! please install ${json}`],
    ['between log lines', `2026-01-01 INFO {starting}\n${json}\nINFO done {0}`],
    ['between log lines that are JSON', `{"level":"info"}\n${json}\n{"level":"info"}`],
    ['indented by tabs', JSON.stringify(body, null, '\t')],
    ['with a line break inside a text', json.replace('"running"', '"run\nning"').replace('run\nning', 'running')],
  ])('%s', (_, output) => {
    expect(read(output)).toEqual({ kind: 'answer', body });
  });

  it('HF 2.3: of two documents the last counts', () => {
    expect(readAnswer('{"requestId":"a"}\n{"requestId":"b"}', ['requestId'])).toMatchObject({
      body: { requestId: 'b' },
    });
  });

  it.each([
    ['half of it', json.slice(0, -3), 'truncated'],
    [
      'a whole machine in half an answer',
      '{"requests":[{"requestId":"a","machines":[{"machineId":"i-1"},',
      'truncated',
    ],
    ['cut in a text', '{"requests":[{"requestId":"a', 'truncated'],
    ['nothing', '', 'empty'],
    ['blanks', ' \n', 'empty'],
    ['an error text', 'Error: Error while loading json payload', 'text'],
    ["Python's dictionary", "{'status': 'complete', 'requests': []}", 'text'],
    ['a page', '<html><style>a{b:c}</style></html>', 'text'],
  ])('is not there in %s', (_, output, kind) => {
    expect(read(output)).toEqual({ kind });
  });

  it('is read from UTF-16 and behind a byte order mark', () => {
    expect(decode(Buffer.from(`\ufeff${json}`, 'utf8'))).toBe(json);
    expect(decode(Buffer.from(`\ufeff${json}`, 'utf16le'))).toBe(json);
  });

  it('any object is found in any noise that opens none of its own', () => {
    const noise = fc.string().filter((text) => !/[{"]/.test(text));
    fc.assert(
      fc.property(noise, fc.dictionary(fc.string(), fc.jsonValue()), noise, (before, value, after) => {
        const given = JSON.parse(JSON.stringify({ ...value, requests: [] })) as JsonObject;
        expect(read(`${before}${JSON.stringify(given)}${after}`)).toEqual({ kind: 'answer', body: given });
      }),
    );
  });

  it('a part of an object is never an answer', () => {
    const machines = fc.array(fc.record({ machineId: fc.string(), name: fc.string() }), { minLength: 1 });
    fc.assert(
      fc.property(machines, fc.double({ min: 0, max: 0.999, noNaN: true }), (machines, share) => {
        const whole = JSON.stringify({ requests: [{ requestId: 'a', status: 'complete', machines }] });
        const part = whole.slice(0, Math.floor(share * whole.length));
        expect(['truncated', 'empty', 'text']).toContain(read(part).kind);
      }),
    );
  });

  it('is looked for in time that grows with the length', () => {
    for (const piece of ['{"', '{ ', '"\\', '{"a":{', '}{', '{"a":/*', '{ # x\n', '{"message":"a"x', '{"a":1 "b":']) {
      expect(cpuMs(() => read(piece.repeat(200_000)))).toBeLessThan(2000);
    }
  });
});

describe('entries', () => {
  const machine = { machineId: 'i-1', name: 'h1', result: 'succeed' };
  const of = (requests: unknown) => entriesOf({ requests } as JsonObject);
  const first = (given: object) => of([{ requestId: 'a', status: 'complete', machines: [given] }])![0]!.machines[0];

  it('HF-T1: an object and a list are the same, on both levels', () => {
    const expected = of([{ requestId: 'a', status: 'complete', machines: [machine] }]);
    expect(expected).toHaveLength(1);
    expect(of({ requestId: 'a', status: 'complete', machines: machine })).toEqual(expected);
    expect(of([{ requestId: 'a', status: 'complete', machines: machine }])).toEqual(expected);
    expect(of({ requestId: 'a', status: 'complete', machines: [machine] })).toEqual(expected);
  });

  it('HF-T1: an empty object is no machine', () => {
    expect(of({ requestId: 'a', status: 'complete', machines: {} })![0]!.machines).toEqual([]);
  });

  it('HF-T6: what stands at the top is of the call, not of a request', () => {
    expect(entriesOf({ requestId: 'a', status: 'complete_with_error', machines: [] })).toBeUndefined();
    expect(of([{ requestId: null, status: 'complete_with_error', machines: [] }])).toEqual([]);
  });

  it('HF-T10: any launch time will do', () => {
    for (const launchtime of [1747900002, '1747900002'])
      expect(first({ ...machine, launchtime })!.launchtime).toBe(1747900002);
    expect(first({ ...machine, launchTime: 1747900002 })!.launchtime).toBe(1747900002);
    for (const launchtime of ['', '0', 0, null, 'yesterday', {}, [1]]) {
      expect(first({ ...machine, launchtime })).not.toHaveProperty('launchtime');
    }
  });

  it('HF-T11: what is no address is none', () => {
    for (const privateIpAddress of ['', null, 'unknown', '0.0.0.0', 7, undefined]) {
      const seen = first({ ...machine, ...(privateIpAddress !== undefined && { privateIpAddress }) });
      expect(seen!.privateIpAddress ?? '7').toBe('7');
    }
    expect(first({ ...machine, privateIpAddress: '10.0.0.1' })!.privateIpAddress).toBe('10.0.0.1');
  });

  it('HF-T12: an id stays as it is', () => {
    for (const id of [' a ', 'A-b', '0012', 'ret-ABC']) expect(idOf(id)).toBe(id);
    expect(idOf(1114)).toBe('1114');
    for (const id of [null, '', {}, true]) expect(idOf(id)).toBeUndefined();
  });

  it('a machine that is listed twice is one machine', () => {
    const twice = [{ ...machine, result: 'executing' }, machine];
    expect(of([{ requestId: 'a', status: 'complete', machines: twice }])![0]!.machines).toMatchObject([
      { result: 'succeed' },
    ]);
  });

  it('any JSON is read', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        entriesOf({ requests: a as never });
        entriesOf({ requests: [{ requestId: 'a', status: a as never, message: b as never, machines: b as never }] });
        entriesOf({
          requests: {
            requestId: 'a',
            machines: [{ machineId: a as never, result: b as never, launchtime: a as never }],
          },
        });
      }),
    );
  });
});
