import { CallBudget } from '../../http/budget.ts';
import { HttpFailure, type HttpResponse } from '../../http/client.ts';
import { checkFailureOf, retryAfterSeconds } from '../../http/failure.ts';
import { redirectNote } from '../../http/status.ts';
import { blankEnds } from '../../secrets/blank-ends.ts';
import type { XmlElement } from '../../xml/parse.ts';
import type { XmlNode } from '../../xml/write.ts';
import type { CallOptions, ConnectionContext } from '../adapter.ts';
import { type Attempt, LoginSecret, type Refused, restNote } from '../login-secret.ts';
import { type Fault, readFault } from './faults.ts';
import type { F5VcmpOptions } from './options.ts';
import { portalUrl } from './portal.ts';
import type { F5VcmpSecret } from './secret.ts';
import { envelope, type Method, namespaceOf, readAnswer } from './soap.ts';

export type Context = ConnectionContext<F5VcmpOptions, F5VcmpSecret>;

export type Reply<T> = { ok: true; value: T } | { ok: false; fault: Fault };

/** See `HttpRequest.fresh`: for calls that change something. */
export type MethodCallOptions = CallOptions & { fresh?: boolean };

/** One method, and its `return` element; none for void. */
export type Call = (
  method: Method,
  parameters: readonly XmlNode[],
  options: MethodCallOptions,
) => Promise<Reply<XmlElement | undefined>>;

/**
 * Every call carries the password, and about five wrong ones lock the account for a quarter of an hour. One 401 may come
 * from a web server that is half up; from the second in a row on the same secret rests, which makes four tries in a quarter
 * of an hour.
 */
const REST_FROM = 2;
/** So long after a password was accepted, the next calls are made without asking whether it still is. */
const PROVEN_MS = 60_000;

/**
 * One call at a time: the portal is a CGI on the management plane. A 401 is tried once more if the secret has been replaced
 * meanwhile; that is safe for a change too, as the web server refuses before the portal is asked.
 */
export function caller(context: Context): Call {
  const { name, options, http, now } = context;
  const url = portalUrl(options);
  const oneAtATime = new CallBudget({ perSecond: Number.POSITIVE_INFINITY, atOnce: 1 });
  const login = new LoginSecret<F5VcmpSecret, Fault>(context, {
    codeOf: ({ code }) => code,
    refusalOf: (code) => ({ code, text: '', call: `call at ${name}`, sent: false }),
    restFrom: REST_FROM,
    provenMs: PROVEN_MS,
  });

  async function attempt(
    method: Method,
    body: string,
    secret: F5VcmpSecret,
    { signal, fresh }: MethodCallOptions,
  ): Promise<Attempt<Reply<XmlElement | undefined>, Fault>> {
    const headers = {
      'content-type': 'text/xml; charset=utf-8',
      soapaction: `"${namespaceOf(method)}"`,
      authorization: `Basic ${Buffer.from(`${secret.username}:${secret.password}`).toString('base64')}`,
    };
    const call = `${method.name} at ${name}`;
    try {
      const response = await http.request({ method: 'POST', url, headers, body, signal, ...(fresh && { fresh }) });
      const value = replyOf(method, response, call, now());
      if (value.ok || value.fault.answered) return { kind: 'accepted', value };
      if (value.fault.code !== 'HTTP 401') return { kind: 'undecided', value };
      const text = blankEnds({ username: secret.username, password: secret.password });
      return { kind: 'refused', refusal: { ...value.fault, text } };
    } catch (error) {
      const fault = faultOf(error, call, !(error instanceof HttpFailure) || error.sent);
      return { kind: 'undecided', value: { ok: false, fault } };
    }
  }

  return (method, parameters, callOptions) =>
    oneAtATime.run(async () => {
      try {
        const body = envelope(method, parameters);
        const tried = await login.attempt((secret) => attempt(method, body, secret, callOptions));
        return 'value' in tried ? tried.value : { ok: false, fault: refusedFault(tried) };
      } catch (error) {
        return { ok: false, fault: faultOf(error, `${method.name} at ${name}`, false) };
      }
    });
}

function refusedFault({ refusal, until }: Refused<Fault>): Fault {
  if (until === undefined) return refusal;
  return { ...refusal, text: [refusal.text || refusal.code, restNote({ until })].join('; ') };
}

function replyOf(method: Method, response: HttpResponse, call: string, now: number): Reply<XmlElement | undefined> {
  const answer = readAnswer(method, response);
  if (answer.kind === 'answer') return { ok: true, value: answer.value };
  if (answer.kind === 'fault') {
    return {
      ok: false,
      fault: { ...readFault(answer.faultcode, answer.faultstring), call, sent: true, answered: true },
    };
  }
  const wait = retryAfterSeconds(response.headers['retry-after'], now);
  const fault = { code: answer.code, text: redirectNote(response), call, sent: true };
  return { ok: false, fault: wait === undefined ? fault : { ...fault, retryAfterSeconds: wait } };
}

/** A request that got no answer, or could not even be made. */
function faultOf(error: unknown, call: string, sent: boolean): Fault {
  const { code, message } = checkFailureOf(error);
  return { code, text: message, call, sent };
}
