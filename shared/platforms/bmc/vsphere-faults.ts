import { CALL_FAULTS } from '../vsphere/faults.ts';
import { BULK_FAULTS, TASK_FAULTS } from '../vsphere/task-faults.ts';

/** Every vSphere fault that the shared tables know by name. */
const KNOWN: ReadonlySet<string> = new Set([
  ...Object.keys(CALL_FAULTS),
  ...Object.values(TASK_FAULTS).flat(),
  ...BULK_FAULTS,
]);

/** SOAP stacks write `InvalidPowerStateFault`, and Java's `InvalidPowerStateFaultMsg`; a few types really end in Fault. */
export function faultName(name: string): string {
  const short = name.replace(/Fault(Msg)?$/, '');
  return KNOWN.has(name) || short === '' || name === 'MethodFault' ? name : short;
}

/** `com.vmware.vim25.DuplicateName: …`, `InvalidStateFault: …`. */
export function faultNamedFirst(text: string): string | undefined {
  const name = /^\s*(?:[\w.]+[.$])?([A-Z]\w+):/.exec(text)?.[1];
  const type = name === undefined ? undefined : faultName(name);
  return type !== undefined && KNOWN.has(type) ? type : undefined;
}

/** The first vSphere fault that a text speaks of: `com.vmware.vim25.DuplicateName: …`. Never a word of ordinary English. */
export function faultIn(text: string): string | undefined {
  return (text.match(/[A-Z][a-z]+[A-Za-z]*/g) ?? []).map(faultName).find((name) => KNOWN.has(name));
}
