import { defineConfig } from 'vitest/config';

/** Needs a vcsim binary, named by POLLUX_VCSIM; `.ci/run` builds it. Without one every test is skipped, saying so. */
export default defineConfig({
  test: { include: ['test/vcsim/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false },
});
