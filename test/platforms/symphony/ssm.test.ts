import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startSymphonySimulator } from '../../../infra/local/simulators/symphony.ts';
import type { Carry } from '../../../shared/platforms/adapter.ts';
import { commandsFor, unwrap } from '../../../shared/platforms/symphony/host-script.ts';
import type { SsmOptions } from '../../../shared/platforms/symphony/options.ts';
import { systemsManager } from '../../../shared/platforms/symphony/run-command.ts';
import { connectThrough } from '../../../shared/platforms/symphony/runtime.ts';
import { ssmTransport } from '../../../shared/platforms/symphony/ssm.ts';
import { INSTANCE, startFakeSsm } from './fake-ssm.ts';
import { contextOf, doing, jobFor, observed, signal } from './rig.ts';

const AWS = { AWS_ACCESS_KEY_ID: 'AKIATEST', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'eu-west-1' };
const SSM = { transport: 'ssm', instanceId: INSTANCE, runAs: 'egoadmin' } as const;

async function startHost(settings: object = {}, options: object = {}) {
  const ssm = await startFakeSsm();
  const simulator = await startSymphonySimulator({ settings });
  Object.assign(process.env, AWS, { AWS_ENDPOINT_URL_SSM: ssm.url });
  const { scripts, requestForm } = simulator.connection;
  const context = contextOf({ ...SSM, scripts, ...(requestForm !== undefined && { requestForm }), ...options });
  const service = systemsManager(context.options as SsmOptions);
  // The adapter itself but for the pauses between two reads, which are of seconds.
  const transport = ssmTransport(context.name, context.options as SsmOptions, service, [5, 10, 20]);
  const connection = connectThrough(transport, context);
  const sent = () => ssm.requests.filter(({ call }) => call === 'SendCommand');
  return { ssm, simulator, scripts: String(scripts), context, transport, connection, sent, ...doing(connection) };
}

let host: Awaited<ReturnType<typeof startHost>>;
const start = async (settings = {}, options = {}) => {
  host = await startHost(settings, options);
  return host;
};
const before = { ...process.env };
afterEach(async () => {
  host?.ssm.close();
  await host?.simulator.close();
  host = undefined as never;
  for (const name of ['AWS_ENDPOINT_URL_SSM', ...Object.keys(AWS)]) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
});

/** Is over as soon as the end of a command has been asked for so many times: the command was sent, whatever that took. */
function afterReads(ssm: Awaited<ReturnType<typeof startFakeSsm>>, count = 1): AbortSignal {
  const reads = () => ssm.requests.filter(({ call }) => call === 'GetCommandInvocation').length;
  const before = reads();
  const controller = new AbortController();
  const timer = setInterval(() => {
    if (reads() < before + count) return;
    clearInterval(timer);
    controller.abort();
  }, 2);
  return controller.signal;
}

