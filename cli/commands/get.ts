import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { findJob } from '../jobs.ts';
import { jobLines } from '../render/job.ts';

export const get: Command = {
  name: 'get',
  summary: 'show a job, as of its last look',
  usage: ['get <job>'],
  options: {},
  examples: [
    ['pollux get vsphere/dc1/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C', ''],
    ['pollux get vsphere/dc1/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C --json | jq .result', ''],
  ],
  async run({ words, client, output, signal, now }) {
    const job = await client.get(await findJob(client, words, signal), { signal });
    if (output.json) output.data(job);
    else output.line(jobLines(job, output.paint, now()).join('\n'));
    return EXIT.ok;
  },
};
