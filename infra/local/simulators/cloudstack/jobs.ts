import { randomUUID } from 'node:crypto';
import type { Body } from './answers.ts';
import type { Command } from './commands.ts';

/** How a job ends. The parameter `simulate` of any asynchronous command chooses, `simulateseconds` says after how long. */
export const OUTCOMES = [
  'ok',
  'ok-without-result',
  'ok-with-success-false',
  'partly',
  'ok-with-password',
  'fail-with-text',
  'fail-with-string',
  'fail-with-control-character',
  'fail-with-broken-escape',
  'fail-without-result',
  'fail-without-result-0',
  'canceled',
  'vanish',
  'stuck',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

export interface SimulatedJob {
  id: string;
  cmd: string;
  outcome: Outcome;
  instanceType: string;
  instanceId: string;
  result: string;
  createdAt: number;
  endsAt: number;
}

export interface JobSettings {
  numericIds: boolean;
  /** `number` in 4.19 and 4.20, `uuid` later, absent before. */
  managementServerId: 'number' | 'uuid' | 'absent';
  /** `job.expire.minutes`: after completion, and of an unfinished job after creation. */
  expireMinutes: number;
}

const SERVER_UUID = '7f4b0a52-6a39-4e0b-9d5e-2b1c8c0d9e11';
const ACCOUNT = { accountid: '6c9ce4be-93b3-11e5-a4c0-0214c0010000', userid: 'c8be3f37-93b3-11e5-a4c0-0214c0010000' };

/**
 * The jobs, in the order of their creation. Nothing runs: a job is what the clock says it is, so that ten thousand of them
 * cost a look-up each and no timers.
 */
export function jobTable(now: () => number, settings: JobSettings) {
  const jobs = new Map<string, SimulatedJob>();
  /** Those that may still be pending, in order. Swept when a list is asked for. */
  const open = new Map<string, SimulatedJob>();
  let serial = 1000;

  const newId = () => (settings.numericIds ? String(++serial) : randomUUID());
  const isOver = (job: SimulatedJob) => now() >= job.endsAt;
  const isExpired = (job: SimulatedJob) =>
    now() >= (isOver(job) ? job.endsAt : job.createdAt) + settings.expireMinutes * 60_000;

  return {
    newId,

    isPending(id: string): boolean {
      const job = jobs.get(id);
      return job !== undefined && !isOver(job);
    },

    add(
      job: Command['job'] & {},
      given: { id?: string; instanceId: string; outcome: Outcome; seconds: number },
    ): SimulatedJob {
      const added: SimulatedJob = {
        id: given.id ?? newId(),
        cmd: job.cmd,
        outcome: given.outcome,
        instanceType: job.instanceType,
        instanceId: given.instanceId,
        result: job.result,
        createdAt: now(),
        endsAt: given.outcome === 'stuck' ? Number.POSITIVE_INFINITY : now() + given.seconds * 1000,
      };
      jobs.set(added.id, added);
      open.set(added.id, added);
      return added;
    },

    find(id: string): SimulatedJob | undefined {
      const job = jobs.get(id);
      if (!job) return undefined;
      if (isExpired(job) || (isOver(job) && job.outcome === 'vanish')) {
        jobs.delete(id);
        open.delete(id);
        return undefined;
      }
      return job;
    },

    forget(id: string): void {
      jobs.delete(id);
      open.delete(id);
    },

    /** A management server that starts again marks its pending jobs as failed, and gives no reason. */
    restart(): void {
      for (const job of open.values()) {
        if (!isOver(job)) Object.assign(job, { outcome: 'fail-without-result', endsAt: now() });
      }
    },

    /** What `listAsyncJobs` would show: the pending ones, or up to 4.12 all that are not expunged. */
    listed(mode: 'new' | 'old'): SimulatedJob[] {
      if (mode === 'old') return [...jobs.values()].filter((job) => !isExpired(job));
      for (const job of open.values()) if (isOver(job) || isExpired(job)) open.delete(job.id);
      return [...open.values()];
    },

    describe(job: SimulatedJob): Body {
      const over = isOver(job);
      const end = over ? ENDS[job.outcome](job) : { jobstatus: 0, jobresultcode: 0 };
      const server = settings.managementServerId;
      const { jobresult, ...states } = end;
      return {
        ...ACCOUNT,
        cmd: job.cmd,
        jobstatus: states.jobstatus,
        jobprocstatus: 0,
        jobresultcode: states.jobresultcode,
        ...(jobresult !== undefined && { jobresulttype: typeof jobresult === 'string' ? 'text' : 'object', jobresult }),
        jobinstancetype: job.instanceType,
        jobinstanceid: settings.numericIds ? Number(job.instanceId) || job.instanceId : job.instanceId,
        ...(!over && server !== 'absent' && { managementserverid: server === 'uuid' ? SERVER_UUID : 345_049_074_322 }),
        created: dateOf(job.createdAt),
        ...(over && { completed: dateOf(job.endsAt) }),
        jobid: settings.numericIds ? Number(job.id) || job.id : job.id,
      };
    },
  };
}

export type JobTable = ReturnType<typeof jobTable>;

/** Servers write their own zone, without a colon. */
export function dateOf(at: number): string {
  return `${new Date(at + 9 * 3_600_000).toISOString().slice(0, 19)}+0900`;
}

interface End {
  jobstatus: number;
  jobresultcode: number;
  jobresult?: unknown;
}

const ENDS: Record<Outcome, (job: SimulatedJob) => End> = {
  ok: (job) => ({ jobstatus: 1, jobresultcode: 0, jobresult: resourceOf(job) }),
  'ok-without-result': () => ({ jobstatus: 1, jobresultcode: 0 }),
  'ok-with-success-false': () => ({
    jobstatus: 1,
    jobresultcode: 0,
    jobresult: { success: false, displaytext: 'The appliance did not answer' },
  }),
  partly: () => ({
    jobstatus: 1,
    jobresultcode: 0,
    jobresult: {
      removedvirtualmachines: [
        { id: 'a1', success: true },
        { id: 'b2', success: false, displaytext: 'is the control node' },
      ],
    },
  }),
  'ok-with-password': (job) => ({
    jobstatus: 1,
    jobresultcode: 0,
    jobresult: { virtualmachine: { id: job.instanceId, name: 'web', passwordenabled: true, password: 'pZ6hunter2' } },
  }),
  'fail-with-text': () => failure(533, 'Unable to create a deployment for VM instance'),
  'fail-with-string': () => ({
    jobstatus: 2,
    jobresultcode: 551,
    jobresult: 'Unable to deploy virtual machine id = 100 due to not enough capacity',
  }),
  'fail-with-control-character': () => failure(530, 'script said \u001b[31mno\u001b[0m'),
  'fail-with-broken-escape': () => failure(530, 'cannot read C:\\u0041pp'),
  'fail-without-result': () => ({ jobstatus: 2, jobresultcode: 530 }),
  'fail-without-result-0': () => ({ jobstatus: 2, jobresultcode: 0 }),
  canceled: () => ({ jobstatus: 3, jobresultcode: 0 }),
  vanish: () => ({ jobstatus: 0, jobresultcode: 0 }),
  stuck: () => ({ jobstatus: 0, jobresultcode: 0 }),
};

function failure(errorcode: number, errortext: string): End {
  return { jobstatus: 2, jobresultcode: errorcode, jobresult: { errorcode, errortext } };
}

/** The resource still shows the job as pending (issue 12538). */
function resourceOf(job: SimulatedJob): unknown {
  if (job.result === 'success') return { success: true };
  return {
    [job.result]: {
      id: job.instanceId,
      name: `${job.result}-${job.instanceId.slice(0, 8)}`,
      state: 'Running',
      jobid: job.id,
      jobstatus: 0,
    },
  };
}
