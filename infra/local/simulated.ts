import type { Connections } from '../connections.ts';
import type { SecretValues } from './secrets.ts';
import type { Simulator } from './simulators/simulator.ts';

/** The simulated platforms as connections: what runs when there are no others, and in the demo. */
export interface SimulatedPlatforms {
  simulators: readonly Simulator[];
  connections: Connections;
  secrets: SecretValues;
  close(): Promise<void>;
}

/** Every simulated platform is the connection `lab` of its platform. */
export const CONNECTION = 'lab';
/**
 * A look at a simulator costs nothing, so it is worth a third of a second instead of three: a newcomer sees the end of a
 * job at once and not after the cautious first looks at an unknown operation.
 */
const LOOK_COST_SECONDS = 0.3;
/** The default, 20 a second, spares real servers. */
const MAX_REQUESTS_PER_SECOND = 1000;
/** A simulator forgets everything when it stops: what is left of an earlier run cannot end by itself, and ends after this. */
const DEADLINE_SECONDS = 600;

export async function startSimulatedPlatforms(): Promise<SimulatedPlatforms> {
  const simulators = await Promise.all(await starters());
  const name = ({ platform }: Simulator) => `simulated-${platform}`;
  const withSecret = simulators.filter(({ secret }) => Object.keys(secret).length > 0);
  const connection = (simulator: Simulator) => ({
    ...simulator.connection,
    ...(withSecret.includes(simulator) && { secret: name(simulator) }),
    lookCostSeconds: LOOK_COST_SECONDS,
    maxRequestsPerSecond: MAX_REQUESTS_PER_SECOND,
    deadlineSeconds: DEADLINE_SECONDS,
  });
  return {
    simulators,
    connections: {
      ...Object.fromEntries(
        simulators.map((simulator) => [simulator.platform, { [CONNECTION]: connection(simulator) }]),
      ),
      // Has no remote, so there is nothing to simulate.
      task: { [CONNECTION]: {} },
    },
    secrets: Object.fromEntries(withSecret.map((simulator) => [name(simulator), simulator.secret])),
    close: async () => {
      await Promise.all(simulators.map((simulator) => simulator.close()));
    },
  };
}

/** Loaded only where they are wanted: with a connections file none of them is. */
async function starters(): Promise<Promise<Simulator>[]> {
  const [vsphere, cloudstack, f5Vcmp, symphony, bmc] = await Promise.all([
    import('./simulators/vsphere.ts'),
    import('./simulators/cloudstack.ts'),
    import('./simulators/f5-vcmp.ts'),
    import('./simulators/symphony.ts'),
    import('./simulators/bmc.ts'),
  ]);
  return [
    vsphere.startVsphereSimulator(),
    cloudstack.startCloudstackSimulator(),
    f5Vcmp.startF5VcmpSimulator(),
    symphony.startSymphonySimulator(),
    bmc.startBmcSimulator(),
  ];
}