/** A getRequestStatus.sh of the test's own. */
function script(text: string, name = 'getRequestStatus') {
  writeFileSync(join(host.scripts, `${name}.sh`), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

describe('scripts on the management host', () => {
  it.each([{ dialect: 'real' }, { dialect: 'vendor' }, { dialect: 'noisy' }])(
    'of $dialect: a request, its end, a cancel',
    async (settings) => {
      const { simulator, started, until, cancel } = await start(settings);
      const job = await started(simulator.ends('ok', 0.2));
      await until(job, 'SUCCEEDED');
      const other = await started(simulator.scenarios.runsForever());
      await cancel(other);
      await until(other, 'CANCELED');
      expect(simulator.calls.requestReturnMachines).toBe(1);
    },
  );

  it('HF §8.1: the input crosses in base64, whatever is in it', async () => {
    const { submit, simulator, sent } = await start();
    const templateId = `'"$(touch /tmp/pollux-owned)\`x\`{{ssm:secret}}; exit 3 # ä`;
    await submit({ operation: 'requestMachines', template: { templateId, machineCount: 2 } });
    expect(JSON.parse(simulator.inputs[0]!)).toEqual({ template: { templateId, machineCount: 2 } });
    expect(JSON.stringify(sent()[0]!.body.Parameters)).not.toMatch(/owned|\{\{/);
  });

  it('HF §8.4 §8.5: the script runs as the account, with the environment and the profile', async () => {
    const { look, ssm, scripts } = await start({}, { environment: { HF_PROVIDER_NAME: "it's $HOME" } });
    script('echo "$HF_PROVIDER_NAME|$USER|$PWD" >&2; exit 3');
    expect(await look(jobFor('req-1'))).toMatchObject({ message: expect.stringContaining(`|egoadmin|${scripts}`) });
    expect(ssm.accounts()).toEqual(['egoadmin']);
    const profile = join(ssm.folder, 'profile');
    writeFileSync(profile, 'echo "{ welcome"; EGO_TOP=/opt/ego; export EGO_TOP\n');
    const second = contextOf({ ...SSM, scripts, profile });
    const transport = ssmTransport(
      'a',
      second.options as SsmOptions,
      systemsManager(second.options as SsmOptions),
      [5],
    );
    script(
      'echo "{\\"requests\\":[{\\"requestId\\":\\"req-1\\",\\"status\\":\\"running\\",\\"message\\":\\"$EGO_TOP\\"}]}"',
    );
    const run = await transport.run('getRequestStatus', { requests: [{ requestId: 'req-1' }] }, { signal });
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\{"requests.*\/opt\/ego/) });
  });

  it('HF §8.3: the input is a file of its own, and is gone afterwards', async () => {
    const { look, ssm } = await start();
    script('ls -l "$2" >&2; exit 3');
    expect(await look(jobFor('req-1'))).toMatchObject({ message: expect.stringContaining('-rw-------') });
    expect(readdirSync(ssm.folder).filter((name) => name.startsWith('pollux.'))).toEqual([]);
  });

  it('HF §6: exit 1 is Failed to Systems Manager, and its output is there', async () => {
    const { submit, simulator } = await start({ dialect: 'real' });
    expect(await submit(simulator.scenarios.succeeds(1))).toMatchObject({ kind: 'accepted' });
    expect(await submit(simulator.scenarios.refused())).toMatchObject({
      kind: 'refused',
      error: { message: expect.stringContaining('template does not exist'), retryable: false },
    });
  });

  it('an answer of 300 machines comes whole: the host compresses it', async () => {
    const { simulator, started, until } = await start();
    const job = await started(simulator.ends('ok', 0, 300));
    expect((await until(job, 'SUCCEEDED')).parts).toHaveLength(300);
  });

  it('HF §3.m: 24,000 characters are a cut answer', async () => {
    const { look } = await start();
    // Noise cannot be compressed to where it fits; a cut object says nothing about its machines.
    script(
      `head -c 60000 /dev/urandom | base64 | tr -d '\\n' | sed 's/^/{"requests":[{"requestId":"req-1","status":"complete","message":"/'`,
    );
    expect(await look(jobFor('req-1'))).toMatchObject({ kind: 'transient', code: 'truncated' });
  });

  it('a script is ended after its time, with what it started', async () => {
    const { look } = await start({}, { requestTimeoutSeconds: 1 });
    script('sleep 30');
    expect(await look(jobFor('req-1'))).toMatchObject({ kind: 'transient', code: 'exit 124' });
  });

  it.each([
    ['no such folder', { scripts: '/no/such/folder' }],
    ['no such profile', { profile: '/no/such/profile' }],
  ])('%s: the script did not begin', async (_, options) => {
    const { submit, look } = await start({}, options);
    const request = { operation: 'requestMachines', template: { templateId: 'T', machineCount: 1 } };
    expect(await submit(request)).toMatchObject({ kind: 'unavailable', error: { code: 'NotStarted' } });
    expect(await look(jobFor('req-1'))).toMatchObject({ kind: 'permanent', code: 'NotStarted' });
  });
});

describe('Systems Manager', () => {
  const request = { operation: 'requestMachines', template: { templateId: 'sim:ok:0', machineCount: 2 } };

  it('a submit that takes longer than an API call stays SUBMITTING, and the loop carries it on', async () => {
    const { connection, ssm, look, until, simulator, cancel } = await start();
    ssm.settings.delayMs = 300;
    const outcome = await connection.submit(request as never, undefined, { signal: afterReads(ssm) });
    expect(outcome).toMatchObject({ kind: 'pending', handle: { run: expect.any(String), machineCount: 2 } });
    const job = { ...jobFor('x'), handle: (outcome as unknown as { handle: Record<string, string> }).handle };
    expect(await look(job)).toMatchObject({ kind: 'observed', status: 'QUEUED' });
    expect(await cancel(job)).toMatchObject({ kind: 'transient', code: 'StillSubmitting' });
    const ended = await until(job, 'SUCCEEDED');
    expect(job.handle).toEqual({ requestId: ended.platformJobId, machineCount: 2 });
    expect(simulator.calls.requestMachines).toBe(1);
  });

  it('a pending submit that is refused ends FAILED, one that is lost LOST', async () => {
    const { connection, ssm, until, simulator } = await start();
    const pending = async (body: object) => {
      ssm.settings.delayMs = 100;
      const outcome = await connection.submit(body as never, undefined, { signal: afterReads(ssm) });
      return { ...jobFor('x'), handle: (outcome as unknown as { handle: Record<string, string> }).handle };
    };
    expect(await until(await pending(simulator.scenarios.refused()), 'FAILED')).toMatchObject({
      error: { message: expect.stringContaining('does not exist') },
    });
    simulator.inject('lost-answer');
    expect(await until(await pending(request), 'LOST')).toMatchObject({ error: { outcomeUncertain: true } });
  });

  it('HF §7: a pending submit whose command was ended by the agent is LOST', async () => {
    const { connection, ssm, until } = await start();
    ssm.settings.delayMs = 60_000;
    const outcome = await connection.submit(request as never, undefined, { signal: afterReads(ssm) });
    ssm.settings.state = 'ExecutionTimedOut';
    const job = { ...jobFor('x'), handle: (outcome as unknown as { handle: Record<string, string> }).handle };
    expect(await until(job, 'LOST')).toMatchObject({ error: { code: 'ExecutionTimedOut' } });
  });

  it.each([
    ['ThrottlingException', 400, 'unavailable'],
    ['AccessDeniedException', 400, 'unavailable'],
    ['InvalidInstanceId', 400, 'unavailable'],
    ['InternalServerError', 500, 'unknown'],
    ['reset', 0, 'unknown'],
  ])('a submit that meets %s is %s %s, and never sent twice', async (type, status, kind) => {
    const { submit, ssm, sent } = await start();
    ssm.settings.fail = { call: 'SendCommand', type, status, count: 5 };
    expect(await submit(request)).toMatchObject({ kind });
    expect(sent()).toHaveLength(1);
  });

  it.each([
    ['DeliveryTimedOut', 'unavailable', 'transient'],
    ['Undeliverable', 'unavailable', 'transient'],
    ['ExecutionTimedOut', 'unknown', 'transient'],
    ['Cancelled', 'unknown', 'transient'],
  ] as const)('HF §7: a command that is %s', async (state, submitted, looked) => {
    const { submit, look, ssm } = await start();
    ssm.settings.state = state;
    expect(await submit(request)).toMatchObject({ kind: submitted, error: { code: state } });
    expect(await look(jobFor('req-1'))).toMatchObject({ kind: looked, code: state });
  });

  it('HF §7: a command that is not shown yet, and reads that are throttled, are waited for', async () => {
    const { submit, ssm } = await start();
    ssm.settings.lateReads = 4;
    ssm.settings.fail = { call: 'GetCommandInvocation', type: 'ThrottlingException', count: 2 };
    expect(await submit(request)).toMatchObject({ kind: 'accepted' });
  });

  it('HF-T4 HF §8.7: a status that is not over with its tick is not asked again, its answer is fetched', async () => {
    const { connection, ssm, simulator, started, sent } = await start({ oneShot: true });
    const job = await started(simulator.ends('ok', 0));
    ssm.settings.delayMs = 150;
    const early = await connection.check([job], { signal: afterReads(ssm) });
    expect(early.get(job.id)).toMatchObject({ kind: 'transient', code: 'StillRunning', pending: true });
    expect(observed((await connection.check([job], { signal })).get(job.id))).toMatchObject({ status: 'SUCCEEDED' });
    expect(sent()).toHaveLength(2);
  });

  it('a status that is not over with its tick is read by another instance of the function, by the id of its command', async () => {
    const { connection, context, transport, ssm, simulator, started, sent } = await start({ oneShot: true });
    const job = await started(simulator.ends('ok', 0));
    ssm.settings.delayMs = 150;
    const carry: Carry = {};
    await connection.check([job], { signal: afterReads(ssm), carry });
    const other = connectThrough(transport, context);
    expect((await other.check([job], { signal, carry })).get(job.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(sent()).toHaveLength(2);
  });

  it('a status whose end may not be read is a failed poll with that reason, and is not lost', async () => {
    const { connection, ssm, simulator, started, sent } = await start();
    const job = await started(simulator.ends('ok', 0));
    ssm.settings.fail = { call: 'GetCommandInvocation', type: 'AccessDeniedException', count: 1e9 };
    const denied = await connection.check([job], { signal: afterReads(ssm, 2) });
    expect(denied.get(job.id)).toMatchObject({ kind: 'permanent', code: 'AccessDeniedException' });
    ssm.settings.fail = undefined;
    expect((await connection.check([job], { signal })).get(job.id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(sent()).toHaveLength(2);
  });

  it('a list that does not fit into a command is refused before it is sent', async () => {
    const { submit, sent } = await start();
    const machines = Array.from({ length: 500 }, (_, n) => ({
      machineId: `i-${n}-${'x'.repeat(100)}`,
      name: `host-${n}`,
    }));
    expect(await submit({ operation: 'requestReturnMachines', machines })).toMatchObject({
      kind: 'refused',
      error: { code: 'TooLarge' },
    });
    expect(sent()).toEqual([]);
  });
});

describe('.bat', () => {
  const options = {
    ...SSM,
    scriptType: 'bat',
    scripts: "C:\\it's\\scripts",
    environment: { A: 'x’y' },
  } as unknown as SsmOptions;
  const text = commandsFor('getRequestStatus', { requests: [{ requestId: "'; calc" }] }, options).join('\n');

  it('HF §8.9: writes bytes, keeps the exit code, quotes as PowerShell does', () => {
    const [, encoded] = /FromBase64String\('([A-Za-z0-9+/=]+)'\)/.exec(text)!;
    expect(JSON.parse(Buffer.from(encoded!, 'base64').toString())).toEqual({ requests: [{ requestId: "'; calc" }] });
    expect(text).toContain('[IO.File]::WriteAllBytes');
    expect(text).toContain("Set-Location -LiteralPath 'C:\\it''s\\scripts'");
    expect(text).toContain("$env:A = 'x’’y'");
    expect(text).toContain("& '.\\getRequestStatus.bat' -f $file");
    expect(text.trimEnd()).toMatch(/exit \$code$/);
    expect(text).not.toContain('calc');
  });

  it('the marker is found among line ends of Windows', () => {
    expect(unwrap('noise\r\npollux 1\r\n{"a":1}\r\n')).toBe('{"a":1}\r\n');
    expect(unwrap('{"a":1}')).toBeUndefined();
  });
});
