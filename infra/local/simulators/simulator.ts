/**
 * What every simulated platform offers: to the local engine, which starts it as a default connection, and to the contract
 * suite, which breaks it on purpose. A simulator answers on loopback only and keeps its state in memory.
 */
export interface Simulator {
  readonly platform: string;
  /** The connection's entry for the connections file, `url` included. */
  readonly connection: Record<string, unknown>;
  /** The connection's secret. */
  readonly secret: Record<string, string>;
  /** Calls taken so far, by the platform's own name of the call (`Login`, `queryAsyncJobResult`). */
  readonly calls: Readonly<Record<string, number>>;
  /** The next `count` calls (1 unless told; of `call` only, if named) meet this fault; 0 takes back all faults. */
  inject(fault: Fault, options?: { count?: number; call?: string }): void;
  /** Ends all logins, as a restart of the platform's session service does. Nothing happens where there are none. */
  expireSessions(): void;
  /** Forgets this job, as platforms forget finished ones. `platformJobId` as the adapter reports it. */
  forget(platformJobId: string): void;
  readonly scenarios: Scenarios;
  close(): Promise<void>;
}

/**
 * - `unauthorized`: a bare 401, as from a proxy; `html`: 200 with a web page; `empty`: 200 without a body;
 * - `hang`: takes the request and never answers; `truncated`: half an answer, then the connection closes;
 * - `unavailable`: 503 with a page; `reset`: the connection is reset before anything is done;
 * - `throttled`: the platform's own "too many requests";
 * - `lost-answer`: the call is carried out, and the connection is reset instead of the answer.
 */
export type Fault =
  | 'unauthorized'
  | 'html'
  | 'empty'
  | 'hang'
  | 'truncated'
  | 'unavailable'
  | 'reset'
  | 'throttled'
  | 'lost-answer';

/** Bodies of `POST …/jobs` whose end on this simulator is known, for the demo and for tests. Each call is a new job. */
export interface Scenarios {
  /** Ends SUCCEEDED after about `seconds`, with progress where the platform has it. */
  succeeds(seconds: number): Record<string, unknown>;
  /** Is accepted and ends FAILED after about `seconds`. */
  fails(seconds: number): Record<string, unknown>;
  /** Runs for ever unless canceled. */
  runsForever(): Record<string, unknown>;
  /** Is refused by the platform at once. */
  refused(): Record<string, unknown>;
  /** Ends PARTIALLY_SUCCEEDED after about `seconds`, where the platform knows that. */
  partlySucceeds?(seconds: number): Record<string, unknown>;
  /** After about `seconds` somebody else asks the platform for another state: SUPERSEDED. */
  isSuperseded?(seconds: number): Record<string, unknown>;
  /** Starts a job at the platform behind Pollux's back and gives the body that adopts it. */
  adopts(seconds: number): Record<string, unknown>;
}
