import type { Json, JsonObject } from '../../job/job.ts';
import { withoutJavaObjects } from '../java-object.ts';
import {
  type Found,
  joined,
  readFrom,
  readStream,
  type Stream,
  withoutEscapes,
  withoutPrefixes,
} from './json-stream.ts';
import { unitsIn, unitsOfMachine } from './units.ts';

/** What a script's output holds. */
export type Answer =
  | { kind: 'answer'; body: JsonObject }
  /** An answer that began and did not end: cut by Systems Manager, or the script died while it wrote. */
  | { kind: 'truncated' }
  | { kind: 'empty' }
  /** Text without an object: an error message, most often. */
  | { kind: 'text' };

/** An object of the output that has the member in question. */
export interface Document {
  body: JsonObject;
  /** How much its place says for it: what has lines of its own counts more than what stands in a line of a log. */
  rank: number;
}

export interface Answers {
  kind: Answer['kind'];
  /** In the order of the output. */
  documents: readonly Document[];
  /** The last other object, preferably with an explanation. */
  other?: JsonObject;
}

const RANKS: Readonly<Record<Found['place'], number>> = { alone: 3, inline: 2, inside: 1, below: 1 };
const NESTED = 0;

/**
 * The documents of an output that have this member. Real output is a stream: log lines stand before and behind the answer, in
 * JSON too, lines are wrapped, and there may be several documents (HF 2.3, HF 3.l). Which of them is the answer is for the
 * caller to say, who knows what was asked: `answers` tells whether one of these does. Only if none does is the output read
 * in other ways. What began as an answer and never ended makes the whole output unreadable: the complete objects inside it
 * are machines, and what stands before it may be old.
 */
export function readAnswers(
  output: string,
  member: string,
  answers: (documents: readonly Document[]) => boolean = (documents) => documents.length > 0,
): Answers {
  const text = withoutControls(output);
  const plain = readStream(text);
  if (isCut(plain, member)) return { kind: 'truncated', documents: [] };
  const documents = documentsOf(plain, member);
  const other = otherOf(plain);
  // A text with line breaks in it, printed as it is.
  const acrossLines = plain.brokenString ? readStream(text, { acrossLines: true }) : undefined;
  if (acrossLines && !isCut(acrossLines, member)) documents.push(...documentsOf(acrossLines, member));
  if (!answers(documents)) {
    const members = [member, 'status', 'message'];
    const line = joined(text);
    const unescaped = text.includes('\\"') ? withoutEscapes(text) : '';
    const otherwise = [
      // Lines that a terminal has wrapped, in the middle of a word.
      () => readStream(line),
      // What begins in the rest of a broken line.
      () => readFrom(text, members),
      // Every line written by a logger, or some lines by another process.
      () => readStream(withoutPrefixes(text)),
      () => readStream(text, { skipLines: true }),
      // A text inside of another document.
      () => readFrom(unescaped, members),
    ];
    for (const read of line.includes(member) ? otherwise : []) {
      const found = documentsOf(read(), member);
      if (!answers(found)) continue;
      documents.push(...found);
      break;
    }
  }
  if (documents.length > 0) return { kind: 'answer', documents, ...(other && { other }) };
  if (other && reasonIn(other) !== '') return { kind: 'answer', documents, other };
  if (plain.unfinished || acrossLines?.unfinished) return { kind: 'truncated', documents };
  if (other) return { kind: 'answer', documents, other };
  return { kind: text.trim() === '' ? 'empty' : 'text', documents };
}

/** The last object in the output that has this member, else the last one of all. */
export function readAnswer(output: string, [member = '']: readonly string[]): Answer {
  const { kind, documents, other } = readAnswers(output, member);
  if (kind !== 'answer') return { kind };
  return { kind, body: bestOf(documents)?.body ?? other ?? {} };
}

export function bestOf(documents: readonly Document[]): Document | undefined {
  return documents.reduce<Document | undefined>((best, one) => (best && best.rank > one.rank ? best : one), undefined);
}

/** Colors, a byte order mark, and the zeros of UTF-16 that was read as something else. */
function withoutControls(output: string): string {
  return output.replace(
    /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b\n]*(?:\u0007|\u001b\\)|[\ufeff\u0000]/g,
    '',
  );
}

