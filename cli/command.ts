import type { Client } from '../client/index.ts';
import type { Output } from './output.ts';
import type { Target } from './target.ts';

export interface Option {
  type: 'string' | 'boolean';
  /** One letter. */
  short?: string;
  multiple?: true;
  /** What stands for the value in the help: `FILE`. */
  value?: string;
  description: string;
  /** All that it can be. */
  values?: readonly string[];
}

export type Options = Readonly<Record<string, Option>>;

/** Names of options as they stand on the command line, without the dashes. */
export type Values = Readonly<Record<string, string | boolean | string[] | undefined>>;

export interface Invocation {
  /** What stands beside the options. */
  words: readonly string[];
  values: Values;
  client: Client;
  target: Target;
  output: Output;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Standard input as text. */
  stdin(): Promise<string>;
  now(): number;
}

export interface Command {
  name: string;
  summary: string;
  /** Behind `pollux`. */
  usage: readonly string[];
  /** Further paragraphs of the help. */
  description?: readonly string[];
  options: Options;
  /** What a first word beside the options can be, for the completion. */
  words?: readonly string[];
  /** Which of the words beside the options name a connection, for the completion. */
  connections?: 'all' | 'the first' | 'all but the first';
  examples: readonly (readonly [command: string, what: string])[];
  /** The exit code. */
  run(invocation: Invocation): Promise<number>;
}

export function textOf(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

export function listOf(values: Values, name: string): readonly string[] {
  const value = values[name];
  return Array.isArray(value) ? value : [];
}
