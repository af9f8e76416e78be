import { randomUUID } from 'node:crypto';
import { AwsError } from './aws-error.ts';
import { checkPattern, type EventPattern, matches } from './event-pattern.ts';
import type { Functions } from './functions.ts';
import type { StatusChange } from './state-machines.ts';
import { ACCOUNT, REGION, type Resource } from './template.ts';

/** An event as a rule's target gets it. */
export interface BusEvent {
  version: '0';
  id: string;
  'detail-type': string;
  source: string;
  account: string;
  time: string;
  region: string;
  resources: string[];
  detail: Record<string, unknown>;
}

interface Entry {
  Source?: string;
  DetailType?: string;
  Detail?: string;
  EventBusName?: string;
  Time?: number;
  Resources?: string[];
}

interface Rule {
  name: string;
  bus: string;
  pattern: EventPattern;
  targets: { arn: string; input?: unknown }[];
}

const MAX_ENTRIES = 10;
/** Of a request, all entries together. */
const MAX_BYTES = 262_144;

export class EventBus {
  /** Accepted events. */
  events = 0;
  readonly #buses: Set<string>;
  readonly #rules: Rule[];
  readonly #functions: Functions;
  readonly #onEvent: (event: BusEvent) => void;
  readonly #log: (message: string) => void;

  constructor(
    buses: readonly Resource[],
    rules: readonly Resource[],
    functions: Functions,
    onEvent: (event: BusEvent) => void,
    log: (message: string) => void,
  ) {
    this.#buses = new Set(['default', ...buses.map(({ name }) => name)]);
    this.#functions = functions;
    this.#onEvent = onEvent;
    this.#log = log;
    this.#rules = rules
      .filter(({ properties }) => properties.EventPattern !== undefined && properties.State !== 'DISABLED')
      .map((rule) => this.#readRule(rule));
  }

  /** By `X-Amz-Target`. */
  readonly operations: Record<string, (request: Record<string, unknown>) => unknown> = {
    'AWSEvents.PutEvents': ({ Entries }) => this.put(Entries as Entry[]),
  };

  /** Entry by entry, as on AWS: one that is refused does not hold up the others. */
  put(entries: readonly Entry[]): unknown {
    if (!Array.isArray(entries) || entries.length < 1 || entries.length > MAX_ENTRIES) {
      throw new AwsError(
        'ValidationException',
        `Entries: ${entries?.length ?? 'none'}; a request takes 1 to ${MAX_ENTRIES}`,
      );
    }
    const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
    if (bytes > MAX_BYTES)
      throw new AwsError(
        'ValidationException',
        `Total size of the entries in the request is over the limit: ${bytes} of ${MAX_BYTES} bytes.`,
      );
    const results = entries.map((entry) => this.#putEntry(entry));
    return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
  }

  /** An event of a service of AWS: to the rules of the default bus, and not to subscribers, for whom it is nothing new. */
  async announce({ source, detailType, resources, detail }: StatusChange): Promise<void> {
    await this.#applyRules('default', eventOf(source, detailType, detail, resources));
  }

  #putEntry(entry: Entry): { EventId: string } | { ErrorCode: string; ErrorMessage: string } {
    for (const field of ['Source', 'DetailType', 'Detail'] as const) {
      if (!entry[field])
        return refused('InvalidArgument', `Parameter ${field} is not valid. Reason: ${field} is a required argument.`);
    }
    if (entry.Source!.startsWith('aws.')) {
      return refused('NotAuthorizedForSourceException', `Not authorized for the source ${entry.Source}.`);
    }
    if (Buffer.byteLength(entry.DetailType!) > 128)
      return refused('InvalidArgument', 'Parameter DetailType is not valid. Reason: longer than 128.');
    const detail = parseObject(entry.Detail!);
    if (!detail) return refused('MalformedDetail', 'Detail is malformed.');
    const bus = busName(entry.EventBusName);
    // AWS takes such an entry, answers with an event id and drops it (aws/aws-sdk issue 186). Here the mistake shows.
    if (!this.#buses.has(bus)) return refused('ResourceNotFoundException', `Event bus ${bus} does not exist.`);
    const event = eventOf(entry.Source!, entry.DetailType!, detail, entry.Resources, entry.Time);
    this.events++;
    // Not before the answer: a subscriber must not hold up the sender, nor make its request fail.
    setImmediate(() => this.#deliver(bus, event));
    return { EventId: event.id };
  }

  #deliver(bus: string, event: BusEvent): void {
    try {
      this.#onEvent(event);
    } catch (error) {
      this.#log(`a subscriber failed on the event ${event.id}: ${(error as Error).message}`);
    }
    void this.#applyRules(bus, event);
  }

  async #applyRules(bus: string, event: BusEvent): Promise<void> {
    const rules = this.#rules.filter((candidate) => candidate.bus === bus && matches(candidate.pattern, event));
    await Promise.all(
      rules.flatMap(({ name, targets }) =>
        targets.map(({ arn, input }) =>
          this.#functions
            .invoke(arn, input ?? event)
            .catch((error: Error) => this.#log(`rule ${name}: ${error.message}`)),
        ),
      ),
    );
  }

  #readRule({ name, properties }: Resource): Rule {
    const targets = (properties.Targets ?? []) as {
      Arn: string;
      Input?: string;
      InputTransformer?: unknown;
      InputPath?: string;
    }[];
    const runnable = targets.filter(({ Arn, InputTransformer, InputPath }) => {
      const runs = this.#functions.has(Arn) && !InputTransformer && !InputPath;
      if (!runs) this.#log(`rule ${name}: the target ${Arn} does not run on one machine`);
      return runs;
    });
    return {
      name,
      bus: busName(properties.EventBusName as string | undefined),
      pattern: checkPattern(properties.EventPattern, name),
      targets: runnable.map(({ Arn, Input }) => ({
        arn: Arn,
        ...(Input !== undefined && { input: JSON.parse(Input) }),
      })),
    };
  }
}

function eventOf(
  source: string,
  detailType: string,
  detail: BusEvent['detail'],
  resources: string[] = [],
  seconds = Date.now() / 1000,
): BusEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source,
    account: ACCOUNT,
    // Whole seconds, as EventBridge gives it.
    time: new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: REGION,
    resources,
    detail,
  };
}

/** A bus is named by its name or its ARN. */
function busName(nameOrArn: string | undefined): string {
  return nameOrArn?.split(':event-bus/').at(-1) ?? 'default';
}

/** As the EventBridge user guide counts an entry: 14 bytes for a time, and the UTF-8 length of the rest. */
function sizeOf({ Time, Source = '', DetailType = '', Detail = '', Resources = [] }: Entry): number {
  return (
    (Time === undefined ? 0 : 14) +
    [Source, DetailType, Detail, ...Resources].reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  );
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function refused(ErrorCode: string, ErrorMessage: string): { ErrorCode: string; ErrorMessage: string } {
  return { ErrorCode, ErrorMessage };
}
