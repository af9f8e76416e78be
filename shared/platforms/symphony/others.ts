import type { Entry } from './answer.ts';
import type { Told } from './ask.ts';

/**
 * What is said of several requests as of one: a return for which the script printed an answer for each machine. It runs
 * while one of them runs, and has failed in part where one has. A request that is not known any more does not keep the
 * others from counting: it is the end of a return, said for the second time.
 */
export function together(all: readonly Told[]): Told {
  const [first] = all;
  if (all.length === 1) return first!;
  const open = all.find((said) => 'kind' in said && said.kind !== 'not_found');
  const entries = all.filter((said): said is Entry => !('kind' in said));
  if (open) return open;
  if (entries.length === 0) return first!;
  const undecided = entries.find(({ status }) => !ENDS.includes(status));
  const failed = entries.find(({ status }) => status === 'complete_with_error');
  const { requestId, status } = undecided ?? failed ?? entries[0]!;
  return {
    requestId,
    status,
    message: [...new Set(entries.map(({ message }) => message).filter(Boolean))].join('; '),
    machines: entries.flatMap(({ machines }) => machines),
  };
}

const ENDS = ['complete', 'complete_with_error'];
