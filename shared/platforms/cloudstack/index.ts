import type { Adapter } from '../adapter.ts';
import { documentation } from './documentation.ts';
import { type CloudstackOptions, options } from './options.ts';
import { adoptRequest, type SubmitRequest, submitRequest } from './request.ts';
import { runtime } from './runtime.ts';
import type { CloudstackSecret } from './secret.ts';

export const adapter: Adapter<CloudstackOptions, SubmitRequest, CloudstackSecret> = {
  ...runtime,
  title: 'Apache CloudStack',
  options,
  submitRequest,
  adoptRequest,
  documentation,
};
