import { MemoryStore } from '../support/memory-store.ts';
import { type Sabotage, START, type State } from './state.ts';
import { fromText, toText } from './text.ts';

export type Value = Record<string, any>;

/** What the table holds at one moment. Equal contents are one object, and equal items are one. */
export interface Table {
  id: number;
  items: ReadonlyMap<string, Value>;
}

interface Effect {
  text: string;
  table: Table;
}

/** The job table: the in-memory store of the tests, whose calls are worked out once for each content and moment. */
export class Tables {
  readonly #items = new Map<string, { id: number; value: Value }>();
  readonly #ids = new WeakMap<Value, number>();
  readonly #tables = new Map<string, Table>();
  readonly #effects: Map<string, Map<string, Effect>>[] = [];
  readonly #sabotage: Sabotage['store'];

  constructor(sabotage: Sabotage['store']) {
    this.#sabotage = sabotage;
  }

  async call({ table, time }: State, method: string, args: string): Promise<Effect> {
    this.#effects[table.id] ??= new Map();
    const effects = this.#effects[table.id]!;
    const name = `${time} ${method}`;
    const known = effects.get(args)?.get(name);
    if (known) return known;
    const memory = new MemoryStore(() => time);
    for (const [key, value] of table.items) memory.load(key, value);
    const store: any = this.#sabotage?.(memory) ?? memory;
    const effect = { text: toText(await store[method](...fromText(args))), table: this.of(memory) };
    if (!effects.has(args)) effects.set(args, new Map());
    effects.get(args)!.set(name, effect);
    return effect;
  }

  of(store: MemoryStore): Table {
    const items = new Map([...store.items.keys()].sort().map((name) => [name, this.#item(store.items.get(name)!)]));
    const key = [...items].map(([name, value]) => `${name} ${this.#ids.get(value)}`).join('\n');
    const known = this.#tables.get(key);
    if (known) return known;
    const table = { id: this.#tables.size, items };
    this.#tables.set(key, table);
    return table;
  }

  #item(value: Value): Value {
    if (this.#ids.has(value)) return value;
    const text = JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
    const known = this.#items.get(text);
    if (known) return known.value;
    this.#ids.set(value, this.#items.size);
    this.#items.set(text, { id: this.#items.size, value });
    return value;
  }
}

/** A table as it is before anything happens. */
export function newStore(): MemoryStore {
  return new MemoryStore(() => START);
}
