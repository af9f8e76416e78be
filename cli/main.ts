#!/usr/bin/env node
import { EXIT } from './exit-codes.ts';
import { run } from './run.ts';

const stop = new AbortController();
process.on('SIGINT', () => {
  // The first one stops in good order.
  if (stop.signal.aborted) process.exit(EXIT.stopped);
  stop.abort();
});
// Whoever read has had enough: `pollux list … | head`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT.ok);
  });
}
process.exitCode = await run(process.argv.slice(2), process, stop.signal);
