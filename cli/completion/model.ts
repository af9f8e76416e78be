import { GLOBAL_OPTIONS } from '../arguments.ts';
import type { Command, Option } from '../command.ts';

export interface CompletedCommand {
  name: string;
  summary: string;
  options: CompletedOption[];
  /** What the first word beside the options can be. */
  words: readonly string[];
  connections: Command['connections'];
}

export interface CompletedOption extends Option {
  name: string;
  /** As it is typed: `--status`, `-s`. */
  spellings: string[];
  /** Its value can be the name of a file. */
  isFile: boolean;
}

/** What all three shells are told. */
export function completedCommands(commands: readonly Command[]): CompletedCommand[] {
  return commands.map(({ name, summary, options, words = [], connections }) => ({
    name,
    summary,
    options: Object.entries({ ...options, ...GLOBAL_OPTIONS }).map(([option, rest]) => ({
      ...rest,
      name: option,
      spellings: [`--${option}`, ...(rest.short === undefined ? [] : [`-${rest.short}`])],
      isFile: rest.value?.split('|').includes('FILE') ?? false,
    })),
    words: name === 'help' ? commands.map((command) => command.name) : words,
    connections,
  }));
}

/** Behind these comes a value. They mean the same in every command, so a script need not ask which command it is. */
export function spellingsWithValue(all: readonly CompletedCommand[]): string[] {
  const taking = all.flatMap(({ options }) => options.filter(({ type }) => type === 'string'));
  return [...new Set(taking.flatMap(({ spellings }) => spellings))];
}

/** Asks the API for the names of connections: never a word of what is wrong, and never longer than a second or so. */
export const NAMES_COMMAND = 'pollux completion connections 2>/dev/null';
