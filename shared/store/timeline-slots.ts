import type { ActiveJob, Job } from '../job/job.ts';
import { TIMELINE_ENTRIES, type TimelineEntry, timelineEntry } from '../job/timeline.ts';

/**
 * A job's timeline is a ring of attributes `t0`, `t1`, …: a write adds its entry in the very update that it is about,
 * without having read the others, and the oldest is overwritten.
 */
const SLOT = /^t\d+$/;

/** The attribute that a write of this job adds; empty when it changes nothing that the timeline shows. */
export function slotOf(before: ActiveJob | Job, after: ActiveJob | Job, now: number): Record<string, TimelineEntry> {
  const entry = timelineEntry(before, after, now);
  return entry ? { [`t${before.rev % TIMELINE_ENTRIES}`]: entry } : {};
}

/** The item with its slots as one list, oldest first. */
export function timelineIn(item: Record<string, unknown>): Record<string, unknown> {
  const entries: TimelineEntry[] = [];
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(item)) {
    if (SLOT.test(name)) entries.push(value as TimelineEntry);
    else rest[name] = value;
  }
  if (entries.length === 0) return rest;
  return { ...rest, timeline: entries.sort((a, b) => a.rev - b.rev) };
}
