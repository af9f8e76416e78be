import { didYouMean } from '../shared/api/did-you-mean.ts';
import type { Command } from './command.ts';
import { adopt } from './commands/adopt.ts';
import { cancel } from './commands/cancel.ts';
import { completionOf } from './commands/completion.ts';
import { connections } from './commands/connections.ts';
import { events } from './commands/events.ts';
import { explain } from './commands/explain.ts';
import { get } from './commands/get.ts';
import { helpAbout } from './commands/help.ts';
import { list } from './commands/list.ts';
import { report } from './commands/report.ts';
import { submit } from './commands/submit.ts';
import { watch } from './commands/watch.ts';
import { UsageError } from './exit-codes.ts';

/** All of them, in the order in which one meets them. A further one is a file beside these and a line here. */
export const commands: readonly Command[] = [
  submit,
  adopt,
  get,
  list,
  watch,
  cancel,
  report,
  explain,
  events,
  connections,
  completionOf(() => commands),
  helpAbout(() => commands, findCommand),
];

export function findCommand(name: string): Command {
  const found = commands.find((command) => command.name === name);
  if (found) return found;
  const names = commands.map((command) => command.name);
  throw new UsageError(`"${name}": no such command; ${didYouMean(name, names)}there are ${names.join(', ')}`);
}
