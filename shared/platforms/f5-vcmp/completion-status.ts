import { shortened } from '../../secrets/conceal.ts';
import { text, type XmlElement } from '../../xml/parse.ts';

/** What one slot says of a guest: VCMPCompletionStatus. */
export interface CompletionStatus {
  slot: number;
  /** The state that this record speaks about, which may be an earlier wish or somebody else's. */
  requestedState: string;
  /** Work for that state has come to its end on this slot, a good one or a bad one. The prose of the reference says "done". */
  requestComplete: boolean;
  status: string;
  /** For people. Never decides anything. */
  comment: string;
}

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false };

/** A comment can hold a whole log line of the installer. */
const MAX_COMMENT = 500;

/** The records of one guest (none is normal), or `undefined` where a record cannot be read: half a list is no list. */
export function completionStatuses(guest: XmlElement): CompletionStatus[] | undefined {
  const records = guest.children.map(completionStatus);
  return records.every((record) => record !== undefined) ? records : undefined;
}

function completionStatus(record: XmlElement): CompletionStatus | undefined {
  const slot = text(record, 'slot_id')?.trim() ?? '';
  const requestComplete = BOOLEANS[text(record, 'request_complete')?.trim() ?? ''];
  const requestedState = text(record, 'requested_state')?.trim();
  const status = text(record, 'status')?.trim();
  if (!/^\d{1,9}$/.test(slot) || requestComplete === undefined || !requestedState || !status) return undefined;
  const comment = shortened((text(record, 'comment') ?? '').trim(), MAX_COMMENT);
  return { slot: Number(slot), requestedState, requestComplete, status, comment };
}
