import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Carry, MAX_CARRY } from '../../../shared/platforms/adapter.ts';
import { execTransport } from '../../../shared/platforms/symphony/exec.ts';
import type { ExecOptions } from '../../../shared/platforms/symphony/options.ts';
import { connectThrough } from '../../../shared/platforms/symphony/runtime.ts';
import type { Run, Transport } from '../../../shared/platforms/symphony/transport.ts';
import { contextOf, entry, idsOf, jobFor, machine, ran, type Said, signal } from './rig.ts';

const UP = [machine('i-1', 'succeed'), machine('i-2', 'succeed')];
const answer = (ids: readonly string[]) => ({ requests: ids.map((id) => entry(id, 'complete', UP.map(of(id)))) });
const of = (id: string) => (one: object) => ({ ...one, machineId: `${id}-${(one as { name: string }).name}` });

/** A host on which each script runs until the test says what it has printed; several instances of a function use it. */
function slowHost() {
  const runs = new Map<string, { ids: string[]; run?: Run }>();
  const transport: Transport = {
    label: (script) => `${script}.sh`,
    async run(_script, input) {
      const ticket = `run-${runs.size + 1}`;
      runs.set(ticket, { ids: idsOf(input) });
      return { kind: 'running', ticket };
    },
    async resume(ticket) {
      return runs.get(ticket)?.run ?? { kind: 'running', ticket };
    },
  };
  const clock = { at: Date.now() };
  const instance = () =>
    connectThrough(transport, { ...contextOf({ transport: 'exec', scripts: '/s' }), now: () => clock.at });
  const over = (ticket: string, said: Said | Run) => Object.assign(runs.get(ticket)!, { run: ran(said) });
  return { runs, clock, instance, over };
}

