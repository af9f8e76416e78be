/**
 * `npm run -s schedule`: makes poll plans for task lines on standard input. `--drive`: answers a closed loop, line by line.
 * `--score [--seed N]`: what plans cost by our own scorer, next to the usual ways to wait.
 */
import { parseArgs } from 'node:util';
import { driven } from './drive.ts';
import { answerLines, BadInput } from './lines.ts';
import { printScore } from './score.ts';
import { answer, type Task } from './task.ts';

const { values } = parseArgs({
  options: {
    drive: { type: 'boolean', default: false },
    score: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
  },
});

try {
  if (values.score) printScore(seedOf(values.seed));
  else if (values.drive) await answerLines(driven());
  else await answerLines((task: Task) => ({ id: task.id, polls: answer(task) }));
} catch (error) {
  if (!(error instanceof BadInput)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (!Number.isInteger(seed)) throw new BadInput(`--seed ${text} is no whole number`);
  return seed;
}
