import type { Json, JsonObject } from '../../job/job.ts';

/** What a script's output holds. */
export type Answer =
  | { kind: 'answer'; body: JsonObject }
  /** An object that began and did not end: cut by Systems Manager, or the script died while it wrote. */
  | { kind: 'truncated' }
  | { kind: 'empty' }
  /** Text without an object: an error message, most often. */
  | { kind: 'text' };

/**
 * The last complete JSON object in the output that has one of these keys, else the last one of all.
 *
 * Wrappers print before it (HF 3.l: "Command bc not found! please install " without a line break) and log lines may follow,
 * as JSON too. Where two answers follow each other, the last one counts (HF 2.3). What began as an object and never ended
 * makes the whole output unreadable: the complete objects inside it are machines, not answers.
 */
export function readAnswer(output: string, keys: readonly string[]): Answer {
  const found: JsonObject[] = [];
  let at = 0;
  for (;;) {
    const start = nextObject(output, at);
    if (start < 0) break;
    const end = endOfObject(output, start);
    if (end < 0) return { kind: 'truncated' };
    const body = parse(output.slice(start, end));
    if (body) found.push(body);
    at = end;
  }
  const body = found.findLast((it) => keys.some((key) => key in it)) ?? found.at(-1);
  if (body) return { kind: 'answer', body };
  return { kind: output.trim() === '' ? 'empty' : 'text' };
}

/** Where the next `{` stands that begins a JSON object: before a quoted key, or empty. Others are of log lines. */
function nextObject(text: string, from: number): number {
  const begin = /\{\s*["}]|\{\s*$/g;
  begin.lastIndex = from;
  return begin.exec(text)?.index ?? -1;
}

/** Behind the `}` that belongs to it, or -1. */
function endOfObject(text: string, start: number): number {
  const token = /"[^"\\]*(?:\\.[^"\\]*)*"|"|[{}]/gs;
  token.lastIndex = start;
  let depth = 0;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    if (match[0] === '"') return -1;
    if (match[0] === '{') depth += 1;
    else if (match[0] === '}') depth -= 1;
    if (depth === 0) return token.lastIndex;
  }
  return -1;
}

function parse(text: string): JsonObject | undefined {
  // Some providers put an error text into a JSON string as it is, tabs and line breaks included.
  for (const attempt of [text, text.replace(/[\u0000-\u001f]/g, ' ')]) {
    try {
      const value = JSON.parse(attempt) as Json;
      return isObject(value) ? value : undefined;
    } catch {
      // The next attempt; a dictionary of Python's is no JSON and never will be.
    }
  }
  return undefined;
}

export interface Entry {
  requestId: string;
  /** In lower case, without blanks; empty where there is none. */
  status: string;
  message: string;
  machines: readonly Machine[];
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
}

/** The answer to getRequestStatus: one entry or many, an object or a list (HF-T1). `undefined`: no such member at all. */
export function entriesOf(body: JsonObject): readonly Entry[] | undefined {
  if (!('requests' in body)) return undefined;
  return listOf(body.requests).flatMap((entry) => {
    const requestId = idOf(entry.requestId);
    if (requestId === undefined) return [];
    return [
      {
        requestId,
        status: textOf(entry.status).trim().toLowerCase(),
        message: messageOf(entry.message),
        machines: machinesOf(entry.machines),
      },
    ];
  });
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
  return {
    machineId: textOf(given.machineId),
    name: textOf(given.name),
    result: textOf(given.result).trim().toLowerCase(),
    status: textOf(given.status).trim().toLowerCase(),
    message: messageOf(given.message),
    ...(privateIpAddress !== undefined && { privateIpAddress }),
    ...(publicIpAddress !== undefined && { publicIpAddress }),
    ...(launchtime !== undefined && { launchtime }),
  };
}

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
  const text = textOf(value).trim();
  return text === '<No message>' ? '' : text;
}

/** HF-T12: as it is, neither trimmed nor in another case. A number is an id too. */
export function idOf(value: Json | undefined): string | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : '';
}

function listOf(value: Json | undefined): JsonObject[] {
  return [value].flat().filter(isObject);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
