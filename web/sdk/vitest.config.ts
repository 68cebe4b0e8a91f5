import { defineConfig } from 'vitest/config';

// Simulations take two seconds, and many times that on a busy machine.
export default defineConfig({ test: { include: ['test/**/*.test.ts'], testTimeout: 60_000 } });
