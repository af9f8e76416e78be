import type { Adapter } from './adapter.ts';
import { adapter as bmc } from './bmc/index.ts';
import { adapter as cloudstack } from './cloudstack/index.ts';
import { adapter as f5Vcmp } from './f5-vcmp/index.ts';
import { adapter as symphony } from './symphony/index.ts';
import { adapter as task } from './task/index.ts';
import { adapter as vsphere } from './vsphere/index.ts';

/** Every platform that Pollux knows. A further one is a folder beside these and a line here. */
export const adapters: readonly Adapter[] = [vsphere, cloudstack, f5Vcmp, symphony, bmc, task];

export function adapterOf(platform: string): Adapter | undefined {
  return adapters.find((adapter) => adapter.platform === platform);
}
