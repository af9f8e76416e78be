import type { OperationSummary } from '../shared/job/schedule/summary.ts';

/** Where things are on a chart of one operation: its ages on a logarithmic axis, from a second to hours. Pure. */

export interface Mark {
  x: number;
  seconds: number;
}

export interface Bar {
  x: number;
  y: number;
  width: number;
  height: number;
  from: number;
  to: number;
  count: number;
}

export interface Chart {
  width: number;
  height: number;
  /** Y of the axis: bars stand on it, looks hang below it. */
  axisY: number;
  bars: Bar[];
  looks: Mark[];
  /** Looks that come later than the axis goes. */
  looksBeyond: number;
  ticks: Mark[];
  quantiles: (Mark & { name: string })[];
  /** How old a job is that one asks about. */
  age: Mark | undefined;
}

const HEIGHT = 200;
const LEFT = 12;
const RIGHT = 12;
/** Room for the names of the quantiles. */
const TOP = 34;
/** Room for the looks and the labels of the axis. */
const BOTTOM = 46;
/** Ages that people think in, in seconds. */
const ROUND = [
  1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10_800, 21_600,
  43_200, 86_400, 259_200, 864_000,
];
const MIN_TICK_GAP = 52;
const MIN_NAME_GAP = 34;

/** `width` in pixels of the page: text keeps its size however narrow the chart is. */
export function chartOf({ histogram, looks, quantiles }: OperationSummary, width: number, age?: number): Chart {
  const [low, high] = domain(histogram, looks, quantiles);
  const scale = (width - LEFT - RIGHT) / Math.log(high / low);
  const x = (seconds: number) => LEFT + scale * Math.log(Math.min(high, Math.max(low, seconds)) / low);
  const axisY = HEIGHT - BOTTOM;
  const most = Math.max(1e-9, ...histogram.map(({ count }) => count));
  const bars = histogram.map(({ from, to, count }) => {
    const height = Math.max(1, ((axisY - TOP) * count) / most);
    const left = x(from);
    return { x: left, y: axisY - height, width: Math.max(2, x(to) - left - 1), height, from, to, count };
  });
  const shown = looks.filter((age) => age <= high);
  const mark = (seconds: number): Mark => ({ x: x(seconds), seconds });
  return {
    width,
    height: HEIGHT,
    axisY,
    bars,
    looks: shown.map(mark),
    looksBeyond: looks.length - shown.length,
    ticks: spread(ROUND.filter((age) => age >= low && age <= high).map(mark), MIN_TICK_GAP),
    quantiles: spread(
      byWeight(quantiles).map(([name, age]) => ({ ...mark(age), name })),
      MIN_NAME_GAP,
    ),
    age: age === undefined ? undefined : mark(age),
  };
}

/** In the order in which they matter when there is no room for all. */
function byWeight(quantiles: OperationSummary['quantiles']): [string, number][] {
  if (!quantiles) return [];
  const { p50, p90, p10, p95 } = quantiles;
  return Object.entries({ p50, p90, p10, p95 });
}

/** All durations and quantiles, and looks until well after the longest duration. */
function domain(
  histogram: OperationSummary['histogram'],
  looks: readonly number[],
  quantiles: OperationSummary['quantiles'],
): readonly [low: number, high: number] {
  const first = histogram[0];
  const last = histogram.at(-1);
  if (!first || !last) return [1, Math.max(60, looks[Math.min(9, looks.length - 1)] ?? 0)];
  const { p10 = first.from, p95 = last.to } = quantiles ?? {};
  const low = Math.max(0.5, Math.min(first.from, p10, looks[0] ?? first.from) * 0.8);
  return [low, Math.max(low * 8, last.to * 1.6, p95 * 1.25)];
}

/** Those that do not stand closer than `gap` to one that was there before. */
function spread<T extends Mark>(marks: readonly T[], gap: number): T[] {
  const kept: T[] = [];
  for (const mark of marks) if (kept.every(({ x }) => Math.abs(x - mark.x) >= gap)) kept.push(mark);
  return kept;
}
