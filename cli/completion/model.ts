import { GLOBAL_OPTIONS } from '../arguments.ts';
import type { Command, Option } from '../command.ts';

export interface CompletedCommand {
  name: string;
  summary: string;
  options: (Option & { name: string })[];
  /** What a word beside the options can be. */
  words: readonly string[];
}

/** What all three shells are told. */
export function completedCommands(commands: readonly Command[]): CompletedCommand[] {
  return commands.map(({ name, summary, options, words = [] }) => ({
    name,
    summary,
    options: Object.entries({ ...options, ...GLOBAL_OPTIONS }).map(([option, rest]) => ({ ...rest, name: option })),
    words: name === 'help' ? commands.map((command) => command.name) : words,
  }));
}
