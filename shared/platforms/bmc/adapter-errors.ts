import { callFault as vsphereCallFault } from '../vsphere/faults.ts';
import { faultClass, RETRYABLE } from '../vsphere/task-faults.ts';
import { type Fault, type Meaning, sentence } from './errors.ts';
import { faultIn } from './vsphere-faults.ts';

export interface AdapterError extends Meaning {
  code: string;
  when: RegExp;
}

/** vSphere faults that mean another thing behind the adapter than in an answer to ourselves. Asked first. */
const OWN_NAMES: readonly AdapterError[] = [
  {
    code: 'NotAuthenticated',
    when: /\bNotAuthenticated/,
    name: "the adapter's session at vCenter has expired",
    look: 'transient',
    submit: 'unavailable',
    retryable: true,
  },
  {
    code: 'ManagedObjectNotFound',
    when: /\bManagedObjectNotFound|has already been deleted or has not been completely created/i,
    name: 'vCenter does not know it',
    look: 'not_found',
    submit: 'refused',
    retryable: false,
  },
  {
    code: 'InvalidLogin',
    when: /\bInvalidLogin|incorrect user ?name or password/i,
    name: 'vCenter refuses the login',
    look: 'permanent',
    submit: 'unavailable',
    everyJob: true,
    hint: "check the adapter's configuration; each further try may lock the account",
  },
];

/** Other texts. Their wording is not documented: the words are those of Java, of vCenter and of the platform's page. */
const TEXTS: readonly AdapterError[] = [
  {
    code: 'AdapterNotRunning',
    when: /\badapter\b.{0,80}\b(not (running|enabled|found|available)|disabled|unavailable)|(no such|unknown) adapter/i,
    // On another peer of the grid it may: the next call can be well.
    name: 'the adapter does not run on this peer',
    look: 'transient',
    submit: 'unavailable',
    retryable: true,
    hint: 'it must be enabled on every peer that may run the workflow',
  },
  {
    code: 'Certificate',
    when: /certificat|PKIX/i,
    name: "vCenter's certificate is not trusted",
    look: 'permanent',
    submit: 'unavailable',
    everyJob: true,
    hint: "import it into the keystore of the adapter's peer",
  },
  {
    code: 'VcenterUnreachable',
    when: /connection refused|UnknownHost|no route to host|connect(ion)? timed? ?out|handshake/i,
    name: 'the adapter does not reach vCenter',
    look: 'transient',
    submit: 'unavailable',
    retryable: true,
    everyJob: true,
  },
  {
    code: 'VcenterDisturbed',
    when: /timed? ?out|connection reset|broken pipe|SocketException|EOFException/i,
    name: "vCenter's answer did not arrive",
    look: 'transient',
    submit: 'unknown',
  },
  {
    code: 'Busy',
    when: /server (is )?too busy/i,
    name: 'vCenter is too busy',
    look: 'transient',
    submit: 'unavailable',
    retryable: true,
  },
  {
    code: 'InvalidRequest',
    when: /(unknown|missing|invalid|unsupported|illegal)\W.{0,40}(operation|request|element|parameter)|operation\W.{0,60}(unknown|missing|not (found|supported|valid)|invalid)|is (required|mandatory)/i,
    name: 'the adapter does not take the request',
    look: 'permanent',
    submit: 'refused',
    retryable: false,
    hint: 'operation and operationType must be written as in its reference',
  },
  {
    code: 'EntityNotFound',
    when: /not found|could not find|does not exist|no such/i,
    name: 'something that the request names does not exist',
    look: 'transient',
    submit: 'refused',
    retryable: false,
  },
];

const OTHER: AdapterError = {
  code: 'AdapterError',
  when: /^/,
  name: 'the adapter failed',
  look: 'transient',
  submit: 'unknown',
  permanentAfter: 10,
};

/** Layer 2, for the docs; between the two parts come vSphere's own faults by name, as in the adapter of vSphere. */
export const ADAPTER_ERRORS: readonly AdapterError[] = [...OWN_NAMES, ...TEXTS, OTHER];

/** The adapter's own no: it could not ask vCenter, or vCenter did not take the request. Never a state of a task. */
export function adapterFault(explanation: string, call: string): Fault {
  const row = rowOf(explanation);
  return { code: row.code, message: sentence(call, row.code, row, explanation), meaning: row, sent: true };
}

function rowOf(text: string): Meaning & { code: string } {
  const own = OWN_NAMES.find((it) => it.when.test(text));
  if (own) return own;
  const type = faultIn(text);
  if (type === undefined) return TEXTS.find((it) => it.when.test(text)) ?? OTHER;
  const { poll, submit, hint } = vsphereCallFault(type);
  const retryable = RETRYABLE[faultClass({ type, fields: {} })];
  return {
    code: type,
    name: type,
    look: poll,
    submit,
    ...(retryable !== undefined && { retryable }),
    ...(hint !== undefined && { hint }),
  };
}
