import { type ActiveJob, isTerminal, type Job, jobName } from '../../shared/job/job.ts';
import { end } from '../../shared/job/next.ts';
import { eachOf } from '../../shared/loop/concurrency.ts';
import { type FinishPorts, finish } from '../../shared/loop/finish.ts';
import { ENDED_METRICS } from '../../shared/observe/metrics.ts';
import { type ConnectionNotes, type ConnectionRef, connectionName, type Store } from '../../shared/store/store.ts';

export interface RetirePorts extends FinishPorts {
  store: Store & ConnectionNotes;
}

/** A deploy that fails puts a connection back; until then its jobs are left as they are. */
export const REMOVED_GRACE_MS = 300_000;
/** A submit of the old version may come while a deploy is under way; after a day none does. */
const WATCHED_MS = 86_400_000;
/** Of one connection in one run: the next minute brings the next run. */
const JOBS_AT_ONCE = 1_000;
const WRITES_AT_ONCE = 16;

/**
 * Ends the jobs of connections that were taken out of the stack, whole platforms included, so that nobody waits for ever: their
 * functions may be gone, so nobody can ask about them. What was configured before is known from notes in the table, which
 * every run compares with what is configured now. No run takes longer than until `endBy`.
 */
export async function retire(
  ports: RetirePorts,
  configured: readonly ConnectionRef[],
  endBy: number,
): Promise<{ connection: string; ended: number }[]> {
  const retired: { connection: string; ended: number }[] = [];
  const present = new Set(configured.map(connectionName));
  const noted = await ports.store.listConnections();
  const known = new Map(noted.map((note) => [connectionName(note), note]));
  for (const of of configured) {
    const note = known.get(connectionName(of));
    if (note === undefined) await ports.store.noteConnection(of);
    else if (note.missingSince !== undefined) await ports.store.setMissing(of, undefined);
  }
  for (const { missingSince, ...of } of noted) {
    if (present.has(connectionName(of)) || ports.now() > endBy) continue;
    try {
      const since = missingSince ?? ports.now();
      if (missingSince === undefined) await ports.store.setMissing(of, since);
      if (ports.now() < since + REMOVED_GRACE_MS) continue;
      const ended = await endJobs(ports, of, endBy);
      if (ended > 0) retired.push({ connection: connectionName(of), ended });
      else if (ports.now() >= since + WATCHED_MS && (await isEmpty(ports, of))) await ports.store.forgetConnection(of);
    } catch (error) {
      ports.metrics.count('LoopsNotRepaired', 1, of);
      ports.log.warn('a removed connection is not closed yet', { loop: connectionName(of), error: String(error) });
    }
  }
  return retired;
}

/** Does what the last tick of the loop would do, in an epoch of its own: an execution that still sleeps is fenced by it. */
async function endJobs(ports: FinishPorts, of: ConnectionRef, endBy: number): Promise<number> {
  const { store, now } = ports;
  const loop = await store.getLoop(of);
  const active = await store.activeJobs(of, { limit: JOBS_AT_ONCE });
  if (active.length === 0 && loop.state === 'closed') return 0;
  const epoch = loop.epoch + 1;
  if ((await store.takeEpoch(of, epoch, now())) === undefined) return 0;
  let ended = 0;
  const over: Job[] = [];
  await eachOf(active, WRITES_AT_ONCE, async (job) => {
    if (now() > endBy) return;
    try {
      const whole = isTerminal(job.status) ? await store.getJob(of, job.id) : await lost(ports, job);
      if (whole === undefined || !isTerminal(whole.status)) return;
      if (!isTerminal(job.status)) ended++;
      over.push(whole);
    } catch (error) {
      ports.metrics.count('WritesFailed', 1, of);
      ports.log.warn('a job of a removed connection is not ended yet', { job: jobName(job), error: String(error) });
    }
  });
  await finish(ports, over, endBy);
  if (await isEmpty(ports, of)) {
    const { health, version } = loop;
    await store.endTick(of, epoch, { state: 'closed', heartbeatAt: now(), wakeAt: now(), health, version });
  }
  return ended;
}

/** `undefined`: somebody else wrote it; the next run sees it as it then is. */
async function lost(ports: FinishPorts, job: ActiveJob): Promise<Job | undefined> {
  const error = {
    code: 'ConnectionRemoved',
    message: `${connectionName(job)} was removed while the job was open: nobody can ask about it any more. The operation may still be under way.`,
    outcomeUncertain: true,
  };
  const written = await ports.store.updateJob(job, end(job, 'LOST', ports.now(), error));
  if (written === undefined) return undefined;
  ports.log.info('job is over', { job: jobName(job), status: written.status });
  ports.metrics.count('JobsFinished', 1, job);
  ports.metrics.count(ENDED_METRICS.LOST, 1, job);
  return written;
}

async function isEmpty({ store }: FinishPorts, of: ConnectionRef): Promise<boolean> {
  return (await store.activeJobs(of, { limit: 1 })).length === 0;
}
