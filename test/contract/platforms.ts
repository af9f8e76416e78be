import { startBmcSimulator } from '../../infra/local/simulators/bmc.ts';
import { startCloudstackSimulator } from '../../infra/local/simulators/cloudstack.ts';
import { startF5VcmpSimulator } from '../../infra/local/simulators/f5-vcmp.ts';
import type { Simulator } from '../../infra/local/simulators/simulator.ts';
import { startSymphonySimulator } from '../../infra/local/simulators/symphony.ts';
import { startVsphereSimulator } from '../../infra/local/simulators/vsphere.ts';
import type { Adapter } from '../../shared/platforms/adapter.ts';
import { adapter as bmc } from '../../shared/platforms/bmc/index.ts';
import { adapter as cloudstack } from '../../shared/platforms/cloudstack/index.ts';
import { adapter as f5Vcmp } from '../../shared/platforms/f5-vcmp/index.ts';
import { adapter as symphony } from '../../shared/platforms/symphony/index.ts';
import { adapter as task } from '../../shared/platforms/task/index.ts';
import { adapter as vsphere } from '../../shared/platforms/vsphere/index.ts';

export interface PlatformUnderContract {
  adapter: Adapter;
  /** Where a platform has more than one entry. */
  variant?: string;
  start(): Promise<Simulator>;
  /** Tests of the contract that do not apply, by the beginning of their names, each with the reason. */
  skips: Record<string, string>;
}

/** The platform `task` has no remote: nothing to start, nothing to break. */
async function startNothing(): Promise<Simulator> {
  const body = () => ({ operation: 'rebuild-index', cancelable: true });
  return {
    platform: 'task',
    connection: {},
    secret: {},
    calls: {},
    inject() {},
    expireSessions() {},
    forget() {},
    scenarios: { succeeds: body, fails: body, runsForever: body, refused: body, adopts: body },
    close: async () => {},
  };
}

const NO_REMOTE = Object.fromEntries(
  [
    'a job is accepted, runs, and succeeds',
    "a job that fails tells the platform's own error",
    "a refusal is an outcome with the platform's own error",
    'a job that runs already is adopted',
    'many jobs are looked at in few calls, each has its own outcome, and one that is gone hides no other',
    'a look that meets',
    'a submit that meets',
    'a hung platform is given up when the time is over',
    'a submit whose answer is lost is found again, and is the one that runs',
    'a submit that never arrived is absent',
    'a cancel is followed to its end',
    'a cancel of what is over says so',
    'an ended session is renewed',
    'a secret that cannot be read fails the look, not the job',
  ].map((name) => [name, 'a task has no remote: workers report, test/platforms/task']),
);

const NO_SEARCH = 'host factory has no list of requests and no key by which one could be found: LOST';
const SYMPHONY_SKIPS = {
  'a submit whose answer is lost is found': NO_SEARCH,
  'a submit that never arrived is absent': NO_SEARCH,
  'an ended session is renewed': 'a script is started anew each time, there are no sessions',
  'a secret that cannot be read': 'scripts have their own credentials, the connection has no secret',
};
const NO_CANCEL = 'the VMware adapter has no operation that cancels a task';
const NOT_FOUND_AGAIN = 'an adapter request has no room for a name of ours and no operation lists tasks: LOST';
const BMC_SKIPS = {
  'a cancel is followed to its end': NO_CANCEL,
  'a cancel of what is over says so': NO_CANCEL,
  'a submit whose answer is lost is found': NOT_FOUND_AGAIN,
  'a submit that never arrived is absent': NOT_FOUND_AGAIN,
};

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
  {
    adapter: f5Vcmp,
    start: startF5VcmpSimulator,
    skips: {
      'an ended session is renewed': 'Basic authentication is on every call: there is no session that could end',
    },
  },
  { adapter: symphony, variant: 'as real providers answer', start: startSymphonySimulator, skips: SYMPHONY_SKIPS },
  {
    adapter: symphony,
    variant: "strictly from the vendor's page",
    start: () => startSymphonySimulator({ settings: { dialect: 'vendor' } }),
    skips: {
      ...SYMPHONY_SKIPS,
      'many jobs are looked at in few calls': "the page's single object asks about one id a call",
    },
  },
  { adapter: bmc, start: startBmcSimulator, skips: BMC_SKIPS },
  {
    adapter: bmc,
    variant: 'ORCA',
    start: () => startBmcSimulator({ protocol: 'orca' }),
    skips: { ...BMC_SKIPS, 'an ended session is renewed': 'ORCA sends credentials with every call' },
  },
  { adapter: task, start: startNothing, skips: NO_REMOTE },
];
