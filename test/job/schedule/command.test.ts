import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

function schedule(input: string, ...flags: string[]) {
  const { status, stdout, stderr } = spawnSync('node_modules/.bin/node', ['test/bench/schedule/main.ts', ...flags], {
    input,
    encoding: 'utf8',
  });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { status, answers: lines.map((line) => JSON.parse(line)), stderr };
}

describe('npm run schedule', () => {
  test('answers the sample of the page as the page says', () => {
    const page = readFileSync('docs/schedule.md', 'utf8');
    const [, task, first] = /^ {4}(\{"id":"a","kind".*)\n {4}\{"id":"a","polls":\[(.*), \.\.\. ,7200\]\}$/m.exec(page)!;
    const { status, answers } = schedule(`${task}\n`);
    const start = first!.split(',').map(Number);
    expect(status).toBe(0);
    expect(answers[0].polls.slice(0, start.length)).toEqual(start);
    expect(answers[0].polls.at(-1)).toBe(7200);
  });

  test('learns in a closed loop', () => {
    const observed = Array.from({ length: 40 }, () => '{"op":"observe","key":"k","lo":95,"hi":105}');
    const plan = '{"op":"plan","key":"k"}';
    const lines = [
      '{"op":"new","key":"k","c":3,"deadline":7200}',
      plan,
      ...observed,
      plan,
      '{"op":"next","key":"k","age":100}',
    ];
    const { status, answers } = schedule(lines.join('\n'), '--drive');
    expect(status).toBe(0);
    expect(answers[1].polls[0]).toBeLessThan(20);
    expect(answers.at(-2).polls[0]).toBeGreaterThan(90);
    expect(answers.at(-1).age).toBeGreaterThan(100);
  });

  test.each([
    ['{bad', 'line 2: '],
    ['{"id":"b","kind":"guess","c":3}', 'line 2: kind "guess" is none of plan, progress, fleet'],
    [
      '{"id":"b","kind":"plan","c":3,"deadline":60,"observations":[{"exact":"x"}]}',
      'line 2: {"exact":"x"} has neither',
    ],
    ['{"op":"plan","key":"k"}', 'line 2: key "k" is unknown'],
  ])('says what is wrong with %s', (line, message) => {
    const { status, answers, stderr } = schedule(
      `{"id":"a","kind":"plan","c":3,"deadline":60,"observations":[]}\n${line}\n`,
    );
    expect(status).toBe(2);
    expect(answers).toHaveLength(1);
    expect(stderr).toContain(message);
  });
});
