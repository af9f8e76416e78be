import { type Chart, chartOf } from '../chart.ts';
import { type Child, h, svg } from '../dom.ts';
import { duration, number, plural } from '../format.ts';
import type { Operation } from './operations.ts';

/** Durations as bars, looks as marks below the axis, quantiles as dashed lines; `age`, of a job, as a line of its own. */
export function drawing(one: Operation, width: number, age?: number): HTMLElement {
  const chart = chartOf(one, width, age);
  const { axisY, height } = chart;
  const image = svg(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': described(one, chart) },
    bars(chart),
    chart.quantiles.map(({ name, x, seconds }) => [
      svg('line', { class: 'quantile', x1: x, x2: x, y1: 30, y2: axisY }),
      svg('text', { class: 'label', x, y: 12, 'text-anchor': anchor(x, width) }, name),
      svg('text', { class: 'label', x, y: 26, 'text-anchor': anchor(x, width) }, duration(seconds)),
    ]),
    chart.age && svg('line', { class: 'age', x1: chart.age.x, x2: chart.age.x, y1: 40, y2: axisY }),
    svg('line', { class: 'axis', x1: 0, x2: width, y1: axisY, y2: axisY }),
    chart.looks.map(({ x, seconds }) =>
      svg(
        'path',
        { class: 'look', d: `M${round(x)} ${axisY + 3}l4 9h-8z` },
        svg('title', {}, `poll at ${duration(seconds)}`),
      ),
    ),
    chart.ticks.map(({ x, seconds }) => [
      svg('line', { class: 'axis', x1: x, x2: x, y1: axisY + 14, y2: axisY + 20 }),
      svg('text', { class: 'label', x, y: axisY + 34, 'text-anchor': anchor(x, width) }, duration(seconds)),
    ]),
  );
  return h('figure', {}, image, h('figcaption', {}, caption(chart)));
}

function bars({ bars: all }: Chart): Child[] {
  return all.map(({ x, y, width, height, from, to, count }) => {
    const title = `${number(count)} from ${duration(from)} to ${duration(to)}`;
    const place = { x: round(x), y: round(y), width: round(width), height: round(height) };
    return svg('rect', { class: 'bar', ...place }, svg('title', {}, title));
  });
}

function caption({ looksBeyond, age }: Chart): Child[] {
  const beyond = looksBeyond > 0 ? ` ${plural(looksBeyond, 'later poll is', 'later polls are')} not drawn.` : '';
  const own = age ? ' Thick line: this job now.' : '';
  return [
    'Bars: how many jobs took so long, without those that failed. ',
    h('span', { class: 'look-sign', 'aria-hidden': 'true' }, '▲'),
    ` A planned poll of a job of that age. Dashed: by then that share (p50: half) is expected to be over.${own}${beyond}`,
  ];
}

function described({ operation, ended, quantiles }: Operation, { looks }: Chart): string {
  const share = quantiles ? ` Half end within ${duration(quantiles.p50)}, 90 % within ${duration(quantiles.p90)}.` : '';
  const ages = looks.slice(0, 5).map(({ seconds }) => duration(seconds));
  return `Durations of ${operation}: ${number(ended)} ended jobs.${share} First polls at ${ages.join(', ')}.`;
}

/** Text at an edge stays inside. */
function anchor(x: number, width: number): string {
  if (x < 28) return 'start';
  return x > width - 28 ? 'end' : 'middle';
}

const round = (value: number) => Math.round(value * 10) / 10;
