/** Probability to have ended by an age in seconds. */
export type Cdf = (age: number) => number;

export interface Distribution {
  name: string;
  cdf: Cdf;
  /** Seconds: a job that still runs is looked at then. */
  deadline: number;
}

const after =
  (start: number, cdf: Cdf): Cdf =>
  (age) =>
    age <= start ? 0 : cdf(age - start);
const exponential = (mean: number) => after(0, (age) => 1 - Math.exp(-age / mean));
export const logNormal = (median: number, sigma: number) => after(0, (age) => phi(Math.log(age / median) / sigma));
const normal = (mean: number, sd: number) => after(0, (age) => phi((age - mean) / sd));
const pareto = (least: number, power: number) => after(least, (age) => 1 - (least / (age + least)) ** power);
const uniform = (from: number, to: number) => after(from, (age) => Math.min(1, age / (to - from)));
/** Gamma with a whole shape: the sum of that many exponentials. */
const erlang = (shape: number, mean: number) =>
  after(0, (age) => {
    let term = 1;
    let sum = 0;
    for (let k = 0; k < shape; k++) {
      sum += term;
      term *= age / mean / (k + 1);
    }
    return 1 - Math.exp(-age / mean) * sum;
  });
const mixture =
  (...parts: [weight: number, cdf: Cdf][]): Cdf =>
  (age) =>
    parts.reduce((sum, [weight, cdf]) => sum + weight * cdf(age), 0);

/** Normal distribution, Abramowitz and Stegun 7.1.26: right to 1.5e-7. */
function phi(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = (poly * Math.exp(-x * x)) / 2;
  return z > 0 ? 1 - tail : tail;
}

const HOURS = 3600;

/** Ways in which operations of virtual and bare machines may take their time; scales x0.5 to x2 and shapes +-20 % by seed. */
export function distributions(random: () => number): Distribution[] {
  const scale = () => 2 ** (2 * random() - 1);
  const shape = () => 1.2 ** (2 * random() - 1);
  const of = (name: string, make: (a: number, b: number) => Cdf, deadline = 2 * HOURS): Distribution => ({
    name,
    cdf: make(scale(), shape()),
    deadline,
  });
  return [
    of('power on', (a, b) => logNormal(11 * a, 0.3 * b)),
    of('deploy', (a, b) => logNormal(140 * a, 0.35 * b)),
    of('clone', (a, b) => logNormal(300 * a, 0.6 * b)),
    of('very wide', (a, b) => logNormal(150 * a, 1.4 * b)),
    of('exponential', (a) => exponential(240 * a)),
    of('boot, then work', (a, b) => after(150 * a, erlang(2, 70 * a * b))),
    of('heavy tail', (a, b) => pareto(25 * a, 1.5 * b)),
    of('anything from 1 to 12 min', (a) => uniform(60 * a, 720 * a)),
    of('nearly the same each time', (a, b) => normal(450 * a, 6 * a * b)),
    of('fails early or takes long', (a, b) => mixture([0.2, logNormal(5, 0.5)], [0.8, logNormal(500 * a, 0.3 * b)])),
    of('cached or not', (a, b) => mixture([0.6, normal(30 * a, 3 * a * b)], [0.4, normal(420 * a, 30 * a)])),
    of('an hour', (a, b) => logNormal(3000 * a, 0.45 * b), 8 * HOURS),
  ];
}

/** A duration drawn from a distribution, by bisection of its probability. */
export function draw({ cdf, deadline }: Distribution, random: () => number): number {
  const share = random();
  let low = 0;
  let high = deadline * 2;
  while (high - low > 1e-3) {
    const middle = (low + high) / 2;
    if (cdf(middle) < share) low = middle;
    else high = middle;
  }
  return high;
}
