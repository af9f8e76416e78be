import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { render } from '../../../infra/local/simulators/cloudstack/answers.ts';
import { type Answer, readAnswer } from '../../../shared/platforms/cloudstack/answer.ts';
import { outcomeOf } from '../../../shared/platforms/cloudstack/mapping.ts';

function read(body: string, status = 200): Answer {
  return readAnswer({ status, body });
}

const KINDS = ['answer', 'error', 'unreadable'];

describe('reading answers', () => {
  it('CS-07 takes the one key of the envelope, whatever its name', () => {
    expect(read('{"restorevmresponse":{"jobid":"j"}}')).toEqual({ kind: 'answer', body: { jobid: 'j' } });
    expect(read('{"null":{"uuidList":[],"errorcode":401,"errortext":"no"}}', 401)).toEqual({
      kind: 'error',
      code: '401',
      text: 'no',
    });
    expect(read('{"errorresponse":{"errorcode":432,"errortext":"no"}}', 432)).toEqual({
      kind: 'error',
      code: '432',
      text: 'no',
    });
    expect(read('{"a":{},"b":{}}').kind).toBe('unreadable');
  });

  it('CS-01 goes by the errorcode in the body where a proxy has changed the status', () => {
    const body = '{"queryasyncjobresultresponse":{"uuidList":[],"errorcode":431,"errortext":"gone"}}';
    for (const status of [200, 431, 500])
      expect(read(body, status)).toEqual({ kind: 'error', code: '431', text: 'gone' });
  });

  it('CS-01 takes a 431 or 530 of a proxy for what it is', () => {
    expect(read('<html>Request Header Fields Too Large</html>', 431)).toEqual({
      kind: 'error',
      code: 'HTTP 431',
      text: '',
    });
    expect(read('', 530)).toEqual({ kind: 'error', code: 'HTTP 530', text: '' });
  });

  it('CS-06 reads an error without a text', () => {
    expect(read('{"xresponse":{"errorcode":530,"errortext":null}}', 530)).toEqual({
      kind: 'error',
      code: '530',
      text: '',
    });
  });

  it('CS-09 mends a control character', () => {
    const answer = read(
      '{"queryasyncjobresultresponse":{"jobstatus":2,"jobresult":{"errorcode":530,"errortext":"\u001b[31mno"}}}',
    );
    expect(answer).toEqual({
      kind: 'answer',
      body: { jobstatus: 2, jobresult: { errorcode: 530, errortext: ' [31mno' } },
    });
  });

  it('CS-09 CS-03 saves the outer status, and only that, from a broken result', () => {
    const broken = (head: string, tail = '}}') =>
      read(
        `{"queryasyncjobresultresponse":{${head}"jobresult":{"virtualmachine":{"name":"say "hi"","jobstatus":0}}${tail}`,
      );
    expect(broken('"cmd":"a.B","jobstatus":2,"jobresultcode":530,')).toMatchObject({
      kind: 'answer',
      body: { cmd: 'a.B', jobstatus: 2, jobresultcode: 530, jobresult: expect.stringContaining('cannot be read') },
    });
    expect(broken('"jobstatus":1,', ',"cre')).toEqual({ kind: 'unreadable', code: 'garbage' });
    expect(broken('', ',"jobstatus":1}}')).toEqual({ kind: 'unreadable', code: 'garbage' });
  });

  it('CS-10 decodes a form-encoded answer, and leaves a lone %25 alone', () => {
    expect(read('{"r":{"errorcode":530,"errortext":"Failed%20to%20delete%3A%20it%27s%20%C3%BC"}}', 530)).toMatchObject({
      text: "Failed to delete: it's ü",
    });
    const plain = { jobid: 'j', jobresult: { volume: { name: '50%25', displaytext: 'a b' } } };
    expect(read(JSON.stringify({ r: plain }))).toEqual({ kind: 'answer', body: plain });
  });

  it('CS-11 reads XML: empty elements, lists, numbers as text', () => {
    const xml =
      '<?xml version="1.0"?><r cloud-stack-version="4.20.0.0"><count>2</count><a><id>1</id></a><a><id/></a><b></b></r>';
    expect(read(xml)).toEqual({ kind: 'answer', body: { count: '2', a: [{ id: '1' }, { id: '' }], b: '' } });
    expect(read('<r cloud-stack-version="4.1.0"><errorcode>401</errorcode><errortext>no</errortext></r>', 401)).toEqual(
      {
        kind: 'error',
        code: '401',
        text: 'no',
      },
    );
  });

  it.each([
    ['', 'empty'],
    ['  \n', 'empty'],
    ['<!DOCTYPE html><html><body>login</body></html>', 'html'],
    ['<html><body/></html>', 'html'],
    ['OK', 'garbage'],
    ['[]', 'garbage'],
    ['null', 'garbage'],
    ['{"r":1}', 'garbage'],
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'garbage'],
    [`${'{"a":'.repeat(200_000)}`, 'garbage'],
  ])('cannot read no. %#, and says what it was', (body, code) => {
    expect(read(body)).toEqual({ kind: 'unreadable', code });
  });

  it('never throws, whatever arrives', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.string({ unit: 'binary' }).map((text) => `<r>${text}</r>`),
        ),
        fc.nat(600),
        (body, status) => {
          expect(KINDS).toContain(readAnswer({ status, body }).kind);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('reads whatever the simulator writes in JSON and in XML', () => {
    const text = fc.stringMatching(/^[ -~ü€]{1,12}$/).filter((it) => it.trim() === it);
    const body = fc.record({ jobid: text, jobresult: fc.record({ volume: fc.record({ id: text, name: text }) }) });
    fc.assert(
      fc.property(body, fc.constantFrom('json', 'xml'), fc.boolean(), (it, format, encoded) => {
        // What was not encoded but looks so cannot be told from what was.
        fc.pre(encoded || !/%[0-9a-f]{2}/i.test(JSON.stringify(it)));
        fc.pre(!/\\u[0-9a-f]{4}/i.test(JSON.stringify(it)));
        const answer = readAnswer({
          status: 200,
          body: render('r', it, { format: format as 'json' | 'xml', encoded }).text,
        });
        expect(answer).toEqual({ kind: 'answer', body: it });
      }),
      { numRuns: 300 },
    );
  });
});

