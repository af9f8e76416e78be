import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { GLOBAL_OPTIONS, parseArguments } from '../../cli/arguments.ts';
import { commands, findCommand } from '../../cli/commands.ts';
import { bashCompletion } from '../../cli/completion/bash.ts';
import { fishCompletion } from '../../cli/completion/fish.ts';
import { completedCommands } from '../../cli/completion/model.ts';
import { zshCompletion } from '../../cli/completion/zsh.ts';
import { PAGE, page } from '../../cli/docs.ts';
import { helpOf, overview } from '../../cli/help.ts';
import { targetOf } from '../../cli/target.ts';
import { fakeApi } from './fake-api.ts';
import { pollux, runHere } from './rig.ts';

const LOCAL = { POLLUX_URL: 'http://127.0.0.1:1' };

describe('what is wrong with a command line is one line, and exit code 2', () => {
  test.each([
    [['wach'], '"wach": no such command; did you mean "watch"? there are submit, '],
    [
      ['list', 'vsphere/lab', '--staus', 'x'],
      '--staus: no such option; did you mean "--status"?; see pollux help list',
    ],
    [['list', 'vsphere/lab', '--status', 'FAILD'], '--status FAILD: did you mean "FAILED"? it must be one of '],
    [['list', 'vsphere/lab', '--status'], '--status needs a value; see pollux help list'],
    [['list', 'vsphere/lab', '--json=x'], '--json takes no value'],
    [['list', 'vsphere/lab', '--limit', 'x'], '--limit x: must be a number'],
    [['list', 'a/b', 'c'], '"c": must be the name of a connection, <platform>/<connection>'],
    [['get', 'vsphere/lab'], '"vsphere/lab": must name a job, as <platform>/<connection>/<id> or by its id'],
    [['submit', 'vsphere', '-o', 'x'], '"vsphere": must be the name of a connection, <platform>/<connection>'],
    [['submit', 'vsphere/lab'], '--operation is missing'],
    [['submit', 'vsphere/lab', '-o', ''], '--operation needs a value'],
    [['watch'], '<job> or <platform>/<connection> is required'],
    [['connections', '--url', 'localhost:8787'], '--url localhost:8787: must be a URL'],
    [['connections', '--url', 'http://api.example.com', '--token', 't0ken'], 'credentials are sent over https only'],
    [['completion', 'tcsh'], '"tcsh": must be "bash", "zsh" or "fish"'],
    [
      ['events', '--pattern', '--platform', 'vpshere'],
      '--platform vpshere: did you mean "vsphere"? it must be one of ',
    ],
    [['events', '--pattern', '--connection', 'vpshere/dc1'], '--connection vpshere/dc1: did you mean "vsphere"? its '],
    [['events', '--connection', 'task/w', '--platform', 'bmc'], '--connection task/w: its platform must be one of bmc'],
    [['events', '--connection', 'a/b/c'], '"a/b/c": must be the name of a connection, <platform>/<connection>'],
    [['events', '--token', 't'], 'a deployed API has no stream of events'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await runHere(args, LOCAL);
    expect(stderr).toContain(`pollux: ${message}`.replace(/^pollux: credentials/, 'credentials'));
    expect(stderr).not.toContain('t0ken');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

test('nobody there: exit code 9, and what to do', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const args = ['get', 'vsphere/lab/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C', '--json', '--url', `http://127.0.0.1:${port}`];
  const { code, stderr } = await runHere(args);
  expect(code).toBe(9);
  expect(JSON.parse(stderr.trimEnd().split('\n').at(-1)!)).toMatchObject({
    error: { exitCode: 9, message: expect.stringMatching(/ECONNREFUSED.*npm start starts the local engine/) },
  });
});

test('503: what may pass is tried again and exit code 9, what somebody must repair is exit code 8', async () => {
  const problem = (name: string, retryable: boolean) => ({
    status: 503,
    headers: { 'retry-after': '2' },
    body: {
      type: `urn:pollux:problem:${name}`,
      title: 'T',
      detail: 'D.',
      status: 503,
      error: { code: 'C', retryable },
    },
  });
  const submit = ['submit', 'vsphere/lab', '-o', 'PowerOnVM_Task', '-t', 'VirtualMachine:vm-1', '--url'];
  const away = await fakeApi((_seen, count) =>
    count === 1 ? problem('platform-unavailable', true) : { status: 503, headers: { 'retry-after': '61' }, body: {} },
  );
  const later = await runHere([...submit, away.url]);
  expect(later).toMatchObject({ code: 9, stderr: expect.stringContaining('pollux: T (503): D. [C]; again in 2 s\n') });

  const broken = await fakeApi(() => problem('connection-unusable', false));
  expect(await runHere([...submit, broken.url])).toMatchObject({ code: 8, stderr: 'pollux: T (503): D. [C]\n' });
  expect(broken.seen).toHaveLength(1);
});

test('events of an API that has no stream: what to do instead', async () => {
  const { url } = await fakeApi(() => ({ status: 404, body: { message: 'Not Found' } }));
  const { code, stderr } = await runHere(['events', '--status', 'LOST', '--url', url]);
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('aws events put-rule') });
});

test('events of a connection that the engine does not have never come', async () => {
  const connections = [{ platform: 'vsphere', connection: 'dc1' }];
  const { url } = await fakeApi(({ url }) =>
    url.startsWith('/local/events')
      ? { headers: { 'content-type': 'text/event-stream' }, body: ': listening\n\n' }
      : { body: { connections } },
  );
  const missing = await runHere(['events', '--connection', 'vsphere/dc2', '--url', url]);
  const message = 'no connection "vsphere/dc2"; did you mean "vsphere/dc1"? there are "vsphere/dc1"';
  expect(missing).toEqual({ code: 2, stdout: '', stderr: `pollux: ${message}\n` });
  const other = await runHere(['events', '--platform', 'task', '--url', url]);
  expect(other.stderr).toContain('no connection of a platform "task"; there are those of vsphere');
  const there = await runHere(['events', '--connection', 'vsphere/dc1', '--url', url]);
  expect(there.stderr).toBe(`listening to ${url}\nthe engine has ended\n`);
});

test('--version, --help, help of a command, with and without the word', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await pollux(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  for (const args of [[], ['--help'], ['-h'], ['help']]) {
    expect(await runHere(args)).toEqual({ code: 0, stdout: `${overview(commands)}\n`, stderr: '' });
  }
  for (const args of [
    ['help', 'submit'],
    ['submit', '--help'],
    ['submit', 'x', '-h'],
  ]) {
    expect(await runHere(args)).toEqual({ code: 0, stdout: `${helpOf(findCommand('submit'))}\n`, stderr: '' });
  }
});

describe('the commands', () => {
  test.each(commands.map((command) => [command.name, command] as const))(
    '%s: its examples are taken',
    (name, command) => {
      for (const [example] of command.examples) {
        const [, args] = /\bpollux (.*)/.exec(example) ?? [];
        // As a shell would split it, up to a pipe or the end of a substitution.
        const words = [...args!.split(/ [|&]|\)/)[0]!.matchAll(/'([^']*)'|(\S+)/g)].map(
          ([, quoted, bare]) => quoted ?? bare!,
        );
        expect(words[0]).toBe(words[0] === name ? name : findCommand(words[0]!).name);
        expect(() => parseArguments(findCommand(words[0]!), words.slice(1))).not.toThrow();
      }
    },
  );

  test('a dash alone is the value of the option before it', () => {
    expect(parseArguments(findCommand('submit'), ['a/b', '--body', '-', '--json'])).toMatchObject({
      values: { body: '-', json: true },
      words: ['a/b'],
    });
  });

  test('no option of a command hides one of all', () => {
    for (const { options } of commands) {
      for (const name of Object.keys(options)) expect(GLOBAL_OPTIONS).not.toHaveProperty(name);
    }
  });

  test('no line of a help is wider than a terminal may be, but for examples', () => {
    for (const command of commands) {
      const [body] = helpOf(command).split('\nExamples:');
      for (const line of body!.split('\n')) expect(line.length).toBeLessThanOrEqual(102);
    }
  });

  test('docs/cli.md is made of them', () => {
    expect(readFileSync(PAGE, 'utf8'), 'stale: npm run docs').toBe(page());
  });
});

