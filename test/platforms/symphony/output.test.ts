import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../shared/job/job.ts';
import { readAnswers } from '../../../shared/platforms/symphony/answer.ts';
import { wordsOf } from '../../../shared/platforms/symphony/said.ts';
import { entry, idsOf, jobFor, machine, observed, scripted, signal } from './rig.ts';

const UP = [machine('i-1', 'succeed'), machine('i-2', 'succeed')];
const ANSWER = JSON.stringify({ requests: [entry('r-1', 'complete', UP)] });
const PRETTY = JSON.stringify({ requests: [entry('r-1', 'complete', UP)] }, null, 2);
const OLD = JSON.stringify({ requests: [entry('r-1', 'running')] });
const OTHER = JSON.stringify({ requests: [entry('r-9', 'running', [machine('i-9', 'executing')])] });
/** What a template prints that puts a comma behind each member. */
const COMMAS = `{\n  "requests":[\n    {\n      "requestId":"r-1",\n      "status":"complete",\n "machines": [${JSON.stringify(UP[0])}, ${JSON.stringify(UP[1])},],\n    }\n  ]\n}\n`;

/** A terminal's line has so many characters. */
const prefixed = (prefix: string, text = PRETTY) =>
  text
    .split('\n')
    .map((line, index) => prefix.replace('N', String(index % 10)) + line)
    .join('\n');
const wrapped = (text: string, width: number) => text.replace(new RegExp(`(.{${width}})`, 'g'), '$1\n');

describe('the answer of getRequestStatus is found in whatever stands around it', () => {
  it.each([
    ['a log line with half of a document', `DEBUG body: {"Filters": [{"a": "b…\n${ANSWER}\n`],
    ['a log line with a document that breaks off behind a colon', `DEBUG body: {"Filters": [{"a":\n${ANSWER}\n`],
    ['a line that is half of a document and nothing else', `{"Filters": [{"a":\n${ANSWER}\n`],
    ['half of a document in the same line', `DEBUG body: {"Filters": [{"a": "b… ${ANSWER}`],
    ['half of a document behind it', `${ANSWER}\nDEBUG body: {"Filters": [{"a": "b…`],
    ['a document of something else behind it', `${ANSWER}\n{"Filters":[{"a":"b"}]}`],
    ['commas behind the last members', COMMAS],
    ['several commas', `{,"requests":[,${JSON.stringify(entry('r-1', 'complete', UP))},,],}`],
    [
      'a log line in JSON that knows older',
      `${ANSWER}\n{"level":"debug","msg":"cache","requests":[${JSON.stringify(entry('r-1', 'running'))}]}`,
    ],
    ['a log line that knows older, behind it', `${ANSWER}\nDEBUG cache: ${OLD} done`],
    ['its input, logged before', `{"requests":[{"requestId":"r-1"}]}\n${ANSWER}`],
    ['its input, logged behind', `${ANSWER}\n{"requests":[{"requestId":"r-1"}]}`],
    ['an answer about another request, behind', `${ANSWER}\n${OTHER}`],
    ['an answer about another request, before', `${OTHER}\n${ANSWER}`],
    ['a document in a document', `{"ok":true,"response":${ANSWER}}`],
    ['a log line that holds the answer', `2026-01-01T00:00:00Z INFO [main] answer=${ANSWER} in 12 ms`],
    ['a list of documents', `[${ANSWER}]`],
    ['a list of requests', JSON.stringify([entry('r-1', 'complete', UP)])],
    ['a bracket that nobody closes', `[main ${ANSWER}`],
    ['line ends of Windows', PRETTY.replaceAll('\n', '\r\n')],
    ['lines that were wrapped at 80 characters', wrapped(ANSWER, 80)],
    ['lines that were wrapped at 7 characters, with CR LF', wrapped(ANSWER, 7).replaceAll('\n', '\r\n')],
    ['a byte order mark', `\ufeff${ANSWER}`],
    ['zeros of UTF-16', [...ANSWER].join('\u0000')],
    ['colors', `\u001b[32mINFO\u001b[0m start\n\u001b[1m${ANSWER}\u001b[0m`],
    ['a line break in a text', ANSWER.replace('"message":""', '"message":"two\nlines"')],
    ['a tab in a text', ANSWER.replace('"message":""', '"message":"a\tb"')],
    ['a backslash that escapes nothing', ANSWER.replace('"message":""', '"message":"C:\\Program Files"')],
    ['numbers that are none', ANSWER.replace('{"requestId"', '{"cost":NaN,"limit":-Infinity,"requestId"')],
    ['a quote in a log line', `don't say "\n${ANSWER}`],
    ['a time in front of each line', prefixed('2026-01-01 10:00:0N,123 INFO ')],
    [
      'a time in brackets in front of each line',
      `[2026-01-01T10:00:00Z] start\n${prefixed('[2026-01-01T10:00:0NZ] ')}`,
    ],
    ['the name of a process in front of each line', prefixed('Jan  1 10:00:00 host provider[12N]: ')],
    ['the name of a stream in front of each line', prefixed('stdout: ')],
    ['a bracket in front of each line', prefixed('> ')],
    [
      'comments behind values',
      ANSWER.replace('"status":', '// done\n"status": /* it is */ ').replace('{"req', '{ # a\n"req'),
    ],
    ['words of Python', ANSWER.replace('{"requestId"', '{"cost":None,"up":True,"x":nan,"requestId"')],
    ['other words for nothing', ANSWER.replace('{"requestId"', '{"cost":undefined,"requestId"')],
    ['numbers in other forms', ANSWER.replace('{"requestId"', '{"a":007,"b":+1,"c":.5,"d":0x1F,"e":1.,"requestId"')],
    ['a comma too few', ANSWER.replace('"complete",', '"complete" ').replace('},{', '} {')],
    ['quotes in a text', ANSWER.replace('"message":""', '"message":"he said "no", and "never" again"')],
    ['a line of a log in the middle', PRETTY.replace('\n      "status"', '\nWARNING: again: {0}\n      "status"')],
    ['a text in quotes', JSON.stringify(ANSWER)],
    ['the body of an answer', JSON.stringify({ statusCode: 200, body: ANSWER })],
    ['a block of Markdown', `\`\`\`json\n${PRETTY}\n\`\`\``],
    ['a call around it', `callback(${ANSWER});`],
    ['a traceback before', `Traceback (most recent call last):\n  f({"a": [1, {"b": 2}]})\nKeyError: 'x'\n${ANSWER}`],
    ['a trace of the shell', `+ python3 provider.py -f /tmp/x\n${ANSWER}\n+ exit 0`],
    ['a bar of progress', `10%\r50%\r100%\r${ANSWER}`],
    ['a brace too many', `{${ANSWER}}`],
    ['the same member twice', ANSWER.replace('"status":"complete"', '"status":"running","status":"complete"')],
    ['warnings before and behind', `WARNING: {'a': 1} is deprecated\n${PRETTY}\nDone {0}.`],
  ])('%s', async (_, stdout) => {
    const outcome = await scripted(() => stdout).look(jobFor('r-1'));
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', parts: [{ id: 'i-1' }, { id: 'i-2' }] });
  });

  it('one document for each request', async () => {
    const { connection, calls } = scripted((_script, input) =>
      idsOf(input)
        .map((id) => JSON.stringify({ requests: [entry(id, 'complete', [machine(`m-${id}`, 'succeed')])] }))
        .join('\n'),
    );
    const jobs = ['r-1', 'r-2'].map((id) => jobFor(id, 1));
    const outcomes = await connection.check(jobs, { signal });
    expect(jobs.map((job) => observed(outcomes.get(job.id)).parts?.[0]?.id)).toEqual(['m-r-1', 'm-r-2']);
    expect(calls).toHaveLength(1);
  });
});

