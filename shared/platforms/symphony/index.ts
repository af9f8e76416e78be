import type { Adapter } from '../adapter.ts';
import { documentation } from './documentation.ts';
import { options, type SymphonyOptions } from './options.ts';
import { awsPermissions } from './permissions.ts';
import { adoptRequest, type SubmitRequest, submitRequest } from './request.ts';
import { runtime } from './runtime.ts';

export const adapter: Adapter<SymphonyOptions, SubmitRequest> = {
  ...runtime,
  title: 'IBM Spectrum Symphony host factory',
  options,
  submitRequest,
  adoptRequest,
  awsPermissions,
  documentation,
};
