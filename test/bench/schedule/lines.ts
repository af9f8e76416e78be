import { createInterface } from 'node:readline';

/** Input that cannot be answered; the message says where. */
export class BadInput extends Error {}

/** Answers each line of standard input, a JSON object, with one line on standard output, as they come. */
export async function answerLines(answer: (line: never) => unknown): Promise<void> {
  let number = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    number++;
    if (line.trim() === '') continue;
    await write(`${JSON.stringify(answered(line, number, answer))}\n`);
  }
}

function answered(line: string, number: number, answer: (line: never) => unknown): unknown {
  try {
    return answer(JSON.parse(line) as never);
  } catch (cause) {
    throw new BadInput(`line ${number}: ${(cause as Error).message}`, { cause });
  }
}

/** Waits while the reader is slower than we are. */
async function write(text: string): Promise<void> {
  if (process.stdout.write(text)) return;
  await new Promise((resolve) => process.stdout.once('drain', resolve));
}
