import type { Log } from '../platforms/adapter.ts';

/** The log of the core, which may say besides what only an operator can put right. */
export interface OperatorLog extends Log {
  error(message: string, data?: Record<string, unknown>): void;
}
