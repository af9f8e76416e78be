import { isTerminal } from '../../job/job.ts';
import type { CheckOutcome, Observation } from '../../job/outcome.ts';
import type { CallOptions, ConnectionContext, JobRef } from '../adapter.ts';
import type { Entry } from './answer.ts';
import type { Ask, Told } from './ask.ts';
import { followCancel } from './cancel.ts';
import { type Call, checkFailure, faultOf, rowOf } from './errors.ts';
import { kindOf, type RequestHandle, readHandle, type StartingHandle, type Watch, writeHandle } from './handle.ts';
import { forgotten, isHeldFailure, type Judged, judge } from './judge.ts';
import type { Memory } from './memory.ts';
import type { SymphonyOptions } from './options.ts';
import { together } from './others.ts';
import { type Starting, startedOf } from './submit.ts';
import type { Script, Transport } from './transport.ts';
import { settingOf } from './units.ts';

type Check = (jobs: readonly JobRef[], options: CallOptions) => Promise<Map<string, CheckOutcome>>;

const STALL_SECONDS = 7200;

export interface CheckPorts extends Pick<ConnectionContext<SymphonyOptions, unknown>, 'name' | 'now' | 'options'> {
  transport: Transport;
  ask: Ask;
  memory: Memory;
  callOf(script: Script): Call;
}

/** Looks at jobs: those whose script still runs, those that are being canceled, and all others in as few calls as can be. */
export function checker(ports: CheckPorts): Check {
  const { transport, ask, memory, name, options, now, callOf } = ports;
  const stallMs = (options.stallSeconds ?? STALL_SECONDS) * 1000;

  async function submitted(job: JobRef, handle: StartingHandle, callOptions: CallOptions): Promise<CheckOutcome> {
    const operation = job.operation as Starting['operation'];
    const run = await transport.resume(handle.run, { ...callOptions, patienceMs: 0 });
    // Whether it is still at it cannot be learned now.
    if (run.kind === 'failed' && run.started && !run.over)
      return { ...checkFailure(faultOf(run, 'empty', callOf(operation))), kind: rowOf(run.code).look };
    const outcome = startedOf(run, { operation, ...handle }, callOf(operation));
    if (outcome.kind === 'pending')
      return { kind: 'observed', status: 'QUEUED', message: `${operation} has not ended yet` };
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

  /** What was told of a job's request, or of its requests, and what it means given what was told before. */
  function judged(job: JobRef, handle: RequestHandle, told: ReadonlyMap<string, Told>): Judged | CheckOutcome {
    const all = idsOf(handle).map((id) => told.get(id)!);
    const said = together(all);
    if ('kind' in said)
      return said.kind === 'not_found' && isHeldFailure(handle.watch) ? forgotten(handle.requestId) : said;
    const asked = {
      kind: kindOf(job),
      wanted: handle.machineCount,
      capacityUnits: settingOf(handle.units, options.capacityUnits),
    };
    const entry: Entry = { ...said, requestId: handle.requestId };
    return judge(entry, asked, handle.watch, { now: now(), createdAt: job.createdAt, stallMs });
  }

  /** HF-T8: one provider says "running" of any id, for ever. */
  function stalled(outcome: CheckOutcome, job: JobRef): CheckOutcome {
    if (outcome.kind !== 'observed' || outcome.status !== 'RUNNING' || outcome.parts) return outcome;
    if (now() - job.createdAt < stallMs) return outcome;
    return {
      kind: 'not_found',
      code: 'Stalled',
      message: `${name} says "running" of request ${outcome.platformJobId} since ${Math.round(stallMs / 60_000)} minutes, and never named a machine (stallSeconds)`,
    };
  }

  async function checkAll(jobs: readonly JobRef[], callOptions: CallOptions): Promise<Map<string, CheckOutcome>> {
    const outcomes = new Map<string, CheckOutcome>();
    const open: { job: JobRef; handle: RequestHandle }[] = [];
    const canceling: { job: JobRef; handle: RequestHandle }[] = [];
    for (const job of jobs) {
      const handle = readHandle(job.handle);
      if (!handle)
        outcomes.set(job.id, { kind: 'permanent', code: 'handle', message: `${name}/${job.id} names no request` });
      else if ('run' in handle) outcomes.set(job.id, await submitted(job, handle, callOptions));
      else if (handle.cancel) canceling.push({ job, handle });
      else open.push({ job, handle });
    }
    const wanted = open.flatMap(({ handle }) =>
      idsOf(handle).map((requestId) => ({ requestId, machineCount: handle.machineCount })),
    );
    const told = await ask(wanted, callOptions);
    for (const { job, handle } of open) {
      const result = judged(job, handle, told);
      const { outcome, watch } = 'outcome' in result ? result : { outcome: result, watch: handle.watch };
      // What is not an end is asked about anew.
      const isEnd = outcome.kind === 'observed' && isTerminal(outcome.status);
      for (const id of idsOf(handle)) {
        const said = told.get(id);
        if (said && !('kind' in said) && (isEnd || isOver(said, handle))) memory.keep(said);
        else memory.forget(id);
      }
      const checked = watch ? outcome : stalled(outcome, job);
      outcomes.set(job.id, isEnd ? checked : withWatch(checked, handle, watch));
    }
    for (const { job, handle } of canceling) {
      outcomes.set(job.id, await followCancel({ ...ports, stallMs }, job, handle, callOptions));
    }
    return outcomes;
  }

  return async (jobs, callOptions) => {
    memory.unpack(callOptions.carry);
    const outcomes = await checkAll(jobs, callOptions);
    memory.pack(callOptions.carry);
    return outcomes;
  };
}

function idsOf({ requestId, others = [] }: RequestHandle): readonly string[] {
  return [requestId, ...others];
}

/** One of several requests of a return that has ended, while others go on. */
function isOver({ status }: Entry, { others }: RequestHandle): boolean {
  return others !== undefined && status.startsWith('complete');
}

/** The watch is kept with the job, where the next poll finds it, whoever makes it. */
export function withWatch(outcome: CheckOutcome, handle: RequestHandle, watch: Watch | undefined): CheckOutcome {
  if (outcome.kind !== 'observed' || watch?.since === handle.watch?.since) return outcome;
  const { watch: _before, ...rest } = handle;
  return { handle: writeHandle({ ...rest, ...(watch && { watch }) }), ...outcome } satisfies Observation;
}
