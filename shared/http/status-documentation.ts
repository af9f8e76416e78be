import { HTTP_STATUSES, type StatusMeaning } from './status.ts';

/** One row for each effect of the statuses that a platform has no row of its own for. */
export function statusRows(ownCodes: readonly string[]) {
  const rows = new Map<string, { statuses: string[]; meaning: StatusMeaning }>();
  for (const [status, meaning] of Object.entries(HTTP_STATUSES)) {
    if (ownCodes.includes(`HTTP ${status}`)) continue;
    const effect = `${meaning.poll} ${meaning.submit}`;
    rows.set(effect, { meaning, statuses: [...(rows.get(effect)?.statuses ?? []), status] });
  }
  return [...rows].map(([effect, { statuses, meaning }]) => ({
    code: `HTTP ${statuses.join(', ')}`,
    onLook: meaning.poll,
    onSubmit: meaning.submit,
    why: WHY[effect]!,
  }));
}

const WHY: Readonly<Record<string, string>> = {
  'permanent unavailable':
    'a proxy, or the wrong address: the connection must be repaired; a redirect names its target',
  'permanent refused': 'the request is too large for the server or its proxy: send less, or raise the limit there',
  'transient unavailable': 'surely not carried out: it may be sent again',
  'transient unknown': 'a proxy gave up, or the server restarts: the request may have been carried out',
};
