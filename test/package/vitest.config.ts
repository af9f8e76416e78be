import { defineConfig } from 'vitest/config';

/** Packs the package and installs it into an empty app: needs npm's registry or its cache, and a minute or two. */
export default defineConfig({
  test: { include: ['test/package/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 600_000 },
});
