import { setTimeout as sleep } from 'node:timers/promises';
import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fault, Simulator } from '../../infra/local/simulators/simulator.ts';
import { createHttpClient } from '../../shared/http/node.ts';
import { isTerminal } from '../../shared/job/job.ts';
import type { CheckOutcome } from '../../shared/job/outcome.ts';
import type { ConnectionContext, JobRef, PlatformConnection, SubmitOutcome } from '../../shared/platforms/adapter.ts';
import { SecretUnavailable } from '../../shared/secrets/secret-store.ts';
import { SILENT } from '../support/world.ts';
import { PLATFORMS, type PlatformUnderContract } from './platforms.ts';

const FAULTS: Fault[] = ['unauthorized', 'html', 'empty', 'hang', 'truncated', 'unavailable', 'reset', 'throttled'];
const within = (ms: number) => ({ signal: AbortSignal.timeout(ms) });

/** The contract that every platform keeps, in each of its variants. One file per platform, so that they run side by side. */
export function holdToContract(platform: string): void {
  describe.each(PLATFORMS.filter(({ adapter }) => adapter.platform === platform))(
    'contract: $adapter.platform $variant',
    keepsContract,
  );
}

function keepsContract({ adapter, start, skips }: PlatformUnderContract): void {
  const contract = (name: string, run: () => Promise<void>) => {
    const [, reason] = Object.entries(skips).find(([beginning]) => name.startsWith(beginning)) ?? [];
    test.skipIf(reason !== undefined)(reason === undefined ? name : `${name} [${reason}]`, run, 120_000);
  };
  let simulator: Simulator;
  let connection: PlatformConnection;

  /** Patient, as a busy machine needs it; a second for a platform that hangs. */
  const connect = (overrides: Partial<ConnectionContext<unknown, unknown>> = {}, patience = 20) => {
    const limits = { requestTimeoutSeconds: patience, maxRequestsPerSecond: 1000 };
    const remote = Object.keys(simulator.connection).length > 0;
    const options = adapter.options.parse({ ...simulator.connection, ...(remote && limits) });
    return adapter.connect({
      name: `${adapter.platform}/lab`,
      options,
      secret: async () => simulator.secret,
      http: createHttpClient(options as never),
      now: Date.now,
      random: Math.random,
      log: SILENT,
      ...overrides,
    });
  };

  const submit = async (body: Record<string, unknown>, on = connection) => {
    const request = adapter.submitRequest.parse(body);
    const job = { id: ulid(), createdAt: Date.now() };
    const intent = on.intent(request, job);
    return {
      job,
      intent,
      operation: String(body.operation),
      outcome: await on.submit(request, intent, within(60_000)),
    };
  };

  const refOf = ({
    job,
    operation,
    outcome,
  }: {
    job: { id: string; createdAt: number };
    operation: string;
    outcome: SubmitOutcome;
  }): JobRef => {
    if (outcome.kind !== 'accepted') throw new Error(`the simulator did not accept it: ${JSON.stringify(outcome)}`);
    return { ...job, operation, handle: outcome.handle };
  };

  const started = async (body: Record<string, unknown>) => refOf(await submit(body));

  const look = async (job: JobRef, on = connection): Promise<CheckOutcome> => {
    const outcome = (await on.check([job], within(60_000))).get(job.id)!;
    if (outcome.kind === 'observed' && outcome.handle) job.handle = outcome.handle;
    return outcome;
  };

  const untilOver = async (job: JobRef) => {
    for (;;) {
      const outcome = await look(job);
      if (outcome.kind === 'observed' && isTerminal(outcome.status)) return outcome;
      await sleep(100);
    }
  };

  beforeAll(async () => {
    simulator = await start();
    connection = connect();
  });
  afterAll(() => simulator.close());

  contract('an unknown key is an error, in options and in requests', async () => {
    expect(adapter.options.safeParse({ ...simulator.connection, insecure: true }).success).toBe(false);
    expect(adapter.submitRequest.safeParse({ ...simulator.scenarios.succeeds(1), bogus: 1 }).success).toBe(false);
    expect(adapter.submitRequest.safeParse({}).success).toBe(false);
  });

  contract('a job is accepted, runs, and succeeds', async () => {
    const submitted = await submit(simulator.scenarios.succeeds(0.5));
    const job = refOf(submitted);
    expect(JSON.stringify(job.handle).length).toBeLessThan(1000);
    expect(submitted.outcome).toMatchObject({ platformJobId: expect.any(String) });
    expect(await untilOver(job)).toMatchObject({ status: 'SUCCEEDED' });
    const running = await look(await started(simulator.scenarios.runsForever()));
    expect(running).toMatchObject({ kind: 'observed', status: expect.stringMatching(/^(QUEUED|RUNNING)$/) });
  });

  contract("a job that fails tells the platform's own error", async () => {
    const over = await untilOver(await started(simulator.scenarios.fails(0.2)));
    expect(over).toMatchObject({
      status: 'FAILED',
      error: { code: expect.stringMatching(/./), message: expect.stringMatching(/./) },
    });
  });

  contract("a refusal is an outcome with the platform's own error", async () => {
    const { outcome } = await submit(simulator.scenarios.refused());
    expect(outcome).toMatchObject({
      kind: 'refused',
      error: { code: expect.stringMatching(/./), message: expect.stringMatching(/./) },
    });
  });

  contract('a job that runs already is adopted', async () => {
    const body = simulator.scenarios.adopts(0.3);
    const adopted = connection.adopt(adapter.adoptRequest.parse(body));
    const job = { id: ulid(), createdAt: Date.now(), operation: String(body.operation), ...adopted };
    expect(await untilOver(job)).toMatchObject({ status: 'SUCCEEDED' });
  });

  contract(
    'many jobs are looked at in few calls, each has its own outcome, and one that is gone hides no other',
    async () => {
      const submitted = await Promise.all(Array.from({ length: 40 }, () => submit(simulator.scenarios.runsForever())));
      const jobs = submitted.map(refOf);
      const gone = submitted[7]!.outcome;
      if (gone.kind === 'accepted') simulator.forget(gone.platformJobId!);
      await connection.check(jobs, within(60_000));
      const calls = () => Object.values(simulator.calls).reduce((sum, n) => sum + n, 0);
      const before = calls();
      const outcomes = await connection.check(jobs, within(60_000));
      if (adapter.capabilities.batchCheck) expect(calls() - before).toBeLessThanOrEqual(10);
      expect(outcomes.size).toBe(40);
      for (const [i, job] of jobs.entries()) {
        expect(outcomes.get(job.id)).toMatchObject(i === 7 ? { kind: 'not_found' } : { kind: 'observed' });
      }
    },
  );

  contract('what has not changed brings no new handle', async () => {
    const job = await started(simulator.scenarios.runsForever());
    await look(job);
    await look(job);
    const again = (await connection.check([job], within(60_000))).get(job.id)!;
    expect(again).toMatchObject({ kind: 'observed' });
    expect(again).not.toHaveProperty('handle');
  });

  for (const fault of FAULTS) {
    contract(`a look that meets "${fault}" ends no job, and the next one is well`, async () => {
      const job = await started(simulator.scenarios.runsForever());
      const asking = fault === 'hang' ? connect({}, 1) : connection;
      await look(job, asking);
      simulator.inject(fault, { count: 20 });
      const outcome = await look(job, asking);
      expect(['transient', 'permanent']).toContain(outcome.kind);
      simulator.inject(fault, { count: 0 });
      // After a refused login an adapter may rest before it tries that password again; another process does not know.
      if (fault === 'unauthorized') connection = connect();
      expect(await look(job)).toMatchObject({
        kind: 'observed',
        status: expect.stringMatching(/^(QUEUED|RUNNING)$/),
      });
    });

    contract(`a submit that meets "${fault}" is not repeated blindly`, async () => {
      const other = connect({}, fault === 'hang' ? 1 : 20);
      simulator.inject(fault, { count: 20 });
      const { outcome } = await submit(simulator.scenarios.runsForever(), other);
      simulator.inject(fault, { count: 0 });
      expect(['unavailable', 'unknown', 'refused']).toContain(outcome.kind);
    });
  }

  contract('a hung platform is given up when the time is over', async () => {
    const job = await started(simulator.scenarios.runsForever());
    simulator.inject('hang', { count: 20 });
    // Its own requests would wait for 20 s.
    const startedAt = Date.now();
    const outcome = (await connection.check([job], within(300))).get(job.id);
    simulator.inject('hang', { count: 0 });
    expect(Date.now() - startedAt).toBeLessThan(15_000);
    expect(outcome?.kind ?? 'transient').toBe('transient');
  });

  contract('a submit whose answer is lost is found again, and is the one that runs', async () => {
    const body = simulator.scenarios.runsForever();
    await look(await started(simulator.scenarios.runsForever()));
    simulator.inject('lost-answer', { call: String(body.operation) });
    const lost = await submit(body);
    expect(lost.outcome.kind).toBe('unknown');
    const found = await connection.findSubmitted!(lost.intent!, within(60_000));
    expect(found).toMatchObject({ kind: 'accepted' });
    expect(await look(refOf({ ...lost, outcome: found as SubmitOutcome }))).toMatchObject({ kind: 'observed' });
  });

  contract('a submit that never arrived is absent', async () => {
    const request = adapter.submitRequest.parse(simulator.scenarios.succeeds(1));
    const intent = connection.intent(request, { id: ulid(), createdAt: Date.now() });
    expect(await connection.findSubmitted!(intent!, within(60_000))).toMatchObject({ kind: 'absent' });
  });

  contract('a cancel is followed to its end', async () => {
    const job = await started(simulator.scenarios.runsForever());
    const canceled = await connection.cancel!(job, within(60_000));
    expect(canceled).toMatchObject({ kind: 'accepted' });
    if (canceled.kind === 'accepted' && canceled.handle) job.handle = canceled.handle;
    const asked = { ...job, cancelRequestedAt: Date.now(), cancelSentAt: Date.now() };
    expect(await untilOver(asked)).toMatchObject({ status: 'CANCELED' });
  });

  contract('a cancel of what is over says so', async () => {
    const job = await started(simulator.scenarios.succeeds(0.1));
    await untilOver(job);
    expect(await connection.cancel!(job, within(60_000))).toEqual({ kind: 'over' });
  });

  contract('an ended session is renewed', async () => {
    const job = await started(simulator.scenarios.runsForever());
    simulator.expireSessions();
    expect(await look(job)).toMatchObject({ kind: 'observed' });
  });

  contract('a secret that cannot be read fails the look, not the job', async () => {
    const locked = connect({
      secret: async () => {
        throw new SecretUnavailable('the secret "x" cannot be read');
      },
    });
    const job = await started(simulator.scenarios.runsForever());
    expect(['transient', 'permanent']).toContain((await look(job, locked)).kind);
    expect((await submit(simulator.scenarios.succeeds(1), locked)).outcome.kind).toBe('unavailable');
  });

  contract('no outcome and no log line holds the secret', async () => {
    const said: unknown[] = [];
    const note = (message: string, data?: object) => said.push(message, data);
    const canary = 'c4nary-s3cret';
    const wrong = Object.fromEntries(Object.keys(simulator.secret).map((key) => [key, canary]));
    const spied = connect({
      secret: async () => wrong,
      log: { debug: note, info: note, warn: note },
    });
    const job = await started(simulator.scenarios.runsForever());
    said.push(await look(job, spied), (await submit(simulator.scenarios.succeeds(1), spied)).outcome);
    expect(JSON.stringify(said)).not.toContain(canary);
  });
}
