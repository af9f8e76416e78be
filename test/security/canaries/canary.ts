import { randomBytes } from 'node:crypto';

/** What every encoding has to cope with, and what half of them change. */
const ODD = '&<"+ %ü';

/** A secret that cannot occur by chance. It is looked for by its core, which no encoding but base64 and hex changes. */
export interface Canary {
  name: string;
  core: string;
  value: string;
}

/** Every canary of a test, by name. */
export class Canaries {
  readonly all: Canary[] = [];

  /** `plain`: where the field allows no other characters. */
  plant(name: string, { plain = false } = {}): string {
    const core = `cNry${randomBytes(9).toString('hex')}`;
    const value = plain ? core : `${core}${ODD}`;
    this.all.push({ name, core, value });
    return value;
  }

  /** A value that a platform made: a session's cookie, a token. */
  found(name: string, value: string): void {
    if (value.length >= 8 && !this.all.some(({ core }) => core === value)) this.all.push({ name, core: value, value });
  }

  /** Names of those that stand in a text, in any spelling. */
  in(text: string): string[] {
    return this.all.filter((canary) => spellings(canary).some((it) => text.includes(it))).map(({ name }) => name);
  }
}

const known = new WeakMap<Canary, string[]>();

function spellings(canary: Canary): string[] {
  const made = known.get(canary) ?? [canary.core, Buffer.from(canary.core).toString('hex'), ...inBase64(canary.core)];
  known.set(canary, made);
  return made;
}

/** The part of it that is the same whatever stands before and after it, for each of the three offsets. */
function inBase64(core: string): string[] {
  return [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), Buffer.from(core)])
      .toString('base64')
      .slice(offset === 0 ? 0 : 4, -4),
  );
}
