import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { fakeApi } from '../fake-api.ts';

/** The scripts in the shells that they are for: what stands on the line after a tab, or what is offered. */

const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
const MAIN = join(ROOT, 'cli', 'main.ts');
const folder = mkdtempSync(join(tmpdir(), 'pollux-completion-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'pollux'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
chmodSync(join(folder, 'pollux'), 0o755);
// What must not be offered where no file can stand.
writeFileSync(join(folder, 'zz-file.json'), '');

const CONNECTIONS = ['vsphere/dc1', 'cloudstack/zone-a', 'task/lab'];

async function api(): Promise<string> {
  const connections = CONNECTIONS.map((name) => {
    const [platform, connection] = name.split('/');
    return { platform, connection };
  });
  const { url } = await fakeApi(() => ({ body: { connections } }));
  return url;
}

function shell(
  program: string,
  args: readonly string[],
  url: string,
  more: Record<string, string> = {},
): Promise<string> {
  const PATH = `${folder}${delimiter}${process.env.PATH}`;
  const env = { PATH, HOME: folder, TERM: 'dumb', POLLUX_URL: url, ...more };
  return new Promise((resolve, reject) => {
    const options = { env, cwd: folder, timeout: 50_000 };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stdout}${stderr}`));
      else resolve(stdout + stderr);
    });
    child.stdin?.end();
  });
}

async function isThere(program: string): Promise<boolean> {
  return shell(program, ['-c', 'true'], '').then(
    () => true,
    () => false,
  );
}

const there = { zsh: await isThere('zsh'), fish: await isThere('fish'), bash: await isThere('bash') };
const titleOf = (name: keyof typeof there) => (there[name] ? name : `${name} [skipped: it is not installed]`);

/** What a tab makes of each line. */
const COMPLETED: Readonly<Record<string, string>> = {
  'pollux subm': 'pollux submit',
  'pollux --vers': 'pollux --version',
  'pollux submit vs': 'pollux submit vsphere/dc1',
  'pollux submit vsphere/dc1 --wa': 'pollux submit vsphere/dc1 --wait',
  'pollux list vsphere/dc1 --status F': 'pollux list vsphere/dc1 --status FAILED',
  'pollux list vsphere/dc1 --status=F': 'pollux list vsphere/dc1 --status=FAILED',
  'pollux list vsphere/dc1 -s F': 'pollux list vsphere/dc1 -s FAILED',
  'pollux list -s F': 'pollux list -s FAILED',
  'pollux list -s FAILED cl': 'pollux list -s FAILED cloudstack/zone-a',
  'pollux list vsphere/dc1 cl': 'pollux list vsphere/dc1 cloudstack/zone-a',
  'pollux get vsphere/dc1/01K2 --js': 'pollux get vsphere/dc1/01K2 --json',
  'pollux connections ch': 'pollux connections check',
  'pollux connections check vsphere/dc1 ta': 'pollux connections check vsphere/dc1 task/lab',
  'pollux completion z': 'pollux completion zsh',
  'pollux help expl': 'pollux help explain',
  'pollux submit vsphere/dc1 --body zz': 'pollux submit vsphere/dc1 --body zz-file.json',
};

/** Where nothing can be known: no files either. */
const NOTHING = [
  'pollux get zz',
  'pollux submit zz',
  'pollux submit vsphere/dc1 vs',
  'pollux submit task/lab --operation zz',
];

const EXPECTED: Readonly<Record<string, string>> = {
  ...COMPLETED,
  ...Object.fromEntries(NOTHING.map((line) => [line, line])),
};
const LINES = Object.keys(EXPECTED);

/** In a pseudo-terminal of zsh's own: each line is typed, then a key that completes it, prints what it is then, and clears it. */
async function zshLines(setup: string, lines: readonly string[], url: string): Promise<Record<string, string>> {
  const script = String.raw`
zmodload zsh/zpty
zpty inner zsh -f -i
say() { zpty -w -n inner "$1" }
say $'PS1= RPS1= ; unsetopt zle_bracketed_paste\n'
say $'try() { zle expand-or-complete; zle -I; print -r -- "<<<$BUFFER>>>"; BUFFER= }; zle -N try; bindkey "^X" try\n'
say $'setopt no_beep; stty -echo columns 500; ${setup}; print REA""DY\n'
zpty -r inner seen '*READY*'
for line in "$@"; do
  say "$line"$'\x18'
  zpty -r inner seen '*<<<*>>>*'
  print -r -- "${'${${seen##*<<<}%%>>>*}'}"
done
zpty -d inner`;
  const said = await shell('zsh', ['-f', '-c', script, 'zsh', ...lines], url, { TERM: 'xterm' });
  const after = said.trimEnd().split('\n');
  return Object.fromEntries(lines.map((line, index) => [line, after[index]?.trimEnd() ?? '']));
}

describe.skipIf(!there.zsh)(titleOf('zsh'), () => {
  const script = 'eval "$(pollux completion zsh)"';
  const compinit = 'autoload -Uz compinit; compinit -D';

  test('after compinit', async () => {
    expect(await zshLines(`${compinit}; ${script}`, LINES, await api())).toEqual(EXPECTED);
  });

  test.each([
    ['where nothing has called compinit', script],
    ['as a file of fpath', `mkdir -p f; pollux completion zsh >f/_pollux; fpath=($PWD/f $fpath); ${compinit}`],
  ])('%s', async (_, setup) => {
    const lines = ['pollux submit vs', 'pollux list vsphere/dc1 -s F'];
    expect(await zshLines(setup, lines, await api())).toMatchObject(
      Object.fromEntries(lines.map((line) => [line, EXPECTED[line]])),
    );
  });
});

describe.skipIf(!there.fish)(titleOf('fish'), () => {
  test('what it offers', async () => {
    const each = `for line in $argv; set -l offered (complete -C $line | string replace -r '\\t.*' ''); echo "$offered"; end`;
    const script = `pollux completion fish | source; ${each}`;
    const said = await shell('fish', ['--no-config', '-c', script, ...LINES], await api());
    const offered = said.split('\n');
    const lines = LINES.map((line, index) => {
      const word = line.slice(line.lastIndexOf(' ') + 1);
      return [line, line.slice(0, line.length - word.length) + (offered[index] || word)];
    });
    expect(Object.fromEntries(lines)).toEqual(EXPECTED);
  });
});

/** bash completes with what it calls COMP_WORDS: its own idea of words, which are cut at "=" unless it is told not to. */
describe.skipIf(!there.bash)(titleOf('bash'), () => {
  test.each([
    ['words are cut at =', true],
    ['words are not cut at =', false],
  ])('%s', async (_, isCut) => {
    const url = await api();
    const calls = LINES.map((line) => {
      const words = line.split(' ').flatMap((word) => (isCut ? word.split(/(?<==)|(?==)/) : [word]));
      const quoted = words.map((word) => `'${word}'`).join(' ');
      return `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _pollux; echo "\${COMPREPLY[*]}"`;
    });
    const script = ['eval "$(pollux completion bash)"', ...calls].join('\n');
    const offered = (await shell('bash', ['--norc', '-c', script], url)).split('\n');
    const lines = LINES.map((line, index) => {
      const word = (isCut ? /[^ =]*$/ : /[^ ]*$/).exec(line)![0];
      return [line, line.slice(0, line.length - word.length) + (offered[index] || word)];
    });
    expect(Object.fromEntries(lines)).toEqual(EXPECTED);
  });
});

describe('the functions of docs/cli.md are the command', () => {
  const page = readFileSync(join(ROOT, 'docs', 'cli.md'), 'utf8').replaceAll('~/pollux', ROOT);
  const [inSh] = /^pollux\(\) .*$/m.exec(page)!;
  const [inFish] = /^function pollux;.*$/m.exec(page)!;
  const cases = [
    ['bash', ['--norc', '-c', `${inSh}\npollux --version`]],
    ['zsh', ['-f', '-c', `${inSh}\npollux --version`]],
    ['fish', ['--no-config', '-c', `${inFish}\npollux --version`]],
  ] as const;
  for (const [name, args] of cases) {
    test.skipIf(!there[name])(titleOf(name), async () => {
      expect(await shell(name, args, '', { PATH: process.env.PATH ?? '' })).toBe(`${packageJson.version}\n`);
    });
  }
});

test('the names of connections of an API that is silent, or away: none, without a word, in about a second', async () => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const startedAt = Date.now();
  expect(await shell('pollux', ['completion', 'connections'], `http://127.0.0.1:${port}`)).toBe('');
  // A limit for what hangs: the client by itself would wait for 35 s, three times.
  expect(Date.now() - startedAt).toBeLessThan(20_000);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(await shell('pollux', ['completion', 'connections'], `http://127.0.0.1:${port}`)).toBe('');
});
