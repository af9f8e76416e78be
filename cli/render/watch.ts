import { isTerminal, type Job, jobName } from '../../client/index.ts';
import { durationText } from '../duration.ts';
import type { Paint } from '../output.ts';
import { partLine, saying, statusColor } from './job.ts';
import { cut } from './table.ts';

const BAR_WIDTH = 20;
const SHOWN_PARTS = 8;
/** Without room for words only the numbers are shown. */
const SHORTEST_TEXT = 8;

export interface Screen {
  columns: number;
  rows: number;
  now: number;
  paint: Paint;
}

/** The live picture of these jobs: a bar for each, what it says below, and its parts. Never higher or wider than the screen. */
export function watchLines(jobs: readonly Job[], screen: Screen): string[] {
  const lines = jobs.flatMap((job) => jobPicture(job, screen));
  // The line below the last is where the cursor stands.
  const room = Math.max(1, screen.rows - 1);
  if (lines.length <= room) return lines;
  return [...lines.slice(0, room - 1), screen.paint('dim', `… ${lines.length - room + 1} lines more`)];
}

function jobPicture(job: Job, { columns, now, paint }: Screen): string[] {
  const { status, progress } = job;
  const over = isTerminal(status);
  const ms =
    Date.parse(over ? (job.completedAt ?? job.createdAt) : new Date(now).toISOString()) - Date.parse(job.createdAt);
  const percent = over || progress === undefined ? '     ' : `${String(Math.round(progress)).padStart(3)} %`;
  const color = statusColor(status);
  const head = `${bar(job)} ${percent}  ${status}  ${durationText(ms)}`;
  const name = nameWithin(job, columns - head.length - 2);
  const said = cut(saying(job), columns - 4);
  const cancel = job.cancelRequestedAt !== undefined && !over ? ['cancel requested'] : [];
  const texts = [...cancel, ...(said === '' ? [] : [said])].map((text) => cut(text, columns - 4));
  const parts = job.parts ?? [];
  const more = parts.length - SHOWN_PARTS;
  return [
    paint(color, cut(head, columns)) + (name.length >= SHORTEST_TEXT ? `  ${name}` : ''),
    ...texts.map((text) => `    ${paint('dim', text)}`),
    // Cut before it is colored: a color has no width.
    ...parts.slice(0, SHOWN_PARTS).map((part) => {
      const plain = partLine(part, (_color, text) => text);
      const width = columns - 4;
      return `    ${plain.length <= width ? partLine(part, paint) : cut(plain, width)}`;
    }),
    ...(more > 0 ? [`    ${paint('dim', `… ${more} parts more`)}`] : []),
  ];
}

/** The end of an id is what differs between jobs of one time. */
const SHOWN_OF_ID = 6;

function nameWithin(job: Job, width: number): string {
  const { platform, connection, id, operation } = job;
  const whole = `${jobName(job)}  ${operation}`;
  const short = `${platform}/${connection}/…${id.slice(-SHOWN_OF_ID)}`;
  return whole.length <= width ? whole : cut(`${short}  ${operation}`, width);
}

/** Full when it is over; without a number there is none to show. */
function bar({ status, progress = 0 }: Job): string {
  const part = status === 'SUCCEEDED' ? 1 : Math.min(100, Math.max(0, progress)) / 100;
  const full = Math.round(part * BAR_WIDTH);
  return '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
}

/** What moves the cursor back over `height` lines, and writes these instead. */
export function redraw(height: number, lines: readonly string[]): string {
  const up = height > 0 ? `\u001b[${height}A` : '';
  return `${up}\r${lines.map((line) => `\u001b[2K${line}\n`).join('')}\u001b[J`;
}
