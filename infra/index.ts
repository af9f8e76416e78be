/** What the package exports: the construct, and the types of what it is given and what it has. */

export type { Api, ApiAuth } from './api.ts';
export type * from './connection-options.ts';
export { ConnectionsError } from './connections.ts';
export type { Platform } from './platform.ts';
export { type JobStateChangeProps, Pollux } from './pollux.ts';
export type { Concurrency, PolluxProps } from './props.ts';
export type { SecretAccess } from './secret-access.ts';
export type { JobTable } from './table.ts';
