import { expect } from 'vitest';
import { type SymphonySimulatorOptions, startSymphonySimulator } from '../../../infra/local/simulators/symphony.ts';
import type { Handle, JsonObject } from '../../../shared/job/job.ts';
import type { CheckOutcome, Observation } from '../../../shared/job/outcome.ts';
import type { JobRef, PlatformConnection, SubmitOutcome } from '../../../shared/platforms/adapter.ts';
import { adapter } from '../../../shared/platforms/symphony/index.ts';
import type { SymphonyOptions } from '../../../shared/platforms/symphony/options.ts';
import { connectThrough } from '../../../shared/platforms/symphony/runtime.ts';
import type { Run, Script, Transport } from '../../../shared/platforms/symphony/transport.ts';

export const signal = new AbortController().signal;

export function contextOf(options: Record<string, unknown>, log: string[] = []) {
  const note = (message: string, data?: object) => void log.push(`${message} ${JSON.stringify(data ?? {})}`);
  return {
    name: 'symphony/test',
    options: adapter.options.parse({ maxRequestsPerSecond: 1000, ...options }) as SymphonyOptions,
    secret: async () => undefined,
    http: { request: () => Promise.reject(new Error('no script speaks HTTP')) },
    now: Date.now,
    random: () => 0,
    log: { debug: note, info: note, warn: note },
  };
}

/** What a script prints, with exit 0; or the whole run. */
export type Said = string | JsonObject | Partial<Extract<Run, { kind: 'ended' }>> | Run;

export function ran(said: Said): Run {
  if (typeof said === 'object' && 'kind' in said && said.kind !== 'ended') return said as Run;
  const own = typeof said === 'object' && ('exitCode' in said || 'stdout' in said || 'cut' in said) ? said : undefined;
  const stdout = typeof said === 'string' ? said : own ? '' : JSON.stringify(said);
  return { kind: 'ended', exitCode: 0, stdout, stderr: '', cut: false, ...own } as Run;
}

/** Scripts that answer as the test says, without a process. */
export function scripted(
  answer: (script: Script, input: JsonObject, call: number) => Said,
  options: Record<string, unknown> = {},
) {
  const calls: { script: Script; input: JsonObject }[] = [];
  const log: string[] = [];
  const clock = { at: Date.now() };
  const transport: Transport = {
    label: (script) => `${script}.sh`,
    async run(script, input) {
      calls.push({ script, input });
      return ran(answer(script, input, calls.length));
    },
    async resume() {
      throw new Error('not part of this test');
    },
  };
  const context = { ...contextOf({ transport: 'exec', scripts: '/scripts', ...options }, log), now: () => clock.at };
  const connection = connectThrough(transport, context);
  return { calls, log, clock, transport, connection, ...doing(connection) };
}

/** The input's ids, whatever its form. */
export function idsOf(input: JsonObject): string[] {
  return [input.requests].flat().map((request) => String((request as JsonObject).requestId));
}

export const entry = (
  requestId: string,
  status = 'running',
  machines: JsonObject[] = [],
  message = '',
): JsonObject => ({
  requestId,
  status,
  message,
  machines,
});

export const machine = (machineId: string, result: string, more: JsonObject = {}): JsonObject => ({
  machineId,
  name: `host-${machineId}`,
  result,
  status: 'running',
  message: '',
  ...more,
});

let lastJob = 0;
export function jobOf(handle: Handle, operation = 'requestMachines'): JobRef {
  return { id: `job-${++lastJob}`, operation, handle, createdAt: Date.now() };
}

export function jobFor(requestId: string, machineCount = 2, operation = 'requestMachines'): JobRef {
  return jobOf({ requestId, machineCount }, operation);
}

export function observed(outcome: CheckOutcome | undefined): Observation {
  if (outcome?.kind !== 'observed') throw new Error(`expected an observation, got ${JSON.stringify(outcome)}`);
  return outcome;
}

/** What tests do with a connection, as the core does it: handles are kept. */
export function doing(connection: PlatformConnection) {
  const submit = (body: Record<string, unknown>): Promise<SubmitOutcome> =>
    connection.submit(adapter.submitRequest.parse(body), undefined, { signal });
  const look = async (job: JobRef): Promise<CheckOutcome> => {
    const outcome = (await connection.check([job], { signal })).get(job.id)!;
    if (outcome.kind === 'observed' && outcome.handle) job.handle = outcome.handle;
    return outcome;
  };
  return {
    submit,
    look,
    async started(body: Record<string, unknown>): Promise<JobRef> {
      const outcome = await submit(body);
      if (outcome.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
      return jobOf(outcome.handle, String(body.operation));
    },
    async cancel(job: JobRef) {
      const outcome = await connection.cancel!(job, { signal });
      if (outcome.kind === 'accepted' && outcome.handle) job.handle = outcome.handle;
      return outcome;
    },
    async until(job: JobRef, status: string): Promise<Observation> {
      let seen: CheckOutcome | undefined;
      for (let tries = 0; tries < 80; tries++) {
        seen = await look(job);
        if (seen.kind === 'observed' && seen.status === status) return seen;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      return expect.fail(`not ${status}, but ${JSON.stringify(seen)}`);
    },
  };
}

/** The simulated provider, and the adapter over `exec`. */
export async function startRig(
  settings: SymphonySimulatorOptions['settings'] = {},
  options: Record<string, unknown> = {},
) {
  /** The provider's clock, for requests that must not end before the test says so. */
  const clock = { aheadSeconds: 0 };
  const simulator = await startSymphonySimulator({ settings, now: () => Date.now() + clock.aheadSeconds * 1000 });
  const log: string[] = [];
  const connection = adapter.connect(
    contextOf({ ...simulator.connection, requestTimeoutSeconds: 60, ...options }, log),
  );
  return { simulator, connection, log, clock, ...doing(connection) };
}
