import { createInterface } from 'node:readline';
import { answer, type Task } from './task.ts';

for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line) as Task;
  process.stdout.write(`${JSON.stringify({ id: task.id, polls: answer(task) })}\n`);
}
