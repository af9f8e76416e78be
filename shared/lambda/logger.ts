import { Logger } from '@aws-lambda-powertools/logger';
import type { Log } from '../platforms/adapter.ts';

export function createLogger(): Logger {
  return new Logger();
}

/** The logger as the core and the adapters see it. */
export function asLog(logger: Logger): Log {
  return {
    debug: (message, data = {}) => logger.debug(message, data),
    info: (message, data = {}) => logger.info(message, data),
    warn: (message, data = {}) => logger.warn(message, data),
  };
}
