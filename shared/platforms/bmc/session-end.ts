import { isLoginPage, saysSessionEnded } from '../session-words.ts';
import { isObject } from '../vsphere/moref.ts';
import { type Answer, errorIn } from './rest-answer.ts';

/**
 * `certain`: the answer came instead of the call, which may be repeated after a new login, whatever it was to do. `possible`:
 * so it looks, but the call may have been made.
 */
export type SessionEnd = 'certain' | 'possible';

/** 419 and 440 are what application servers answer with when a session has timed out; sign-on servers redirect to a page. */
const STATUSES = /^HTTP (401|403|419|440|3\d\d)$/;

/** Whether an answer to a call with a token means that the token is not taken any more. */
export function sessionEnd(answer: Answer, body: string): SessionEnd | undefined {
  const isSaid = saysSessionEnded(body);
  if (answer.kind === 'fault') {
    const { code } = answer.fault;
    if (STATUSES.test(code) || (code === 'HTTP 400' && isSaid)) return 'certain';
    return isSaid || (code === 'html' && isLoginPage(body)) ? 'possible' : undefined;
  }
  // Outputs of a workflow may speak of other sessions: vCenter's.
  const isLoginAnswer = answer.kind === 'json' && isObject(answer.json) && String(answer.json.login) === 'false';
  return isLoginAnswer || (errorIn(answer) !== undefined && isSaid) ? 'possible' : undefined;
}
