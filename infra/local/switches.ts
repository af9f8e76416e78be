import { parseArgs } from 'node:util';
import { didYouMean } from '../../shared/api/did-you-mean.ts';
import { EngineError } from './engine-error.ts';

export interface Switches {
  port: number;
  data: string;
  connections?: string;
  secrets?: string;
  /** `-` or a file. */
  events?: string;
  help: boolean;
}

export const USAGE = `Usage: npm start -- [switches]

  --port N            port of the API on 127.0.0.1 (8787; 0 for any that is free)
  --data DIR          where jobs, logs and names are kept (./.pollux)
  --connections FILE  your platforms; without it, simulated ones
  --secrets FILE      the secrets that the connections name: { "<name>": { "username": …, "password": … } }
  --events -|FILE     every event as a line of JSON, to standard output or appended to a file
  --help              this text
`;

const OPTIONS = {
  port: { type: 'string', default: '8787' },
  data: { type: 'string', default: './.pollux' },
  connections: { type: 'string' },
  secrets: { type: 'string' },
  events: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

export function readSwitches(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Switches {
  refuseTakenByNpm(args, environment);
  // node:util takes a lone "-" after a switch for a switch without its value.
  const joined = args.join('\n').replaceAll(/^--events\n-$/gm, '--events=-');
  const { port, ...switches } = parse(joined === '' ? [] : joined.split('\n'));
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new EngineError(`--port ${port}: must be a number from 0 to 65535`);
  if (switches.secrets !== undefined && switches.connections === undefined) {
    throw new EngineError('--secrets: goes with --connections; the simulated platforms bring their own');
  }
  for (const [name, value] of Object.entries(switches))
    if (value === '') throw new EngineError(`--${name}: needs a value`);
  return { ...switches, port: Number(port) };
}

/** Of `npm start --connections FILE` npm keeps the switch for itself, and tells it in the environment alone. */
function refuseTakenByNpm(args: readonly string[], environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(OPTIONS)) {
    const isPassedOn = args.some((arg) => arg.split('=')[0] === `--${name}`);
    // npm has a --help of its own.
    if (name === 'help' || isPassedOn || environment[`npm_config_${name}`] === undefined) continue;
    throw new EngineError(
      `--${name}: npm took it for an option of its own; switches stand behind "--": npm start -- --${name} …`,
    );
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const [, name = ''] = /'(?:-\w, )?([^' ]+)/.exec(message) ?? [];
    const switches = Object.keys(OPTIONS).map((key) => `--${key}`);
    const known = switches.join(' ');
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION')
      throw new EngineError(`${name}: no such switch; ${didYouMean(name, switches)}there are ${known}`, { cause });
    if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') {
      throw new EngineError(`"${name}": not expected here; there are only switches: ${known}`, { cause });
    }
    throw new EngineError(`${name}: ${name === '--help' ? 'takes no value' : 'needs a value'}`, { cause });
  }
}
