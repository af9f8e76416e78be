import { defineConfig } from 'vitest/config';

/**
 * `npm test`: what needs nothing but npm, in two minutes. `vcsim`, `peers`, `package`, `deploy` and `console/browser` need
 * what `.ci/run` installs or finds; `cli/engine`, `docs` and `e2e` run whole engines and take a minute each.
 */
export default defineConfig({
  test: {
    setupFiles: ['test/support/properties.ts'],
    include: ['test/**/*.test.ts'],
    exclude: ['vcsim', 'peers', 'package', 'deploy', 'console/browser', 'cli/engine', 'docs', 'e2e'].map(
      (it) => `test/${it}/**`,
    ),
    // Most tests wait for timers and sockets, so there may be more workers than cores.
    maxWorkers: 4,
    // Limits for what hangs, not for what is slow: no test is timed.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
