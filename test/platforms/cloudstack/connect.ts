import {
  type CloudstackSimulator,
  type CloudstackSimulatorOptions,
  startCloudstackSimulator,
} from '../../../infra/local/simulators/cloudstack.ts';
import type { Observation } from '../../../shared/job/outcome.ts';
import type { CheckOutcome, JobRef, SubmitOutcome } from '../../../shared/platforms/adapter.ts';
import { adapter } from '../../../shared/platforms/cloudstack/index.ts';
import type { CloudstackSecret } from '../../../shared/platforms/cloudstack/secret.ts';
import { patientHttpClient } from '../../support/fetch-http.ts';

export const signal = new AbortController().signal;

/** A simulator whose clock the test moves, and an adapter connected to it. */
export async function connected(settings: CloudstackSimulatorOptions['settings'] = {}) {
  const clock = { at: Date.parse('2026-04-10T12:00:00Z') };
  const now = () => clock.at;
  const simulator = await startCloudstackSimulator({ settings, now });
  const warnings: string[] = [];
  const secrets = { asked: 0, fresh: 0, stale: { ...simulator.secret } as Record<string, string> };
  const connection = adapter.connect({
    name: 'cloudstack/test',
    options: adapter.options.parse(simulator.connection),
    async secret(fresh) {
      secrets.asked += 1;
      if (fresh) {
        secrets.fresh += 1;
        secrets.stale = { ...simulator.secret };
      }
      return secrets.stale as unknown as CloudstackSecret;
    },
    http: patientHttpClient(simulator),
    now,
    random: () => 0,
    log: { debug() {}, info() {}, warn: (message) => void warnings.push(message) },
  });

  let serial = 0;
  async function submit(
    body: Record<string, unknown>,
    id = `job-${++serial}`,
  ): Promise<{ ref: JobRef; outcome: SubmitOutcome }> {
    const request = adapter.submitRequest.parse(body);
    const intent = connection.intent(request, { id, createdAt: now() });
    const outcome = await connection.submit(request, intent, { signal });
    const handle = outcome.kind === 'accepted' ? outcome.handle : {};
    return { outcome, ref: { id, operation: request.operation, handle, createdAt: now() } };
  }

  async function look(ref: JobRef): Promise<CheckOutcome> {
    return (await connection.check([ref], { signal })).get(ref.id)!;
  }

  return {
    simulator,
    connection,
    warnings,
    secrets,
    clock,
    submit,
    look,
    after(seconds: number) {
      clock.at += seconds * 1000;
    },
    async ended(outcome: Parameters<CloudstackSimulator['ends']>[0]): Promise<CheckOutcome> {
      const { ref } = await submit(simulator.ends(outcome, 5));
      clock.at += 6000;
      return look(ref);
    },
  };
}

export type Connected = Awaited<ReturnType<typeof connected>>;

export function observed(outcome: CheckOutcome | undefined): Observation {
  if (outcome?.kind !== 'observed') throw new Error(`expected an observation, got ${JSON.stringify(outcome)}`);
  return outcome;
}

/** Ids of `queryAsyncJobResult` at the simulator so far. */
export function queries({ simulator }: Connected): number {
  return simulator.calls.queryAsyncJobResult ?? 0;
}
