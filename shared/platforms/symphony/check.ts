import { isTerminal } from '../../job/job.ts';
import type { CheckOutcome, Observation } from '../../job/outcome.ts';
import type { CallOptions, ConnectionContext, JobRef } from '../adapter.ts';
import type { Ask } from './ask.ts';
import { followCancel } from './cancel.ts';
import { rowOf } from './errors.ts';
import { type Kind, kindOf, readHandle, type SymphonyHandle } from './handle.ts';
import { outcomeOf } from './mapping.ts';
import type { SymphonyOptions } from './options.ts';
import { startedOf } from './submit.ts';
import type { Script, Transport } from './transport.ts';

type Context = ConnectionContext<SymphonyOptions, unknown>;
type Check = (jobs: readonly JobRef[], options: CallOptions) => Promise<Map<string, CheckOutcome>>;
type Request = Extract<SymphonyHandle, { requestId: string }>;

const STALL_SECONDS = 7200;
const REMEMBERED = 1000;

/**
 * HF-T4: a status has side effects, and an end is told once. The first is kept, for the case that it is asked for again: by a
 * tick whose write was lost, or by a cancel.
 */
export class Endings {
  readonly #known = new Map<string, Observation>();

  get(kind: Kind, { requestId, machineCount }: Request): Observation | undefined {
    return this.#known.get(`${kind} ${machineCount} ${requestId}`);
  }

  keep(kind: Kind, { requestId, machineCount }: Request, outcome: Observation): void {
    this.#known.set(`${kind} ${machineCount} ${requestId}`, outcome);
    if (this.#known.size > REMEMBERED) this.#known.delete(this.#known.keys().next().value!);
  }
}

/** Looks at jobs: those whose script still runs, those that are being canceled, and all others in as few calls as can be. */
export function checker(transport: Transport, ask: Ask, endings: Endings, { name, options, now }: Context): Check {
  const stallMs = (options.stallSeconds ?? STALL_SECONDS) * 1000;

  async function submitted(
    job: JobRef,
    handle: { run: string; machineCount: number },
    callOptions: CallOptions,
  ): Promise<CheckOutcome> {
    const script = job.operation as Script;
    const run = await transport.resume(handle.run, callOptions);
    // Whether it is still at it cannot be learned now.
    if (run.kind === 'failed' && run.started && !run.over) {
      return {
        kind: rowOf(run.code).look,
        code: run.code,
        message: `${transport.label(script)} of ${name}: ${run.message}`,
      };
    }
    const outcome = startedOf(run, handle.machineCount, `${transport.label(script)} of ${name}`);
    if (outcome.kind === 'pending')
      return { kind: 'observed', status: 'QUEUED', message: `${script} has not ended yet` };
    if (outcome.kind === 'accepted') {
      return {
        kind: 'observed',
        status: 'QUEUED',
        handle: outcome.handle,
        platformJobId: outcome.platformJobId!,
        message: 'Accepted',
      };
    }
    const status = outcome.kind === 'unknown' ? 'LOST' : 'FAILED';
    return { kind: 'observed', status, error: outcome.error };
  }

  /** HF-T8: one provider says "running" of any id, for ever. */
  function stalled(outcome: CheckOutcome, job: JobRef): CheckOutcome {
    if (outcome.kind !== 'observed' || outcome.status !== 'RUNNING' || outcome.parts) return outcome;
    if (now() - job.createdAt < stallMs) return outcome;
    return {
      kind: 'not_found',
      code: 'Stalled',
      message: `${name} says "running" of request ${outcome.platformJobId} since ${Math.round(stallMs / 60_000)} minutes, and never named a machine`,
    };
  }

  return async (jobs, callOptions) => {
    const outcomes = new Map<string, CheckOutcome>();
    const open: { job: JobRef; handle: Request }[] = [];
    const canceling: { job: JobRef; handle: Request }[] = [];
    for (const job of jobs) {
      const handle = readHandle(job.handle);
      if (!handle)
        outcomes.set(job.id, { kind: 'permanent', code: 'handle', message: `${name}/${job.id} names no request` });
      else if ('run' in handle) outcomes.set(job.id, await submitted(job, handle, callOptions));
      else if (handle.cancel) canceling.push({ job, handle });
      else open.push({ job, handle });
    }
    const told = await ask(
      open.filter(({ job, handle }) => !endings.get(kindOf(job), handle)).map(({ handle }) => handle),
      callOptions,
    );
    for (const { job, handle } of open) {
      const kind = kindOf(job);
      const said = told.get(handle.requestId);
      const known = endings.get(kind, handle);
      const outcome =
        known ?? (said === undefined || 'kind' in said ? said : outcomeOf(said, kind, handle.machineCount));
      if (outcome === undefined) continue;
      outcomes.set(job.id, stalled(outcome, job));
      if (!known && outcome.kind === 'observed' && isTerminal(outcome.status as never))
        endings.keep(kind, handle, outcome);
    }
    for (const { job, handle } of canceling) {
      outcomes.set(job.id, await followCancel({ ask, transport, options, name }, handle, callOptions));
    }
    return outcomes;
  };
}
