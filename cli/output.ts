import { styleText } from 'node:util';

export type Color = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold';
export type Paint = (color: Color, text: string) => string;

export const PLAIN: Paint = (_color, text) => text;
const COLORED: Paint = (color, text) => styleText(color, text, { validateStream: false });

/** What is written, and how much of it a person sees. */
export interface Output {
  json: boolean;
  /** Standard output is a terminal: lines may be written over. */
  live: boolean;
  columns(): number;
  rows(): number;
  paint: Paint;
  /** A line, or several. */
  line(text: string): void;
  /** One line of JSON. */
  data(value: unknown): void;
  /** To standard error. */
  note(text: string): void;
  /** As it is. */
  raw(text: string): void;
}

export function outputOn(
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
  environment: NodeJS.ProcessEnv,
  json: boolean,
): Output {
  const isTerminal = stdout.isTTY === true;
  const smart = environment.TERM !== 'dumb';
  const color = isTerminal && smart && (environment.NO_COLOR ?? '') === '';
  return {
    json,
    live: isTerminal && smart && !json,
    // A pseudo-terminal that nobody told its size has 0 of both.
    columns: () => stdout.columns || 80,
    rows: () => stdout.rows || 24,
    paint: color ? COLORED : PLAIN,
    line: (text) => void stdout.write(`${text}\n`),
    data: (value) => void stdout.write(`${JSON.stringify(value)}\n`),
    note: (text) => void stderr.write(`${text}\n`),
    raw: (text) => void stdout.write(text),
  };
}

/** Text of a platform's, on one line: what moves a cursor or changes a color has no business there. */
export function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
}
