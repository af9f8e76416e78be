import type { Connection, ConnectionCheck } from '../../client/types.ts';
import { didYouMean } from '../../shared/api/did-you-mean.ts';
import { onlyWords } from '../arguments.ts';
import type { Command, Invocation } from '../command.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { connectionOf } from '../names.ts';
import { type Paint, printable } from '../output.ts';
import { healthColor } from '../render/event.ts';
import { agoText } from '../render/job.ts';
import { table } from '../render/table.ts';
import { emptied } from '../retire.ts';

const VERBS = ['check', 'retire'];

export const connections: Command = {
  name: 'connections',
  summary: 'what is configured and whether it answers; `check` logs in, `retire` empties one',
  usage: [
    'connections',
    'connections check [<platform>/<connection> …]',
    'connections retire <platform>/<connection> [--cancel]',
  ],
  description: [
    'The list shows what the last looks at jobs met, and UNKNOWN where there was none yet. `check` logs in now, with the secret as it is now, asks something harmless and says what is wrong; without names it checks all. It changes nothing: the list goes on to show what looks meet.',
    '`retire` waits until no job of the connection is open, also those that are submitted meanwhile; then it can be taken out of the stack. Jobs that are open when a connection is removed end LOST five minutes later.',
  ],
  options: {
    cancel: { type: 'boolean', description: 'with retire: ask the platform to cancel the open jobs' },
  },
  words: VERBS,
  connections: 'all but the first',
  examples: [
    ['pollux connections', ''],
    ['pollux connections check vsphere/dc1', 'exit code 1 if something is wrong'],
    ['pollux connections retire vsphere/dc1 --cancel', 'before it is taken out of the stack'],
  ],
  async run(invocation) {
    const [verb, ...names] = invocation.words;
    if (verb !== undefined && !VERBS.includes(verb)) {
      throw new UsageError(`"${verb}": ${didYouMean(verb, VERBS)}there are connections check and connections retire`);
    }
    if (invocation.values.cancel === true && verb !== 'retire') throw new UsageError('--cancel goes with retire');
    if (verb === 'check') return check(invocation, names);
    return verb === 'retire' ? retire(invocation, names) : show(invocation);
  },
};

async function retire({ values, client, output, signal }: Invocation, names: readonly string[]): Promise<number> {
  const [name] = onlyWords(names, '<platform>/<connection>');
  const retirement = { client, output, signal, cancel: values.cancel === true };
  try {
    await emptied(retirement, connectionOf(name!).name);
    return EXIT.ok;
  } catch (error) {
    if (!signal.aborted) throw error;
    output.note('stopped waiting; the jobs go on');
    return EXIT.stopped;
  }
}

async function show({ client, output, signal, now }: Invocation): Promise<number> {
  const all = await client.connections({ signal });
  if (output.json) for (const one of all) output.data(one);
  else {
    output.line(connectionTable(all, output.paint, now()).join('\n'));
    if (all.some(({ health }) => health === 'UNKNOWN')) output.note(NOT_LOOKED_YET);
  }
  return EXIT.ok;
}

const NOT_LOOKED_YET = 'UNKNOWN: no job of it has been looked at yet; pollux connections check logs in now';

export function connectionTable(all: readonly Connection[], paint: Paint, now: number): string[] {
  const rows = all.map(({ platform, connection, health, healthSince, healthReason = '', loop }) => [
    `${platform}/${connection}`,
    health,
    healthSince === undefined ? '' : agoText(healthSince, now),
    loop.state === 'open' && loop.nextTickAt ? `next look ${agoText(loop.nextTickAt, now)}` : 'nothing to look at',
    printable(healthReason),
  ]);
  return table(['CONNECTION', 'HEALTH', 'SINCE', 'LOOP', ''], rows, (cell, row, column) => {
    if (row < 0) return paint('dim', cell);
    return column === 1 ? paint(healthColor(cell), cell) : cell;
  });
}

async function check({ client, output, signal }: Invocation, names: readonly string[]): Promise<number> {
  const wanted =
    names.length > 0
      ? names.map((name) => connectionOf(name).name)
      : (await client.connections({ signal })).map(({ platform, connection }) => `${platform}/${connection}`);
  let wrong = 0;
  for (const name of wanted) {
    const checked = await client.checkConnection(name, { signal });
    if (!checked.ok) wrong++;
    if (output.json) output.data(checked);
    else output.line(checkLine(checked, output.paint));
  }
  return wrong === 0 ? EXIT.ok : EXIT.failed;
}

const ADVICE: Readonly<Record<string, string>> = {
  permanent: 'this needs an operator',
  transient: 'this may pass by itself',
};

export function checkLine({ platform, connection, ok, milliseconds, problem }: ConnectionCheck, paint: Paint): string {
  const name = `${platform}/${connection}`;
  if (ok || problem === undefined) return `${name}  ${paint('green', 'ok')}  ${milliseconds} ms`;
  const { kind, code, message } = problem;
  const lines = [`${name}  ${paint('red', code)}  ${ADVICE[kind] ?? ''}`.trimEnd(), `  ${printable(message)}`];
  return lines.join('\n');
}
