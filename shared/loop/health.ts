import { type BusEvent, CONNECTION_STATE_CHANGE, type EventBus } from '../events/bus.ts';
import type { CheckFailure } from '../job/outcome.ts';
import type { ConnectionHealth } from '../store/loop-item.ts';
import { type ConnectionRef, connectionName } from '../store/store.ts';
import type { Learned } from './look.ts';
import { restMs } from './rest.ts';
import type { SoftState } from './soft-state.ts';

/** One failed tick is an accident, three in a row (after about 15 s of back-off) are a connection that is down. */
const DOWN_AFTER = 3;
const BACKOFF_FIRST_MS = 5_000;
const BACKOFF_MAX_MS = 300_000;
/** A proxy's Retry-After of a year would cost every job of the connection its deadline. */
export const MAX_WISH_MS = 900_000;

export interface Judged {
  state: SoftState;
  /** The failure that all of this tick's calls met; absent when one of them told something, or none was made. */
  failed?: CheckFailure;
  asked: boolean;
  /** Failed ticks in a row of which every call failed until an operator acts, this one included. */
  permanentTimes: number;
}

/**
 * What this tick's calls say of the connection itself. When none of them told anything the next try waits: full jitter
 * over a doubling range up to 5 min, or, where all failed until an operator acts, a minute that doubles up to 15; and never
 * sooner than the platform asked for.
 */
export function judgeHealth(
  before: SoftState,
  learned: Learned,
  openJobs: number,
  ports: { now(): number; random(): number },
  permanentTimes = 0,
): Judged {
  const { failingSince: _since, retryAt: _retryAt, ...rest } = before;
  const outcomes = [...learned.checks.values(), ...learned.cancels.values(), ...defined(learned.finds.values())];
  if (outcomes.length === 0) return { state: before, asked: false, permanentTimes };

  const now = ports.now();
  const failures = outcomes.filter(isFailure);
  const asks = Math.max(0, ...failures.map((failure) => failure.retryAfterSeconds ?? 0));
  const wished = Math.min(asks * 1000, MAX_WISH_MS);
  const told = outcomes.length > failures.length;
  // One job of many that alone fails to be told about is that job's matter, unless the transport itself failed, or it was
  // asked about to see whether the platform is back.
  const alone = outcomes.length === 1 && openJobs > 1 && before.failures === 0;
  const itsOwn = alone && !failures[0]?.code.startsWith('http.');
  if (!told && itsOwn && wished === 0) return { state: before, asked: false, permanentTimes };
  if (told) {
    const state = { ...rest, failures: 0, ...(wished > 0 && { retryAt: now + wished }) };
    return { state, asked: true, permanentTimes: 0 };
  }

  const count = before.failures + 1;
  const range = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(count - 1, 10));
  const times = failures.every(({ kind }) => kind === 'permanent') ? permanentTimes + 1 : 0;
  const wait = Math.max(wished, times > 0 ? restMs(times) : Math.max(1000, ports.random() * range));
  const failed = failures[0]!;
  const state = { ...rest, failures: count, failingSince: before.failingSince ?? now, retryAt: now + wait };
  return { state, failed, asked: true, permanentTimes: times };
}

/** The connection's health after this tick, given what the table says. */
export function healthAfter(before: ConnectionHealth, judged: Judged, now: number): ConnectionHealth {
  if (!judged.asked) return before;
  if (judged.failed === undefined) return before.status === 'UP' ? before : { status: 'UP', since: now };
  const down = judged.state.failures >= DOWN_AFTER || judged.failed.kind === 'permanent' || before.status === 'DOWN';
  if (!down) return before;
  const reason = `${judged.failed.code}: ${judged.failed.message}`.slice(0, 500);
  const since = before.status === 'DOWN' ? before.since : (judged.state.failingSince ?? now);
  return { status: 'DOWN', since, reason };
}

/** Tells subscribers that an endpoint stopped or starts answering. A first sign of life is no news. */
export async function announceHealth(
  bus: EventBus,
  of: ConnectionRef,
  before: ConnectionHealth,
  after: ConnectionHealth,
): Promise<boolean> {
  if (before.status === after.status || (before.status === 'UNKNOWN' && after.status === 'UP')) return true;
  const event: BusEvent = {
    detailType: CONNECTION_STATE_CHANGE,
    detail: {
      schemaVersion: 1,
      // Of the outage that begins or ends: the same if a crash repeats the news.
      eventId: `${connectionName(of)}-${after.status === 'DOWN' ? after.since : before.since}-${after.status}`,
      ...of,
      status: after.status,
      previousStatus: before.status,
      ...(after.reason !== undefined && { reason: after.reason }),
    },
    resource: connectionName(of),
  };
  const [taken] = await bus.publish([event]);
  return taken === true;
}

/** `not_found`, `absent`, `over` and `refused` are answers: the endpoint works. */
function isFailure(outcome: { kind: string }): outcome is CheckFailure {
  return outcome.kind === 'transient' || outcome.kind === 'permanent';
}

function* defined<T>(values: Iterable<T | undefined>): Generator<T> {
  for (const value of values) if (value !== undefined) yield value;
}
