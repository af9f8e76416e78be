import { Logger } from '@aws-lambda-powertools/logger';
import type { OperatorLog } from '../observe/log.ts';

export function createLogger(): Logger {
  return new Logger();
}

/** The logger as the core and the adapters see it. */
export function asLog(logger: Logger): OperatorLog {
  return {
    debug: (message, data = {}) => logger.debug(message, data),
    info: (message, data = {}) => logger.info(message, data),
    warn: (message, data = {}) => logger.warn(message, data),
    error: (message, data = {}) => logger.error(message, data),
  };
}
