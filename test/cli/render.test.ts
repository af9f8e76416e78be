import { describe, expect, test } from 'vitest';
import { checkLine, connectionTable } from '../../cli/commands/connections.ts';
import { durationText, secondsOf } from '../../cli/duration.ts';
import { EXIT_OF_STATUS, exitCodeOf } from '../../cli/exit-codes.ts';
import { type Paint, PLAIN, printable } from '../../cli/output.ts';
import { explainLines, explanationOf } from '../../cli/render/explain.ts';
import { changeLine, jobLines, jobTable } from '../../cli/render/job.ts';
import { cut } from '../../cli/render/table.ts';
import { redraw, watchLines } from '../../cli/render/watch.ts';
import type { Job } from '../../client/index.ts';
import { TERMINAL_STATUSES } from '../../shared/job/job.ts';
import { jobWith, NOW } from './job.ts';

const screen = { columns: 100, rows: 24, now: NOW, paint: PLAIN };
const marked: Paint = (color, text) => `<${color}>${text}</${color}>`;
const parts = (count: number): NonNullable<Job['parts']> =>
  Array.from({ length: count }, (_, i) => ({ id: `i-${i}`, name: `host-${i}`, status: 'RUNNING', message: 'booting' }));

describe('the live picture', () => {
  test('a bar with its number, the time, the name, what is done, and the parts', () => {
    const job = jobWith({ progress: 40, message: 'Copying disks', parts: parts(2) });
    expect(watchLines([job], screen)).toEqual([
      '████████░░░░░░░░░░░░  40 %  RUNNING  45 s  vsphere/dc1/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C  PowerOnVM_Task',
      '    Copying disks',
      '    RUNNING    host-0  booting',
      '    RUNNING    host-1  booting',
    ]);
  });

  test('without a number there is none; a cancel that was asked for is shown until the end', () => {
    const [head, cancel] = watchLines([jobWith({ cancelRequestedAt: '2027-01-31T11:59:59.000Z' })], screen);
    expect(head).toMatch(/^░{20} {8}RUNNING {2}45 s/);
    expect(cancel).toBe('    cancel requested');
  });

  test('a job that is over: full only if it succeeded, the time that it took, the error', () => {
    const over = { completedAt: '2027-01-31T12:02:35.000Z', progress: 70 };
    const error = { code: 'InvalidPowerState', message: 'It is on' };
    expect(watchLines([jobWith({ ...over, status: 'SUCCEEDED' })], screen)[0]).toMatch(
      /^█{20} {8}SUCCEEDED {2}3 min 20 s/,
    );
    expect(watchLines([jobWith({ ...over, status: 'FAILED', error })], screen)).toEqual([
      expect.stringMatching(/^█{14}░{6} {8}FAILED {2}3 min 20 s {2}/),
      '    InvalidPowerState: It is on',
    ]);
  });

  test.each([20, 40, 60, 80, 100, 200])('is no wider than %i columns and no higher than the screen', (columns) => {
    const job = jobWith({ progress: 12.5, message: 'x'.repeat(500), parts: parts(30) });
    for (const rows of [3, 10, 24]) {
      const lines = watchLines([job, job, job], { ...screen, columns, rows });
      expect(lines.length).toBeLessThan(rows);
      for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns);
    }
  });

  test('parts beyond the eighth, and lines beyond the screen, are counted', () => {
    expect(watchLines([jobWith({ parts: parts(11) })], screen).at(-1)).toBe('    … 3 parts more');
    expect(watchLines([jobWith(), jobWith(), jobWith()], { ...screen, rows: 3 }).at(-1)).toBe('… 2 lines more');
  });

  test('is painted without counting the paint', () => {
    const [head] = watchLines([jobWith({ status: 'LOST' })], { ...screen, paint: marked });
    expect(head).toMatch(/^<red>░{20} +LOST {2}0 s<\/red> {2}vsphere/);
  });

  test('is written over the one before', () => {
    expect(redraw(0, ['a'])).toBe('\r\u001b[2Ka\n\u001b[J');
    expect(redraw(2, ['a', 'b'])).toBe('\u001b[2A\r\u001b[2Ka\n\u001b[2Kb\n\u001b[J');
  });
});

test('text of a platform cannot move the cursor, nor break a line', () => {
  const message = 'a\u001b[2J\u009b31mb\r\nc\u0000';
  expect(printable(message)).toBe('a [2J 31mb c');
  const job = jobWith({ message, parts: [{ id: message, status: 'RUNNING', message }], labels: { a: message } });
  const all = [
    ...watchLines([job], screen),
    ...jobLines(job, PLAIN, NOW),
    ...explainLines(explanationOf(job, NOW), PLAIN),
  ];
  expect([...all, changeLine(job, PLAIN), ...jobTable([job], PLAIN, NOW)].join('')).not.toMatch(
    /[\u0000-\u001f\u007f-\u009f]/,
  );
});

