import type { Command } from '../command.ts';
import {
  type CompletedCommand,
  type CompletedOption,
  completedCommands,
  NAMES_COMMAND,
  spellingsWithValue,
} from './model.ts';

export function fishCompletion(commands: readonly Command[]): string {
  const all = completedCommands(commands);
  return `# fish completion of pollux: pollux completion fish | source
# "list 1": the command, and which of the words beside the options is being typed.
function __pollux_place
  set -l words (commandline -opc)
  set -l place 1
  set -l is_value no
  for word in $words[3..-1]
    if test $is_value = yes
      set is_value no
    else if contains -- $word ${spellingsWithValue(all).join(' ')}
      set is_value yes
    else if not string match -q -- '-*' $word
      set place (math $place + 1)
    end
  end
  test (count $words) -gt 1; and echo $words[2] $place
end
function __pollux_at
  string match -qr -- "^$argv[1]\\$" (__pollux_place)
end
complete -c pollux -f
complete -c pollux -n __fish_use_subcommand -l help -s h -d 'all commands'
complete -c pollux -n __fish_use_subcommand -l version -d 'the version'
${all.flatMap(lines).join('\n')}
`;
}

function lines({ name, summary, options, words, connections }: CompletedCommand): string[] {
  const offered = (place: string, what: string) =>
    `complete -c pollux -n '__pollux_at "${name} ${place}"' -a ${quoted(what)}`;
  return [
    `complete -c pollux -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...options.map((option) => optionLine(name, option)),
    ...(words.length > 0 ? [offered('1', words.join(' '))] : []),
    ...(connections === 'the first' ? [offered('1', `(${NAMES_COMMAND})`)] : []),
    ...(connections === 'all' ? [offered('.*', `(${NAMES_COMMAND})`)] : []),
    ...(connections === 'all but the first' ? [offered('([2-9]|..+)', `(${NAMES_COMMAND})`)] : []),
  ];
}

function optionLine(command: string, { name, short, type, values, isFile, description }: CompletedOption): string {
  return [
    `complete -c pollux -n '__pollux_at "${command} .*"' -l ${name}`,
    ...(short === undefined ? [] : [`-s ${short}`]),
    // -x: a value is needed, and it is no file.
    ...(type === 'boolean' ? [] : [isFile ? '-rF' : '-x']),
    ...(values === undefined ? [] : [`-a ${quoted(values.join(' '))}`]),
    `-d ${quoted(description)}`,
  ].join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
