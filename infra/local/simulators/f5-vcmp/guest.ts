/** How the next request for a state ends. */
export interface Preset {
  /** Of the first slot; every further one takes a quarter longer. */
  seconds: number;
  ending: 'ok' | 'fails' | 'recovers' | 'stuck' | 'unallocated';
  /** Only these slots have the ending, the others go well. */
  slots?: readonly number[];
}

export type State = 'CONFIGURED' | 'PROVISIONED' | 'DEPLOYED';

export interface SlotRecord {
  slot: number;
  requested: State;
  complete: boolean;
  status: string;
  comment: string;
}

interface Phase {
  at: number;
  /** Without its `VCMP_STATUS_`. Absent: the slot has no record. */
  status?: string;
  complete: boolean;
  comment: string;
}

const INSTALL = ['CREATED', 'ACQUIRE_VDISK', 'WAIT_INSTALL', 'INSTALLING'];
const START = ['WAIT_STARTING', 'STARTING'];
/** What only a slot with an installed disk can be in. */
const INSTALLED = new Set(['STOPPED', ...START, 'RUNNING', 'STOPPING']);
const ALIVE = new Set([...START, 'RUNNING']);
const REASON = 'The virtual disk could not be written: no space left on device';

/** A guest: a state machine for each slot. Nothing runs, each slot is what the clock says. */
export class Guest {
  readonly name: string;
  readonly slots: readonly number[];
  wish: State = 'CONFIGURED';
  /** How the next change ends, and the ones after it; the host's own default unless told. */
  next: Preset | undefined;
  afterwards: Preset | undefined;
  /** From then on it does not exist. */
  goneAt = Number.POSITIVE_INFINITY;
  readonly #timelines = new Map<number, Phase[]>();
  readonly #installed = new Set<number>();
  #stale: { looks: number; records: SlotRecord[] } | undefined;

  constructor(name: string, slots: readonly number[]) {
    this.name = name;
    this.slots = slots;
  }

  /** Asks for a state; what is under way for another one is given up. */
  ask(wish: State, preset: Preset, now: number, settings: { staleLooks: number; inactiveRecords: boolean }): void {
    if (settings.staleLooks > 0) this.#stale = { looks: settings.staleLooks, records: this.#current(now) };
    for (const [index, slot] of this.slots.entries()) {
      const before = this.#phase(slot, now);
      if (this.#timelines.get(slot)?.some((it) => it.at <= now && INSTALLED.has(it.status ?? '')))
        this.#installed.add(slot);
      const concerned = preset.slots?.includes(slot) ?? true;
      const ending = concerned ? preset.ending : 'ok';
      const steps = path(before?.status, this.#installed.has(slot), wish, settings.inactiveRecords);
      const milliseconds = preset.seconds * 1000 * (1 + index / 4);
      this.#timelines.set(slot, [...(before ? [before] : []), ...timeline(steps, ending, now, milliseconds)]);
    }
    this.wish = wish;
  }

  /** What `get_completion_status` tells. */
  records(now: number): SlotRecord[] {
    if (!this.#stale) return this.#current(now);
    const { records } = this.#stale;
    this.#stale.looks -= 1;
    if (this.#stale.looks <= 0) this.#stale = undefined;
    return records;
  }

  #current(now: number): SlotRecord[] {
    return this.slots.flatMap((slot) => {
      const phase = this.#phase(slot, now);
      if (!phase?.status) return [];
      return [
        {
          slot,
          requested: this.wish,
          complete: phase.complete,
          status: `VCMP_STATUS_${phase.status}`,
          comment: phase.comment,
        },
      ];
    });
  }

  /** A phase that has been taken over from before the request is at its beginning, and not complete. */
  #phase(slot: number, now: number): Phase | undefined {
    const phases = this.#timelines.get(slot) ?? [];
    const index = phases.findLastIndex((phase) => phase.at <= now);
    const phase = phases[index];
    const isLast = index === phases.length - 1;
    return phase && !isLast ? { ...phase, complete: false } : phase;
  }
}

/** The statuses on the way, the last one being where it comes to rest; `undefined` for no record. */
function path(from: string | undefined, installed: boolean, wish: State, inactive: boolean): (string | undefined)[] {
  if (wish === 'CONFIGURED') return [...(ALIVE.has(from ?? '') ? ['STOPPING'] : []), inactive ? 'INACTIVE' : undefined];
  if (wish === 'PROVISIONED') {
    return [...(installed ? (ALIVE.has(from ?? '') ? ['STOPPING'] : []) : INSTALL), 'STOPPED'];
  }
  return from === 'RUNNING' ? ['RUNNING'] : [...(installed ? START : [...INSTALL, ...START]), 'RUNNING'];
}

function timeline(
  steps: readonly (string | undefined)[],
  ending: Preset['ending'],
  now: number,
  milliseconds: number,
): Phase[] {
  if (ending === 'unallocated') return [];
  const last = steps.length - 1;
  // The first step shows a moment after the request: until then the slot has no record.
  const at = (index: number) => now + milliseconds * (0.05 + 0.95 * (last === 0 ? 1 : index / last));
  const phases = steps.map((status, index): Phase => {
    const comment = status === 'INSTALLING' ? 'Installing image: 42% & counting, größer als gedacht' : '';
    return { at: at(index), complete: index === last, comment, ...(status && { status }) };
  });
  const failure = { status: 'FAILED', comment: REASON };
  if (ending === 'stuck') return phases.slice(0, Math.max(1, last)).map((phase) => ({ ...phase, complete: false }));
  if (ending === 'fails') return [...phases.slice(0, last), { at: at(last), complete: true, ...failure }];
  if (ending !== 'recovers') return phases;
  const middle = Math.floor(last / 2);
  return phases.map((phase, index) => (index === middle && index < last ? { ...phase, ...failure } : phase));
}
