import { callFault as vsphereCallFault } from '../vsphere/faults.ts';
import { tellsOfRestart } from '../vsphere/restart-words.ts';
import { faultClass, RETRYABLE } from '../vsphere/task-faults.ts';
import { type Fault, type Meaning, sentence } from './errors.ts';
import { faultOfSentence, objectsIn, withoutQuoted } from './vcenter-sentences.ts';
import { faultIn, faultNamedFirst } from './vsphere-faults.ts';

export interface AdapterError extends Meaning {
  code: string;
  when: RegExp;
}

/** vSphere faults that mean another thing behind the adapter than in an answer to ourselves. */
const OWN_NAMES: readonly (Meaning & { code: string })[] = [
  {
    code: 'NotAuthenticated',
    name: "the adapter's session at vCenter has expired",
    look: 'transient',
    submit: 'unavailable',
    retryable: true,
  },
  {
    code: 'ManagedObjectNotFound',
    name: 'vCenter does not know it',
    look: 'not_found',
    submit: 'refused',
    retryable: false,
  },
  {
    code: 'InvalidLogin',
    name: 'vCenter refuses the login',
    look: 'permanent',
    submit: 'unavailable',
    everyJob: true,
    hint: "check the adapter's configuration; each further try may lock the account",
  },
];

/** Whatever else the text says: of what was under way, nobody has seen the end. */
const RESTARTED: Meaning & { code: string } = {
  code: 'Restarted',
  name: 'a server on the way to the task was restarted or ended',
  look: 'transient',
  submit: 'unknown',
};

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
export const ADAPTER_ERRORS: readonly (Meaning & { code: string })[] = [...OWN_NAMES, RESTARTED, ...TEXTS, OTHER];

/** Of a machine, a host, a session: it says nothing about the task that was asked for. */
const OTHER_OBJECT_NOT_FOUND = {
  code: 'ManagedObjectNotFound',
  name: 'vCenter does not know another object than the task',
  look: 'transient',
  submit: 'refused',
  retryable: false,
} as const;

/**
 * The adapter's own no: it could not ask vCenter, or vCenter did not take the request. Never a state of a task. `task`: the
 * one that was asked for.
 */
export function adapterFault(explanation: string, call: string, task?: string): Fault {
  const said = rowOf(explanation);
  const named = said.look === 'not_found' && task !== undefined ? objectsIn(explanation) : [];
  const row = named.length > 0 && !named.includes(task!) ? OTHER_OBJECT_NOT_FOUND : said;
  return { code: row.code, message: sentence(call, row.code, row, explanation), meaning: row, sent: true };
}

/** By the type that the text begins with, by vCenter's sentence, by any type that it names, and then by other words. */
function rowOf(text: string): Meaning & { code: string } {
  const bare = withoutQuoted(text);
  const type = faultNamedFirst(bare) ?? faultOfSentence(bare) ?? faultIn(bare);
  const own = OWN_NAMES.find(({ code }) => code === type);
  if (own) return own;
  if (tellsOfRestart(bare)) return RESTARTED;
  if (type === undefined) return TEXTS.find((it) => it.when.test(bare)) ?? OTHER;
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
