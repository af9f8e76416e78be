import type { Command } from '../command.ts';
import { completedCommands } from './model.ts';

export function fishCompletion(commands: readonly Command[]): string {
  const lines = completedCommands(commands).flatMap(({ name, summary, options, words }) => {
    const here = `complete -c pollux -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c pollux -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
      ...options.map((option) => {
        const short = option.short === undefined ? '' : ` -s ${option.short}`;
        const value = option.type === 'boolean' ? '' : ' -r';
        const values = option.values === undefined ? '' : ` -f -a ${quoted(option.values.join(' '))}`;
        return `${here} -l ${option.name}${short}${value}${values} -d ${quoted(option.description)}`;
      }),
      ...(words.length > 0 ? [`${here} -f -a ${quoted(words.join(' '))}`] : []),
    ];
  });
  return `# fish completion of pollux: pollux completion fish | source\n${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
