import { CallBudget } from '../../http/budget.ts';
import { HttpFailure, type HttpResponse } from '../../http/client.ts';
import { checkFailureOf, retryAfterSeconds } from '../../http/failure.ts';
import { redirectNote } from '../../http/status.ts';
import type { XmlElement } from '../../xml/parse.ts';
import type { XmlNode } from '../../xml/write.ts';
import type { CallOptions, ConnectionContext } from '../adapter.ts';
import { LoginSecret, restNote } from '../login-secret.ts';
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

/**
 * One call at a time: the portal is a CGI on the management plane. A 401 is tried once more if the secret has been replaced
 * meanwhile; that is safe for a change too, as the web server refuses before the portal is asked.
 */
export function caller(context: Context): Call {
  const { name, options, http, now } = context;
  const url = portalUrl(options);
  const oneAtATime = new CallBudget({ perSecond: Number.POSITIVE_INFINITY, atOnce: 1 });
  const login = new LoginSecret<F5VcmpSecret, Fault>(context, { restFrom: REST_FROM });

  async function attempt(
    method: Method,
    body: string,
    secret: F5VcmpSecret,
    { signal, fresh }: MethodCallOptions,
  ): Promise<Reply<XmlElement | undefined>> {
    const headers = {
      'content-type': 'text/xml; charset=utf-8',
      soapaction: `"${namespaceOf(method)}"`,
      authorization: `Basic ${Buffer.from(`${secret.username}:${secret.password}`).toString('base64')}`,
    };
    const call = `${method.name} at ${name}`;
    try {
      const response = await http.request({ method: 'POST', url, headers, body, signal, ...(fresh && { fresh }) });
      const reply = replyOf(method, response, call, now());
      if (!isRefused(reply)) login.accepted();
      return reply;
    } catch (error) {
      return { ok: false, fault: faultOf(error, call, !(error instanceof HttpFailure) || error.sent) };
    }
  }

  return (method, parameters, callOptions) =>
    oneAtATime.run(async () => {
      let body: string;
      let taken: Awaited<ReturnType<typeof login.take>>;
      try {
        body = envelope(method, parameters);
        taken = await login.take();
      } catch (error) {
        return { ok: false, fault: faultOf(error, `${method.name} at ${name}`, false) };
      }
      if (!('secret' in taken)) return { ok: false, fault: restingFault(taken.refusal, taken) };
      const { secret } = taken;
      const reply = await attempt(method, body, secret, callOptions);
      if (!isRefused(reply)) return reply;
      const newer = await login.refused(secret, reply.fault);
      if (newer === undefined || callOptions.signal.aborted) return withRest(reply, login.restOf(secret));
      const again = await attempt(method, body, newer, callOptions);
      if (isRefused(again)) login.noteRefusal(newer, again.fault);
      return again;
    });
}

type Refused = { ok: false; fault: Fault };

function isRefused(reply: Reply<unknown>): reply is Refused {
  return !reply.ok && reply.fault.code === 'HTTP 401';
}

function withRest({ fault }: Refused, resting: { until: number } | undefined): Refused {
  return { ok: false, fault: resting ? restingFault(fault, resting) : fault };
}

function restingFault(fault: Fault, resting: { until: number }): Fault {
  return { ...fault, text: [fault.text || fault.code, restNote(resting)].join('; ') };
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
