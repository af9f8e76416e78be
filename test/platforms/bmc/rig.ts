import { type BmcSimulatorOptions, startBmcSimulator } from '../../../infra/local/simulators/bmc.ts';
import { isTerminal } from '../../../shared/job/job.ts';
import type { CheckOutcome, Observation } from '../../../shared/job/outcome.ts';
import type { JobRef, PlatformConnection, SubmitOutcome } from '../../../shared/platforms/adapter.ts';
import { adapter } from '../../../shared/platforms/bmc/index.ts';
import type { BmcSecret } from '../../../shared/platforms/bmc/secret.ts';
import { patientHttpClient } from '../../support/fetch-http.ts';

export const signal = new AbortController().signal;

export const POWER_OFF = {
  operation: 'Power_Off_VM',
  operationType: 'Basic_Vm',
  parameters: { 'virtual-machine': 'web01' },
};

/** A simulator whose clock the test moves, and an adapter connected to it. */
export async function startRig(options: BmcSimulatorOptions & { connection?: Record<string, unknown> } = {}) {
  const { connection: more, ...simulated } = options;
  const clock = { at: Date.parse('2026-04-10T12:00:00Z') };
  const now = () => clock.at;
  const simulator = await startBmcSimulator({ now, ...simulated });
  const said: unknown[] = [];
  const note = (...words: unknown[]) => void said.push(...words);
  const secrets = {
    asked: 0,
    fresh: 0,
    cached: { ...simulator.secret } as Record<string, string>,
    /** A password that the store has, and the server does not. */
    fromStore: undefined as string | undefined,
  };

  const http = patientHttpClient(simulator);
  const connect = (changed: Record<string, unknown> = {}): PlatformConnection =>
    adapter.connect({
      name: 'bmc/test',
      options: adapter.options.parse({ ...simulator.connection, ...more, ...changed }),
      async secret(fresh) {
        secrets.asked += 1;
        if (fresh) {
          secrets.fresh += 1;
          secrets.cached = { ...simulator.secret, password: secrets.fromStore ?? simulator.secret.password! };
        }
        return secrets.cached as unknown as BmcSecret;
      },
      http,
      now,
      random: () => 0,
      log: { debug: note, info: note, warn: note },
    });
  const connection = connect();

  let serial = 0;
  const refOf = (handle: JobRef['handle'], operation = 'Power_Off_VM'): JobRef => ({
    id: `job-${++serial}`,
    operation,
    handle,
    createdAt: now(),
  });
  const submit = (body: unknown, on = connection): Promise<SubmitOutcome> =>
    on.submit(adapter.submitRequest.parse(body), undefined, { signal });

  return {
    simulator,
    connection,
    connect,
    said,
    secrets,
    clock,
    refOf,
    submit,
    /** Submits, and gives the job for it. */
    async started(body: Record<string, unknown>, on = connection): Promise<JobRef> {
      const outcome = await submit(body, on);
      if (outcome.kind !== 'accepted' && outcome.kind !== 'pending') throw new Error(JSON.stringify(outcome));
      return refOf(outcome.handle, String(body.operation));
    },
    /** Keeps a new handle, as the core does. */
    async look(job: JobRef, on = connection): Promise<CheckOutcome> {
      const outcome = (await on.check([job], { signal })).get(job.id)!;
      if (outcome.kind === 'observed' && outcome.handle) job.handle = outcome.handle;
      return outcome;
    },
    after(seconds: number) {
      clock.at += seconds * 1000;
    },
  };
}

export type Rig = Awaited<ReturnType<typeof startRig>>;

export function observed(outcome: CheckOutcome): Observation {
  if (outcome.kind !== 'observed') throw new Error(`expected an observation, got ${JSON.stringify(outcome)}`);
  return outcome;
}

export function isOver(outcome: CheckOutcome): boolean {
  return outcome.kind === 'observed' && isTerminal(outcome.status);
}