/** Whether the answer itself was cut off, as far as that can be told. */
function isCut({ unfinished, found }: Stream, member: string): boolean {
  if (!unfinished) return false;
  if (member in unfinished.value) return true;
  const goesOn = found.some(({ value, place }) => RANKS[place] === RANKS.inside && member in value);
  return unfinished.place === 'alone' && !goesOn && !isLogRecord(unfinished.value);
}

function documentsOf({ found }: Stream, member: string): Document[] {
  return found.flatMap(({ value, place }) => {
    const rank = RANKS[place];
    // A list of requests without anything around it.
    if (Array.isArray(value) && member === 'requests' && value.some((one) => isObject(one) && 'requestId' in one))
      return [{ body: { requests: value }, rank }];
    // An object of which only the requestId matters may as well be a part of something that broke.
    if (place === 'below' && member !== 'requests') return [];
    return withMember(value, member, rank, 0);
  });
}

/** Parts of an answer, which have members of the same names. */
const PARTS = ['requests', 'machines'];
const DEEP = 6;

function withMember(value: Json, member: string, rank: number, depth: number): Document[] {
  if (depth > DEEP) return [];
  if (Array.isArray(value)) return value.flatMap((one) => withMember(one, member, rank, depth + 1));
  if (!isObject(value)) return [];
  if (member in value) return [{ body: value, rank: isLogRecord(value) ? NESTED : rank }];
  return Object.entries(value).flatMap(([name, inner]) =>
    PARTS.includes(name) || typeof inner !== 'object' ? [] : withMember(inner, member, NESTED, depth + 1),
  );
}

function otherOf({ found }: Stream): JsonObject | undefined {
  const whole = found.filter(({ place }) => RANKS[place] > RANKS.inside);
  const objects = whole.map(({ value }) => value).filter((value): value is JsonObject => isObject(value));
  const told = (value: JsonObject) => !isLogRecord(value) && reasonIn(value) !== '';
  return objects.findLast(told) ?? objects.at(-1);
}

const LEVEL = /^(level|levelname|log_?level|lvl|severity|logger|logger_?name)$/i;
const TIME = /^(@?timestamp|ts|time|asctime)$/i;

/** A line of a log that is written in JSON. It may have a requestId: of a call, or of anything. */
export function isLogRecord(value: JsonObject): boolean {
  const names = Object.keys(value);
  if (names.some((name) => LEVEL.test(name))) return true;
  return names.some((name) => TIME.test(name)) && names.some((name) => name === 'msg' || name === 'event');
}

/** Members that explain a failure, the most telling first. */
const REASONS = ['error', 'errorCode', 'message', 'errorMessage', 'error_message', 'reason', 'detail', 'details'];

/** What an answer says of why it failed. */
export function reasonIn(body: JsonObject, depth = 0): string {
  const texts = REASONS.flatMap((name) => {
    const value = Object.hasOwn(body, name) ? body[name] : undefined;
    if (isObject(value) && depth < 2) return [reasonIn(value, depth + 1)];
    return [Array.isArray(value) ? value.map(textOf).filter(Boolean).join('; ') : messageOf(value)];
  });
  return [...new Set(texts.filter(Boolean))].join(': ');
}

export interface Entry {
  requestId: string;
  /** In lower case, without blanks; empty where there is none. */
  status: string;
  message: string;
  machines: readonly Machine[];
  /** Where machines have weights: how much was asked for, and how much there is. */
  units?: { target?: number; fulfilled?: number };
}

export interface Machine {
  machineId: string;
  name: string;
  /** `succeed`, `fail`, `executing`; this decides. */
  result: string;
  /** The machine's own state: a dozen spellings, informational (HF-T3). */
  status: string;
  message: string;
  privateIpAddress?: string;
  publicIpAddress?: string;
  /** Seconds. */
  launchtime?: number;
  instanceType?: string;
  /** How many units of capacity it counts for. */
  units?: number;
}