describe('a getRequestStatus that takes longer than a tick', () => {
  it('is no failure, is not asked again, and its answer is read by a later tick of any instance', async () => {
    const { runs, instance, over } = slowHost();
    const job = jobFor('r-1');
    const carry: Carry = {};
    const poll = async (on = instance()) => (await on.check([job], { signal, carry })).get(job.id);
    expect(await poll()).toMatchObject({ kind: 'transient', code: 'StillRunning', pending: true });
    expect(await poll()).toMatchObject({ pending: true });
    over('run-1', answer(['r-1']));
    expect(await poll()).toMatchObject({ status: 'SUCCEEDED' });
    expect(runs.size).toBe(1);
    // And what it said, it has said once: whoever is asked again knows it.
    expect(await poll()).toMatchObject({ status: 'SUCCEEDED' });
    expect(runs.size).toBe(1);
  });

  it('answers for all requests of its call, though only some of them are asked about when it is read', async () => {
    const { runs, instance, over } = slowHost();
    const [one, other] = [jobFor('r-1'), jobFor('r-2')];
    const carry: Carry = {};
    await instance().check([one, other], { signal, carry });
    over('run-1', answer(['r-1', 'r-2']));
    expect((await instance().check([one], { signal, carry })).get(one.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await instance().check([other], { signal, carry })).get(other.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(runs.size).toBe(1);
  });

  it('keeps other scripts from being started beside it: providers lock their state', async () => {
    const { runs, instance } = slowHost();
    const [one, other] = [jobFor('r-1'), jobFor('r-2')];
    const connection = instance();
    await connection.check([one], { signal });
    expect((await connection.check([other], { signal })).get(other.id)).toMatchObject({ pending: true });
    expect(runs.size).toBe(1);
  });

  it('that fails is a failed poll with its reason, and is asked again by the next one', async () => {
    const { runs, instance, over } = slowHost();
    const job = jobFor('r-1');
    const connection = instance();
    const poll = async () => (await connection.check([job], { signal })).get(job.id);
    await poll();
    over('run-1', { exitCode: 1, stdout: 'Error: database is locked' });
    const failed = await poll();
    expect(failed).toMatchObject({ kind: 'transient', message: expect.stringContaining('database is locked') });
    expect(failed).not.toHaveProperty('pending');
    expect(await poll()).toMatchObject({ pending: true });
    expect(runs.size).toBe(2);
  });

  it('is given up when it takes longer than requestTimeoutSeconds and a minute, which the message names', async () => {
    const { instance, clock } = slowHost();
    const job = jobFor('r-1');
    const connection = instance();
    const poll = async () => (await connection.check([job], { signal })).get(job.id);
    await poll();
    clock.at += 361_000;
    expect(await poll()).toMatchObject({
      code: 'exit 124',
      message: expect.stringMatching(/not over after 360 s \(requestTimeoutSeconds/),
    });
  });
});

describe('what is carried from tick to tick', () => {
  it('is an end that was told once, though another instance makes the next tick', async () => {
    let asked = 0;
    const transport: Transport = {
      label: (script) => `${script}.sh`,
      run: async (_script, input) =>
        ran(asked++ === 0 ? answer(idsOf(input)) : { requests: idsOf(input).map((id) => entry(id, 'complete')) }),
      resume: () => Promise.reject(new Error('nothing was left')),
    };
    const instance = () => connectThrough(transport, contextOf({ transport: 'exec', scripts: '/s' }));
    const job = jobFor('r-1');
    const carry: Carry = {};
    const first = (await instance().check([job], { signal, carry })).get(job.id);
    expect(first).toMatchObject({ status: 'SUCCEEDED' });
    expect((await instance().check([job], { signal, carry })).get(job.id)).toEqual(first);
    expect(await instance().cancel!(job, { signal, carry })).toEqual({ kind: 'over' });
    expect(asked).toBe(1);
  });

  it('stays small, whatever was told, and the last ends come first', async () => {
    const machines = (id: string) =>
      Array.from({ length: 100 }, (_, n) => machine(`${id}-${n}-${Math.sin(n + id.length)}`, 'succeed'));
    const transport: Transport = {
      label: (script) => `${script}.sh`,
      run: async (_script, input) => ran({ requests: idsOf(input).map((id) => entry(id, 'complete', machines(id))) }),
      resume: () => Promise.reject(new Error('nothing was left')),
    };
    const connection = connectThrough(transport, contextOf({ transport: 'exec', scripts: '/s' }));
    const carry: Carry = {};
    for (let n = 0; n < 30; n++) await connection.check([jobFor(`r-${n}`, 100)], { signal, carry });
    expect(carry.value!.length).toBeGreaterThan(1_000);
    expect(carry.value!.length).toBeLessThanOrEqual(MAX_CARRY);
  });

  const carriedAs = (value: unknown) => deflateRawSync(JSON.stringify(value)).toString('base64url');
  it.each([
    '',
    'x',
    'AAAA',
    Buffer.from('{}').toString('base64url'),
    carriedAs(null),
    carriedAs({}),
    carriedAs({
      runs: [null, { ids: [] }, { ticket: 'a', ids: [1], since: 0 }],
      answers: [null, {}, { entry: {}, at: 1 }],
    }),
  ])('is ignored where it cannot be read: %j', async (value) => {
    const transport: Transport = {
      label: (script) => `${script}.sh`,
      run: async (_script, input) => ran(answer(idsOf(input))),
      resume: () => Promise.reject(new Error('nothing was left')),
    };
    const connection = connectThrough(transport, contextOf({ transport: 'exec', scripts: '/s' }));
    const job = jobFor('r-1');
    expect((await connection.check([job], { signal, carry: { value } })).get(job.id)).toMatchObject({
      status: 'SUCCEEDED',
    });
  });
});

describe('a slow script over exec', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pollux-slow-test-'));
    execFileSync('mkfifo', [join(folder, 'gate')]);
    // Starts, then waits until the test opens the gate.
    const script = `#!/bin/sh\necho started >> ${folder}/log\nread line < ${folder}/gate\ncat ${folder}/answer\n`;
    writeFileSync(join(folder, 'getRequestStatus.sh'), script, { mode: 0o755 });
    writeFileSync(join(folder, 'requestMachines.sh'), script, { mode: 0o755 });
    writeFileSync(join(folder, 'answer'), JSON.stringify(answer(['r-1'])));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  const options = (): ExecOptions => ({ transport: 'exec', scripts: folder, requestTimeoutSeconds: 300 });
  const started = () => vi.waitUntil(() => existsSync(join(folder, 'log')), { timeout: 20_000, interval: 10 });
  /** A tick whose time is over as soon as the script has started. */
  async function tick(work: (signal: AbortSignal) => Promise<unknown>) {
    const controller = new AbortController();
    const result = work(controller.signal);
    await started();
    controller.abort();
    return result;
  }

  it('goes on when its tick is over, and the next one reads its answer', async () => {
    const connection = connectThrough(execTransport(options()), contextOf({ ...options() }));
    const job = jobFor('r-1');
    const first = (await tick((signal) => connection.check([job], { signal }))) as Map<string, unknown>;
    expect(first.get(job.id)).toMatchObject({ pending: true });
    writeFileSync(join(folder, 'gate'), 'go\n');
    expect((await connection.check([job], { signal })).get(job.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('started\n');
  });

  it('is waited for, and not started again, where another process of ours has started it', async () => {
    const carry: Carry = {};
    const instance = () => connectThrough(execTransport(options()), contextOf({ ...options() }));
    const job = jobFor('r-1');
    await tick((signal) => instance().check([job], { signal, carry }));
    const second = instance();
    const over = AbortSignal.abort();
    expect((await second.check([job], { signal: over, carry })).get(job.id)).toMatchObject({ pending: true });
    writeFileSync(join(folder, 'gate'), 'go\n');
    // Its output is lost with the instance that started it: a failed poll, and the next one asks again.
    const failed = (await second.check([job], { signal, carry })).get(job.id);
    expect(failed).toMatchObject({ kind: 'transient', code: 'Elsewhere' });
    expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('started\n');
  });

  it('cannot go on in a function on AWS: the message blames that limit and names the options', async () => {
    vi.stubEnv('AWS_LAMBDA_INITIALIZATION_TYPE', 'on-demand');
    const connection = connectThrough(execTransport(options()), contextOf({ ...options() }));
    const job = jobFor('r-1');
    const outcome = (await tick((signal) => connection.check([job], { signal }))) as Map<string, unknown>;
    expect(outcome.get(job.id)).toMatchObject({
      kind: 'transient',
      code: 'exit 124',
      message: expect.stringMatching(/a tick has.*on AWS.*"exec".*requestTimeoutSeconds \(300\).*transport "ssm"/),
    });
    expect(outcome.get(job.id)).not.toHaveProperty('pending');
  });

  it('of a submit is ended with the call, and the message says so', async () => {
    const connection = connectThrough(execTransport(options()), contextOf({ ...options() }));
    const request = { operation: 'requestMachines', template: { templateId: 'T', machineCount: 1 } };
    const outcome = await tick((signal) => connection.submit(request as never, undefined, { signal }));
    expect(outcome).toMatchObject({
      kind: 'unknown',
      error: { outcomeUncertain: true, message: expect.stringMatching(/all that the call of the API has.*"ssm"/) },
    });
  });

  it('that takes longer than requestTimeoutSeconds is told so', async () => {
    const run = await execTransport({ ...options(), requestTimeoutSeconds: 1 }).run('getRequestStatus', {}, { signal });
    expect(run).toMatchObject({ exitCode: 124, limit: 'it took longer than requestTimeoutSeconds (1)' });
  });
});
