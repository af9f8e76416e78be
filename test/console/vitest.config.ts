import { defineConfig } from 'vitest/config';

/** The console in a real Chromium: POLLUX_CHROMIUM, or the one on the path. Skipped, saying so, where there is none. */
export default defineConfig({
  test: { include: ['test/console/browser/**/*.test.ts'], maxWorkers: 1, testTimeout: 90_000, hookTimeout: 120_000 },
});
