import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SimulatedPlatforms, startSimulatedPlatforms } from '../../infra/local/simulated.ts';

/** `npm start` as a process of its own, with platforms that outlive it: what `kill -9` leaves must be enough. */
let platforms: SimulatedPlatforms;
let folder: string;
const running: ChildProcess[] = [];

beforeAll(async () => {
  platforms = await startSimulatedPlatforms();
  folder = mkdtempSync(join(tmpdir(), 'pollux-kill-'));
  writeFileSync(join(folder, 'connections.json'), JSON.stringify(platforms.connections));
  writeFileSync(join(folder, 'secrets.json'), JSON.stringify(platforms.secrets));
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await platforms.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Started {
  url: string;
  child: ChildProcess;
  exited: Promise<number | null>;
}

async function start(): Promise<Started> {
  const switches = ['--port', '0', '--data', join(folder, 'data'), '--events', join(folder, 'events.jsonl')];
  const files = ['--connections', join(folder, 'connections.json'), '--secrets', join(folder, 'secrets.json')];
  const child = spawn(process.execPath, ['infra/local/main.ts', ...switches, ...files]);
  running.push(child);
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const said: string[] = [];
  child.stderr.on('data', (text) => said.push(String(text)));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (text) => {
      said.push(String(text));
      const ready = /ready at (\S+)/.exec(said.join(''));
      if (ready) resolve(ready[1]!);
    });
    child.once('exit', () => reject(new Error(said.join(''))));
  });
  return { url, child, exited };
}

interface Event {
  'detail-type': string;
  detail: { id: string; eventId: string; status: string };
}

function events(): Event[] {
  const lines = readFileSync(join(folder, 'events.jsonl'), 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Event).filter((event) => event['detail-type'] === 'Job State Change');
}

test('after kill -9 the next start finishes every job and loses no event; SIGTERM ends it cleanly', async () => {
  const submitted = new Map<string, string>();
  const submit = async (url: string, platform: string, body: object, ends: string) => {
    const answer = await fetch(`${url}/v1/${platform}/lab/jobs`, { method: 'POST', body: JSON.stringify(body) });
    expect(answer.status).toBe(202);
    const job = (await answer.json()) as { id: string };
    submitted.set(job.id, ends);
  };
  // Three lives: jobs that end before, between and after the kills.
  for (const life of [1, 2, 3]) {
    const { url, child, exited } = await start();
    for (const { platform, scenarios } of platforms.simulators) {
      for (const seconds of [0.5, 2, 5]) await submit(url, platform, scenarios.succeeds(seconds), 'SUCCEEDED');
      await submit(url, platform, scenarios.fails(3), 'FAILED');
    }
    await sleep(life * 1500);
    if (life === 3) break;
    child.kill('SIGKILL');
    await exited;
  }
  const last = running.at(-1)!;
  for (let tries = 0; tries < 400; tries++) {
    if (new Set(events().map(({ detail }) => detail.id)).size === submitted.size) break;
    await sleep(250);
  }
  last.kill('SIGTERM');
  expect(await new Promise((resolve) => last.once('exit', resolve))).toBe(0);

  const told = new Map(events().map(({ detail }) => [detail.id, detail]));
  expect(Object.fromEntries([...told].map(([id, { status }]) => [id, status]))).toEqual(Object.fromEntries(submitted));
  // Deliveries may repeat after a kill; each job has one event id all the same.
  for (const { detail } of events()) expect(detail.eventId).toBe(told.get(detail.id)!.eventId);
}, 150_000);
