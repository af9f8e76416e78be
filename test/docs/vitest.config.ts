import { defineConfig } from 'vitest/config';

/** `npm run test:docs`: runs or compiles what the pages and the examples show, against local engines, in a minute. */
export default defineConfig({
  test: {
    include: ['test/docs/**/*.test.ts', 'test/cli/docs.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 3,
  },
});
