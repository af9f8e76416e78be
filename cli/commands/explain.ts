import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { findJob } from '../jobs.ts';
import { explainLines, explanationOf } from '../render/explain.ts';

export const explain: Command = {
  name: 'explain',
  summary: 'why a job has the status that it has',
  usage: ['explain <job>'],
  description: [
    'What the status means, the error or what looks meet, how long it took and when that was seen, what to do next, and all that was seen of the job with its times.',
  ],
  options: {},
  examples: [['pollux explain vsphere/dc1/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C', '']],
  async run({ words, client, output, signal, now }) {
    const job = await client.get(await findJob(client, words, signal), { signal });
    const explanation = explanationOf(job, now());
    if (output.json) output.data(explanation);
    else output.line(explainLines(explanation, output.paint).join('\n'));
    return EXIT.ok;
  },
};
