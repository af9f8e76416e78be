import { connectionStatePattern, type EventPattern, jobStatePattern } from '../../client/events.ts';
import { PolluxError } from '../../client/index.ts';
import { PLATFORMS } from '../../client/platforms.ts';
import type { TerminalStatus } from '../../client/types.ts';
import { didYouMean } from '../../shared/api/did-you-mean.ts';
import { type PlaceFilter, unknownPlaces } from '../../shared/events/filter.ts';
import { TERMINAL_STATUSES } from '../../shared/job/job.ts';
import { onlyWords } from '../arguments.ts';
import { type Command, type Invocation, listOf, type Values } from '../command.ts';
import { localEvents } from '../event-stream.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { connectionOf } from '../names.ts';
import { eventLine } from '../render/event.ts';

export const events: Command = {
  name: 'events',
  summary: 'print events as they come (local engine), or the pattern for a rule',
  usage: ['events [options]', 'events --pattern [options]'],
  description: [
    'Several values of one option are alternatives. Without an option about jobs, events of connections come too.',
    'A deployed API has no such stream: EventBridge hands events to targets of rules. `events` then says which commands make one; `--pattern` prints the event pattern alone and asks nobody.',
  ],
  options: {
    platform: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      description: 'only of this platform',
      values: PLATFORMS,
    },
    connection: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      description: 'only of this connection, as vsphere/dc1; as dc1 of every platform',
    },
    operation: { type: 'string', short: 'o', multiple: true, value: 'NAME', description: 'only of this operation' },
    status: {
      type: 'string',
      short: 's',
      multiple: true,
      value: 'STATUS',
      description: 'only of jobs that ended so',
      values: TERMINAL_STATUSES,
    },
    label: { type: 'string', short: 'l', multiple: true, value: 'NAME=VALUE', description: 'only of jobs with it' },
    pattern: { type: 'boolean', description: 'print the event pattern and end' },
  },
  examples: [
    ['pollux events --status FAILED --status LOST', ''],
    ['pollux events --platform vsphere --label team=web --json | jq .detail.message', ''],
    [
      'aws events put-rule --name failed --event-bus-name NAME --event-pattern "$(pollux events --status FAILED --pattern)"',
      'the same as a rule on AWS',
    ],
  ],
  async run(invocation) {
    onlyWords(invocation.words);
    const pattern = patternOf(invocation.values);
    if (invocation.values.pattern === true) {
      invocation.output.data(pattern);
      return EXIT.ok;
    }
    if (invocation.target.auth !== 'none') throw new UsageError(insteadText(pattern));
    return tail(invocation, pattern);
  },
};

async function tail({ values, client, target, output, signal }: Invocation, pattern: EventPattern): Promise<number> {
  try {
    // Not before there is a stream: an API without one has a better answer than what its connections are.
    const onOpen = async () => {
      const place = placeOf(values);
      const unknown = Object.keys(place).length > 0 ? unknownPlaces(place, await client.connections({ signal })) : [];
      if (unknown.length > 0) throw new UsageError(unknown.join('; '));
      output.note(`listening to ${target.url.origin}`);
    };
    for await (const event of localEvents(target.url, pattern, { signal, onOpen })) {
      if (output.json) output.data(event);
      else output.line(eventLine(event, output.paint));
    }
  } catch (error) {
    if (signal.aborted) return EXIT.stopped;
    // A deployed API without credentials: there is no such route.
    if (error instanceof PolluxError && error.status === 404) throw new UsageError(insteadText(pattern));
    throw error;
  }
  output.note('the engine has ended');
  return EXIT.unavailable;
}

export function patternOf(values: Values): EventPattern {
  const place = placeOf(values);
  const operations = some(values, 'operation');
  const statuses = some<TerminalStatus>(values, 'status');
  const labels = labelsOf(listOf(values, 'label'));
  const pattern = jobStatePattern({
    ...place,
    ...(operations && { operations }),
    ...(statuses && { statuses }),
    ...(labels && { labels }),
  });
  if (operations || statuses || labels) return pattern;
  const both = [pattern, connectionStatePattern(place)].flatMap((it) => it['detail-type']);
  return { ...pattern, 'detail-type': both };
}

function placeOf(values: Values): PlaceFilter {
  const platforms = some(values, 'platform');
  const connections = some(values, 'connection');
  for (const name of connections ?? []) checkConnection(name, platforms ?? PLATFORMS);
  return { ...(platforms && { platforms }), ...(connections && { connections }) };
}

/** Of platforms that are not asked about no connection matches. */
function checkConnection(name: string, platforms: readonly string[]): void {
  const { platform } = connectionOf(name.includes('/') ? name : `${platforms[0]}/${name}`);
  if (platforms.includes(platform)) return;
  const hint = didYouMean(platform, platforms);
  throw new UsageError(`--connection ${name}: ${hint}its platform must be one of ${platforms.join(', ')}`);
}

function some<T extends string>(values: Values, name: string): readonly T[] | undefined {
  const list = listOf(values, name) as readonly T[];
  return list.length > 0 ? list : undefined;
}

function labelsOf(pairs: readonly string[]): Record<string, string[]> | undefined {
  const labels: Record<string, string[]> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`--label ${pair}: must be NAME=VALUE`);
    const name = pair.slice(0, at);
    labels[name] = [...(labels[name] ?? []), pair.slice(at + 1)];
  }
  return pairs.length > 0 ? labels : undefined;
}

/** A log group as the target of a rule is the shortest way to see events go by; EventBridge writes to /aws/events/ alone. */
export function insteadText(pattern: EventPattern): string {
  return `a deployed API has no stream of events: EventBridge hands them to the targets of rules.
These commands send the ones asked for to a log group and print them as they come. BUS is the stack's output BusName,
REGION and ACCOUNT are those of the stack.

  aws logs create-log-group --log-group-name /aws/events/pollux-tail
  aws logs put-resource-policy --policy-name pollux-tail --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["events.amazonaws.com","delivery.logs.amazonaws.com"]},"Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"arn:aws:logs:REGION:ACCOUNT:log-group:/aws/events/pollux-tail:*"}]}'
  aws events put-rule --name pollux-tail --event-bus-name BUS --event-pattern '${JSON.stringify(pattern).replaceAll("'", "'\\''")}'
  aws events put-targets --rule pollux-tail --event-bus-name BUS --targets Id=log,Arn=arn:aws:logs:REGION:ACCOUNT:log-group:/aws/events/pollux-tail
  aws logs tail /aws/events/pollux-tail --follow --format short

And when it is enough:

  aws events remove-targets --rule pollux-tail --event-bus-name BUS --ids log
  aws events delete-rule --name pollux-tail --event-bus-name BUS
  aws logs delete-log-group --log-group-name /aws/events/pollux-tail
  aws logs delete-resource-policy --policy-name pollux-tail`;
}
