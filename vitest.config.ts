import { defineConfig } from 'vitest/config';

/**
 * `npm test`: everything that needs nothing but npm. `vcsim`, `peers`, `package` and `console/browser` need what `.ci/run` installs,
 * `cli/engine` takes a minute.
 */
export default defineConfig({
  test: {
    setupFiles: ['test/support/properties.ts'],
    include: ['test/**/*.test.ts'],
    exclude: ['test/vcsim/**', 'test/peers/**', 'test/package/**', 'test/cli/engine/**', 'test/console/browser/**'],
    // Most tests wait for timers and sockets, so there may be more workers than cores.
    maxWorkers: 4,
    // Limits for what hangs, not for what is slow: no test is timed.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
