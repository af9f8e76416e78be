import type { TerminalStatus } from '../job/job.ts';
import { CONNECTION_STATE_CHANGE, type ConnectionStateChange, EVENT_SOURCE, JOB_STATE_CHANGE } from './bus.ts';

/** Which ends of jobs a rule is about. Several values of a field are alternatives; a field left out matches all. */
export interface JobFilter {
  platforms?: readonly string[];
  connections?: readonly string[];
  operations?: readonly string[];
  statuses?: readonly TerminalStatus[];
  labels?: Readonly<Record<string, readonly string[]>>;
}

export interface ConnectionFilter {
  platforms?: readonly string[];
  connections?: readonly string[];
  statuses?: readonly ConnectionStateChange['status'][];
}

/** An event pattern of EventBridge. */
export interface EventPattern {
  source: string[];
  'detail-type': string[];
  detail?: Record<string, unknown>;
}

export function jobStatePattern({
  platforms,
  connections,
  operations,
  statuses,
  labels,
}: JobFilter = {}): EventPattern {
  return pattern(JOB_STATE_CHANGE, {
    platform: platforms,
    connection: connections,
    operation: operations,
    status: statuses,
    ...(labels && { labels: defined(labels) }),
  });
}

export function connectionStatePattern({ platforms, connections, statuses }: ConnectionFilter = {}): EventPattern {
  return pattern(CONNECTION_STATE_CHANGE, { platform: platforms, connection: connections, status: statuses });
}

function pattern(detailType: string, fields: Record<string, unknown>): EventPattern {
  const detail = defined(fields);
  return { source: [EVENT_SOURCE], 'detail-type': [detailType], ...(Object.keys(detail).length > 0 && { detail }) };
}

function defined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept = Object.entries(fields).filter(([, values]) => values !== undefined);
  for (const [field, values] of kept) {
    if (Array.isArray(values) && values.length === 0)
      throw new Error(`An empty list of values for "${field}" matches no job: leave it out`);
  }
  return Object.fromEntries(kept);
}
