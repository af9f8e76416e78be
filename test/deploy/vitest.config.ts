import { defineConfig } from 'vitest/config';

/** `npm run test:deploy`: needs Python with moto. Where it is not, every test is skipped, saying so. */
export default defineConfig({
  // Limits for what hangs, not for what is slow.
  test: { include: ['test/deploy/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 300_000 },
});
