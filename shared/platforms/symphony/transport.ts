import type { JsonObject } from '../../job/job.ts';
import type { CallOptions } from '../adapter.ts';

/** The provider's executables that are used. `getReturnRequests` is not the status of a return. */
export type Script = 'requestMachines' | 'requestReturnMachines' | 'getRequestStatus' | 'getAvailableTemplates';

/**
 * HF itself gives a script 240 to 300 s (HF_PROVIDER_ACTION_TIMEOUT), so a bound of a few seconds, as for a request over
 * HTTP, would end scripts that are well.
 */
export const SCRIPT_TIMEOUT_SECONDS = 300;

/** More than any provider makes of one request; the list must fit into a command of Systems Manager (64 KB). */
export const MAX_MACHINES = 500;

/** What became of one run of a script, `<script> -f <file>`. */
export type Run =
  /** It ran. `exitCode` as a shell tells it: 124 given up after its time, 128 + n killed by signal n. */
  | { kind: 'ended'; exitCode: number; stdout: string; stderr: string /** The output was longer. */; cut: boolean }
  /** It runs still; `ticket` is how to ask for its end. */
  | { kind: 'running'; ticket: string }
  /** Nothing of it is known. `started` false: the script surely did not begin. */
  | {
      kind: 'failed';
      code: string;
      message: string;
      started: boolean;
      /** The run is over and will never tell more. */
      over?: true;
    };

/** Where the scripts are run. Never throws; bounded in time, output and number of runs at once. */
export interface Transport {
  /** For messages: `getRequestStatus.sh on mi-…`. */
  label(script: Script): string;
  run(script: Script, input: JsonObject, options: CallOptions & RunOptions): Promise<Run>;
  /** The end of a run that was `running`. */
  resume(ticket: string, options: CallOptions): Promise<Run>;
}

export interface RunOptions {
  /** How long to wait for the end, where a run can be left alone; as long as the signal lets unless told. */
  patienceMs?: number;
}

/** UTF-16 is what PowerShell and some Java wrappers on Windows write; a byte order mark is no part of the JSON. */
export function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.subarray(2).toString('utf16le');
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}
