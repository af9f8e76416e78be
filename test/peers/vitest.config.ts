import { defineConfig } from 'vitest/config';

/** Real clients of the platforms against the simulators; each test is skipped, saying so, where its client is absent. */
export default defineConfig({ test: { include: ['test/peers/**/*.test.ts'], testTimeout: 60_000 } });
