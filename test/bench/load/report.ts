import type { Measured, Phase } from './driver.ts';
import type { EngineReport } from './protocol.ts';

interface Row {
  name: string;
  budget?: string;
  figure(measured: Measured): string;
  /** Absent: there is no budget. */
  within?(measured: Measured): boolean;
}

const BUDGET_RSS_MIB = 700;
const BUDGET_LAG_MS = 2_000;
const BUDGET_SUBMITS = 200;
const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem'];

type Weighted = readonly [value: number, weight: number][];

/** The value below which this share of the weight lies. */
function quantile(values: Weighted, share: number): number {
  const inOrder = [...values].sort(([a], [b]) => a - b);
  let left = inOrder.reduce((sum, [, weight]) => sum + weight, 0) * share;
  for (const [value, weight] of inOrder) {
    left -= weight;
    if (left <= 0) return value;
  }
  return inOrder.at(-1)?.[0] ?? Number.NaN;
}

const each = (values: readonly number[]): Weighted => values.map((value) => [value, 1]);
const seconds = (ms: number) => (ms / 1000).toFixed(ms < 1000 ? 2 : 1);
const spread = (values: Weighted) =>
  values.length === 0 ? 'none' : `${[0.5, 0.95, 1].map((share) => seconds(quantile(values, share))).join(' / ')} s`;
const mib = (value: number) => `${value.toFixed(0)} MiB`;
const submitsPerSecond = ({ load, submitSeconds }: Measured) => load.jobs / submitSeconds;
const peakRss = ({ engine }: Measured) => Math.max(engine.filling.peakRss, engine.holding.peakRss);

const aMinute = ({ minutes }: EngineReport, spent: number) => `${(spent / minutes).toFixed(0)} s a minute`;
/** `Pollux<Platform><Function><hash>`: the function and how many. */
const threads = (counts: Record<string, number>) =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${/(SubmitJob|CheckJobs|Reconcile)/.exec(name)?.[0] ?? name}`)
    .join(', ');

const PHASES: Record<Phase, string> = { filling: 'while submitting', holding: 'held open' };

/** A loop with many jobs ticks every 5 s at most, and plans so: a look may come that long after the moment that its job alone would have. */
const PLANNED_TICK = 'the planned tick';

/** The budget is for jobs that are held open: while submitting, as many callers as it takes keep all processors at work. */
const lagRow = (name: string, phase: Phase, lags: (measured: Measured) => Weighted): Row => ({
  name: `look behind ${name}, ${PHASES[phase]}, p50 / p95 / max`,
  figure: (measured) => spread(lags(measured)),
  ...(phase === 'holding' &&
    name === PLANNED_TICK && {
      budget: `p95 <= ${BUDGET_LAG_MS / 1000} s`,
      within: (measured) => quantile(lags(measured), 0.95) <= BUDGET_LAG_MS,
    }),
});

const phaseRows = (['filling', 'holding'] as const).flatMap((phase): Row[] => [
  lagRow(PLANNED_TICK, phase, ({ engine }) => engine[phase].lags),
  // Twenty looks of a tick, evenly drawn, stand for all of them.
  lagRow('its due moment', phase, ({ lookLags }) => lookLags[phase]),
  {
    name: `tick, ${PHASES[phase]}, p50 / p95 / max`,
    figure: ({ engine }) => `${spread(each(engine[phase].ticks))} (${engine[phase].ticks.length})`,
  },
  {
    name: `event loop's delay, ${PHASES[phase]}, p95 / max`,
    figure: ({ engine }) => `${engine[phase].loopDelay.p95.toFixed(0)} / ${engine[phase].loopDelay.max.toFixed(0)} ms`,
  },
  {
    name: `processor, ${PHASES[phase]}`,
    figure: ({ engine }) => aMinute(engine[phase], engine[phase].cpuSeconds),
  },
  {
    name: `processor of all processes on the machine, ${PHASES[phase]}`,
    figure: ({ engine }) => aMinute(engine[phase], engine[phase].machineSeconds),
  },
  {
    name: `engine's memory, ${PHASES[phase]}, peak / at the end`,
    figure: ({ engine }) => `${mib(engine[phase].peakRss)} / ${mib(engine[phase].rss)}`,
  },
  { name: `threads of functions, ${PHASES[phase]}`, figure: ({ engine }) => threads(engine[phase].threads) },
]);

const ROWS: Row[] = [
  {
    name: 'submits a second',
    budget: `>= ${BUDGET_SUBMITS}`,
    figure: (measured) => `${submitsPerSecond(measured).toFixed(0)} (${measured.load.callers} callers)`,
    within: (measured) => submitsPerSecond(measured) >= BUDGET_SUBMITS,
  },
  { name: 'submit, p50 / p95 / max', figure: ({ latencies }) => spread(each(latencies)) },
  ...phaseRows,
  {
    name: 'memory of the engine, peak',
    budget: `<= ${BUDGET_RSS_MIB} MiB`,
    figure: (measured) => mib(peakRss(measured)),
    within: (measured) => peakRss(measured) <= BUDGET_RSS_MIB,
  },
  { name: 'memory of the driver', figure: ({ driverRss }) => mib(driverRss) },
  {
    name: 'event after the end, p50 / p95 / max',
    figure: ({ delays }) => `${spread(each(delays))} (${delays.length})`,
  },
  {
    name: 'ends without an event, or a wrong one',
    budget: '0',
    figure: ({ missing, bad }) => `${missing}, ${bad}`,
    within: ({ missing, bad }) => missing + bad === 0,
  },
  {
    name: 'table writes per submitted job, after all',
    figure: ({ engine, submitted }) => {
      const requests = engine.holding.tableRequests;
      return (WRITES.reduce((sum, name) => sum + (requests[name] ?? 0), 0) / submitted).toFixed(2);
    },
  },
];

/** One table, budgets beside the figures. Answers whether all are kept. */
export function printReport(all: readonly Measured[]): boolean {
  const heads = all.map(({ load }) => `${load.name}: ${load.jobs} on ${load.connections}`);
  const lines = [
    ['', 'budget', ...heads],
    ...ROWS.map((row) => [
      row.name,
      row.budget ?? '',
      ...all.map((measured) => `${row.figure(measured)}${row.within?.(measured) === false ? ' (!)' : ''}`),
    ]),
  ];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  for (const line of lines)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
  return ROWS.every((row) => all.every((measured) => row.within?.(measured) !== false));
}
