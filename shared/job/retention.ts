/** The environment variable in which the stack tells its functions for how many days a finished job is kept. */
export const KEEP_FINISHED_VARIABLE = 'POLLUX_KEEP_FINISHED_DAYS';
export const KEEP_FINISHED_DAYS = 30;
/** Ten years: beyond that a finished job is an archive's matter, and 10 GB of a connection are full long before. */
export const MAX_KEEP_DAYS = 3_650;

/** How long a finished job stays readable. */
export function keepFinishedSeconds(environment: Record<string, string | undefined> = process.env): number {
  const text = environment[KEEP_FINISHED_VARIABLE];
  if (text === undefined || text === '') return KEEP_FINISHED_DAYS * 86_400;
  const days = Number(text);
  if (!(days > 0 && days <= MAX_KEEP_DAYS)) {
    throw new Error(
      `environment variable ${KEEP_FINISHED_VARIABLE} is "${text}": it must be a number of days above 0, at most ${MAX_KEEP_DAYS}`,
    );
  }
  return Math.round(days * 86_400);
}
