import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { awsClient } from '../aws/client.ts';
import type { Log } from '../platforms/adapter.ts';
import { type BusEvent, EVENT_SOURCE, type EventBus } from './bus.ts';

/** PutEvents takes 10 entries and 256 KiB at once. */
const MAX_ENTRIES = 10;
const MAX_BYTES = 250 * 1024;

export class EventBridgeBus implements EventBus {
  readonly #bus: string;
  readonly #client: EventBridgeClient;
  readonly #log: Log;

  constructor(bus: string, log: Log, client = awsClient(EventBridgeClient)) {
    this.#bus = bus;
    this.#log = log;
    this.#client = client;
  }

  async publish(events: readonly BusEvent[]): Promise<boolean[]> {
    const taken: boolean[] = [];
    for (const batch of batches(events.map((event) => this.#entry(event)))) taken.push(...(await this.#put(batch)));
    return taken;
  }

  /** A call can succeed while entries in it fail: each entry's own answer counts. */
  async #put(entries: PutEventsRequestEntry[]): Promise<boolean[]> {
    try {
      const answer = await this.#client.send(new PutEventsCommand({ Entries: entries }));
      return entries.map((_, i) => {
        const result = answer.Entries?.[i];
        if (result?.EventId) return true;
        this.#log.warn('event not taken by the bus, will be repeated', { code: result?.ErrorCode });
        return false;
      });
    } catch (error) {
      this.#log.warn('PutEvents failed, events will be repeated', { error: String(error), events: entries.length });
      return entries.map(() => false);
    }
  }

  #entry(event: BusEvent): PutEventsRequestEntry {
    return {
      EventBusName: this.#bus,
      Source: EVENT_SOURCE,
      DetailType: event.detailType,
      Detail: JSON.stringify(event.detail),
      Resources: [event.resource],
    };
  }
}

function* batches(entries: PutEventsRequestEntry[]): Generator<PutEventsRequestEntry[]> {
  let batch: PutEventsRequestEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry.Detail ?? '') + 500;
    if (batch.length === MAX_ENTRIES || (batch.length > 0 && bytes + size > MAX_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(entry);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