describe('strict in meaning: what is not said of the request is no state of it', () => {
  it.each([
    ['an answer that is cut off, below an older one', `DEBUG cache: ${ANSWER}\n{"requests":[{"requestId":"r-1","sta`],
    ['the status of a request inside of half an answer', ANSWER.slice(0, -2)],
    ['an id that begins with ours', ANSWER.replaceAll('r-1', 'r-11')],
    ['an id with which ours begins', ANSWER.replaceAll('r-1', 'r-')],
    ['our id in other letters', ANSWER.replaceAll('r-1', 'R-1')],
    ['our id with blanks', ANSWER.replaceAll('r-1', ' r-1 ')],
    ['a dictionary of Python', ANSWER.replaceAll('"', "'")],
    ['half an answer with a time in front of each line', prefixed('10:00:0N ').slice(0, -30)],
    ['half an answer in a text', JSON.stringify(ANSWER).slice(0, -20)],
    ['another request', OTHER],
    ['an id in other letters', ANSWER.replaceAll('r-1', 'R-1')],
    ["a dictionary of Python's", ANSWER.replaceAll('"', "'")],
    ['an object that is no entry', '{"requestId":"r-1","status":"complete","machines":[]}'],
  ])('%s', async (_, stdout) => {
    expect(await scripted(() => stdout).look(jobFor('r-1'))).toMatchObject({ kind: 'transient' });
  });
});

