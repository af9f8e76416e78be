import { startCloudstackSimulator } from '../../infra/local/simulators/cloudstack.ts';
import type { Simulator } from '../../infra/local/simulators/simulator.ts';
import { startVsphereSimulator } from '../../infra/local/simulators/vsphere.ts';
import type { Adapter } from '../../shared/platforms/adapter.ts';
import { adapter as cloudstack } from '../../shared/platforms/cloudstack/index.ts';
import { adapter as vsphere } from '../../shared/platforms/vsphere/index.ts';

export interface PlatformUnderContract {
  adapter: Adapter;
  start(): Promise<Simulator>;
  /** Tests of the contract that do not apply, each with the reason. */
  skips: Record<string, string>;
}

/** One entry for each platform; a new one is a line here. */
export const PLATFORMS: PlatformUnderContract[] = [
  { adapter: vsphere, start: startVsphereSimulator, skips: {} },
  {
    adapter: cloudstack,
    start: startCloudstackSimulator,
    skips: {
      'a cancel is followed to its end': 'CloudStack has no cancel command in any release',
      'a cancel of what is over says so': 'CloudStack has no cancel command in any release',
      'an ended session is renewed': 'CloudStack signs every call, it has no sessions',
    },
  },
];
