import { isTerminal, type Job } from '../../client/index.ts';
import type { TimelineView } from '../../shared/job/present.ts';
import { printable } from '../output.ts';

/** What one write of a job changed, as the API's timeline tells it. */
export type Sight = TimelineView;

/** The API's own list where it has one, else what the job's times tell. */
export function sightsOf(job: Job): Sight[] {
  const { timeline } = job as Job & { timeline?: Sight[] };
  if (timeline !== undefined) return timeline;
  const sights: (Omit<Sight, 'at'> & { at: string | undefined })[] = [
    { at: job.createdAt, message: 'submitted' },
    { at: job.startedAt, message: 'started, by the clock of the platform where it tells' },
    { at: job.cancelRequestedAt, cancel: 'requested' },
    { at: job.unknownSince, unknown: job.unknownReason ?? '' },
    { at: job.completedAt, status: job.status },
  ];
  return sights
    .flatMap(({ at, ...sight }) => (at === undefined ? [] : [{ at, ...sight }]))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** For how long looks did not tell the state, of the spells that are over, and why the last one was. */
export function blindSpells(sights: readonly Sight[]): { ms: number; reason: string } | undefined {
  let since: number | undefined;
  let spells: { ms: number; reason: string } | undefined;
  let reason = '';
  for (const { at, status, unknown } of sights) {
    const isOver = unknown === null || (status !== undefined && isTerminal(status));
    if (since !== undefined && isOver) {
      spells = { ms: (spells?.ms ?? 0) + Date.parse(at) - since, reason };
      since = undefined;
    }
    if (typeof unknown === 'string') {
      since ??= Date.parse(at);
      reason = unknown;
    }
  }
  return spells;
}

/** `isWorkers`: of a job without a platform, that a worker reports on. */
export function sightLine({ at, status, progress, message, ...more }: Sight, isWorkers: boolean): string {
  const { parts = [], unknown, cancel, looks } = more;
  const said = [
    at,
    status,
    progress === undefined ? undefined : `${progress} %`,
    message,
    parts.length > 0 ? `parts: ${parts.join(', ')}` : undefined,
    unknown === undefined ? undefined : blindText(unknown),
    cancel && (isWorkers ? CANCEL_OF_WORKER : CANCEL)[cancel],
    // A request of the API's writes the job too, and is no look.
    looks === undefined || cancel !== undefined || isWorkers ? undefined : `look ${looks}`,
  ];
  return said.flatMap((part) => (part ? [printable(part)] : [])).join('  ');
}

function blindText(reason: string | null): string {
  return reason === null ? 'looks tell its state again' : `looks do not tell its state: ${reason}`;
}

const CANCEL = {
  requested: 'cancel requested',
  sent: 'the platform took the request to cancel',
  refused: 'the platform refused to cancel',
};

const CANCEL_OF_WORKER: typeof CANCEL = {
  ...CANCEL,
  sent: 'the worker is told in the answer to its next report',
};
