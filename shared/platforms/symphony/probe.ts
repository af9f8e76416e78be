import type { CheckFailure } from '../../job/outcome.ts';
import type { CallOptions } from '../adapter.ts';
import { bestOf, readAnswers } from './answer.ts';
import { type Call, checkFailure, faultOf } from './errors.ts';
import type { Transport } from './transport.ts';

/** Below what an API call may take. */
const PATIENCE_MS = 15_000;

/** The one script that asks the provider's cloud and touches no request: a status has side effects (HF-T4). */
export async function probe(
  transport: Transport,
  call: Call,
  { signal }: CallOptions,
): Promise<CheckFailure | undefined> {
  const run = await transport.run('getAvailableTemplates', {}, { signal, patienceMs: PATIENCE_MS });
  if (run.kind === 'running') {
    const text = `not over within ${PATIENCE_MS / 1000} s, which is all that a check of a connection waits; jobs wait longer`;
    return checkFailure({ code: 'exit 124', text, call: call.name, started: true });
  }
  if (run.kind === 'failed') return checkFailure(faultOf(run, 'empty', call));
  const { kind, documents, other } = readAnswers(run.stdout, 'templates');
  const answered = documents.some(({ body }) => Array.isArray(body.templates));
  return answered ? undefined : checkFailure(faultOf(run, kind, call, bestOf(documents)?.body ?? other));
}
