import { type JobStatus, OPEN_STATUSES } from '../shared/job/job.ts';

export type Tone = 'good' | 'bad' | 'warn' | 'live' | 'calm';

/** A sign and a tone beside each word, so that nothing is told by colour alone. */
export const TONES: Record<JobStatus, [sign: string, tone: Tone]> = {
  SUBMITTING: ['…', 'live'],
  QUEUED: ['○', 'live'],
  RUNNING: ['▶', 'live'],
  SUCCEEDED: ['✓', 'good'],
  PARTIALLY_SUCCEEDED: ['◐', 'warn'],
  FAILED: ['✕', 'bad'],
  CANCELED: ['■', 'calm'],
  SUPERSEDED: ['»', 'calm'],
  TIMED_OUT: ['!', 'bad'],
  LOST: ['?', 'bad'],
};

export const HEALTH_TONES = {
  UP: ['✓', 'good'],
  DOWN: ['✕', 'bad'],
  UNKNOWN: ['?', 'calm'],
} as const satisfies Record<string, [string, Tone]>;

export function isOpen(status: JobStatus): boolean {
  return (OPEN_STATUSES as readonly string[]).includes(status);
}
