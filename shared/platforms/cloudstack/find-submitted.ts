import type { SubmitIntent } from '../../job/job.ts';
import type { CallOptions, FindOutcome } from '../adapter.ts';
import { textOf } from './answer.ts';
import type { Call } from './call.ts';
import { isJobId } from './job-id.ts';
import { queryJob } from './query.ts';
import { accepted } from './submit.ts';

/** The job has the id that the submit gave it, so it is simply asked for. */
export async function findSubmitted(call: Call, intent: SubmitIntent, { signal }: CallOptions): Promise<FindOutcome> {
  const jobid = textOf(intent.customjobid);
  if (!isJobId(jobid))
    return { kind: 'permanent', code: 'intent', message: 'The note about this submit names no job id' };
  const { outcome } = await queryJob(call, jobid, { signal });
  if (outcome.kind === 'observed') return accepted(jobid, outcome.resource);
  if (outcome.kind === 'not_found') {
    return { kind: 'absent', message: `CloudStack has no job ${jobid}, which is the id that the submit asked for` };
  }
  return outcome;
}
