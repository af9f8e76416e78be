import type { SubmitPorts } from '../../functions/submit-job/submit.ts';
import { KEEP_FINISHED_DAYS } from '../../shared/job/retention.ts';
import type { TickPorts } from '../../shared/loop/tick.ts';
import { BOUNDS, LIMITS, SILENT } from '../support/world.ts';
import { fromText, toText } from './text.ts';

/**
 * A process is one run of a function of the product: a submit, a tick, a reconcile. What it does next depends on nothing
 * but its inputs, what its calls were answered, and the clock at those moments. So where it stands can be told by these
 * alone, it is found again by running it anew with the same answers, and it has to be run once for each of them.
 */

export type Ports = TickPorts & SubmitPorts;

export interface Program {
  /** For people: `submit A`, `tick of loop 1`. */
  label: string;
  /** All inputs: two programs of the same name do the same. */
  name: string;
  /** The function's time-out. */
  lifeMs: number;
  run(ports: Ports): Promise<unknown>;
}

/** A call that waits for its answer. */
export interface Call {
  n: number;
  port: PortName;
  method: string;
  /** As text, see `toText`. */
  args: string;
}

export interface Answer {
  call: number;
  /** When it came. */
  at: number;
  /** The value, or the message of the error. */
  text: string;
  failed: boolean;
}

export type End = { value: string } | { error: string };

export interface Process {
  id: number;
  program: Program;
  startedAt: number;
  answers: readonly Answer[];
  calls: readonly Call[];
  end?: End;
}

const PORTS = ['store', 'executions', 'bus', 'callbacks', 'platform'] as const;
export type PortName = (typeof PORTS)[number];

export class Processes {
  readonly #known = new Map<string, Process>();

  get size(): number {
    return this.#known.size;
  }

  start(program: Program, at: number): Promise<Process> {
    return this.#at(`${program.name}@${at}`, program, at, []);
  }

  answer(process: Process, answer: Answer): Promise<Process> {
    const { call, at, failed, text } = answer;
    const key = `${process.id} ${call} ${at} ${failed} ${text}`;
    return this.#at(key, process.program, process.startedAt, [...process.answers, answer]);
  }

  async #at(key: string, program: Program, startedAt: number, answers: readonly Answer[]): Promise<Process> {
    const known = this.#known.get(key);
    if (known) return known;
    const process = { id: this.#known.size, program, startedAt, answers, ...(await run(program, startedAt, answers)) };
    this.#known.set(key, process);
    return process;
  }
}

/** Runs the program until it waits for something that it was not answered. */
async function run(
  program: Program,
  startedAt: number,
  answers: readonly Answer[],
): Promise<Pick<Process, 'calls' | 'end'>> {
  const channel = new Channel(startedAt);
  const restore = predictableIds(program.label);
  try {
    let end: End | undefined;
    program.run(channel.ports).then(
      (value) => {
        end ??= { value: toText(value) };
      },
      (error) => {
        end ??= { error: String(error) };
      },
    );
    await allBlocked();
    for (const answer of answers) {
      channel.deliver(answer);
      await allBlocked();
    }
    // A function that has answered is frozen: what it left under way does not go on.
    return end ? { calls: [], end } : { calls: channel.calls() };
  } finally {
    channel.abandon();
    restore();
  }
}

/** Microtasks come before immediates, so by then everything waits for an answer. */
function allBlocked(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

interface Waiting {
  call: Call;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The ports of one process. Every call to the outside waits here. */
class Channel {
  readonly ports: Ports;
  readonly #waiting = new Map<number, Waiting>();
  #now: number;
  #made = 0;
  #abandoned = false;

  constructor(now: number) {
    this.#now = now;
    const outside = Object.fromEntries(PORTS.map((port) => [port, this.#port(port)]));
    this.ports = {
      ...outside,
      bounds: BOUNDS,
      limits: LIMITS,
      now: () => this.#now,
      random: () => 0.5,
      log: SILENT,
      metrics: { count() {} },
      // No time passes: the next try is one step like any other. A process that is abandoned tries nothing again.
      pause: async () => {
        if (this.#abandoned) throw new Error('abandoned');
      },
      keepFinishedSeconds: KEEP_FINISHED_DAYS * 86_400,
    } as unknown as Ports;
  }

  calls(): Call[] {
    return [...this.#waiting.values()].map(({ call }) => call);
  }

  deliver({ call, at, text, failed }: Answer): void {
    const waiting = this.#waiting.get(call);
    if (waiting === undefined) throw new Error(`a process did not do again what it did before: no call ${call}`);
    this.#waiting.delete(call);
    this.#now = at;
    if (failed) waiting.reject(new Error(text));
    else waiting.resolve(fromText(text));
  }

  /** Unwinds the process, so that none of its timers stays behind. */
  abandon(): void {
    this.#abandoned = true;
    for (const { reject } of this.#waiting.values()) reject(new Error('abandoned'));
    this.#waiting.clear();
  }

  /** Whatever methods a port has or will have: each is one step. */
  #port(port: PortName): object {
    return new Proxy(
      {},
      {
        get: (_target, method) => {
          if (port === 'platform' && Object.hasOwn(WITHOUT_IO, method)) return WITHOUT_IO[String(method)];
          if (port === 'store' && Object.hasOwn(STATISTICS, method)) return STATISTICS[String(method)];
          if (port === 'platform' && method === 'report') return undefined;
          return (...args: unknown[]) => this.#call(port, String(method), args);
        },
      },
    );
  }

  #call(port: PortName, method: string, args: unknown[]): Promise<unknown> {
    if (this.#abandoned) return Promise.reject(new Error('abandoned'));
    const call = { n: this.#made++, port, method, args: toText(args) };
    return new Promise((resolve, reject) => this.#waiting.set(call.n, { call, resolve, reject }));
  }
}

/** What operations took before moves the moment of a look, and nothing else: reading and counting it are no steps. */
const STATISTICS: Record<string, unknown> = {
  getStats: async () => undefined,
  putStats: async () => true,
};

/** What a platform's connection does by itself. */
const WITHOUT_IO: Record<string, unknown> = {
  intent: (_request: unknown, job: { id: string }) => ({ marker: job.id }),
};

/** The ids of jobs are random; a process that is run again must choose the same. */
function predictableIds(seed: string): () => void {
  let state = [...seed].reduce((hash, char) => Math.imul(hash ^ char.charCodeAt(0), 16_777_619), 2_166_136_261);
  const getRandomValues = (bytes: Uint8Array) => {
    for (let i = 0; i < bytes.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      bytes[i] = state >>> 24;
    }
    return bytes;
  };
  Object.defineProperty(globalThis.crypto, 'getRandomValues', { value: getRandomValues, configurable: true });
  return () => Reflect.deleteProperty(globalThis.crypto, 'getRandomValues');
}