/** The answer to getRequestStatus: one entry or many, an object or a list (HF-T1). `undefined`: no such member at all. */
export function entriesOf(body: JsonObject): readonly Entry[] | undefined {
  if (!('requests' in body)) return undefined;
  return listOf(body.requests).flatMap((entry) => {
    const requestId = idOf(entry.requestId);
    if (requestId === undefined) return [];
    const units = unitsIn(entry);
    return [
      {
        requestId,
        status: wordOf(entry.status),
        message: messageOf(entry.message),
        machines: machinesOf(entry.machines),
        ...(units && { units }),
      },
    ];
  });
}

/**
 * What the documents say of these requests. Of several entries about one request that with a status counts, then the one
 * whose document has lines of its own, then the last: inputs are logged as well, and what was known before.
 */
export function entriesAbout(documents: readonly Document[], ids: ReadonlySet<string>): Map<string, Entry> {
  const best = new Map<string, { entry: Entry; rank: number }>();
  for (const { body, rank: place } of documents) {
    for (const entry of entriesOf(body) ?? []) {
      if (!ids.has(entry.requestId)) continue;
      const rank = place + (entry.status === '' ? 0 : 10);
      const before = best.get(entry.requestId);
      if (before === undefined || rank >= before.rank) best.set(entry.requestId, { entry, rank });
    }
  }
  return new Map([...best].map(([id, { entry }]) => [id, entry]));
}

/** A machine that is listed twice is one machine; the later line has the news. */
function machinesOf(value: Json | undefined): readonly Machine[] {
  const machines = new Map<string, Machine>();
  for (const [index, given] of listOf(value).entries()) {
    const machine = machineOf(given);
    // The single-object form has no other way to write "no machines" than an empty object.
    if (machine.machineId === '' && machine.name === '' && machine.result === '') continue;
    machines.set(machine.machineId || machine.name || `#${index}`, machine);
  }
  return [...machines.values()];
}

function machineOf(given: JsonObject): Machine {
  const address = (value: Json | undefined) => {
    const text = textOf(value).trim();
    return NO_ADDRESS.test(text) ? undefined : text;
  };
  const privateIpAddress = address(given.privateIpAddress);
  const publicIpAddress = address(given.publicIpAddress);
  const launchtime = secondsOf(given.launchtime ?? given.launchTime);
  const units = unitsOfMachine(given);
  const instanceType = INSTANCE_TYPE.map((name) => textOf(given[name])).find(Boolean) ?? '';
  return {
    machineId: textOf(given.machineId),
    name: textOf(given.name),
    result: wordOf(given.result),
    status: wordOf(given.status),
    message: messageOf(given.message),
    ...(instanceType !== '' && { instanceType }),
    ...(units !== undefined && { units }),
    ...(privateIpAddress !== undefined && { privateIpAddress }),
    ...(publicIpAddress !== undefined && { publicIpAddress }),
    ...(launchtime !== undefined && { launchtime }),
  };
}

/** The contract has no field for it; these are the names of public providers. */
const INSTANCE_TYPE = ['instanceType', 'instance_type', 'vmType', 'vmSize', 'vm_size', 'machineType', 'machine_type'];

/** HF-T11: what stands in the place of an address that is not known yet. */
const NO_ADDRESS = /^(|unknown|none|null|0\.0\.0\.0|-)$/i;

/** HF-T10: a number, a number as text, or of no use; 0 is "not launched". */
function secondsOf(value: Json | undefined): number | undefined {
  const text = typeof value === 'number' ? String(value) : textOf(value).trim();
  const seconds = /^\d{1,12}(\.\d+)?$/.test(text) ? Math.floor(Number(text)) : 0;
  return seconds > 0 ? seconds : undefined;
}

/** `<No message>` is what one provider says instead of nothing. */
export function messageOf(value: Json | undefined): string {
  const text = withoutJavaObjects(textOf(value))
    .replace(/[\u0000-\u001f]+/g, ' ')
    .trim();
  return text === '<No message>' ? '' : text;
}

/** HF-T12: as it is, neither trimmed nor in another case. A number is an id too. */
export function idOf(value: Json | undefined): string | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function wordOf(value: Json | undefined): string {
  return textOf(value).trim().toLowerCase();
}

export function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : '';
}

function listOf(value: Json | undefined): JsonObject[] {
  return [value].flat().filter(isObject);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
