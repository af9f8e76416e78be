import type { Adapter } from '../adapter.ts';
import { documentation } from './documentation.ts';
import { options, type VsphereOptions } from './options.ts';
import { adoptRequest, submitRequest, type VsphereRequest } from './request.ts';
import { runtime } from './runtime.ts';
import type { VsphereSecret } from './secret.ts';

export const adapter: Adapter<VsphereOptions, VsphereRequest, VsphereSecret> = {
  ...runtime,
  title: 'VMware vSphere',
  options,
  submitRequest,
  adoptRequest,
  documentation,
};
