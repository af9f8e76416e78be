import { GLOBAL_OPTIONS } from './arguments.ts';
import type { Command, Options } from './command.ts';
import { EXIT_CODES } from './exit-codes.ts';

const WIDTH = 100;
const INDENT = 2;

export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'pollux: submit long operations to platforms that can only be polled, and follow them.',
    '',
    'Usage: pollux <command> [options]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'A job is named <platform>/<connection>/<id>, as vsphere/dc1/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C.',
    'pollux help <command> tells the options of a command, with examples.',
    '',
    'Options of all commands:',
    ...optionLines(GLOBAL_OPTIONS),
    '',
    'Exit codes:',
    ...EXIT_CODES.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`),
  ].join('\n');
}

export function helpOf({ name, summary, usage, description = [], options, examples }: Command): string {
  return [
    `pollux ${name}: ${summary}`,
    '',
    ...usage.map((line, index) => `${index === 0 ? 'Usage:' : '      '} pollux ${line}`),
    ...description.flatMap((paragraph) => ['', ...wrapped(paragraph, WIDTH)]),
    ...(Object.keys(options).length > 0 ? ['', 'Options:', ...optionLines(options)] : []),
    '',
    'Examples:',
    ...examples.flatMap(([command, what]) => (what === '' ? [`  ${command}`] : [`  ${command}`, `      # ${what}`])),
    '',
    `Options of all commands: ${Object.keys(GLOBAL_OPTIONS)
      .map((option) => `--${option}`)
      .join(' ')}`,
  ].join('\n');
}

function optionLines(options: Options): string[] {
  const rows = Object.entries(options).map(([name, { short, value, description, values }]) => {
    const dashes = `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
    return [dashes, values === undefined ? description : `${description}: ${values.join(', ')}`] as const;
  });
  const width = Math.max(...rows.map(([dashes]) => dashes.length)) + INDENT;
  return rows.flatMap(([dashes, description]) => {
    const [first, ...more] = wrapped(description, WIDTH - width - INDENT);
    return [`  ${dashes.padEnd(width)}${first}`, ...more.map((line) => `  ${' '.repeat(width)}${line}`)];
  });
}

function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
