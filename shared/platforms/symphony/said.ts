import type { Json, JsonObject } from '../../job/job.ts';
import { redacted } from '../../secrets/conceal.ts';
import { isObject, reasonIn } from './answer.ts';
import { readStream } from './json-stream.ts';

/** What a run printed. */
interface Printed {
  stdout: string;
  stderr: string;
}

/** Kept of an error text: its classification needs more of it than a message shows. */
const OF_STDOUT = 3_000;
const OF_STDERR = 1_000;

/**
 * What a script said of its failure, for people: the words on stdout, where the contract has them, and those on stderr. JSON
 * is left out but for what explains: an answer that cannot be read is one about many requests, and nothing of one of them
 * may be told of another. `hide` takes out secrets, before anything is cut.
 */
export function wordsOf({ stdout, stderr }: Printed, answer: JsonObject | undefined, hide: (text: string) => string) {
  const { text, hadJson } = withoutJson(stdout);
  const reason = answer ? reasonIn(answer) : '';
  const words = [reason, text].filter((part) => part !== '');
  const unread = words.length === 0 && hadJson && !answer ? ['an answer that cannot be read'] : [];
  const own = [...words, ...unread].map((part) => shortened(withoutSecrets(hide(part)), OF_STDOUT));
  const errors = shortened(withoutSecrets(hide(withoutJson(stderr).text)), OF_STDERR);
  return [...new Set([...own, errors])].filter((part) => part !== '').join(' | ');
}

/** Lines in which the members of an answer are left over, of one that is broken. */
const LEFT_OVER = /"\w{1,64}"\s*:|'(?:requests|machines|machineId)'\s*:/;

function withoutJson(output: string): { text: string; hadJson: boolean } {
  const clean = output.replace(CONTROLS, (control) => (control === '\n' ? control : ' '));
  const { regions } = readStream(clean);
  const pieces: string[] = [];
  let at = 0;
  for (const [from, to] of regions) {
    pieces.push(clean.slice(at, from));
    at = to;
  }
  pieces.push(clean.slice(at));
  const lines = pieces.join(' … ').split('\n');
  const kept = lines.filter((line) => !LEFT_OVER.test(line) && /[\p{L}\p{N}]/u.test(line));
  const text = kept
    .join(' ')
    .replace(/\s+/g, ' ')
    .replace(/^[\s…]+|[\s…]+$/g, '');
  return { text, hadJson: regions.length > 0 || kept.length < lines.filter((line) => line.trim() !== '').length };
}

const CONTROLS = /\u001b\[[0-9;?]*[ -/]*[@-~]|[\u0000-\u001f\u007f\ufeff]/g;

/**
 * What is a secret by its name or its form, wherever a script repeats it: of the command that it called, the request that it
 * sent, the file that it read. Values are bounded, so that a long text takes no more than its length.
 */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [
    /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:[^-]{0,16384}-----END [A-Z ]{0,40}PRIVATE KEY-----|[^-]{0,16384})/g,
    '***',
  ],
  // JSON web tokens.
  [/\beyJ[\w-]{8,4096}\.[\w-]{1,8192}(?:\.[\w-]{0,4096})?/g, '***'],
  [
    /(\bcookie["']?\s{0,8}[:=]\s{0,8})[^\s;,=]{1,256}=[^\s;,]{0,4096}(?:;\s?[^\s;,=]{1,256}=[^\s;,]{0,4096}){0,100}/gi,
    '$1***',
  ],
  // `password = …`, `"token": "…"`: the names are those of fields that are secret.
  [
    /((?:passw(?:or)?d|passphrase|secret|token|credential|private.?key|api.?key|access.?key|account.?key|authorization|cookie|signature|\bsig|\bpwd)[\w.-]{0,64}["']?\s{0,8}[:=]\s{0,8})(?:"[^"]{0,4096}"?|'[^']{0,4096}'?|(?:Bearer |Basic )?[^\s,;|}&]{1,4096})/gi,
    '$1***',
  ],
  // `--password …` and `-p …`.
  [/((?:^|\s)(?:-p|--?[\w-]{0,32}(?:pass(?:word|wd|phrase)?|pwd|secret|token|key))\s{1,8})[^\s|]{1,4096}/gi, '$1***'],
  // `password is …`; a word without a digit is one of the sentence.
  [
    /(\b(?:pass(?:word|wd|phrase)|\w{0,32}secret|token)\s{1,8}(?:(?:is|was|of)\s{1,8})?)["']?(?=[^\s"',;|]{0,256}\d)[^\s"',;|]{6,4096}/gi,
    '$1***',
  ],
  [/(:\/\/)[^\s/@:]{1,256}:[^\s/@]{1,256}@/g, '$1***@'],
];

function withoutSecrets(text: string): string {
  return SECRETS.reduce((left, [pattern, shown]) => left.replace(pattern, shown), text);
}

/** The beginning and the end: a validator's reason comes first, that of a traceback last. */
export function shortened(said: string, length: number): string {
  if (said.length <= length) return said;
  const text = redacted(said);
  if (text.length <= length) return text;
  const head = Math.floor(length * 0.35);
  return `${text.slice(0, head)} … ${text.slice(-(length - head - 3))}`;
}

/** All messages of an answer, without what `hide` takes out; the names of machines and requests stay as they are. */
export function withMessages<T extends Json>(value: T, hide: (text: string) => string, name?: string): T {
  if (typeof value === 'string') return (name !== undefined && PROSE.test(name) ? hide(value) : value) as T;
  if (Array.isArray(value)) return value.map((inner) => withMessages(inner, hide, name)) as T;
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withMessages(inner, hide, key)])) as T;
}

const PROSE = /message|error|reason|detail/i;
