import type { PlatformDocumentation } from '../adapter.ts';
import { FAULTS } from './errors.ts';
import { MACHINE_RESULTS, REQUEST_STATES, type StateRow } from './mapping.ts';

const STATUS: Readonly<Record<string, string>> = {
  not_found: 'unchanged; LOST when it is repeated',
  unclear: 'unchanged; asked again',
};

/** Made from the tables that decide. */
export const documentation: PlatformDocumentation = {
  states: [
    ...REQUEST_STATES.map((row) => ({
      platform: platformWords(row),
      status: STATUS[row.becomes] ?? row.becomes,
      why: row.why,
    })),
    ...Object.entries(MACHINE_RESULTS).map(([result, status]) => ({
      platform: `machine: result ${result}`,
      status: `part ${status}`,
      why: "a machine's own status says nothing",
    })),
  ],
  errors: Object.entries(FAULTS).map(([code, { look, submit, why }]) => ({
    code,
    onLook: look,
    onSubmit: submit,
    why,
  })),
};

function platformWords({ status, kind, machines, unknownId }: StateRow): string {
  return [
    status.map((word) => word || 'no status').join(', '),
    ...(kind === 'any' ? [] : [`of a ${kind === 'provision' ? 'requestMachines' : 'requestReturnMachines'}`]),
    ...(machines === 'any' ? [] : [`machines: ${machines.join(' / ')}`]),
    ...(unknownId ? ['the message says "not found"'] : []),
  ].join('; ');
}
