import { randomBytes } from 'node:crypto';

/** How a request ends. The template's id chooses: `sim:<outcome>:<seconds>`; every other template is unknown. */
export const OUTCOMES = ['ok', 'fail', 'partial', 'forever', 'nothing'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface SimulatedMachine {
  machineId: string;
  name: string;
  /** When it is up, or has failed; Infinity: never. */
  settledAt: number;
  fails: boolean;
  /** When it was given back. */
  goneAt?: number;
}

export interface SimulatedRequest {
  requestId: string;
  kind: 'provision' | 'return';
  outcome: Outcome;
  createdAt: number;
  endsAt: number;
  machines: SimulatedMachine[];
  /** Its end has been told. */
  told: boolean;
}

/** The requests and their machines. Nothing runs: each is what the clock says. */
export function requestTable(now: () => number, settings: { returnSeconds: number }) {
  const requests = new Map<string, SimulatedRequest>();
  const machines = new Map<string, SimulatedMachine>();
  let serial = 0;

  function add(kind: SimulatedRequest['kind'], given: Pick<SimulatedRequest, 'outcome' | 'endsAt' | 'machines'>) {
    const prefix = kind === 'provision' ? 'req' : 'ret';
    const requestId = `${prefix}-${randomBytes(8).toString('hex')}`;
    const request: SimulatedRequest = { requestId, kind, createdAt: now(), told: false, ...given };
    requests.set(requestId, request);
    return request;
  }

  return {
    provision(outcome: Outcome, seconds: number, count: number): SimulatedRequest {
      const endsAt = outcome === 'forever' ? Number.POSITIVE_INFINITY : now() + seconds * 1000;
      const made = Array.from({ length: outcome === 'nothing' ? 0 : count }, (_, index): SimulatedMachine => {
        serial += 1;
        const fails = outcome === 'fail' || (outcome === 'partial' && index === count - 1);
        // The first of an endless request comes at once, so that there is something to give back.
        const share = (seconds * 1000 * (index + 1)) / count;
        const settledAt = outcome === 'forever' ? (index === 0 ? now() : endsAt) : now() + share;
        return { machineId: `i-${serial.toString(16).padStart(8, '0')}`, name: `host-${serial}`, settledAt, fails };
      });
      for (const machine of made) machines.set(machine.machineId, machine);
      return add('provision', { outcome, endsAt, machines: made });
    },

    giveBack(ids: readonly { machineId?: string; name?: string }[]): SimulatedRequest {
      const endsAt = now() + settings.returnSeconds * 1000;
      const going = ids.flatMap(({ machineId, name }) => {
        const found = machines.get(machineId ?? '') ?? [...machines.values()].find((machine) => machine.name === name);
        return found ? [found] : [];
      });
      for (const machine of going) machine.goneAt ??= endsAt;
      // With a machine gone, its request is not going to be whole.
      for (const request of requests.values()) {
        if (request.kind === 'provision' && request.machines.some((machine) => going.includes(machine)))
          request.endsAt = Math.min(request.endsAt, endsAt);
      }
      return add('return', { outcome: 'ok', endsAt, machines: going });
    },

    find: (requestId: string) => requests.get(requestId),
    forget: (requestId: string) => void requests.delete(requestId),
    isOver: (request: SimulatedRequest) => now() >= request.endsAt,
  };
}

export type RequestTable = ReturnType<typeof requestTable>;
