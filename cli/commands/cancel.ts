import { isTerminal } from '../../client/index.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { findJobs } from '../jobs.ts';
import { changeLine } from '../render/job.ts';

export const cancel: Command = {
  name: 'cancel',
  summary: 'ask the platform to cancel jobs',
  usage: ['cancel <job> …'],
  description: ['A request, not an outcome: a job is CANCELED when the platform says so. `pollux watch` shows it.'],
  options: {},
  examples: [['pollux cancel vsphere/dc1/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C', '']],
  async run({ words, client, output, signal }) {
    for (const reference of await findJobs(client, words, signal)) {
      const job = await client.cancel(reference, { signal });
      if (output.json) output.data(job);
      else output.line(`${changeLine(job, output.paint)}${isTerminal(job.status) ? '' : '  cancel requested'}`);
    }
    return EXIT.ok;
  },
};
