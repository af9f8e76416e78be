/**
 * `npm run -s schedule`: answers lines on standard input, each a task that asks for a plan or a message of a closed loop.
 * `--drive`: messages of a closed loop only. `--score [--seed N]`: what plans cost by our own scorer, next to the usual ways
 * to wait.
 */
import { parseArgs } from 'node:util';
import { driven, type Message } from './drive.ts';
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

const drive = driven();
const plan = (task: Task) => ({ id: task.id, polls: answer(task) });

try {
  if (values.score) printScore(seedOf(values.seed));
  else await answerLines(values.drive ? drive : (line: Task | Message) => ('op' in line ? drive(line) : plan(line)));
} catch (error) {
  if (!(error instanceof BadInput)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
  // Whoever writes to us may keep the pipe open.
  process.stdin.destroy();
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (!Number.isInteger(seed)) throw new BadInput(`--seed ${text} is no whole number`);
  return seed;
}
