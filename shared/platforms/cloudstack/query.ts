import type { CheckOutcome } from '../../job/outcome.ts';
import type { CallOptions } from '../adapter.ts';
import type { Call } from './call.ts';
import { checkFailure, type Fault } from './errors.ts';
import { outcomeOf } from './mapping.ts';

/** What one query told, and the fault if it told nothing. */
export interface Queried {
  outcome: CheckOutcome;
  fault?: Fault;
}

/**
 * `queryAsyncJobResult` of one job. It answers 200 for a job that failed, and 431 for one that it does not know.
 */
export async function queryJob(call: Call, jobid: string, { signal }: CallOptions): Promise<Queried> {
  const reply = await call('queryAsyncJobResult', [['jobid', jobid]], { signal });
  if (reply.ok) return { outcome: outcomeOf(reply.body, jobid) };
  const { fault } = reply;
  const failure = checkFailure(fault);
  const unknown = fault.code === '431' && saysUnknown(fault.text, jobid);
  return unknown ? { outcome: { ...failure, kind: 'not_found' } } : { outcome: failure, fault };
}

/**
 * A 431 is said of any parameter; the one that says that there is no such job names the job or its parameter. Without a text
 * it is about the only parameter that there is.
 */
function saysUnknown(text: string, jobid: string): boolean {
  if (/missing parameter|illegal|non-printable/i.test(text)) return false;
  return text === '' || /\bjob ?-?(?:id)?\b/i.test(text) || text.toLowerCase().includes(jobid.toLowerCase());
}
