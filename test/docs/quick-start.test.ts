import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConnections } from '../../infra/connections.ts';
import { readSecrets } from '../../infra/local/secrets.ts';
import { jobView } from '../../shared/openapi/views.ts';
import { pageAt, ROOT } from './markdown.ts';

/** The README's own commands, in its order. Only the port differs, so that a Pollux that runs here already is left alone. */
const folder = mkdtempSync(join(tmpdir(), 'pollux-readme-'));
const blocks = pageAt('README.md').blocks.filter(({ language }) => language === 'sh');
let server: ChildProcess;
let url: string;

function blockWith(text: string): string {
  return blocks.find((block) => block.text.includes(text))!.text;
}

/** A command and its continuation lines are one. */
function commandsOf(block: string): string[] {
  return block
    .replaceAll('\\\n', ' ')
    .split(/\n(?! )/)
    .filter((line) => line !== '' && !line.startsWith('#'));
}

async function run(command: string, cwd = ROOT): Promise<string> {
  const env = { ...process.env, POLLUX_URL: url, NO_COLOR: '1' };
  return (await promisify(execFile)('bash', ['-c', command], { cwd, env })).stdout;
}

beforeAll(async () => {
  const data = join(folder, 'data');
  server = spawn(process.execPath, ['infra/local/main.ts', '--port', '0', '--data', data, '--events', '-'], {
    cwd: ROOT,
  });
  url = await new Promise<string>((resolve, reject) => {
    const said: string[] = [];
    server.stderr!.on('data', (text) => {
      said.push(String(text));
      const ready = /ready at (http\S+)/.exec(said.join(''));
      if (ready) resolve(ready[1]!);
    });
    server.once('exit', () => reject(new Error(said.join(''))));
  });
});

afterAll(async () => {
  const exited = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await exited;
  rmSync(folder, { recursive: true, force: true });
});

describe('the quick start', () => {
  test('its curl commands do what they say', async () => {
    const commands = commandsOf(blockWith('curl localhost:8787/v1/connections'));
    expect(commands).toHaveLength(6);
    let id = '';
    const answers: Record<string, any>[] = [];
    for (const command of commands) {
      expect(command).toMatch(/^curl .*localhost:8787\//);
      const here = command.replaceAll('localhost:8787', url.replace('http://', '')).replaceAll('01K…', id);
      const answer = JSON.parse(await run(here.replace('curl ', 'curl --silent --show-error ')));
      answers.push(answer);
      if (id === '') id = answer.id ?? '';
    }
    const [connections, submitted, got, running, canceled, document] = answers;
    expect(connections!.connections.length).toBeGreaterThan(5);
    expect(jobView.parse(submitted)).toMatchObject({ operation: 'CloneVM_Task', labels: { team: 'web' } });
    expect(got).toMatchObject({ id, timeline: expect.any(Array) });
    expect(running!.jobs.every(({ status }: { status: string }) => status === 'RUNNING')).toBe(true);
    expect(canceled).toMatchObject({ id, cancelRequestedAt: expect.any(String) });
    expect(document!.openapi).toBe('3.1.0');
  });

  test('its command lines do what they say', async () => {
    const commands = commandsOf(blockWith('npm run -s pollux -- submit'));
    expect(commands).toHaveLength(3);
    expect(await run(commands[0]!)).toContain('SUCCEEDED');
    await run(commands[1]!);
    expect(await run(commands[2]!)).toContain('vsphere/lab');
  });

  test('its connections file and secrets are taken', async () => {
    const block = blockWith('> connections.json');
    await run(block.slice(0, block.indexOf('npm start')), folder);
    const connections = readConnections(join(folder, 'connections.json'));
    const secrets = readSecrets(join(folder, 'secrets.json'));
    expect(Object.keys(secrets)).toEqual([connections.vsphere!.dc1!.secret]);
  });

  test('switches of npm start that are shown are those of its help', async () => {
    const help = await run(`'${process.execPath}' infra/local/main.ts --help`);
    const shown = blocks.flatMap(({ text }) =>
      [...text.matchAll(/npm start.*? -- (.*?)(?:#|$)/gm)].map(([, rest]) => rest!),
    );
    const switches = shown.flatMap((rest) => rest.match(/--[a-z]+/g) ?? []);
    expect(switches.length).toBeGreaterThan(3);
    expect(switches.filter((name) => !help.includes(name))).toEqual([]);
  });

  test('the commands of its first block are scripts of the package', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(blockWith('npm ci')).toMatch(/^npm ci && npm run demo .*\nnpm test /);
    expect(scripts).toMatchObject({ demo: expect.any(String), test: expect.any(String) });
  });
});
