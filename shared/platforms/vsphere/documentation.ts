import { statusRows } from '../../http/status-documentation.ts';
import type { PlatformDocumentation } from '../adapter.ts';
import { CALL_FAULTS, HTTP_ANSWERS, OTHER_CALL_FAULT } from './faults.ts';
import { STATUS_TABLE } from './mapping.ts';

export const documentation: PlatformDocumentation = {
  states: STATUS_TABLE.map(({ observation, status, note }) => ({ platform: observation, status, why: note })),
  errors: [
    ...Object.entries(CALL_FAULTS).map(([code, { poll, submit, hint }]) => ({
      code,
      onLook: poll,
      onSubmit: submit,
      why: hint ?? '',
    })),
    {
      code: 'any other fault',
      onLook: OTHER_CALL_FAULT.poll,
      onSubmit: OTHER_CALL_FAULT.submit,
      why: 'a declared fault of the method, or one that is younger than this table: `code` names it',
    },
    ...Object.entries(HTTP_ANSWERS).map(([status, { poll, submit, advice }]) => ({
      code: `HTTP ${status}`,
      onLook: poll,
      onSubmit: submit,
      why: advice,
    })),
    ...statusRows(Object.keys(HTTP_ANSWERS).map((status) => `HTTP ${status}`)),
  ],
};
