import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Cases that run side by side start servers of their own; two cores are what CI has.
    maxConcurrency: 2,
  },
});
