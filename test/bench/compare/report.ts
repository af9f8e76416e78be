import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PRICES } from '../../../infra/prices.ts';
import type { Comparison } from './compare.ts';
import { type Measurement, mean } from './measure.ts';
import { curveThrough, type Panel, plot, type Series } from './plot.ts';
import { bill } from './prices.ts';
import type { PolluxMeasurement } from './run-pollux.ts';
import {
  countsTable,
  delaysOf,
  delayTable,
  dollars,
  dollarsTable,
  loopTable,
  per1000,
  seconds,
  table,
  whole,
} from './table.ts';
import { KINDS } from './workload.ts';

const PAGE = fileURLToPath(new URL('../../../docs/benchmark.md', import.meta.url));
const PLOT = fileURLToPath(new URL('../../../docs/benchmark.svg', import.meta.url));
const MARKER = '<!-- Below this line: npm run bench -- --write. -->';
const CURVE_POINTS = 12;
const MINUTES_PER_MONTH = 43_200;
/** A call of `reconcile` for one connection: as a tick without its looks. */
const RECONCILE_MS = 150;

/** For the terminal. */
export function print(comparison: Comparison): string {
  return sections(comparison)
    .map(({ title, body }) => `${title}\n\n${body}\n`)
    .join('\n');
}

/** Writes the plot, and the generated part of the page, below what is written by hand. */
export function write(comparison: Comparison): void {
  const byHand = readFileSync(PAGE, 'utf8').split(MARKER)[0]!.trimEnd();
  const generated = sections(comparison).map(({ title, body }) => `## ${title}\n\n${body}`);
  writeFileSync(PAGE, `${byHand}\n\n${MARKER}\n\nSeed ${comparison.seed}.\n\n${generated.join('\n\n')}\n`);
  writeFileSync(PLOT, plot(panels(comparison)));
}

function sections(comparison: Comparison): { title: string; body: string }[] {
  const { rivals, pollux, intervalsOnly } = comparison;
  const all = [...rivals, ...pollux];
  return [
    { title: 'What is billed', body: dollarsTable(all) },
    { title: 'What is called', body: countsTable(all) },
    { title: 'How late an end is known', body: delayTable([...all, ...(intervalsOnly ? [intervalsOnly] : [])]) },
    { title: 'The loop', body: loopTable(pollux) },
    { title: 'What it costs whether there are jobs or not, and what a submit costs', body: fixedTable(comparison) },
    { title: 'The mix of operations', body: kindsTable(comparison) },
  ];
}

function fixedTable({ pollux }: Comparison): string {
  const usage = { transitions: 0, lambdaCalls: 1, lambdaMs: RECONCILE_MS, writeUnits: 0, readUnits: 0, events: 0 };
  const call = bill(usage).total;
  const submit = { ...usage, lambdaMs: 2 * RECONCILE_MS };
  return table(
    ['', '$'],
    [
      ['`reconcile` each minute, a month: its calls', dollars(call * MINUTES_PER_MONTH)],
      ...pollux.map(({ open, reconcileReadUnits }) => [
        `\`reconcile\`, a month: its reads for a connection with ${whole(open!)} open jobs (${reconcileReadUnits} units each)`,
        dollars(reconcileReadUnits * PRICES.dynamoReadUnit * MINUTES_PER_MONTH),
      ]),
      ['1,000 submits: API and function', dollars((PRICES.httpRequest + bill(submit).total) * 1000)],
    ],
  );
}

function kindsTable({ rivals, pollux }: Comparison): string {
  const shown = [...rivals.slice(0, 1), ...shownOf(pollux)];
  const delay = (measured: Measurement, name: string) =>
    seconds(mean(delaysOf(measured.jobs.filter(({ kind }) => kind === name))));
  return table(
    ['operation', 'how long its jobs take', 'deadline', ...shown.map((measured) => `delay: ${nameOf(measured)}`)],
    KINDS.map(({ name, what, deadlineSeconds }) => [
      name,
      what,
      `${deadlineSeconds / 3600} h`,
      ...shown.map((measured) => delay(measured, name)),
    ]),
  );
}

/** One job at a time and a thousand stand for the others. */
function shownOf(pollux: readonly PolluxMeasurement[]): PolluxMeasurement[] {
  return pollux.filter(({ open }) => open === 1 || open === 1_000 || pollux.length === 1);
}

function nameOf({ strategy, open }: Measurement): string {
  return open === undefined ? strategy : `${strategy}, ${whole(open)} open`;
}

function panels({ rivals, pollux }: Comparison): Panel[] {
  const total = (measured: Measurement) => bill(per1000(measured)).total;
  const sizes = pollux.map(({ open }) => open!);
  const loop = pollux.map((measured) => ({ x: measured.open!, y: total(measured) }));
  const flat = (measured: Measurement) => sizes.map((open) => ({ x: open, y: total(measured) }));
  const dashed = (measured: Measurement) => ({ name: measured.strategy, dashed: true });
  const delay = (measured: Measurement) =>
    curveThrough(
      measured.jobs.map((job) => ({ x: job.seconds, y: job.delaySeconds })),
      CURVE_POINTS,
    );
  const delays: Series[] = shownOf(pollux).map((measured) => ({ name: nameOf(measured), points: delay(measured) }));
  return [
    {
      title: 'Dollars for 1,000 jobs',
      xLabel: 'jobs open at once',
      yLabel: '$',
      series: [
        { name: 'Pollux', points: loop },
        ...rivals.map((measured) => ({ ...dashed(measured), points: flat(measured) })),
      ],
    },
    {
      title: 'Mean delay until an end is known',
      xLabel: 'duration of the job, s',
      yLabel: 's',
      series: [...delays, ...rivals.map((measured) => ({ ...dashed(measured), points: delay(measured) }))],
    },
  ];
}
