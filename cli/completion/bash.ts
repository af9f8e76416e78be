import type { Command } from '../command.ts';
import { type CompletedCommand, completedCommands, NAMES_COMMAND, spellingsWithValue } from './model.ts';

export function bashCompletion(commands: readonly Command[]): string {
  const all = completedCommands(commands);
  return `# bash completion of pollux: eval "$(pollux completion bash)"
_pollux() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  local prefix='' words='' i place=1
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='${all.map(({ name }) => name).join(' ')} --help --version'
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  # --option=value is three words where "=" is among COMP_WORDBREAKS, else one.
  if [ "$current" = '=' ]; then current=''
  elif [ "$before" = '=' ]; then before=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  case "$current" in
  --*=*) before=\${current%%=*} prefix="\${current%%=*}=" current=\${current#*=} ;;
  esac
  case "$command $before" in
${valueCases(all).join('\n')}
  esac
  case "$before" in
  ${spellingsWithValue(all).join('|')})
    COMPREPLY=($(compgen -P "$prefix" -W "$words" -- "$current"))
    return ;;
  esac
  case "$current" in
  -*) case "$command" in
${all.map(({ name, options }) => `    ${name}) words='${options.flatMap(({ spellings }) => spellings).join(' ')}' ;;`).join('\n')}
    esac ;;
  *)
    # Which of the words beside the options it is.
    for ((i = 2; i < COMP_CWORD; i++)); do
      case "\${COMP_WORDS[i]}" in
      ${spellingsWithValue(all).join('|')}) ((i++)); [ "\${COMP_WORDS[i]}" = '=' ] && ((i++)) ;;
      -*) ;;
      *) ((place++)) ;;
      esac
    done
    case "$command $place" in
${wordCases(all).join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _pollux pollux
`;
}

function valueCases(all: readonly CompletedCommand[]): string[] {
  return all.flatMap(({ name, options }) =>
    options.flatMap(({ spellings, values, isFile }) => {
      const pattern = spellings.map((spelling) => `'${name} ${spelling}'`).join('|');
      if (values !== undefined) return [`  ${pattern}) words='${values.join(' ')}' ;;`];
      if (!isFile) return [];
      const files = `compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -P "$prefix" -f -- "$current"))`;
      return [`  ${pattern}) ${files}; return ;;`];
    }),
  );
}

function wordCases(all: readonly CompletedCommand[]): string[] {
  return all.flatMap(({ name, words, connections }) => [
    ...(words.length > 0 ? [`    '${name} 1') words='${words.join(' ')}' ;;`] : []),
    ...(connections === 'the first' ? [`    '${name} 1') words=$(${NAMES_COMMAND}) ;;`] : []),
    ...(connections === 'all' || connections === 'all but the first'
      ? [`    '${name} '*) words=$(${NAMES_COMMAND}) ;;`]
      : []),
  ]);
}
