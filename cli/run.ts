import { text } from 'node:stream/consumers';
import { type Client, NoAnswerError, PolluxError, type Retry } from '../client/index.ts';
import packageJson from '../package.json' with { type: 'json' };
import { parseArguments, splitCommand } from './arguments.ts';
import type { Command } from './command.ts';
import { findCommand } from './commands.ts';
import { EXIT, UsageError, verdictOn } from './exit-codes.ts';
import { helpOf } from './help.ts';
import { type Output, outputOn } from './output.ts';
import { clientOf, targetOf } from './target.ts';

/** Shorter pauses are nobody's concern. */
const NOTED_PAUSE_MS = 2_000;

/** Everything of the process that a command may touch. */
export interface Process {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: NodeJS.ProcessEnv;
}

/** Runs a command line. The exit code. */
export async function run(
  args: readonly string[],
  { stdin, stdout, stderr, env }: Process,
  signal: AbortSignal,
): Promise<number> {
  const json = args.includes('--json');
  const output = outputOn(stdout, stderr, env, json);
  const ended = new AbortController();
  try {
    const { first, rest } = splitCommand(args);
    if (first === '--version') {
      output.line(packageJson.version);
      return EXIT.ok;
    }
    if (first === '--help' || first === '-h') return await invoke(findCommand('help'), []);
    if (first.startsWith('-')) throw new UsageError(`${first}: no such option before a command; see pollux help`);
    return await invoke(findCommand(first), rest);
  } catch (error) {
    return failed(error);
  } finally {
    // Whatever a command has left under way must not keep the process.
    ended.abort();
  }

  async function invoke(command: Command, rest: readonly string[]): Promise<number> {
    const { words, values } = parseArguments(command, rest);
    if (values.help === true) {
      output.line(helpOf(command));
      return EXIT.ok;
    }
    const target = targetOf(values, env);
    return command.run({
      words,
      values,
      target,
      output,
      client: lazily(() => clientOf(target, values, env, noteRetry(output))),
      signal: AbortSignal.any([signal, ended.signal]),
      stdin: () => text(stdin),
      now: Date.now,
    });
  }

  function failed(error: unknown): number {
    if (signal.aborted) return EXIT.stopped;
    const { code, message: said } = verdictOn(error);
    const message = isNobodyHome(error) ? `${said}; npm start starts the local engine, --url names another API` : said;
    if (!json) output.note(`pollux: ${message}`);
    else output.note(JSON.stringify({ error: { exitCode: code, message, ...problemOf(error) } }));
    return code;
  }
}

function isNobodyHome(error: unknown): boolean {
  return error instanceof NoAnswerError && /127\.0\.0\.1.*ECONNREFUSED/.test(error.message);
}

function problemOf(error: unknown): { problem?: unknown } {
  return error instanceof PolluxError ? { problem: error.problem } : {};
}

function noteRetry(output: Output): (retry: Retry) => void {
  return ({ waitMs, error }) => {
    if (waitMs < NOTED_PAUSE_MS) return;
    const said = verdictOn(error).message.replace(/\.$/, '');
    output.note(`pollux: ${said}; again in ${Math.round(waitMs / 1000)} s`);
  };
}

/** Credentials are looked for when something is asked, so that what asks nothing needs none. */
function lazily(make: () => Promise<Client>): Client {
  let made: Promise<Client> | undefined;
  const client = () => {
    made ??= make();
    return made;
  };
  return {
    submit: async (...given) => (await client()).submit(...given),
    adopt: async (...given) => (await client()).adopt(...given),
    get: async (...given) => (await client()).get(...given),
    async *list(...given) {
      yield* (await client()).list(...given);
    },
    cancel: async (...given) => (await client()).cancel(...given),
    report: async (...given) => (await client()).report(...given),
    wait: async (...given) => (await client()).wait(...given),
    connections: async (...given) => (await client()).connections(...given),
    checkConnection: async (...given) => (await client()).checkConnection(...given),
  };
}
