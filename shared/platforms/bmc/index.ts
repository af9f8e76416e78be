import type { Adapter } from '../adapter.ts';
import { documentation } from './documentation.ts';
import { type BmcOptions, options } from './options.ts';
import { adoptRequest, type BmcRequest, submitRequest } from './request.ts';
import { runtime } from './runtime.ts';
import type { BmcSecret } from './secret.ts';

export const adapter: Adapter<BmcOptions, BmcRequest, BmcSecret> = {
  ...runtime,
  title: 'BMC Orchestrator (VMware Infrastructure adapter)',
  options,
  submitRequest,
  adoptRequest,
  documentation,
};
