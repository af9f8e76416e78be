import { statusRows } from '../../http/status-documentation.ts';
import type { PlatformDocumentation } from '../adapter.ts';
import { ADAPTER_ERRORS } from './adapter-errors.ts';
import { CALL_ERRORS, type Meaning } from './errors.ts';
import { STATES_FOR_DOCS } from './mapping.ts';
import { WORKFLOW_STATES } from './workflow.ts';

/** What an operation that is still carried by its workflow becomes. */
const BECOMES = {
  wait: { status: 'QUEUED', why: 'the workflow has not told a task yet' },
  'read the output': {
    status: 'QUEUED',
    why: "the adapter's answer names the task, or says why there is none (FAILED)",
  },
  'ended without an answer': { status: 'LOST', why: 'it cannot be known whether a task was started' },
} as const;

export const documentation: PlatformDocumentation = {
  states: [
    ...STATES_FOR_DOCS.map(({ observation, status, note }) => ({
      platform: `task: ${observation}`,
      status,
      why: note,
    })),
    ...Object.entries(WORKFLOW_STATES).map(([state, meaning]) => ({
      platform: `workflow that starts the task: ${state}`,
      ...BECOMES[meaning],
    })),
  ],
  errors: [
    ...Object.entries(CALL_ERRORS).map(([code, meaning]) => errorRow(code, meaning)),
    ...statusRows(Object.keys(CALL_ERRORS)),
    ...ADAPTER_ERRORS.map((it) => errorRow(`adapter: ${it.code}`, it)),
  ],
};

function errorRow(code: string, { look, submit, name, hint }: Meaning) {
  return { code, onLook: look, onSubmit: submit, why: hint === undefined ? name : `${name}: ${hint}` };
}
