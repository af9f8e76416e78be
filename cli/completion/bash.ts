import type { Command } from '../command.ts';
import { completedCommands } from './model.ts';

export function bashCompletion(commands: readonly Command[]): string {
  const all = completedCommands(commands);
  const optionCases = all.map(
    ({ name, options }) => `    ${name}) words='${options.map((option) => `--${option.name}`).join(' ')}' ;;`,
  );
  const wordCases = all
    .filter(({ words }) => words.length > 0)
    .map(({ name, words }) => `    ${name}) words='${words.join(' ')}' ;;`);
  const valueCases = all.flatMap(({ name, options }) =>
    options
      .filter(({ values }) => values !== undefined)
      .map((option) => `    '${name} --${option.name}') words='${option.values!.join(' ')}' ;;`),
  );
  const takesValue = all.flatMap(({ name, options }) =>
    options
      .filter(({ type, values }) => type === 'string' && values === undefined)
      .map((option) => `'${name} --${option.name}'`),
  );
  return `# bash completion of pollux: eval "$(pollux completion bash)"
_pollux() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} words=''
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='${all.map(({ name }) => name).join(' ')} --help --version'
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case "$command $before" in
${valueCases.join('\n')}
    ${takesValue.join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  if [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case "$current" in
  -*) case "$command" in
${optionCases.join('\n')}
    esac ;;
  *) case "$command" in
${wordCases.join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _pollux pollux
`;
}
