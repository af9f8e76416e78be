/** What a call to a service may do besides what it was asked for. */
export const FAULTS = ['throttled', 'unavailable', 'unanswered', 'slow'] as const;
export type Fault = (typeof FAULTS)[number];

export interface Injector {
  /** Share of the calls that a fault befalls, 0..1. */
  rate: number;
  /** Calls so far, and faults by `<port>.<method> <fault>`. */
  calls: number;
  readonly faults: Map<string, number>;
  /** A port whose calls may fail. `unanswered`: done, but the caller sees a time-out. */
  port<T extends object>(name: string, port: T): T;
  /** Whether this call is one that a fault befalls, for ports that tell failures by their answer. */
  strikes(call: string, faults?: readonly string[]): string | undefined;
}

export function injector(random: () => number, sleep: (ms: number) => void): Injector {
  const faults = new Map<string, number>();
  const self: Injector = {
    rate: 0,
    calls: 0,
    faults,
    strikes(call, kinds = FAULTS) {
      self.calls++;
      if (random() >= self.rate) return undefined;
      const fault = kinds[Math.floor(random() * kinds.length)]!;
      faults.set(`${call} ${fault}`, (faults.get(`${call} ${fault}`) ?? 0) + 1);
      return fault;
    },
    port(name, port) {
      return new Proxy(port, {
        get(target, property) {
          const method = Reflect.get(target, property);
          if (typeof method !== 'function' || typeof property === 'symbol') return method;
          return async (...args: unknown[]) => {
            const fault = self.strikes(`${name}.${property}`);
            if (fault === 'slow') sleep(1000 + random() * 9000);
            if (fault === 'throttled') throw new Error('ThrottlingException: Rate exceeded');
            if (fault === 'unavailable') throw new Error('InternalServerError');
            const answer = await method.apply(target, args);
            if (fault === 'unanswered') throw new Error('TimeoutError: no answer');
            return answer;
          };
        },
      });
    },
  };
  return self;
}
