/**
 * How long this process computes for `work`, in milliseconds. Other processes of a busy machine do not count, so a bound on it
 * holds everywhere; only for work that waits for nothing.
 */
export function cpuMs(work: () => unknown): number {
  const begun = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}
