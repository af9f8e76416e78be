import { isTerminal, type Job, jobName } from '../../shared/job/job.ts';
import { type WakePorts, wake } from '../../shared/loop/wake.ts';

/** Of one job. Attempts that nobody waits for any more are among them, so the newest are kept. */
const MAX_TASK_TOKENS = 8;
const WRITE_TRIES = 4;

/**
 * A job that an earlier request has made is to complete this request's task token too: each attempt of a Step Functions task
 * has another one. A job that is over takes its last step once more, which completes the token.
 */
export async function addTaskToken(
  ports: WakePorts & { now(): number },
  job: Job,
  token: string | undefined,
): Promise<Job> {
  if (token === undefined) return job;
  let current: Job | undefined = job;
  for (let tries = 0; current && tries < WRITE_TRIES; tries++) {
    if (current.taskTokens?.includes(token)) return current;
    const now = ports.now();
    const taskTokens = [...(current.taskTokens ?? []), token].slice(-MAX_TASK_TOKENS);
    // The new one is tried for as long as the first was.
    const { callbackRefusedSince: _since, ...rest } = current;
    const written = await ports.store.updateJob(current, {
      ...rest,
      taskTokens,
      activeSince: current.activeSince ?? now,
    });
    if (written) {
      if (isTerminal(written.status)) await wake(ports, written, now, now);
      return written;
    }
    current = await ports.store.getJob(job, job.id);
  }
  throw new Error(`the task token of ${jobName(job)} could not be stored in ${WRITE_TRIES} tries`);
}
