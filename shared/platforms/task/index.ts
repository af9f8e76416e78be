import type { Adapter } from '../adapter.ts';
import { documentation } from './documentation.ts';
import { options, type TaskOptions } from './options.ts';
import { adoptRequest, submitRequest, type TaskRequest } from './request.ts';
import { runtime } from './runtime.ts';

export const adapter: Adapter<TaskOptions, TaskRequest> = {
  ...runtime,
  title: 'Tasks of your own',
  options,
  submitRequest,
  adoptRequest,
  documentation,
};