describe('mapping', () => {
  const status = (body: object) => {
    const outcome = outcomeOf(body as never, 'j');
    return outcome.kind === 'observed' ? outcome.status : outcome.kind;
  };

  it.each([
    [{ jobstatus: 0 }, 'RUNNING'],
    [{ jobstatus: '0', jobprocstatus: 1, jobresultcode: 0 }, 'RUNNING'],
    [{ jobstatus: 0, jobresult: { success: false } }, 'RUNNING'],
    [{ jobstatus: 1 }, 'SUCCEEDED'],
    [{ jobstatus: 1, jobresultcode: 530 }, 'SUCCEEDED'],
    [{ jobstatus: 1, jobresult: { success: true } }, 'SUCCEEDED'],
    [{ jobstatus: 1, jobresult: { success: 'true', displaytext: 'fine' } }, 'SUCCEEDED'],
    [{ jobstatus: 1, jobresult: { virtualmachine: { id: 'v', jobstatus: 0 } } }, 'SUCCEEDED'],
    [{ jobstatus: 1, jobresult: { success: 'false' } }, 'FAILED'],
    [{ jobstatus: 1, jobresult: { nodes: [{ success: true }, { success: false }] } }, 'PARTIALLY_SUCCEEDED'],
    [{ jobstatus: 1, jobresult: { count: 2, nodes: [{ success: 'false' }, { success: false }] } }, 'FAILED'],
    [{ jobstatus: 1, jobresult: [{ success: true }, { success: false }] }, 'PARTIALLY_SUCCEEDED'],
    [{ jobstatus: 1, jobresult: { nodes: { success: 'false' } } }, 'FAILED'],
    [{ jobstatus: 2 }, 'FAILED'],
    [{ jobstatus: 3 }, 'CANCELED'],
    [{ jobstatus: 4 }, 'transient'],
    [{ jobstatus: null }, 'transient'],
    [{ jobstatus: 1.5 }, 'transient'],
    [{}, 'transient'],
    [{ jobstatus: 1, jobid: 'another' }, 'transient'],
    [{ jobstatus: 1, jobid: 'J' }, 'SUCCEEDED'],
  ])('%j → %s', (body, expected) => {
    expect(status(body)).toBe(expected);
  });

  it('CS-20 hands over no secret that the result holds', () => {
    const outcome = outcomeOf(
      {
        jobstatus: 1,
        jobresult: {
          virtualmachine: {
            id: 'v',
            passwordenabled: true,
            password: 'hunter2',
            nested: [{ userdata: 'hunter2', privateKey: 'hunter2', secretkey: 'hunter2' }],
            details: [{ key: 'vnc.password', value: 'hunter2' }],
          },
        },
      },
      'j',
    );
    expect(JSON.stringify(outcome)).not.toContain('hunter2');
    expect(outcome).toMatchObject({ result: { id: 'v', passwordenabled: true } });
  });

  it('CS-17 reads times with the offset of the server, and only both together', () => {
    const times = (body: object) => {
      const { startedAt, completedAt } = outcomeOf({ jobstatus: 1, ...body }, 'j') as never;
      return [startedAt, completedAt];
    };
    expect(times({ created: '2026-01-28T10:00:00+0100', completed: '2026-01-28T09:01:02+0000' })).toEqual([
      Date.UTC(2026, 0, 28, 9, 0, 0),
      Date.UTC(2026, 0, 28, 9, 1, 2),
    ]);
    expect(times({ created: '2026-01-28T10:00:00+0100' })).toEqual([undefined, undefined]);
    expect(times({ created: 'soon', completed: '2026-01-28T09:01:02+0000' })).toEqual([undefined, undefined]);
  });

  it('CS-08 does not mind what type managementserverid has', () => {
    for (const managementserverid of [345_049_074_322, 'uuid', null, {}])
      expect(status({ jobstatus: 0, managementserverid })).toBe('RUNNING');
  });

  it('says failed work may have gone through, after a cancel in the queue (issue 8797)', () => {
    const errortext = 'Unable to serialize: Job is cancelled as it has been blocking others for too long';
    expect(outcomeOf({ jobstatus: 2, jobresult: { errorcode: 530, errortext } }, 'j')).toMatchObject({
      status: 'FAILED',
      error: { code: '530', message: errortext, outcomeUncertain: true },
    });
  });

  it('never throws, and ends no job without a jobstatus of 1 to 3', () => {
    const value = fc.jsonValue();
    const body = fc.dictionary(
      fc.constantFrom('jobid', 'jobstatus', 'jobresult', 'jobresultcode', 'created', 'cmd', 'jobinstanceid'),
      value,
    );
    fc.assert(
      fc.property(body, (it) => {
        const outcome = outcomeOf(it as never, 'j');
        const ended = outcome.kind === 'observed' && outcome.status !== 'RUNNING';
        expect(ended && ![1, 2, 3].includes(Number(it.jobstatus))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
