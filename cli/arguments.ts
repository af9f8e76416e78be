import { parseArgs } from 'node:util';
import { didYouMean } from '../shared/api/did-you-mean.ts';
import type { Command, Options, Values } from './command.ts';
import { UsageError } from './exit-codes.ts';

export const GLOBAL_OPTIONS: Options = {
  url: { type: 'string', value: 'URL', description: 'the API (POLLUX_URL; http://127.0.0.1:8787, the local engine)' },
  sigv4: { type: 'boolean', description: 'sign requests; on its own for execute-api hosts' },
  region: {
    type: 'string',
    value: 'REGION',
    description: 'to sign for (from the URL, else AWS_REGION or the profile)',
  },
  profile: { type: 'string', value: 'NAME', description: 'AWS profile to sign with (AWS_PROFILE)' },
  token: { type: 'string', value: 'JWT', description: 'for an API with a JWT authorizer; better in POLLUX_TOKEN' },
  json: { type: 'boolean', description: 'JSON, one value a line' },
  help: { type: 'boolean', short: 'h', description: 'this text' },
};

export interface Parsed {
  words: readonly string[];
  values: Values;
}

/** The command, and all the rest: global options may stand before it too. `--help` without a command is one by itself. */
export function splitCommand(args: readonly string[]): { first: string; rest: string[] } {
  let index = 0;
  for (let arg = args[index]; arg?.startsWith('-'); arg = args[index]) {
    const [name = '', value] = arg.replace(/^--/, '').split('=', 2);
    const option = arg.startsWith('--') && Object.hasOwn(GLOBAL_OPTIONS, name) ? GLOBAL_OPTIONS[name] : undefined;
    if (option === undefined || name === 'help') break;
    index += option.type === 'string' && value === undefined ? 2 : 1;
  }
  const { [index]: first = '--help' } = args;
  return { first, rest: [...args.slice(0, index), ...args.slice(index + 1)] };
}

/** The words and options of one command. Throws a `UsageError` that says what was meant, perhaps. */
export function parseArguments(command: Command, args: readonly string[]): Parsed {
  const options = { ...command.options, ...GLOBAL_OPTIONS };
  const parsed = parse(command, options, args);
  for (const [name, value] of Object.entries(parsed.values)) checkValue(name, value, options[name]!);
  return parsed;
}

function parse(command: Command, options: Options, args: readonly string[]): Parsed {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short !== undefined && { short }), ...(multiple && { multiple }) },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: joinDash(args),
      options: config,
      strict: true,
      allowPositionals: true,
    });
    return { values: values as Values, words: positionals };
  } catch (cause) {
    throw new UsageError(`${explain(cause as NodeJS.ErrnoException, options)}; see pollux help ${command.name}`, {
      cause,
    });
  }
}

/** node:util takes a lone "-" after an option for an option without its value. */
function joinDash(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    const follows = args[index + 1] === '-' && /^--[a-z-]+$/.test(arg);
    if (follows) return [`${arg}=-`];
    return arg === '-' && /^--[a-z-]+$/.test(args[index - 1] ?? '') ? [] : [arg];
  });
}

function explain({ code, message }: NodeJS.ErrnoException, options: Options): string {
  const [, name = ''] = /'(?:-\w, )?(-{0,2}[^' ]+)/.exec(message) ?? [];
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const known = options[name.replace(/^--/, '')];
    return known?.type === 'boolean' ? `${name} takes no value` : `${name} needs a value`;
  }
  const hint = didYouMean(
    name,
    Object.keys(options).map((known) => `--${known}`),
  );
  return `${name}: no such option${hint && `; ${hint.trim()}`}`;
}

function checkValue(name: string, value: Values[string], { values }: Options[string]): void {
  for (const one of [value ?? []].flat()) {
    if (one === '') throw new UsageError(`--${name} needs a value`);
    if (values === undefined || values.includes(String(one))) continue;
    throw new UsageError(`--${name} ${one}: ${didYouMean(String(one), values)}it must be one of ${values.join(', ')}`);
  }
}

/** Exactly these words, for commands that take a fixed number of them. */
export function onlyWords(words: readonly string[], ...names: string[]): string[] {
  const missing = names[words.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  const surplus = words[names.length];
  if (surplus !== undefined) throw new UsageError(`"${surplus}" is not expected here`);
  return [...words];
}
