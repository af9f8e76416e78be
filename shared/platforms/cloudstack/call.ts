import { HttpFailure, type HttpResponse } from '../../http/client.ts';
import { retryAfterSeconds } from '../../http/failure.ts';
import { redirectNote } from '../../http/status.ts';
import type { JsonObject } from '../../job/job.ts';
import { blankEnds } from '../../secrets/blank-ends.ts';
import type { CallOptions, ConnectionContext } from '../adapter.ts';
import { readAnswer } from './answer.ts';
import { type Fault, faultOf, limitSeconds } from './errors.ts';
import type { CloudstackOptions } from './options.ts';
import type { CloudstackSecret } from './secret.ts';
import { type Pairs, signedForm } from './signature.ts';

export type Context = ConnectionContext<CloudstackOptions, CloudstackSecret>;

export type Reply = { ok: true; body: JsonObject } | { ok: false; fault: Fault };

export type Call = (command: string, pairs: Pairs, options: CallOptions & { fresh?: boolean }) => Promise<Reply>;

/** Long enough for a request that waits in our own budget of calls, short enough to be of no use to who finds it in a log. */
const SIGNATURE_EXPIRY_SECONDS = 600;
const HEADERS = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', accept: 'application/json' };

/**
 * One command, signed and answered. It is always posted: a GET has its parameters (user data, passwords) and the API key
 * in the URL, where every proxy writes them into its log, and newer servers demand POST for what changes something.
 *
 * A 401 is tried once more with the secret read again: the signature may have outlived its expiry in a queue, the keys may
 * have been replaced. It is safe for a submit too, as 401 comes before anything is done.
 */
export function caller({ name, options, secret, http, now }: Context): Call {
  const expiryMs = (options.signatureExpirySeconds ?? SIGNATURE_EXPIRY_SECONDS) * 1000;

  async function attempt(
    command: string,
    pairs: Pairs,
    { signal, fresh }: CallOptions & { fresh?: boolean },
    renew: boolean,
  ): Promise<Reply> {
    const call = `${command} at ${name}`;
    let body: string;
    let note: string;
    try {
      const keys = await secret(renew);
      note = blankEnds({ apiKey: keys.apiKey, secretKey: keys.secretKey });
      body = signedForm([['command', command], ['response', 'json'], ...pairs], keys, now() + expiryMs);
    } catch (error) {
      return { ok: false, fault: faultOf(error, call, false) };
    }
    try {
      const request = {
        method: 'POST',
        url: options.url,
        headers: HEADERS,
        body,
        signal,
        ...(fresh && { fresh }),
      } as const;
      const reply = replyOf(await http.request(request), call, now());
      if (reply.ok || reply.fault.code !== '401' || note === '') return reply;
      return { ok: false, fault: { ...reply.fault, note } };
    } catch (error) {
      return { ok: false, fault: faultOf(error, call, !(error instanceof HttpFailure) || error.sent) };
    }
  }

  return async (command, pairs, options) => {
    const reply = await attempt(command, pairs, options, false);
    const refused = !reply.ok && /^(HTTP )?401$/.test(reply.fault.code) && !options.signal.aborted;
    return refused ? attempt(command, pairs, options, true) : reply;
  };
}

function replyOf(response: HttpResponse, call: string, now: number): Reply {
  const answer = readAnswer(response);
  if (answer.kind === 'answer') return { ok: true, body: answer.body };
  if (answer.kind === 'unreadable') return { ok: false, fault: { code: answer.code, text: '', call, sent: true } };
  const wait = limitSeconds(answer.text) ?? retryAfterSeconds(response.headers['retry-after'], now);
  const fault = { code: answer.code, text: answer.text || redirectNote(response), call, sent: true };
  return { ok: false, fault: wait === undefined ? fault : { ...fault, retryAfterSeconds: wait } };
}