test.each([
  [{}, {}, 'http://127.0.0.1:8787/', 'none'],
  [{}, { POLLUX_URL: 'http://localhost:1' }, 'http://localhost:1/', 'none'],
  [{ url: 'https://a.example' }, { POLLUX_URL: 'http://localhost:1' }, 'https://a.example/', 'none'],
  [
    { url: 'https://a.execute-api.eu-west-1.amazonaws.com' },
    {},
    'https://a.execute-api.eu-west-1.amazonaws.com/',
    'sigv4',
  ],
  [{ url: 'https://a.example', sigv4: true }, {}, 'https://a.example/', 'sigv4'],
  [{ url: 'https://a.example' }, { POLLUX_TOKEN: 't' }, 'https://a.example/', 'token'],
])('%j with %j is %s, %s', (values, environment, url, auth) => {
  const target = targetOf(values, environment);
  expect({ url: target.url.href, auth: target.auth }).toEqual({ url, auth });
});

describe('completion', () => {
  /** What bash would offer for these words, the last of them unfinished. */
  function offered(...words: string[]): string[] {
    const quoted = words.map((word) => `'${word}'`).join(' ');
    const script = `${bashCompletion(commands)}
COMP_WORDS=(pollux ${quoted}); COMP_CWORD=${words.length}; _pollux; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { PATH: process.env.PATH };
    return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8', env }).split('\n').filter(Boolean);
  }

  test('bash can read its script', () => {
    execFileSync('bash', ['--norc', '-n'], { input: bashCompletion(commands) });
  });

  test.each([
    [['su'], ['submit']],
    [['c'], ['cancel', 'connections', 'completion']],
    [['list', 'vsphere/lab', '--st'], ['--status']],
    [
      ['list', 'vsphere/lab', '--status', 'S'],
      ['SUBMITTING', 'SUCCEEDED', 'SUPERSEDED'],
    ],
    [
      ['events', '--status', 'S'],
      ['SUCCEEDED', 'SUPERSEDED'],
    ],
    [['connections', ''], ['check']],
    [['completion', 'z'], ['zsh']],
    [['help', 'wat'], ['watch']],
    [['get', '--j'], ['--json']],
    [
      ['submit', '--body', '/etc/host'],
      ['/etc/hostname', '/etc/hosts'],
    ],
    [['watch', 'x'], []],
  ])('%j is completed', (words, expected) => {
    expect(offered(...words)).toEqual(expect.arrayContaining(expected));
    if (expected.length === 0) expect(offered(...words)).toEqual([]);
  });

  test('all commands and options are in the scripts for zsh and fish', () => {
    const [zsh, fish] = [zshCompletion(commands), fishCompletion(commands)];
    for (const { name, options } of commands) {
      expect(zsh).toContain(`  ${name}) _arguments `);
      for (const option of Object.keys(options)) {
        expect(zsh).toMatch(new RegExp(`^  ${name}\\) .*--${option}[=[]`, 'm'));
        expect(fish).toContain(`'__pollux_at "${name} .*"' -l ${option} `);
      }
    }
    for (const script of [zsh, fish]) expect(script.replaceAll("\\'", '').split("'").length % 2).toBe(1);
  });

  test('what takes a value in one command takes one in all: the scripts skip it by that', () => {
    const kinds = new Map<string, Set<string>>();
    for (const { spellings, type } of completedCommands(commands).flatMap(({ options }) => options)) {
      for (const spelling of spellings) kinds.set(spelling, (kinds.get(spelling) ?? new Set()).add(type));
    }
    for (const [spelling, types] of kinds) expect({ spelling, types: types.size }).toEqual({ spelling, types: 1 });
  });
});
