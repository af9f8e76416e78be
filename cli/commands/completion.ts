import { oneOf } from '../../shared/api/did-you-mean.ts';
import { onlyWords } from '../arguments.ts';
import type { Command, Invocation } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { EXIT, UsageError } from '../exit-codes.ts';

const SHELLS: Readonly<Record<string, (commands: readonly Command[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** What the scripts call for the names of connections. */
const NAMES = 'connections';
/** Whoever presses a key waits for it. */
const NAMES_LIMIT_MS = 1_000;

/** It completes all commands, and is one of them. */
export function completionOf(commands: () => readonly Command[]): Command {
  return {
    name: 'completion',
    summary: 'the completion for a shell',
    usage: ['completion (bash | zsh | fish)'],
    description: [
      `Commands, options, their values, and the names of connections: those of the API that POLLUX_URL names, or of the local engine, where it answers within ${NAMES_LIMIT_MS / 1000} s.`,
      'It completes the word `pollux`, so there must be a command or a function of that name.',
    ],
    options: {},
    words: Object.keys(SHELLS),
    examples: [
      ['eval "$(pollux completion bash)"', 'in ~/.bashrc'],
      ['eval "$(pollux completion zsh)"', 'in ~/.zshrc; it starts compinit unless that has run before'],
      ['pollux completion fish | source', 'in ~/.config/fish/config.fish'],
    ],
    async run(invocation) {
      const { words, output } = invocation;
      const [shell] = onlyWords(words, `<shell>: ${oneOf(Object.keys(SHELLS))}`);
      if (shell === NAMES) return printNames(invocation);
      const make = Object.hasOwn(SHELLS, shell!) ? SHELLS[shell!] : undefined;
      if (make === undefined) throw new UsageError(`"${shell}": must be ${oneOf(Object.keys(SHELLS))}`);
      output.raw(make(commands()));
      return EXIT.ok;
    },
  };
}

/** A line each. Without an answer there are none, and nothing is said: this is called in the midst of somebody's typing. */
async function printNames({ client, output, signal }: Invocation): Promise<number> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(NAMES_LIMIT_MS)]);
  try {
    // Credentials may take their time too, and know nothing of the signal.
    const found = await Promise.race([client.connections({ signal: limit }), aborted(limit)]);
    for (const { platform, connection } of found) output.line(`${platform}/${connection}`);
  } catch {
    // There is nobody who would want to read why.
  }
  return EXIT.ok;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
