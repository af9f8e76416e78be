import { defineConfig } from 'vitest/config';

/**
 * `npm run test:e2e`: the CDK's command line on the app, and one engine through three lives, as a process that is killed, which
 * waits a minute for what was cut off.
 */
export default defineConfig({
  test: { include: ['test/e2e/**/*.test.ts'], testTimeout: 240_000, hookTimeout: 120_000 },
});
