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
  // 431 is about the job as long as it is not about the request: the id is the only parameter there is.
  const unknown = fault.code === '431' && !/missing parameter/i.test(fault.text);
  return unknown ? { outcome: { ...failure, kind: 'not_found' } } : { outcome: failure, fault };
}
