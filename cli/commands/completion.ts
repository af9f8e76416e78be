import { oneOf } from '../../shared/api/did-you-mean.ts';
import { onlyWords } from '../arguments.ts';
import type { Command } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { EXIT, UsageError } from '../exit-codes.ts';

const SHELLS: Readonly<Record<string, (commands: readonly Command[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** It completes all commands, and is one of them. */
export function completionOf(commands: () => readonly Command[]): Command {
  return {
    name: 'completion',
    summary: 'the completion for a shell',
    usage: ['completion (bash | zsh | fish)'],
    options: {},
    words: Object.keys(SHELLS),
    examples: [
      ['eval "$(pollux completion bash)"', 'in ~/.bashrc; zsh likewise'],
      ['pollux completion fish | source', 'in ~/.config/fish/config.fish'],
    ],
    async run({ words, output }) {
      const [shell] = onlyWords(words, `<shell>: ${oneOf(Object.keys(SHELLS))}`);
      const make = Object.hasOwn(SHELLS, shell!) ? SHELLS[shell!] : undefined;
      if (make === undefined) throw new UsageError(`"${shell}": must be ${oneOf(Object.keys(SHELLS))}`);
      output.raw(make(commands()));
      return EXIT.ok;
    },
  };
}
