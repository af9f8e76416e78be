import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { execTransport, MAX_OUTPUT_BYTES } from '../../../shared/platforms/symphony/exec.ts';
import type { ExecOptions } from '../../../shared/platforms/symphony/options.ts';
import { signal } from './rig.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pollux-exec-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const INPUT = { requests: [{ requestId: 'a' }] };

function run(script: string, options: Partial<ExecOptions> = {}, until = signal, mode = 0o755) {
  writeFileSync(join(folder, 'getRequestStatus.sh'), script.startsWith('#') ? script : `#!/bin/sh\n${script}\n`, {
    mode,
  });
  const transport = execTransport({ transport: 'exec', scripts: folder, ...options });
  return transport.run('getRequestStatus', INPUT, { signal: until });
}

/** Resolves when there is no such process any more. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(20);
  }
}

describe('a script', () => {
  it('gets -f and a file that only its account can read, which is gone afterwards', async () => {
    const path = join(folder, 'seen');
    const ended = await run(`echo "$#|$1|$2" > ${path}; ls -l "$2" | cut -c1-10; cat "$2"`);
    expect(ended).toMatchObject({ exitCode: 0, stdout: `-rw-------\n${JSON.stringify(INPUT)}` });
    const [count, flag, file] = readFileSync(path, 'utf8').trim().split('|');
    expect([count, flag]).toEqual(['2', '-f']);
    expect(() => readFileSync(file!)).toThrow();
  });

  it('gets its own environment, and no credentials of ours', async () => {
    process.env.AWS_SECRET_ACCESS_KEY_OF_TEST = 'mine';
    const ended = await run('env', { environment: { HF_PROVIDER_NAME: 'a "b" $c' } });
    expect(ended).toMatchObject({ stdout: expect.stringContaining('HF_PROVIDER_NAME=a "b" $c\n') });
    expect(JSON.stringify(ended)).not.toContain('AWS_');
    delete process.env.AWS_SECRET_ACCESS_KEY_OF_TEST;
  });

  it('has output, errors and an exit code apart from each other', async () => {
    expect(await run('echo out; echo err >&2; exit 7')).toMatchObject({
      exitCode: 7,
      stdout: 'out\n',
      stderr: 'err\n',
      cut: false,
    });
    expect(await run('kill -9 $$')).toMatchObject({ exitCode: 137 });
  });

  it('is given up after its time, with all that it started', async () => {
    const pid = join(folder, 'pid');
    const worker = 'while :; do sleep 0.05; done';
    // Neither ends by itself, nor at a request to end.
    const ended = await run(`trap '' TERM; ${worker} & echo $! > ${pid}; echo half; wait`, {
      requestTimeoutSeconds: 1,
    });
    expect(ended).toMatchObject({ exitCode: 124, stdout: 'half\n' });
    await gone(Number(readFileSync(pid, 'utf8')));
  });

  it('is given up when the tick is over, and does not begin after it', async () => {
    // Without the signal it would end with 0.
    expect(await run('sleep 40', { requestTimeoutSeconds: 60 }, AbortSignal.timeout(100))).toMatchObject({
      exitCode: 124,
    });
    expect(await run('echo no', {}, AbortSignal.abort())).toMatchObject({
      kind: 'failed',
      code: 'aborted',
      started: false,
    });
  });

  it('may leave a worker behind: its answer is not waited for beyond its own end', async () => {
    const pid = join(folder, 'left');
    const ended = await run(`sleep 3600 & echo $! > ${pid}; echo done`, { requestTimeoutSeconds: 60 });
    expect(ended).toMatchObject({ exitCode: 0, stdout: 'done\n' });
    process.kill(Number(readFileSync(pid, 'utf8')));
  });

  it('cannot fill the memory', async () => {
    const ended = await run('yes 0123456789012345678901234567890123456789');
    expect(ended).toMatchObject({ exitCode: 124, cut: true });
    expect((ended as { stdout: string }).stdout.length).toBeLessThanOrEqual(MAX_OUTPUT_BYTES);
  });

  it('is not there, or not executable: it did not begin', async () => {
    const nowhere = execTransport({ transport: 'exec', scripts: '/no/such/folder' });
    expect(await nowhere.run('getRequestStatus', INPUT, { signal })).toMatchObject({
      kind: 'failed',
      code: 'ENOENT',
      started: false,
    });
    rmSync(join(folder, 'getRequestStatus.sh'));
    expect(await run('echo', {}, signal, 0o644)).toMatchObject({ kind: 'failed', code: 'EACCES', started: false });
    rmSync(join(folder, 'getRequestStatus.sh'));
  });

  it('leaves nothing in the temporary folder', async () => {
    const own = mkdtempSync(join(tmpdir(), 'pollux-test-'));
    vi.stubEnv('TMPDIR', own);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(own, { recursive: true });
    });
    expect(await run('echo "$2"; exit 1')).toMatchObject({ exitCode: 1, stdout: expect.stringContaining(own) });
    expect(readdirSync(own)).toEqual([]);
  });
});
