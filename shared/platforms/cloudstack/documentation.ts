import { statusRows } from '../../http/status-documentation.ts';
import type { PlatformDocumentation } from '../adapter.ts';
import { FAULTS } from './errors.ts';
import { JOB_STATES } from './mapping.ts';

export const documentation: PlatformDocumentation = {
  states: JOB_STATES.map(({ jobstatus, jobresult, status, note }) => ({
    platform: jobresult === 'any' ? `jobstatus ${jobstatus}` : `jobstatus ${jobstatus}, result: ${jobresult}`,
    status,
    why: note,
  })),
  errors: [
    ...Object.entries(FAULTS).map(([code, { name, query, submit, hint }]) => ({
      code,
      onLook: code === '431' ? `${query}; not_found where it is about the job` : query,
      onSubmit: submit,
      why: hint === undefined ? name : `${name}. ${hint}`,
    })),
    ...statusRows(Object.keys(FAULTS)),
  ],
};
