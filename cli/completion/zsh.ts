import type { Command } from '../command.ts';
import { type CompletedCommand, type CompletedOption, completedCommands, NAMES_COMMAND } from './model.ts';

export function zshCompletion(commands: readonly Command[]): string {
  const all = completedCommands(commands);
  const names = all.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(':', '\\:')}`)}`);
  return `#compdef pollux
# zsh completion of pollux: eval "$(pollux completion zsh)", or as the file _pollux in a folder of fpath
_pollux_connections() {
  local -a names=(\${(f)"$(${NAMES_COMMAND})"})
  compadd -a names
}
_pollux() {
  local -a commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    [[ $PREFIX == -* ]] && compadd -- --help --version
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${all.map(caseOf).join('\n')}
  esac
}
# As a file of fpath it is the function itself that is called.
if [[ $funcstack[1] == _pollux ]]; then
  _pollux "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
  compdef _pollux pollux
fi
`;
}

/** Without it no option is completed behind a word, nor with a blank as its action; an empty list is what works. */
const FURTHER_WORDS = '*:word:( )';

function caseOf({ name, options, words, connections }: CompletedCommand): string {
  const place = {
    all: ['*:connection:_pollux_connections'],
    'the first': ['1:connection:_pollux_connections', FURTHER_WORDS],
    'all but the first': [`1:word:(${words.join(' ')})`, '*:connection:_pollux_connections'],
    none: words.length > 0 ? [`1:word:(${words.join(' ')})`, FURTHER_WORDS] : [FURTHER_WORDS],
  }[connections ?? 'none'];
  return `  ${name}) _arguments -s ${[...options.flatMap(specs), ...place].map(quoted).join(' ')} ;;`;
}

/** One for each spelling; what was given once is not offered again, unless it may be. */
function specs(option: CompletedOption): string[] {
  const { spellings, multiple, type, description, values, isFile } = option;
  const before = multiple ? '*' : spellings.length > 1 ? `(${spellings.join(' ')})` : '';
  const explained = `[${description.replaceAll(/[[\]:]/g, '\\$&')}]`;
  if (type === 'boolean') return spellings.map((spelling) => `${before}${spelling}${explained}`);
  const value = (option.value ?? 'value').replaceAll(':', '\\:');
  const action = values ? `(${values.join(' ')})` : isFile ? '_files' : ' ';
  return spellings.map((spelling) => {
    const joined = spelling.startsWith('--') ? '=' : '+';
    return `${before}${spelling}${joined}${explained}:${value}:${action}`;
  });
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
