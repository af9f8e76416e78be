import type { HttpClient, HttpResponse } from '../http/client.ts';
import type { JobError, Json, JsonObject, Part } from '../job/job.ts';
import { Confidential } from '../secrets/conceal.ts';
import { secretsIn } from '../secrets/secret-names.ts';
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
  const known = new Confidential();
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
      const outcome = await tried(known, () => work(...args));
      return outcome && withoutSecrets(known, outcome);
    };
  return {
    intent: (request, job) => inner.intent(request, job),
    adopt: (request) => inner.adopt(request),
    submit: async (request, intent, options) => {
      const own = secretsIn(request);
      const outcome = await tried(known, () => inner.submit(request, intent, options), own);
      return withoutSecrets(known.with(own), outcome);
    },
    check: async (jobs, options) => {
      const outcomes = await tried(known, () => inner.check(jobs, options));
      return new Map([...outcomes].map(([id, outcome]) => [id, withoutSecrets(known, outcome)]));
    },
    ...(inner.cancel && { cancel: guard(inner.cancel.bind(inner)) }),
    ...(inner.probe && { probe: guard(inner.probe.bind(inner)) }),
    ...(inner.report && { report: guard(inner.report.bind(inner)) }),
    ...(inner.findSubmitted && { findSubmitted: guard(inner.findSubmitted.bind(inner)) }),
  };
}

/** A user's name is shown, as in vCenter's own task list; everything else in a secret is secret. */
function valuesOf(secret: unknown): string[] {
  return Object.entries(Object(secret)).flatMap(([name, value]) =>
    typeof value === 'string' && !/user.?name$/i.test(name) ? [value] : [],
  );
}

/** Learns the sessions that answers open. */
function learning(http: HttpClient, known: Confidential): HttpClient {
  return {
    async request(request) {
      const response = await http.request(request);
      known.learnSessions(sessionsIn(response));
      return response;
    },
  };
}

const COOKIE_ATTRIBUTE = /^(domain|expires|max-age|path|priority|samesite)$/i;

/** Cookies (some products put several into one header), and headers that are named like BMC's `Authentication-Token`. */
function sessionsIn({ headers }: HttpResponse): string[] {
  return Object.entries(headers).flatMap(([name, value = []]) => {
    const lines = [value].flat();
    if (name !== 'set-cookie') return /token$/.test(name) ? lines : [];
    const pairs = lines.flatMap((line) => [...line.matchAll(/(?:^|;)\s*([^=;]+)="?([^;"]*)/g)]);
    return pairs.flatMap(([, cookie = '', held = '']) => (COOKIE_ATTRIBUTE.test(cookie) ? [] : [held]));
  });
}

function quiet(log: Log, known: Confidential): Log {
  const say = (level: keyof Log) => (message: string, data?: Record<string, unknown>) =>
    log[level](known.hide(message), known.hide(data));
  return { debug: say('debug'), info: say('info'), warn: say('warn') };
}

/** An adapter that throws breaks its word; what it throws is logged. */
async function tried<T>(known: Confidential, work: () => Promise<T>, own: readonly string[] = []): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    throw Object.assign(new Error(known.with(own).hide(message)), { name });
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
