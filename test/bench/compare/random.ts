/** A source of numbers in [0, 1) that can be repeated: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws one value. */
export type Sampler = (random: () => number) => number;

/** Box and Muller's transform. */
function standardNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export function exponential(mean: number): Sampler {
  return (random) => -mean * Math.log(1 - random());
}

export function logNormal(median: number, sigma: number): Sampler {
  return (random) => median * Math.exp(sigma * standardNormal(random));
}

/** Normal, without what is not positive. */
export function positiveNormal(mean: number, sigma: number): Sampler {
  return (random) => {
    for (;;) {
      const value = mean + sigma * standardNormal(random);
      if (value > 0) return value;
    }
  };
}

export function uniform(from: number, to: number): Sampler {
  return (random) => from + (to - from) * random();
}

export function pareto(least: number, shape: number): Sampler {
  return (random) => least / (1 - random()) ** (1 / shape);
}

/** A gamma distribution of whole shape: that many exponentials in a row, after a fixed time. */
export function gammaAfter(fixed: number, shape: number, scale: number): Sampler {
  const part = exponential(scale);
  return (random) => {
    let sum = fixed;
    for (let i = 0; i < shape; i++) sum += part(random);
    return sum;
  };
}

export function mixture(...parts: readonly [weight: number, sampler: Sampler][]): Sampler {
  return (random) => {
    let left = random();
    for (const [weight, sampler] of parts) {
      if (left < weight) return sampler(random);
      left -= weight;
    }
    return parts.at(-1)![1](random);
  };
}
