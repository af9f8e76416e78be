import { wake } from '../../shared/loop/wake.ts';
import type { Store } from '../../shared/store/store.ts';
import type { MemoryStore } from '../support/memory-store.ts';
import { LAB } from '../support/world.ts';
import type { Ports, Program } from './process.ts';
import { submitter } from './programs.ts';
import { NOTHING, scenario, sleepingLoop } from './scenario.ts';
import type { Sabotage, Scenario } from './state.ts';

/** Planted defects: each takes one condition or order out of the protocols. A model that does not find them is worth nothing. */
export interface Defect {
  name: string;
  scenario: Scenario;
  /** In the sentence that tells the fault. */
  fault: RegExp;
}

const twoSubmits = [submitter('A'), submitter('B', { until: 13 })];
const crash = { ...NOTHING, crashes: 1 };

export const DEFECTS: readonly Defect[] = [
  {
    name: 'a loop that closes whatever was signalled',
    fault: /for ever/,
    scenario: planted({ actors: twoSubmits, reconcile: false }, { store: closesAlways }),
  },
  {
    name: 'a submit that wakes the loop before it puts the job',
    fault: /for ever/,
    scenario: planted({ actors: [submitter('A')], reconcile: false }, { program: wakesFirst }),
  },
  {
    name: 'a job that is let go before its event is published',
    fault: /has 0 events/,
    scenario: planted({ actors: [submitter('A')], budget: crash }, { program: publishesLast }),
  },
  {
    name: 'writes of jobs without the condition on the revision',
    fault: /was not based on its revision/,
    scenario: planted(
      { actors: [submitter('A')], before: sleepingLoop(20), budget: { ...NOTHING, delays: 1 } },
      { store: writesAlways },
    ),
  },
  {
    name: 'a terminal job that is written again',
    fault: /and its message was changed/,
    scenario: planted({ actors: [submitter('A')] }, { store: embellishes }),
  },
  {
    name: 'a loop that goes on although its successor took over',
    fault: /loop 1 wrote although loop 2 had taken over/,
    scenario: planted(
      { actors: [submitter('A')], before: sleepingLoop(20), budget: { ...NOTHING, delays: 1 } },
      { store: unfenced },
    ),
  },
  {
    name: 'a job that two requests may create',
    fault: /the platform saw 2 submits/,
    scenario: planted(
      { actors: [submitter('A', { key: 'k' }), submitter('B', { key: 'k' })] },
      { store: createsAlways },
    ),
  },
  {
    name: 'an event whose id depends on the moment',
    fault: /was announced as .* and as /,
    scenario: planted({ actors: [submitter('A')], budget: crash }, { program: renamesEvents }),
  },
  {
    name: 'no reconcile, and a crash',
    fault: /for ever/,
    scenario: planted({ actors: [submitter('A')], reconcile: false, budget: crash }, {}),
  },
];

function planted(fields: Parameters<typeof scenario>[1], sabotage: Sabotage): Scenario {
  return scenario('a planted defect', { ...fields, sabotage });
}

/** The store with some of its methods replaced. */
function withMethods(store: Store, replaced: Partial<Store>): Store {
  return new Proxy(store, {
    get(target: any, name) {
      const method = (replaced as any)[name] ?? target[name];
      return typeof method === 'function' ? method.bind(target) : method;
    },
  });
}

function closesAlways(store: MemoryStore): Store {
  return withMethods(store, {
    endTick: (of, epoch, { version, ...end }) =>
      store.endTick(of, epoch, { ...end, ...(end.state === 'open' && version !== undefined && { version }) }),
  });
}

function writesAlways(store: MemoryStore): Store {
  return withMethods(store, {
    updateJob: async (before, after) => {
      const { rev } = (await store.getJob(before, before.id))!;
      await store.updateJob({ ...before, rev }, after);
      for (const [name, item] of store.items) {
        if (item.id === before.id) store.load(name, { ...item, rev: before.rev + 1 });
      }
      return store.getJob(before, before.id);
    },
  });
}

function embellishes(store: MemoryStore): Store {
  return withMethods(store, {
    updateJob: (before, after) =>
      store.updateJob(before, before.status === 'SUCCEEDED' ? { ...after, message: 'over and done' } : after),
  });
}

function unfenced(store: MemoryStore): Store {
  return withMethods(store, {
    getLoop: async (of) => ({ ...(await store.getLoop(of)), epoch: 1 }),
    endTick: async (of, _epoch, end) => store.endTick(of, (await store.getLoop(of)).epoch, end),
  });
}

function createsAlways(store: MemoryStore): Store {
  return withMethods(store, { createJob: async (job) => (await store.createJob(job)) || true });
}

function withPorts(program: Program, change: (ports: Ports) => Partial<Ports>): Program {
  return { ...program, run: (ports) => program.run({ ...ports, ...change(ports) }) };
}

function wakesFirst(program: Program): Program {
  return withPorts(program, (ports) => {
    const createJob: Store['createJob'] = async (job) => {
      await wake(ports, LAB, ports.now(), ports.now());
      return ports.store.createJob(job);
    };
    const awake = { state: 'open', wakeAt: 0, heartbeatAt: ports.now() } as Awaited<ReturnType<Store['signalLoop']>>;
    return { store: withMethods(ports.store, { createJob, signalLoop: async () => awake }) };
  });
}

function publishesLast(program: Program): Program {
  return withPorts(program, ({ store, bus }) => {
    let held: Parameters<typeof bus.publish>[0] = [];
    const updateJob: Store['updateJob'] = async (before, after) => {
      const written = await store.updateJob(before, after);
      const late = held;
      held = [];
      if (late.length > 0) await bus.publish(late);
      return written;
    };
    const publish: typeof bus.publish = async (events) => {
      held = events;
      return events.map(() => true);
    };
    return { bus: { publish }, store: withMethods(store, { updateJob }) };
  });
}

function renamesEvents(program: Program): Program {
  return withPorts(program, ({ bus, now }) => {
    const publish: typeof bus.publish = (events) =>
      bus.publish(events.map((event) => ({ ...event, detail: { ...event.detail, eventId: `at-${now()}` } })));
    return { bus: { publish } };
  });
}
