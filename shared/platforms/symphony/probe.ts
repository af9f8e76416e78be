import type { CheckFailure } from '../../job/outcome.ts';
import type { CallOptions } from '../adapter.ts';
import { readAnswer } from './answer.ts';
import { checkFailure, faultOf } from './errors.ts';
import type { Transport } from './transport.ts';

/** Below what an API call may take. */
const PATIENCE_MS = 15_000;

/** The one script that asks the provider's cloud and touches no request: a status has side effects (HF-T4). */
export async function probe(
  transport: Transport,
  name: string,
  { signal }: CallOptions,
): Promise<CheckFailure | undefined> {
  const call = `${transport.label('getAvailableTemplates')} of ${name}`;
  const run = await transport.run('getAvailableTemplates', {}, { signal, patienceMs: PATIENCE_MS });
  if (run.kind === 'running') {
    const text = `not over within ${PATIENCE_MS / 1000} s`;
    return checkFailure({ code: 'exit 124', text, call, started: true });
  }
  if (run.kind === 'failed') return checkFailure(faultOf(run, 'empty', call));
  const answer = readAnswer(run.stdout, ['templates']);
  const told = answer.kind === 'answer' && Array.isArray(answer.body.templates);
  return told ? undefined : checkFailure(faultOf(run, answer.kind, call));
}
