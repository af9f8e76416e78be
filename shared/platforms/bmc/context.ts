import type { ConnectionContext } from '../adapter.ts';
import type { BmcOptions, BmcSecret } from './options.ts';

export type BmcContext = ConnectionContext<BmcOptions, BmcSecret>;
