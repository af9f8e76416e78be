import { createHash } from 'node:crypto';
import { cancelJob } from '../../functions/cancel-job/cancel.ts';
import { reconcile, reconcileFailed } from '../../functions/reconcile/reconcile.ts';
import { submitJob } from '../../functions/submit-job/submit.ts';
import { NO_STATS } from '../../shared/job/schedule/stats.ts';
import { tick } from '../../shared/loop/tick.ts';
import type { ConnectionRef } from '../../shared/store/store.ts';
import { fakeAdapter, LAB } from '../support/world.ts';
import type { Program } from './process.ts';
import type { RemoteRequest } from './remote.ts';
import { type Actor, type Execution, START, type State } from './state.ts';
import { fromText } from './text.ts';

/** The functions' time-outs. */
const API_MS = 29_000;
const TICK_MS = 60_000;
/** Between a tick's answer and its function's time-out. */
const MARGIN_MS = 5_000;

const adapter = fakeAdapter(() => {
  throw new Error('the model connects by itself');
});

export interface Submitter extends Partial<RemoteRequest> {
  /** Seconds after the start between which it comes; alone `from`: at that moment. */
  from?: number;
  until?: number;
  key?: string;
  taskToken?: string;
  deadlineSeconds?: number;
}

/** A caller that submits. Its name is its job's `submitter`. */
export function submitter(name: string, options: Submitter = {}): Actor {
  const { key, taskToken, deadlineSeconds, does = 'accepted', seconds = 5 } = options;
  const common = { ...(taskToken && { taskToken }), ...(deadlineSeconds && { deadlineSeconds }) };
  const request: RemoteRequest = { operation: 'op', does, seconds };
  const program: Program = {
    label: name,
    name: `submit ${name} ${JSON.stringify(options)}`,
    lifeMs: API_MS,
    run: async (ports) => {
      const connection = { options: {}, platform: ports.platform };
      const submission = {
        of: LAB,
        operation: 'op',
        request,
        common,
        adopt: false,
        idempotencyKey: key,
        submitter: name,
      };
      const known = { ...ports, stats: async () => NO_STATS };
      const { job, isNew } = await submitJob(known, adapter, connection, submission);
      return { id: job.id, isNew, status: job.status };
    },
  };
  return { name, ...timeOf(options), program: () => program };
}

/** A caller that cancels the job which `of` has made. */
export function canceler(name: string, of: string, time: Pick<Submitter, 'from' | 'until'>): Actor {
  return { name, ...timeOf(time), program: (state) => cancelProgram(name, jobOf(state, of)) };
}

function timeOf({ from = 0, until }: Pick<Submitter, 'from' | 'until'>) {
  return { from, until: until ?? from };
}

function cancelProgram(name: string, id: string | undefined): Program | undefined {
  if (id === undefined) return undefined;
  return {
    label: name,
    name: `cancel ${name} ${id}`,
    lifeMs: API_MS,
    run: async (ports) => (await cancelJob(ports, ports.platform, LAB, id)).status,
  };
}

function jobOf({ table }: State, submitterName: string): string | undefined {
  for (const item of table.items.values()) if (item.submitter === submitterName) return item.id;
  return undefined;
}

export function tickProgram(input: string, retryCount: number, now: number): Program {
  const { epoch } = fromText(input);
  return {
    label: `tick of loop ${epoch}`,
    name: `tick ${retryCount} ${digest(input)}`,
    lifeMs: TICK_MS,
    run: (ports) => tick(ports, fromText(input), { retryCount, endBy: now + TICK_MS - MARGIN_MS }),
  };
}

export function reconcileProgram(of: ConnectionRef, now: number): Program {
  const label = `reconcile of minute ${(now - START) / 60_000}`;
  return { label, name: label, lifeMs: TICK_MS, run: (ports) => reconcile(ports, [of]) };
}

/** At once, when Step Functions tells that an execution has ended otherwise than by its own will. */
export function failureProgram({ epoch, since }: Execution, now: number, status: 'FAILED' | 'ABORTED'): Program {
  const failed = { ...LAB, epoch, status, lifetime: now - since };
  const label = `reconcile of loop ${epoch}, which ${status === 'FAILED' ? 'failed' : 'was stopped'}`;
  return {
    label,
    name: `${label} ${failed.lifetime}`,
    lifeMs: TICK_MS,
    run: (ports) => reconcileFailed(ports, failed),
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
