/** What the driver and the measured process of `npm run bench:load` tell each other. */

export const PLATFORM = 'cloudstack';

export type ToEngine = { kind: 'phase' } | { kind: 'stop' };

export type FromEngine =
  | { kind: 'ready'; url: string; names: string[]; body: Record<string, unknown>; logs: string }
  | { kind: 'ended'; id: string; connection: string; status: string }
  | { kind: 'report'; report: EngineReport };

/** Of one phase. Sizes in MiB, times in milliseconds. */
export interface EngineReport {
  minutes: number;
  cpuSeconds: number;
  /** Of all processes on the machine. */
  machineSeconds: number;
  rss: number;
  peakRss: number;
  ticks: number[];
  /** How long after the planned tick a call to the platform was made, and how many jobs it asked about. */
  lags: [milliseconds: number, looks: number][];
  loopDelay: { p95: number; max: number };
  /** Of functions, at the end of the phase. */
  threads: Record<string, number>;
  /** Since the start. */
  tableRequests: Record<string, number>;
}
