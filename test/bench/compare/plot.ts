import { mean, quantile } from './measure.ts';

export interface Series {
  name: string;
  points: readonly Point[];
  dashed?: boolean;
}
export interface Point {
  x: number;
  y: number;
}

export interface Panel {
  title: string;
  xLabel: string;
  yLabel: string;
  series: readonly Series[];
}

const WIDTH = 480;
const HEIGHT = 400;
const FRAME = { left: 64, right: 32, top: 40, bottom: 46 };
const LEGEND_LINE = 20;
/** Okabe and Ito's colours, which people with impaired colour vision tell apart; all stand out on white and on black. */
const COLOURS = ['#d55e00', '#0072b2', '#009e73', '#cc79a7', '#b8860b', '#56b4e9', '#7f7f7f'];

/** Panels with logarithmic axes side by side, the same series in the same colour, one legend below. */
export function plot(panels: readonly Panel[]): string {
  const names = [...new Set(panels.flatMap((panel) => panel.series.map(({ name }) => name)))];
  const colourOf = (name: string) => COLOURS[names.indexOf(name) % COLOURS.length]!;
  const rows = Math.ceil(names.length / 2);
  const [width, height] = [WIDTH * panels.length, HEIGHT + rows * LEGEND_LINE + 10];
  const dashed = new Set(panels.flatMap((panel) => panel.series.filter((one) => one.dashed).map(({ name }) => name)));
  const legend = names.map((name, i) => {
    const [x, y] = [40 + (i % 2) * WIDTH, HEIGHT + 10 + Math.floor(i / 2) * LEGEND_LINE];
    const stroke = `stroke="${colourOf(name)}" stroke-width="2.5"${dashed.has(name) ? ' stroke-dasharray="6 4"' : ''}`;
    return `<line x1="${x}" y1="${y}" x2="${x + 28}" y2="${y}" ${stroke}/>${text(x + 36, y + 4, name)}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="sans-serif" font-size="12">
<title>${escaped(panels.map(({ title }) => title).join('; '))}</title>
<style>text{fill:#1f2328}.grid{stroke:#d0d7de}.frame{stroke:#6e7781;fill:none}.ground{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.grid{stroke:#30363d}.frame{stroke:#8b949e}.ground{fill:#0d1117}}</style>
<rect class="ground" width="${width}" height="${height}"/>
${panels.map((panel, i) => `<g transform="translate(${i * WIDTH} 0)">\n${draw(panel, colourOf)}\n</g>`).join('\n')}
${legend.join('\n')}
</svg>
`;
}

function draw({ title, xLabel, yLabel, series }: Panel, colourOf: (name: string) => string): string {
  const points = series.flatMap((one) => one.points);
  const x = axis(
    points.map((point) => point.x),
    FRAME.left,
    WIDTH - FRAME.right,
  );
  const y = axis(
    points.map((point) => point.y),
    HEIGHT - FRAME.bottom,
    FRAME.top,
  );
  const [middle, bottom] = [(FRAME.left + WIDTH - FRAME.right) / 2, HEIGHT - FRAME.bottom];
  const lines = [
    text(middle, 22, title, 'text-anchor="middle" font-weight="bold"'),
    text(middle, HEIGHT - 8, xLabel, 'text-anchor="middle"'),
    text(0, 0, yLabel, `text-anchor="middle" transform="translate(14 ${(FRAME.top + bottom) / 2}) rotate(-90)"`),
    ...x.ticks.flatMap((value) => [
      `<line class="grid" x1="${x.at(value)}" y1="${FRAME.top}" x2="${x.at(value)}" y2="${bottom}"/>`,
      text(x.at(value), bottom + 16, label(value), 'text-anchor="middle"'),
    ]),
    ...y.ticks.flatMap((value) => [
      `<line class="grid" x1="${FRAME.left}" y1="${y.at(value)}" x2="${WIDTH - FRAME.right}" y2="${y.at(value)}"/>`,
      text(FRAME.left - 6, y.at(value) + 4, label(value), 'text-anchor="end"'),
    ]),
    `<rect class="frame" x="${FRAME.left}" y="${FRAME.top}" width="${WIDTH - FRAME.left - FRAME.right}" height="${bottom - FRAME.top}"/>`,
  ];
  const curves = series.map((one) => {
    const path = one.points.map((point) => `${x.at(point.x)},${y.at(point.y)}`).join(' ');
    const dash = one.dashed ? ' stroke-dasharray="6 4"' : '';
    return `<polyline points="${path}" fill="none" stroke="${colourOf(one.name)}" stroke-width="2.5"${dash}/>`;
  });
  return [...lines, ...curves].join('\n');
}

/** A logarithmic axis over whole decades. */
function axis(values: readonly number[], from: number, to: number) {
  const low = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9));
  return {
    ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
    at: (value: number) => Number((from + ((Math.log10(value) - low) / (high - low)) * (to - from)).toFixed(1)),
  };
}

function label(value: number): string {
  return value >= 1 ? value.toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}

function text(x: number, y: number, content: string, more = ''): string {
  return `<text x="${x}" y="${y}"${more === '' ? '' : ` ${more}`}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

const LEAST_JOBS = 20;

/** Mean of y in groups of the same size by x: a curve through scattered points. */
export function curveThrough(points: readonly Point[], groups: number): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const size = Math.max(LEAST_JOBS, Math.ceil(sorted.length / groups));
  const curve: Point[] = [];
  for (let from = 0; from + LEAST_JOBS <= sorted.length; from += size) {
    const group = sorted.slice(from, from + size);
    curve.push({
      x: quantile(
        group.map(({ x }) => x),
        0.5,
      ),
      y: mean(group.map(({ y }) => y)),
    });
  }
  return curve;
}
