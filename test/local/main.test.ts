import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { readSwitches } from '../../infra/local/switches.ts';
import { temporaryDirectory } from './fixture.ts';

/** Not one per test: these tests run side by side, and `onTestFinished` would not know whose it is. */
const root = mkdtempSync(join(tmpdir(), 'pollux-main-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const MAIN = fileURLToPath(new URL('../../infra/local/main.ts', import.meta.url));

function start(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env: { PATH: process.env.PATH } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });
}

test('the switches and their defaults', () => {
  expect(readSwitches([])).toEqual({ port: 8787, data: './.pollux', help: false });
  expect(readSwitches(['--port', '0', '--data=d', '--connections', 'c', '--secrets', 's', '--events', '-'])).toEqual({
    port: 0,
    data: 'd',
    connections: 'c',
    secrets: 's',
    events: '-',
    help: false,
  });
});

test.each([
  [
    ['--prot', '1'],
    '--prot: no such switch; did you mean "--port"? there are --port --data --connections --secrets --events --help',
  ],
  [['--conections', 'x'], '--conections: no such switch; did you mean "--connections"? there are '],
  [['--foo'], '--foo: no such switch; there are --port'],
  [['8787'], '"8787": not expected here'],
  [['--port'], '--port: needs a value'],
  [['--port', 'x'], '--port x: must be a number from 0 to 65535'],
  [['--port', '65536'], '--port 65536: must be a number'],
  [['--port', '-1'], '--port: needs a value'],
  [['--data', ''], '--data: needs a value'],
  [['--help=x'], '--help: takes no value'],
  [['--secrets', 's'], '--secrets: goes with --connections'],
])('%j is refused', (args, message) => {
  expect(() => readSwitches(args)).toThrow(message);
});

test('a switch that npm has kept for itself', () => {
  const npm = { npm_config_connections: 'true' };
  expect(() => readSwitches(['connections.json'], npm)).toThrow(
    '--connections: npm took it for an option of its own; switches stand behind "--": npm start -- --connections …',
  );
  // `npm start --data=DIR` would start with the default instead, without a word.
  expect(() => readSwitches([], { npm_config_data: 'd' })).toThrow('--data: npm took it');
  expect(readSwitches(['--connections=c'], npm)).toMatchObject({ connections: 'c' });
});

describe('what the operator can put right is one line, and exit code 2', () => {
  const directory = () => {
    const path = mkdtempSync(join(root, 'case-'));
    const connections = join(path, 'connections.json');
    writeFileSync(connections, '{"vsphere":{"dc1":{"url":"https://vc.example.com/sdk","secret":"dc1-vcenter"}}}');
    return { path, connections };
  };
  const cases: [string, () => Promise<string[]> | string[], RegExp][] = [
    ['an unknown switch', () => ['--prot'], /^pollux: --prot: no such switch/],
    [
      'a connections file that is not there',
      () => ['--connections', '/nowhere.json'],
      /^pollux: \/nowhere\.json .*ENOENT/,
    ],
    [
      'a connection with a misspelled key',
      () => {
        const { connections } = directory();
        writeFileSync(
          connections,
          '{"vsphere":{"dc1":{"url":"https://vc.example.com/sdk","secrte":"a","secret":"b"}}}',
        );
        return ['--connections', connections];
      },
      /^pollux: .*secrte/,
    ],
    [
      'no secrets file',
      () => ['--connections', directory().connections],
      /^pollux: the connection vsphere\/dc1 needs the secret "dc1-vcenter": name the file/,
    ],
    [
      'a secrets file without a secret that is named',
      () => {
        const { path, connections } = directory();
        writeFileSync(join(path, 's.json'), '{"other":{}}');
        return ['--connections', connections, '--secrets', join(path, 's.json')];
      },
      /^pollux: secrets file .*s\.json: the connection vsphere\/dc1 needs the secret "dc1-vcenter", which it does not hold/,
    ],
    [
      'a secret that lacks a field',
      () => {
        const { path, connections } = directory();
        writeFileSync(join(path, 's.json'), '{"dc1-vcenter":{"username":"op","pass":"hunter2"}}');
        return ['--connections', connections, '--secrets', join(path, 's.json')];
      },
      /^pollux: secrets file .*s\.json: .* needs the secret "dc1-vcenter", which lacks, or has wrong: password\n$/,
    ],
    [
      'a secret that is no object',
      () => {
        const { path, connections } = directory();
        writeFileSync(join(path, 's.json'), '{"dc1-vcenter":"hunter2"}');
        return ['--connections', connections, '--secrets', join(path, 's.json')];
      },
      /^pollux: secrets file .*s\.json: .* needs the secret "dc1-vcenter", which must be a JSON object with "username" and "password"\n$/,
    ],
    [
      'malformed secrets',
      () => {
        const { path, connections } = directory();
        writeFileSync(join(path, 's.json'), '{"dc1-vcenter":{"password":hunter2}}');
        return ['--connections', connections, '--secrets', join(path, 's.json')];
      },
      /^pollux: secrets file .*s\.json: not valid JSON at line 1, column 28\n$/,
    ],
    [
      'a data directory that cannot be one',
      () => {
        const { path } = directory();
        writeFileSync(join(path, 'file'), '');
        return ['--data', join(path, 'file', 'data')];
      },
      /^pollux: data directory .*: it cannot be written \(ENOTDIR\)/,
    ],
    [
      'a data directory where none can be made',
      () => ['--data', '/proc/x/y'],
      /^pollux: data directory \/proc\/x\/y: it cannot be written \(ENOENT\); choose another with --data\n$/,
    ],
    [
      'an events file that cannot be written',
      () => {
        const { path } = directory();
        mkdirSync(join(path, 'events'));
        return ['--data', join(path, 'data'), '--events', join(path, 'events')];
      },
      /^pollux: --events .*events: it cannot be written \(EISDIR\)/,
    ],
  ];
  test.concurrent.each(cases)('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await start(...(await args()));
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

test('a port in use', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const { code, stderr } = await start('--port', String(port), '--data', temporaryDirectory());
  expect(stderr).toBe(`pollux: port ${port} is in use; choose another with --port\n`);
  expect(code).toBe(2);
});
