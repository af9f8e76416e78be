import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { helpOf, overview } from '../help.ts';

/** It tells about all commands, and is one of them. */
export function helpAbout(commands: () => readonly Command[], find: (name: string) => Command): Command {
  return {
    name: 'help',
    summary: 'all commands, or the options of one with examples',
    usage: ['help [<command>]'],
    options: {},
    examples: [['pollux help submit', '']],
    async run({ words: [name], output }) {
      output.line(name === undefined ? overview(commands()) : helpOf(find(name)));
      return EXIT.ok;
    },
  };
}
