import { readFileSync } from 'node:fs';
import { EngineError } from './engine-error.ts';

/**
 * The JSON of a file. An error names line and column but quotes nothing: V8's own message repeats the text around the
 * place, and in a secrets file that is a password.
 */
export function readJsonFile(file: string, what: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new EngineError(`${what} ${file}: ${reason}`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch {
    const before = text.slice(0, errorPosition(text)).split('\n');
    throw new EngineError(
      `${what} ${file}: not valid JSON at line ${before.length}, column ${before.at(-1)!.length + 1}`,
    );
  }
}

const SPACE = /[ \t\n\r]*/y;
const SCALAR =
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Where the text stops being JSON. Only run on text that JSON.parse has refused. */
export function errorPosition(text: string): number {
  let at = 0;
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found !== null;
  };
  const take = (character: string): boolean => {
    skip(SPACE);
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  const members = (close: string, member: () => boolean): boolean => {
    if (take(close)) return true;
    do {
      if (!member()) return false;
    } while (take(','));
    return take(close);
  };
  const key = (): boolean => {
    skip(SPACE);
    return text[at] === '"' && skip(SCALAR);
  };
  const value = (): boolean => {
    if (take('{')) return members('}', () => key() && take(':') && value());
    if (take('[')) return members(']', value);
    return skip(SCALAR);
  };
  if (value()) skip(SPACE);
  return at;
}
