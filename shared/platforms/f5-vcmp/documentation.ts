import { statusRows } from '../../http/status-documentation.ts';
import type { PlatformDocumentation } from '../adapter.ts';
import { FAULTS } from './faults.ts';
import { DOUBTS, GUEST_TABLE } from './mapping.ts';
import { VM_STATUSES } from './words.ts';

export const documentation: PlatformDocumentation = {
  states: [
    ...GUEST_TABLE.map(({ observation, status, doubt, note }) => ({
      platform: observation,
      status: doubt === undefined ? status : `${status}; then ${DOUBTS[doubt].end}`,
      why: doubt === undefined ? note : `${note}. After ${lasting(doubt)}: ${DOUBTS[doubt].why}`,
    })),
    {
      platform: 'after a cancel: the former state is reached',
      status: `RUNNING; then ${DOUBTS['put back'].end}`,
      why: `after ${lasting('put back')}: ${DOUBTS['put back'].why}`,
    },
    ...Object.entries(VM_STATUSES).map(([word, { activity, note }]) => ({
      platform: word,
      status: `(${activity})`,
      why: note,
    })),
  ],
  errors: [
    ...Object.entries(FAULTS).map(([code, { look, submit, why }]) => ({
      code,
      onLook: look,
      onSubmit: submit,
      why,
    })),
    ...statusRows(Object.keys(FAULTS)),
  ],
};

function lasting(doubt: keyof typeof DOUBTS): string {
  const { looks, seconds } = DOUBTS[doubt];
  return seconds === 0 ? `${looks} looks` : `${looks} looks and ${seconds} s`;
}
