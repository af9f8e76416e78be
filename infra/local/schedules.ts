import { randomUUID } from 'node:crypto';
import { EngineError } from './engine-error.ts';
import type { Functions } from './functions.ts';
import { ACCOUNT, REGION, type Resource } from './template.ts';

interface Schedule {
  name: string;
  everyMs: number;
  functionArn: string;
  input(): unknown;
}

interface Target {
  Arn: string;
  Input?: string;
}

const UNITS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Rules and schedules of the form `rate(…)`. Each fires once right after the start, so that what a stop or a crash left
 * behind is repaired at once, and never while its last run is still under way.
 */
export class Schedules {
  readonly #schedules: Schedule[];
  readonly #functions: Functions;
  readonly #log: (message: string) => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;

  constructor(
    rules: readonly Resource[],
    schedules: readonly Resource[],
    functions: Functions,
    log: (message: string) => void,
  ) {
    this.#functions = functions;
    this.#log = log;
    const enabled = [...rules, ...schedules].filter(
      ({ properties }) => properties.ScheduleExpression !== undefined && properties.State !== 'DISABLED',
    );
    this.#schedules = enabled.flatMap((resource) => readSchedules(resource, functions));
  }

  start(): void {
    for (const schedule of this.#schedules) void this.#fire(schedule);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #fire(schedule: Schedule): Promise<void> {
    const started = Date.now();
    await this.#functions.invoke(schedule.functionArn, schedule.input()).catch((error: Error) => {
      if (!this.#stopped) this.#log(`schedule ${schedule.name}: ${error.message}`);
    });
    if (this.#stopped) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        void this.#fire(schedule);
      },
      Math.max(0, started + schedule.everyMs - Date.now()),
    );
    this.#timers.add(timer);
  }
}

function readSchedules({ name, type, properties, attributes }: Resource, functions: Functions): Schedule[] {
  const expression = String(properties.ScheduleExpression);
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (!unit) throw new EngineError(`schedule ${name}: ${expression} does not run on one machine; use rate(…)`);
  const targets = (type === 'AWS::Events::Rule' ? properties.Targets : [properties.Target]) as Target[];
  return targets.map(({ Arn, Input }) => {
    if (!functions.has(Arn))
      throw new EngineError(`schedule ${name}: the target ${Arn} is no function of the template`);
    return {
      name,
      everyMs: Number(count) * UNITS[unit]!,
      functionArn: Arn,
      input: () => (Input === undefined ? scheduledEvent(attributes.Arn!) : JSON.parse(Input)),
    };
  });
}

function scheduledEvent(arn: string): unknown {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: ACCOUNT,
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region: REGION,
    resources: [arn],
    detail: {},
  };
}
