import { EDGES } from './edges.ts';

/**
 * The one grid that every histogram of durations is kept on: bucket i covers (EDGES[i], EDGES[i + 1]] seconds. 1 s wide at
 * first, then this share of the age. It depends on nothing, so that an index keeps its meaning for as long as it is stored.
 *
 * The ratio is the parameter that matters most: 2 % buckets cost another 1 % in plans learned from 100 jobs, 15 % buckets
 * cost 45 % for ever, because a plan can be no sharper than its grid.
 */
export const RATIO = 1.01;
export const LAST_EDGE = 400 * 86_400;
export const BUCKETS = EDGES.length - 1;

export { EDGES };

/** The bucket that holds a duration; the last one for durations beyond the grid. */
export function bucketOf(seconds: number): number {
  let low = 0;
  let high = BUCKETS - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (EDGES[middle + 1]! >= seconds) high = middle;
    else low = middle + 1;
  }
  return low;
}
