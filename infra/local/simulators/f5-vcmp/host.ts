import { Guest, type Preset, type State } from './guest.ts';
import { invalidArgument, operationFailed } from './soap.ts';

export interface HostSettings {
  username: string;
  password: string;
  /** Slot ids of the chassis; they need not begin at 1 nor follow each other. */
  slots: readonly number[];
  /** Of a change of state that nothing else was said about. */
  seconds: number;
  /** So many answers after a change still describe the request before. */
  staleLooks: number;
  /** A configured guest keeps INACTIVE records instead of none. */
  inactiveRecords: boolean;
  /** Before the flexible slot model: no `get_guest_assigned_slots`, but one slot or all. */
  oldSlotModel: boolean;
  /** A role that may look and not change. */
  readOnly: boolean;
  /** Answers without a Content-Length. */
  chunked: boolean;
}

export const DEFAULTS: HostSettings = {
  username: 'admin',
  password: 'simulated',
  slots: [1, 2],
  seconds: 20,
  staleLooks: 0,
  inactiveRecords: false,
  oldSlotModel: false,
  readOnly: false,
  chunked: true,
};

const NOT_FOUND = 0x01020036;
const EXISTS = 0x01020066;

/** A vCMP host: its guests, and who may ask. */
export class VcmpHost {
  readonly settings: HostSettings;
  readonly now: () => number;
  readonly sessions = new Set<string>();
  readonly #guests = new Map<string, Guest>();
  #serial = 0;

  constructor(settings: HostSettings, now: () => number) {
    this.settings = settings;
    this.now = now;
  }

  names(): string[] {
    return [...this.#guests.values()].filter((guest) => this.now() < guest.goneAt).map((guest) => guest.name);
  }

  /** Releases differ in their words. */
  notFoundText(name: string): string {
    return `The requested VCMP Guest (${name}) was not found.`;
  }

  /** @throws {IControlException} */
  guest(name: string): Guest {
    const guest = this.#guests.get(name);
    if (guest && this.now() < guest.goneAt) return guest;
    throw operationFailed(NOT_FOUND, this.notFoundText(name));
  }

  add(name = `guest${++this.#serial}`, slots = this.settings.slots): Guest {
    if (this.names().includes(name))
      throw operationFailed(EXISTS, `The requested VCMP Guest (${name}) already exists.`);
    if (name.includes('/')) throw invalidArgument(`"${name}" is not the name of a guest`);
    const guest = new Guest(name, slots);
    this.#guests.set(name, guest);
    return guest;
  }

  /** As `set_guest_state`, by us or by somebody else. All names are looked up before anything is changed. */
  setState(names: readonly string[], states: readonly State[]): void {
    for (const [index, guest] of names.map((name) => this.guest(name)).entries()) {
      const state = states[index]!;
      // Asking for what is wished for already starts nothing anew.
      if (guest.wish === state) continue;
      const preset: Preset = guest.next ?? { seconds: this.settings.seconds, ending: 'ok' };
      guest.next = guest.afterwards;
      guest.ask(state, preset, this.now(), this.settings);
    }
  }

  /** Its slots shut down first, if they run. */
  delete(names: readonly string[]): void {
    for (const guest of names.map((name) => this.guest(name))) {
      const seconds = guest.next?.seconds ?? 0;
      guest.next = undefined;
      guest.goneAt = this.now() + seconds * 1000;
    }
  }

  forget(name: string): void {
    this.#guests.delete(name);
  }
}
