import type { ConnectionContext } from '../adapter.ts';
import type { BmcOptions } from './options.ts';
import type { BmcSecret } from './secret.ts';

export type BmcContext = ConnectionContext<BmcOptions, BmcSecret>;
