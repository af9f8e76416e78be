import { defineConfig } from 'vitest/config';

/** `npm test`: everything that needs nothing but npm. `vcsim` and `peers` need real engines, `cli/engine` takes a minute: see `.ci/run`. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/vcsim/**', 'test/peers/**', 'test/cli/engine/**'],
    // Most tests wait for timers and sockets, so there may be more workers than cores.
    maxWorkers: 4,
    // Limits for what hangs, not for what is slow: no test is timed.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
