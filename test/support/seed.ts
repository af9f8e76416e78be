import { randomInt } from 'node:crypto';

/** The same cases in every run, so that a change is judged by what it does. `POLLUX_SEED`, a number or `random`, looks at others. */
const wanted = process.env.POLLUX_SEED ?? '1';

export const SEED = wanted === 'random' ? randomInt(2 ** 31) : Number(wanted);
if (!Number.isSafeInteger(SEED)) throw new Error(`POLLUX_SEED takes a whole number or "random", not "${wanted}"`);
