import type { Job } from '../../client/index.ts';

export const NOW = Date.parse('2027-01-31T12:00:00.000Z');

export function jobWith(fields: Partial<Job> = {}): Job {
  return {
    id: '01K2M5Q8ZJ0X4V7R9T3W6Y1B2C',
    platform: 'vsphere',
    connection: 'dc1',
    operation: 'PowerOnVM_Task',
    status: 'RUNNING',
    createdAt: '2027-01-31T11:59:15.000Z',
    deadline: '2027-02-01T11:59:15.000Z',
    ...fields,
  };
}
