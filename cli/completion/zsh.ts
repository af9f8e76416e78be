import type { Command } from '../command.ts';
import { type CompletedCommand, completedCommands } from './model.ts';

export function zshCompletion(commands: readonly Command[]): string {
  const all = completedCommands(commands);
  const names = all.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(':', '\\:')}`)}`);
  return `#compdef pollux
# zsh completion of pollux: eval "$(pollux completion zsh)"
_pollux() {
  local -a commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${all.map(caseOf).join('\n')}
  esac
}
compdef _pollux pollux
`;
}

function caseOf({ name, options, words }: CompletedCommand): string {
  const specs = options.map((option) => {
    const repeated = option.multiple ? '*' : '';
    const explained = `[${option.description.replaceAll(/[[\]:]/g, '\\$&')}]`;
    if (option.type === 'boolean') return quoted(`${repeated}--${option.name}${explained}`);
    const value = (option.value ?? 'value').replaceAll(':', '\\:');
    const action = option.values === undefined ? '_files' : `(${option.values.join(' ')})`;
    return quoted(`${repeated}--${option.name}=${explained}:${value}:${action}`);
  });
  const word = words.length > 0 ? [quoted(`*:word:(${words.join(' ')})`)] : [];
  return `  ${name}) _arguments ${[...specs, ...word].join(' ')} ;;`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
