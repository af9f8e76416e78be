import type { JsonObject } from '../../job/job.ts';
import type { CallOptions } from '../adapter.ts';

/** The provider's executables that are used. `getReturnRequests` is not the status of a return. */
export type Script = 'requestMachines' | 'requestReturnMachines' | 'getRequestStatus' | 'getAvailableTemplates';

/**
 * HF itself gives a script 240 to 300 s (HF_PROVIDER_ACTION_TIMEOUT), so a bound of a few seconds, as for a request over
 * HTTP, would end scripts that are well.
 */
export const SCRIPT_TIMEOUT_SECONDS = 300;

/** What a tick leaves to its calls: 65 % of the 60 s of its function, less a margin of 5 s. */
export const EXEC_TICK_SECONDS = 35;

/** More than any provider makes of one request; the list must fit into a command of Systems Manager (64 KB). */
export const MAX_MACHINES = 500;

/** What became of one run of a script, `<script> -f <file>`. */
export type Run =
  /** It ran. `exitCode` as a shell tells it: 124 given up after its time, 128 + n killed by signal n. */
  | {
      kind: 'ended';
      exitCode: number;
      stdout: string;
      stderr: string;
      /** The output was longer. */
      cut: boolean;
      /** It was ended before its time was over, or because it was: which limit that was, for the message. */
      limit?: string;
    }
  /** It runs still; `ticket` is how to ask for its end, and `trouble` what came of asking. */
  | { kind: 'running'; ticket: string; trouble?: FailedRun }
  | FailedRun;

/** Nothing of it is known. `started` false: the script surely did not begin. */
export interface FailedRun {
  kind: 'failed';
  code: string;
  message: string;
  started: boolean;
  /** The run is over and will never tell more. */
  over?: true;
  /** What it had printed by then. */
  stdout?: string;
  stderr?: string;
}

/** Where the scripts are run. Never throws; bounded in time, output and number of runs at once. */
export interface Transport {
  /** For messages: `getRequestStatus.sh on mi-…`. */
  label(script: Script): string;
  run(script: Script, input: JsonObject, options: CallOptions & RunOptions): Promise<Run>;
  /** The end of a run that was `running`; waits for it as `run` does. */
  resume(ticket: string, options: CallOptions & Pick<RunOptions, 'patienceMs'>): Promise<Run>;
}

export interface RunOptions {
  /** How long to wait for the end, where a run can be left alone; as long as the signal lets unless told. */
  patienceMs?: number;
  /** Whoever calls asks this transport for the end later on, from this process or another of the same function. */
  resumable?: boolean;
}

/** UTF-16 is what PowerShell and some Java wrappers on Windows write; a byte order mark is no part of the JSON. */
export function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.subarray(2).toString('utf16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff && bytes.length % 2 === 0)
    return Buffer.from(bytes.subarray(2)).swap16().toString('utf16le');
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}