describe('the request that requestMachines has started is found, and not another', () => {
  const REQUEST = { operation: 'requestMachines', template: { templateId: 'T1', machineCount: 3 } };
  const NEW = '{"message":"Request VM success.","requestId":"r-new"}';
  it.each([
    ['alone', NEW],
    ['behind half of a document', `DEBUG body: {"Filters": [{"a": "b…\n${NEW}`],
    ['with a comma too many', '{\n "message":"ok",\n "requestId":"r-new",\n}'],
    [
      'before a log line that names another request',
      `${NEW}\nDEBUG swept {"requestId":"r-old","message":"gone"} today`,
    ],
    ['before a log line in JSON that names another', `${NEW}\n{"level":"info","message":"swept","requestId":"r-old"}`],
    [
      'before the state of another request',
      `${NEW}\n{"requestId":"r-old","status":"complete","machines":[{"name":"h"}]}`,
    ],
    ['beside a list of others', `${NEW}\n{"requests":[{"requestId":"r-old","status":"running"}]}`],
    ['before an error that has no id', `${NEW}\n{"requestId":null,"message":"could not sweep"}`],
    ['in an envelope', `{"ok":true,"result":${NEW}}`],
    ['in wrapped lines', wrapped(NEW, 10)],
    ['in colors', `\u001b[32m${NEW}\u001b[0m`],
    ['with a time in front of each line', prefixed('10:00:0N ', JSON.stringify(JSON.parse(NEW), null, 2))],
    ['as a text in quotes', JSON.stringify(NEW)],
    ['with quotes in its message', '{"message":"made "two" machines","requestId":"r-new"}'],
  ])('%s', async (_, stdout) => {
    expect(await scripted(() => stdout).submit(REQUEST)).toMatchObject({ kind: 'accepted', platformJobId: 'r-new' });
  });

  it.each([
    ['only a log has an id', '{"level":"info","message":"calling","requestId":"r-old"}'],
    ['only a request of a list has one', '{"status":"complete","requests":[{"requestId":"r-old"}]}'],
    [
      'the answer is cut off below an older one',
      'DEBUG {"requestId":"r-old","message":"x"}\n{"message":"Request VM succ',
    ],
    ["it is a dictionary of Python's", "{'message': 'ok', 'requestId': 'r-old'}"],
  ])('%s: nothing is followed, and the outcome is unknown', async (_, stdout) => {
    expect(await scripted(() => stdout).submit(REQUEST)).toMatchObject({
      kind: 'unknown',
      error: { outcomeUncertain: true },
    });
  });
});

describe('a return for which the script names a request for each machine', () => {
  const GIVE_BACK = {
    operation: 'requestReturnMachines',
    machines: [
      { machineId: 'i-1', name: 'h1' },
      { machineId: 'i-2', name: 'h2' },
    ],
  };

  it('ends when all of them have ended', async () => {
    const ended = new Set(['h2']);
    const { started, look } = scripted((script, input) => {
      if (script === 'requestReturnMachines')
        return '{"message":"Delete success.","requestId":"h1"}\n{"message":"Delete success.","requestId":"h2"}\n';
      const gone = (id: string) => machine(id, ended.has(id) ? 'succeed' : 'executing');
      return { requests: idsOf(input).map((id) => entry(id, ended.has(id) ? 'complete' : 'running', [gone(id)])) };
    });
    const job = await started(GIVE_BACK);
    expect(await look(job)).toMatchObject({ status: 'RUNNING', parts: [{ id: 'h1' }, { id: 'h2' }] });
    ended.add('h1');
    expect(await look(job)).toMatchObject({ status: 'SUCCEEDED', message: '2 machines are returned' });
  });
});

describe('a check of the connection', () => {
  it.each([
    ['a log line before', 'INFO {"a": "b…\n{"templates":[{"templateId":"T"}],}'],
    ['wrapped lines', wrapped('{"message":"ok","templates":[{"templateId":"T-12345"}]}', 9)],
  ])('reads %s', async (_, stdout) => {
    expect(await scripted(() => stdout).connection.probe!({ signal })).toBeUndefined();
  });
});

describe('hostile output', () => {
  it.each([
    '{',
    '{"',
    '[{',
    '{"a":{',
    '}{',
    '{"requests":[',
    '{"requests":{',
    '{"x":"\n{"y":"',
    '\n{"a":',
    "{'",
    '\u001b[',
  ])(
    'takes time that grows with its length: %j',
    (piece) => {
      const seconds = (size: number) => {
        const text = piece.repeat(size / piece.length);
        const begin = process.cpuUsage();
        readAnswers(text, 'requests', () => false);
        wordsOf({ stdout: text, stderr: text }, undefined, (same) => same);
        const { user, system } = process.cpuUsage(begin);
        return (user + system) / 1e6;
      };
      seconds(100_000);
      const small = seconds(250_000);
      // Eight times the length; a square would be 64 times the time.
      expect(seconds(2_000_000)).toBeLessThan(24 * Math.max(small, 0.02));
    },
    60_000,
  );

  it('is read without recursion', () => {
    expect(readAnswers('['.repeat(1_000_000), 'requests').documents).toEqual([]);
    expect(readAnswers('{"a":'.repeat(1_000_000), 'requests').documents).toEqual([]);
  });

  it('cannot put a member into every object', async () => {
    const body = '{"__proto__":{"requests":[]},"requests":[]}';
    expect(Object.keys(readAnswers(body, 'requests').documents[0]!.body as JsonObject)).toEqual([
      '__proto__',
      'requests',
    ]);
    expect(({} as JsonObject).requests).toBeUndefined();
  });
});
