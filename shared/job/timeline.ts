import { isDeepStrictEqual } from 'node:util';
import type { Job, JobStatus } from './job.ts';

/** What one write of a job changed, for people who ask why it is as it is. */
export interface TimelineEntry {
  at: number;
  /** The job's revision before the write. */
  rev: number;
  status?: JobStatus;
  progress?: number;
  message?: string;
  /** Ids of the parts whose status changed. */
  parts?: string[];
  /** Why looks do not tell the state; null: they do again. */
  unknown?: string | null;
  cancel?: 'requested' | 'sent' | 'refused';
  /** How often the job had been looked at by then. */
  looks?: number;
}

/** A job keeps its newest entries: what it did of late explains it better than how it began. */
export const TIMELINE_ENTRIES = 32;
const MAX_TEXT = 160;
const MAX_PARTS = 10;

/** `undefined`: nothing changed that anybody would ask for. `before` may be what the index projects. */
export function timelineEntry(before: Partial<Job>, after: Partial<Job>, at: number): TimelineEntry | undefined {
  const entry: Omit<TimelineEntry, 'at' | 'rev' | 'looks'> = {};
  if (after.status !== undefined && after.status !== before.status) entry.status = after.status;
  if (after.progress !== undefined && after.progress !== before.progress) entry.progress = after.progress;
  if (after.message !== undefined && after.message !== before.message) entry.message = after.message.slice(0, MAX_TEXT);
  const parts = changedParts(before, after);
  if (parts.length > 0) entry.parts = parts;
  const reason = after.unknown?.reason;
  if (reason !== before.unknown?.reason) entry.unknown = reason?.slice(0, MAX_TEXT) ?? null;
  const cancel = cancelStep(before, after);
  if (cancel) entry.cancel = cancel;
  if (Object.keys(entry).length === 0) return undefined;
  return { at, rev: before.rev ?? 0, ...entry, ...(after.looks !== undefined && { looks: after.looks }) };
}

function changedParts(before: Partial<Job>, after: Partial<Job>): string[] {
  if (after.parts === undefined || isDeepStrictEqual(before.parts, after.parts)) return [];
  const old = new Map(before.parts?.map((part) => [part.id, part.status]));
  const changed = after.parts.filter((part) => old.get(part.id) !== part.status);
  return changed.slice(0, MAX_PARTS).map((part) => part.id.slice(0, MAX_TEXT));
}

function cancelStep(before: Partial<Job>, after: Partial<Job>): TimelineEntry['cancel'] {
  if (before.cancelSentAt === undefined && after.cancelSentAt !== undefined) return 'sent';
  if (before.cancelRequestedAt === undefined && after.cancelRequestedAt !== undefined) return 'requested';
  if (before.cancelRequestedAt !== undefined && after.cancelRequestedAt === undefined) return 'refused';
  return undefined;
}
