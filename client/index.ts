import { connectionPath, jobPath } from './names.ts';
import { type Authorize, type AwsCredentials, bearer, type CredentialsProvider, regionOf, sigV4 } from './sign.ts';
import { type Retry, transport } from './transport.ts';
import type {
  AdoptRequest,
  Connection,
  ConnectionCheck,
  ConnectionName,
  Job,
  JobPage,
  JobReference,
  ListQuery,
  Platform,
  Report,
  SubmitRequest,
} from './types.ts';
import { type WaitOptions, waitFor } from './wait.ts';

export interface ClientOptions {
  /** Of the API: the stack's output `ApiUrl`, or `http://127.0.0.1:8787` of the local engine. */
  url: string;
  /** Signs every request (SigV4). Without them and without a token requests go as they are, which the local engine takes. */
  credentials?: AwsCredentials | CredentialsProvider;
  /** Needed where the URL does not tell it: a domain name of your own. */
  region?: string;
  /** For an API with a JWT authorizer. */
  token?: string | (() => Promise<string>);
  /** How often a request is sent again after a network failure, 429 or 5xx (4 unless told). */
  retries?: number;
  onRetry?(retry: Retry): void;
  fetch?: typeof fetch;
}

export interface CallOptions {
  signal?: AbortSignal;
}

export interface SubmitOptions extends CallOptions {
  /** The same key and request within 24 h are the same job. One is made for each call unless told. */
  idempotencyKey?: string;
}

export interface Client {
  /**
   * Submits a job. Sent again with the same `Idempotency-Key` after a network failure, 429 or 5xx, so it is submitted once
   * at most.
   */
  submit<P extends Platform>(to: ConnectionName<P>, request: SubmitRequest<P>, options?: SubmitOptions): Promise<Job>;
  /** Takes over a job that runs at the platform already. */
  adopt<P extends Platform>(to: ConnectionName<P>, request: AdoptRequest<P>, options?: SubmitOptions): Promise<Job>;
  get(job: JobReference, options?: CallOptions): Promise<Job>;
  /** The jobs of a connection, newest first; a page is fetched when it is come to. */
  list(of: string, query?: ListQuery, options?: CallOptions): AsyncGenerator<Job, void, void>;
  /** Asks the platform to cancel. The job is CANCELED when the platform says so. */
  cancel(job: JobReference, options?: CallOptions): Promise<Job>;
  /** What a worker says of its job. `cancelRequestedAt` in the answer: somebody wants it to stop. */
  report(job: JobReference, report?: Report, options?: CallOptions): Promise<Job>;
  /** Resolves when the job is over, however it ended. */
  wait(job: JobReference, options?: WaitOptions): Promise<Job>;
  connections(options?: CallOptions): Promise<Connection[]>;
  /** Logs in at the platform and says what is wrong. */
  checkConnection(name: string, options?: CallOptions): Promise<ConnectionCheck>;
}

const RETRIES = 4;

/** A client of one Pollux API. Rejects with `PolluxError` for an answer that is an error, `NoAnswerError` without one. */
export function createClient(options: ClientOptions): Client {
  const send = transport({
    url: new URL(options.url),
    fetch: options.fetch ?? globalThis.fetch,
    authorize: authorizeBy(options),
    retries: options.retries ?? RETRIES,
    onRetry: options.onRetry ?? (() => {}),
  });

  async function post(
    path: string,
    { body, ...options }: CallOptions & { body?: unknown; headers?: Record<string, string>; repeat?: 'if-not-done' },
  ) {
    const answer = await send({ method: 'POST', path, repeat: 'always', signal: undefined, ...options, body });
    return answer.body;
  }

  function start(to: string, body: unknown, { idempotencyKey, signal }: SubmitOptions = {}) {
    const headers = { 'idempotency-key': idempotencyKey ?? crypto.randomUUID() };
    return post(`${connectionPath(to)}/jobs`, { body, headers, ...(signal && { signal }) }) as Promise<Job>;
  }

  const get = async (path: string, { signal }: CallOptions, query: Record<string, string> = {}) =>
    (await send({ method: 'GET', path, query, repeat: 'always', signal })).body;

  return {
    submit: start,
    adopt: start,
    get: (job, options = {}) => get(jobPath(job), options) as Promise<Job>,
    async *list(of, { status, operation, pageSize } = {}, options = {}) {
      const query = {
        ...(status !== undefined && { status }),
        ...(operation !== undefined && { operation }),
        ...(pageSize !== undefined && { limit: String(pageSize) }),
      };
      let cursor: string | undefined;
      do {
        const page = (await get(`${connectionPath(of)}/jobs`, options, {
          ...query,
          ...(cursor !== undefined && { cursor }),
        })) as JobPage;
        yield* page.jobs;
        cursor = page.cursor;
      } while (cursor !== undefined);
    },
    cancel: (job, options = {}) => post(`${jobPath(job)}/cancel`, options) as Promise<Job>,
    report(job, report = {}, options = {}) {
      // The end of a job that was reported twice would be refused the second time, although it was taken.
      const ends = report.state === 'success' || report.state === 'error';
      return post(`${jobPath(job)}/report`, {
        ...options,
        body: report,
        ...(ends && { repeat: 'if-not-done' }),
      }) as Promise<Job>;
    },
    wait: (job, options = {}) => waitFor(send, job, options),
    async connections(options = {}) {
      return ((await get('/v1/connections', options)) as { connections: Connection[] }).connections;
    },
    checkConnection: (name, options = {}) => post(`${connectionPath(name)}/check`, options) as Promise<ConnectionCheck>,
  };
}

function authorizeBy({ url, token, credentials, region }: ClientOptions): Authorize | undefined {
  if (token !== undefined) return bearer(token);
  if (credentials === undefined) return undefined;
  const signedFor = region ?? regionOf(new URL(url));
  if (signedFor === undefined) throw new TypeError(`the url ${url} tells no AWS region: give the option "region"`);
  return sigV4(signedFor, credentials);
}

export { isTerminal } from '../shared/job/job.ts';
export { NoAnswerError, PolluxError } from './error.ts';
export { jobName, parseConnection, parseJob } from './names.ts';
export type { AwsCredentials, CredentialsProvider } from './sign.ts';
export type { Retry } from './transport.ts';
export type * from './types.ts';
export type { WaitOptions } from './wait.ts';
