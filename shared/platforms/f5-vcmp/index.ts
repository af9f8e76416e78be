import type { Adapter } from '../adapter.ts';
import { documentation } from './documentation.ts';
import { type F5VcmpOptions, options } from './options.ts';
import { adoptRequest, type SubmitRequest, submitRequest } from './request.ts';
import { runtime } from './runtime.ts';
import type { F5VcmpSecret } from './secret.ts';

export const adapter: Adapter<F5VcmpOptions, SubmitRequest, F5VcmpSecret> = {
  ...runtime,
  title: 'F5 BIG-IP vCMP',
  options,
  submitRequest,
  adoptRequest,
  documentation,
};