describe('a line for a change', () => {
  const name = 'vsphere/dc1/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C';
  test.each([
    [jobWith({ progress: 40, message: 'm' }), `${name}  RUNNING  40 %  m`],
    [jobWith({ status: 'SUCCEEDED', progress: 90, message: 'm' }), `${name}  SUCCEEDED  m`],
    [jobWith({ status: 'FAILED', error: { code: 'X', message: 'e' }, message: 'm' }), `${name}  FAILED  X: e`],
    [
      jobWith({ unknownSince: '2027-01-31T11:59:59.000Z', unknownReason: 'HTTP 503' }),
      `${name}  RUNNING  unknown since 2027-01-31T11:59:59.000Z: HTTP 503`,
    ],
  ])('%#', (job, line) => {
    expect(changeLine(job, PLAIN)).toBe(line);
  });
});

test('get shows what there is, and how long ago', () => {
  const job = jobWith({ platformJobId: 'task-5', labels: { a: 'b', c: 'd' }, result: { x: 1 }, resultTruncated: true });
  expect(jobLines(job, PLAIN, NOW)).toEqual([
    'vsphere/dc1/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C  RUNNING',
    '  operation      PowerOnVM_Task',
    '  platform job   task-5',
    '  created        2027-01-31T11:59:15.000Z (45 s ago)',
    '  deadline       2027-02-01T11:59:15.000Z (in 23 h 59 min)',
    '  labels         a=b c=d',
    '  result         {"x":1} (cut)',
  ]);
});

test('connections, as a table and checked', () => {
  const capabilities = { cancel: true, report: true };
  const base = { platform: 'vsphere', capabilities, loop: { state: 'closed', epoch: 3 } } as const;
  const rows = connectionTable(
    [
      { ...base, connection: 'dc1', health: 'UP', healthSince: '2027-01-31T11:00:00.000Z' },
      {
        ...base,
        connection: 'd',
        health: 'DOWN',
        healthSince: '2027-01-31T11:59:00.000Z',
        healthReason: 'http.tls: no',
      },
    ],
    PLAIN,
    NOW,
  );
  expect(rows).toEqual([
    'CONNECTION   HEALTH  SINCE      LOOP',
    'vsphere/dc1  UP      1 h ago    nothing to look at',
    'vsphere/d    DOWN    1 min ago  nothing to look at  http.tls: no',
  ]);
  const problem = { kind: 'permanent', code: 'http.tls', message: 'm' } as const;
  const checked = { platform: 'vsphere', connection: 'dc1', ok: false, milliseconds: 5 };
  expect(checkLine({ ...checked, problem }, PLAIN)).toBe('vsphere/dc1  http.tls  this needs an operator\n  m');
  expect(checkLine({ ...checked, ok: true }, PLAIN)).toBe('vsphere/dc1  ok  5 ms');
});

describe('exit codes', () => {
  test('every end has one of its own', () => {
    expect(Object.keys(EXIT_OF_STATUS).sort()).toEqual([...TERMINAL_STATUSES].sort());
    expect(new Set(Object.values(EXIT_OF_STATUS)).size).toBe(TERMINAL_STATUSES.length);
  });

  test.each([
    [['SUCCEEDED', 'SUCCEEDED'], 0],
    [['SUCCEEDED', 'LOST'], 7],
    [['LOST', 'LOST'], 7],
    [['LOST', 'CANCELED'], 1],
    [[], 0],
  ] as const)('%j: %i', (statuses, code) => {
    expect(exitCodeOf(statuses.map((status) => jobWith({ status })))).toBe(code);
  });
});

test.each([
  [0, '0 s'],
  [59_400, '59 s'],
  [60_000, '1 min'],
  [200_000, '3 min 20 s'],
  [7_500_000, '2 h 5 min'],
  [273_600_000, '3 d 4 h'],
  [-5, '0 s'],
])('%i ms are %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test.each([
  ['90s', 90],
  ['15m', 900],
  ['2h', 7200],
  ['1d', 86_400],
])('%s is %i s', (text, seconds) => {
  expect(secondsOf('--deadline', text)).toBe(seconds);
});

test('a number without a unit is no duration', () => {
  expect(() => secondsOf('--deadline', '90')).toThrow('--deadline 90: must have a unit, such as 90s or 90m');
});

test.each(['', '0', '2 h', '-1', '1w', '1.5h', '999999999'])('"%s" is no duration', (text) => {
  expect(() => secondsOf('--deadline', text)).toThrow('must be a duration');
});

test('cut keeps what fits, and whole characters', () => {
  expect([cut('abc', 3), cut('abcd', 3), cut('👍👍👍', 2), cut('abc', 0)]).toEqual(['abc', 'ab…', '👍…', '']);
});
