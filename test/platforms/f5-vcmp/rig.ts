import type { Preset, State } from '../../../infra/local/simulators/f5-vcmp/guest.ts';
import { type F5VcmpSimulatorOptions, startF5VcmpSimulator } from '../../../infra/local/simulators/f5-vcmp.ts';
import type { HttpClient } from '../../../shared/http/client.ts';
import type { CheckOutcome, Observation } from '../../../shared/job/outcome.ts';
import type { CancelOutcome, JobRef, SubmitOutcome } from '../../../shared/platforms/adapter.ts';
import { adapter } from '../../../shared/platforms/f5-vcmp/index.ts';
import type { F5VcmpSecret } from '../../../shared/platforms/f5-vcmp/secret.ts';
import { patientHttpClient } from '../../support/fetch-http.ts';

export const signal = new AbortController().signal;
export const STATE = 'VCMP_GUEST_STATE_';

/** A simulator whose clock the test moves, and an adapter connected to it. */
export async function startRig(settings: Omit<F5VcmpSimulatorOptions, 'now'> = {}) {
  const clock = { at: Date.parse('2026-03-01T08:00:00Z') };
  const now = () => clock.at;
  const simulator = await startF5VcmpSimulator({ ...settings, now });
  const secrets = { asked: 0, fresh: 0, stale: { ...simulator.secret } as Record<string, string> };
  const connect = (http: HttpClient = patientHttpClient(simulator)) =>
    adapter.connect({
      name: 'f5-vcmp/test',
      options: adapter.options.parse(simulator.connection),
      async secret(fresh) {
        secrets.asked += 1;
        if (fresh) {
          secrets.fresh += 1;
          secrets.stale = { ...simulator.secret };
        }
        return secrets.stale as unknown as F5VcmpSecret;
      },
      http,
      now,
      random: () => 0,
      log: { debug() {}, info() {}, warn() {} },
    });
  const connection = connect();
  let serial = 0;

  async function submit(body: Record<string, unknown>): Promise<{ ref: JobRef; outcome: SubmitOutcome }> {
    const request = adapter.submitRequest.parse(body);
    const id = `job-${++serial}`;
    const intent = connection.intent(request, { id, createdAt: now() });
    const outcome = await connection.submit(request, intent, { signal });
    const handle = outcome.kind === 'accepted' ? outcome.handle : {};
    return { outcome, ref: { id, operation: request.operation, handle, createdAt: now() } };
  }

  /** As the loop does: the handle of an observation replaces the job's. */
  async function look(ref: JobRef): Promise<CheckOutcome> {
    const outcome = (await connection.check([ref], { signal })).get(ref.id)!;
    if (outcome.kind === 'observed' && outcome.handle) ref.handle = outcome.handle;
    return outcome;
  }

  return {
    simulator,
    host: simulator.host,
    connection,
    connect,
    secrets,
    clock,
    submit,
    look,
    after(seconds: number) {
      clock.at += seconds * 1000;
    },
    async cancel(ref: JobRef): Promise<CancelOutcome> {
      const outcome = await connection.cancel!(ref, { signal });
      if (outcome.kind === 'accepted' && outcome.handle) ref.handle = outcome.handle;
      return outcome;
    },
    /** A guest whose next change is preset. */
    guest(preset: Preset, slots?: readonly number[]) {
      const guest = simulator.host.add(undefined, slots);
      guest.next = preset;
      return guest;
    },
    set: (guests: readonly string[], state: State) =>
      submit({ operation: 'set_guest_state', guests, state: STATE + state }),
    /** Calls so far, all methods together. */
    calls: () => Object.values(simulator.calls).reduce((sum, count) => sum + count, 0),
  };
}

export type Rig = Awaited<ReturnType<typeof startRig>>;

export function observed(outcome: CheckOutcome | undefined): Observation {
  if (outcome?.kind !== 'observed') throw new Error(`expected an observation, got ${JSON.stringify(outcome)}`);
  return outcome;
}
