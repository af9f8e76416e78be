import type { HttpClient, HttpResponse } from '../http/client.ts';
import type { JobError, Json, JsonObject, Part } from '../job/job.ts';
import { Confidential } from '../secrets/conceal.ts';
import { isSecretName, secretsIn } from '../secrets/secret-names.ts';
import type { ConnectionContext, Log, PlatformConnection } from './adapter.ts';

/**
 * Stands between an adapter and everybody else: what the adapter says (outcomes, logs, errors) has none of the values that
 * are secret on this connection: the fields of its secret, cookies and tokens of its sessions, and what a submit has in
 * fields with a secret's name. Platforms repeat what they were sent, in faults above all. Handles go back to the platform
 * and are left as they are.
 */
export function keepConfidential(
  context: ConnectionContext<unknown, unknown>,
  connect: (context: ConnectionContext<unknown, unknown>) => PlatformConnection,
): PlatformConnection {
  const lasting = new Confidential();
  lasting.learn(environmentOf(context.options));
  const known = new Confidential(lasting);
  const inner = connect({
    ...context,
    secret: async (fresh) => {
      const secret = await context.secret(fresh);
      known.learn(valuesOf(secret));
      return secret;
    },
    http: learning(context.http, known),
    log: quiet(context.log, known),
  });
  const guard =
    <A extends unknown[], T extends object | undefined>(work: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      const outcome = await guarded(known, () => work(...args));
      return outcome && withoutSecrets(known, outcome);
    };
  return {
    intent: (request, job) => inner.intent(request, job),
    adopt: (request) => inner.adopt(request),
    submit: async (request, intent, options) => {
      const own = secretsIn(request);
      const outcome = await guarded(known.with(own), () => inner.submit(request, intent, options));
      // Once more with what became known meanwhile: a session, a secret that was read for the first time.
      return withoutSecrets(known.with(own), outcome);
    },
    check: async (jobs, options) => {
      const outcomes = await guarded(known, () => inner.check(jobs, options));
      return new Map([...outcomes].map(([id, outcome]) => [id, withoutSecrets(known, outcome)]));
    },
    ...(inner.cancel && { cancel: guard(inner.cancel.bind(inner)) }),
    ...(inner.probe && { probe: guard(inner.probe.bind(inner)) }),
    ...(inner.report && { report: guard(inner.report.bind(inner)) }),
    ...(inner.findSubmitted && { findSubmitted: guard(inner.findSubmitted.bind(inner)) }),
  };
}

/** Shorter ones are words that machines and requests may be named by, unless the variable's name says otherwise. */
const SHORTEST_OF_ENVIRONMENT = 12;

/** What the operator gives to scripts: there may be a secret in it, and scripts repeat it. A path says where to look. */
function environmentOf(options: unknown): string[] {
  const { environment } = Object(options) as { environment?: Record<string, string> };
  return Object.entries(environment ?? {}).flatMap(([name, value]) =>
    isSecretName(name) || (value.length >= SHORTEST_OF_ENVIRONMENT && !/^([A-Z]:)?[\\/]/i.test(value)) ? [value] : [],
  );
}

/** A user's name is shown, as in vCenter's own task list; everything else in a secret is secret. */
function valuesOf(secret: unknown): string[] {
  return Object.entries(Object(secret)).flatMap(([name, value]) =>
    typeof value === 'string' && !/user.?name$/i.test(name) ? [value] : [],
  );
}

/** Learns the sessions that answers open and requests carry: what is sent is current, whatever else was set since. */
function learning(http: HttpClient, known: Confidential): HttpClient {
  return {
    async request(request) {
      known.learnSessions(sessionsIn(request.headers ?? {}));
      const response = await http.request(request);
      known.learnSessions(sessionsIn(response.headers));
      return response;
    },
  };
}

const COOKIE_ATTRIBUTE = /^(domain|expires|max-age|path|priority|samesite)$/i;

/** Cookies (some products put several into one header), and headers that are named like BMC's `Authentication-Token`. */
function sessionsIn(headers: HttpResponse['headers']): [name: string, value: string][] {
  return Object.entries(headers).flatMap(([header, value = []]) => {
    const name = header.toLowerCase();
    const lines = [value].flat();
    if (/token$/.test(name)) return lines.map((line): [string, string] => [name, line]);
    return /^(set-)?cookie$/.test(name) ? lines.flatMap(cookiesIn) : [];
  });
}

function cookiesIn(line: string): [name: string, value: string][] {
  return line.split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    const name = pair.slice(0, at).trim();
    if (at < 0 || COOKIE_ATTRIBUTE.test(name)) return [];
    return [
      [
        `cookie ${name}`,
        pair
          .slice(at + 1)
          .trim()
          .replaceAll('"', ''),
      ],
    ];
  });
}

function quiet(log: Log, known: Confidential): Log {
  const say = (level: keyof Log) => (message: string, data?: Record<string, unknown>) =>
    log[level](known.hide(message), known.hide(data));
  return { debug: say('debug'), info: say('info'), warn: say('warn') };
}

/** An adapter that throws breaks its word; what it throws is logged. */
async function guarded<T>(known: Confidential, work: () => Promise<T>): Promise<T> {
  try {
    return await known.during(work);
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    throw Object.assign(new Error(known.hide(message)), { name: known.hide(name) });
  }
}

interface Said {
  message?: string;
  result?: Json;
  details?: JsonObject;
  error?: JobError;
  parts?: Part[];
}

/** Only what is said: the words by which the core decides, ids and handles stay, whatever a password may be. */
function withoutSecrets<T extends object>(known: Confidential, outcome: T): T {
  const { message, result, details, error, parts }: Said = outcome;
  return {
    ...outcome,
    ...(message !== undefined && { message: known.hide(message) }),
    ...(result !== undefined && { result: known.hide(result) }),
    ...(details !== undefined && { details: known.hide(details) }),
    ...(error !== undefined && { error: withoutSecrets(known, error) }),
    ...(parts !== undefined && { parts: parts.map((part) => withoutSecrets(known, part)) }),
  };
}
