import { defineConfig } from 'vitest/config';

/** `npm run test:cli`: the command line as processes against a local engine too, which takes about a minute. */
export default defineConfig({
  test: { include: ['test/cli/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000, maxWorkers: 2 },
});
