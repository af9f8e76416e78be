/**
 * When to look at a job of which nothing is known yet: the square-root law.
 *
 * With a hazard that falls like a/(age + tau), whatever the operation, the cheapest gap between two looks is
 * sqrt(2 c (age + tau) / a): looks at about 13, 30, 50, 74, 102, 135 s for c = 3. Growing gaps geometrically, the usual
 * back-off, is the wrong scale-free rule. Parameters as in the study of poll schedules (tau = 20 s, a = 0.7).
 */
export const TAU_SECONDS = 20;
export const A = 0.7;

/** Seconds from a look at `ageSeconds` (0: the submit) to the next one. */
export function coldStartGap(ageSeconds: number, lookCostSeconds: number): number {
  return Math.sqrt((2 * lookCostSeconds * (Math.max(0, ageSeconds) + TAU_SECONDS)) / A);
}
