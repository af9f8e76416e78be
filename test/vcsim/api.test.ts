import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../infra/local/engine.ts';
import type { JobStateChange, JobView } from '../../shared/job/present.ts';
import { startVcsim, VCSIM, type Vcsim } from './vcsim.ts';

/** The whole product against the real SOAP engine: API in, events out, and every SOAP call in between counted. */
if (!VCSIM) console.info('vcsim tests are skipped: set POLLUX_VCSIM to the path of the binary');

interface Counting {
  url: string;
  calls: Record<string, number>;
  close(): void;
}

/** Forwards to vcsim and counts the methods. */
async function countingProxy(target: string): Promise<Counting> {
  const calls: Record<string, number> = {};
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const method = /Body[^>]*><(?:\w+:)?(\w+)/.exec(body.toString())?.[1] ?? 'other';
      calls[method] = (calls[method] ?? 0) + 1;
      const forward = http.request(
        target,
        { method: request.method, headers: { ...request.headers, host: 'vcsim' } },
        (answer) => {
          response.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(response);
        },
      );
      forward.on('error', () => response.destroy());
      forward.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sdk`;
  return { url, calls, close: () => server.close() };
}

describe.skipIf(!VCSIM)('through the API', () => {
  let vcsim: Vcsim;
  let proxy: Counting;
  let engine: Engine;
  let dataDir: string;
  const events: JobStateChange[] = [];

  beforeAll(async () => {
    vcsim = await startVcsim('-vm', '110', '-task-queue', '500ms', '-task-run', '12s', '-task-uncancelable', 'rename');
    proxy = await countingProxy(vcsim.url);
    dataDir = mkdtempSync(join(tmpdir(), 'pollux-vcsim-'));
    engine = await startEngine({
      connections: {
        vsphere: { dc1: { url: proxy.url, secret: 'dc1', lookCostSeconds: 0.3, maxRequestsPerSecond: 500 } },
      },
      secrets: { dc1: { username: 'vcsim', password: 'any' } },
      dataDir,
      onEvent: (event) => {
        if (event['detail-type'] === 'Job State Change') events.push(event.detail as unknown as JobStateChange);
      },
    });
  });
  afterAll(async () => {
    await engine?.stop();
    proxy?.close();
    await vcsim?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function post(path: string, body: unknown): Promise<{ status: number; body: JobView }> {
    const answer = await fetch(`${engine.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
    return { status: answer.status, body: (await answer.json()) as JobView };
  }
  const powerOff = (vm: string) =>
    post('/v1/vsphere/dc1/jobs', { operation: 'PowerOffVM_Task', target: { type: 'VirtualMachine', value: vm } });

  async function eventOf(id: string): Promise<JobStateChange> {
    for (let tries = 0; tries < 400; tries++) {
      const found = events.find((event) => event.id === id);
      if (found) return found;
      await sleep(100);
    }
    throw new Error(`no event for ${id} within 40 s`);
  }

  /** vcsim numbers all its objects in one row: what is no virtual machine is refused, and the next number is tried. */
  let number = 56;
  async function submitNext(): Promise<{ vm: string; job: JobView }> {
    while (number < 2000) {
      const vm = `vm-${++number}`;
      const { status, body } = await powerOff(vm);
      if (status === 202) return { vm, job: body };
      expect(status).toBe(422);
    }
    throw new Error('no virtual machine left');
  }

  test('a power-off ends SUCCEEDED with one event, a second one FAILED with InvalidPowerState', async () => {
    const { vm, job } = await submitNext();
    expect(await eventOf(job.id)).toMatchObject({ status: 'SUCCEEDED', operation: 'PowerOffVM_Task', progress: 100 });
    const again = await powerOff(vm);
    expect(again.status).toBe(202);
    expect(await eventOf(again.body.id)).toMatchObject({ status: 'FAILED', error: { code: 'InvalidPowerState' } });
    await sleep(2_000);
    expect(events.filter((event) => event.id === job.id)).toHaveLength(1);
  }, 120_000);

  test('a cancel ends CANCELED', async () => {
    const { job } = await submitNext();
    await sleep(1_500);
    const canceled = await post(`/v1/vsphere/dc1/jobs/${job.id}/cancel`, {});
    expect(canceled.status).toBe(202);
    expect(await eventOf(job.id)).toMatchObject({ status: 'CANCELED', error: { code: 'RequestCanceled' } });
  }, 60_000);

  test('200 tasks are watched with one login and one RetrievePropertiesEx a tick', async () => {
    const jobs: JobView[] = [];
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        while (jobs.length < 200) jobs.push((await submitNext()).job);
      }),
    );
    const ticksOf = () =>
      Object.entries(engine.counters().invocations).reduce((sum, [name, n]) => sum + (/Check/i.test(name) ? n : 0), 0);
    const before = { calls: { ...proxy.calls }, ticks: ticksOf() };
    for (const job of jobs) expect(await eventOf(job.id)).toMatchObject({ status: 'SUCCEEDED' });
    const calls = (method: string) => (proxy.calls[method] ?? 0) - (before.calls[method] ?? 0);
    const ticks = ticksOf() - before.ticks;
    console.info(
      `200 tasks watched to their end: ${ticks} ticks, ${calls('RetrievePropertiesEx')} RetrievePropertiesEx, ${calls('Login')} Login; logins of all functions since the start: ${proxy.calls.Login}`,
    );
    expect(calls('Login')).toBeLessThanOrEqual(1);
    expect(calls('RetrievePropertiesEx')).toBeGreaterThan(0);
    expect(calls('RetrievePropertiesEx')).toBeLessThanOrEqual(ticks);
  }, 120_000);
});
