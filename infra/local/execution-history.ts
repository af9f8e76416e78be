import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import type { ExecutionStatus } from './execution.ts';

/** What is remembered of an execution: its name above all, which must not be used again. */
export interface ExecutionRecord {
  arn: string;
  status: ExecutionStatus;
  startDate: number;
  stopDate?: number;
  /** Text as sent. Given up once the execution is over and old. */
  input?: string;
  output?: string;
  error?: string;
  cause?: string;
  transitions?: number;
}

/** AWS frees the name of a finished execution after this time. */
const NAMES_FREE_AFTER_MS = 90 * 24 * 60 * 60_000;
/** Finished executions that are kept whole; of the others only the name, the status and the dates. */
const KEPT_WHOLE = 500;

/** All executions in a file of JSON lines, the later line of an execution adding to the earlier one. */
export class ExecutionHistory {
  readonly records = new Map<string, ExecutionRecord>();
  /** Those that ran when the last engine ended. */
  readonly cutOff: ExecutionRecord[] = [];
  readonly #descriptor: number;
  readonly #whole: string[] = [];

  /**
   * Nothing runs yet, so what the file calls RUNNING was cut off when the last engine ended: such an execution is ABORTED,
   * and the product repairs its loop as after any other abort.
   */
  constructor(file: string, now = Date.now()) {
    if (existsSync(file)) this.#read(file, now);
    const lines = [...this.records.values()].map((record) => `${JSON.stringify(record)}\n`);
    writeFileSync(`${file}.new`, lines.join(''), { mode: 0o600 });
    renameSync(`${file}.new`, file);
    this.#descriptor = openSync(file, 'a', 0o600);
  }

  /** Written before anybody acts on it: a name that was given out must not be given out again after a crash. */
  write(change: Partial<ExecutionRecord> & { arn: string }): ExecutionRecord {
    const record = { ...this.records.get(change.arn), ...change } as ExecutionRecord;
    this.records.set(change.arn, record);
    writeSync(this.#descriptor, `${JSON.stringify(change)}\n`);
    if (record.status !== 'RUNNING') this.#retire(record.arn);
    return record;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #read(file: string, now: number): void {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      try {
        const change = JSON.parse(line) as ExecutionRecord;
        this.records.set(change.arn, { ...this.records.get(change.arn), ...change });
      } catch {
        // The last line of a file whose writer was killed, or the empty one after it.
      }
    }
    for (const record of this.records.values()) {
      if (record.status === 'RUNNING')
        this.cutOff.push(Object.assign(record, { status: 'ABORTED' as const, stopDate: now }));
      if ((record.stopDate ?? now) < now - NAMES_FREE_AFTER_MS) this.records.delete(record.arn);
      else this.#retire(record.arn);
    }
  }

  #retire(arn: string): void {
    this.#whole.push(arn);
    if (this.#whole.length <= KEPT_WHOLE) return;
    const old = this.records.get(this.#whole.shift()!);
    if (!old) return;
    delete old.input;
    delete old.output;
    delete old.cause;
  }
}
