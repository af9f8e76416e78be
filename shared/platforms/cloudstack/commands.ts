import { didYouMean } from '../../api/did-you-mean.ts';
import type { CallOptions } from '../adapter.ts';
import { isObject, textOf } from './answer.ts';
import type { Call } from './call.ts';
import type { Fault } from './errors.ts';

/** A list of some 700 commands with their parameters is megabytes: it is asked for after a refusal only, and kept. */
const KEPT_MS = 3_600_000;

/** What a server says, with keys that are right, to a command that it does not have or this user may not call. */
const UNKNOWN_COMMAND: ReadonlySet<string> = new Set(['401', '432']);

/**
 * Makes the fault of a submit whose keys are known to be right say what is wrong: the command. `listApis` names those that
 * this user may call; a server that does not allow it is taken at its word.
 */
export function commandAdviser(
  call: Call,
  now: () => number,
): (fault: Fault, command: string, options: CallOptions) => Promise<Fault> {
  let kept: { until: number; names: readonly string[] } | undefined;

  async function namesAt(options: CallOptions): Promise<readonly string[]> {
    if (kept && now() < kept.until) return kept.names;
    const reply = await call('listApis', [], options);
    const apis = reply.ok ? [reply.body.api ?? []].flat() : [];
    const names = apis.flatMap((api) => (isObject(api) ? (textOf(api.name) ?? []) : []));
    if (reply.ok) kept = { until: now() + KEPT_MS, names };
    return names;
  }

  return async (fault, command, options) => {
    if (!UNKNOWN_COMMAND.has(fault.code)) return fault;
    const names = options.signal.aborted ? [] : await namesAt(options);
    if (names.includes(command)) return fault;
    const guess = didYouMean(command, names).trim();
    const hint = `the keys are right, as another command was accepted with them: ${command} is a command that this server does not have, or that this user may not call${guess && `; ${guess}`}`;
    // A 401 has one text, which is about keys: it would mislead.
    return { ...fault, text: fault.code === '401' && !/command/i.test(fault.text) ? '' : fault.text, hint };
  };
}
