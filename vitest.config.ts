import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Real servers on a busy machine drop a connection now and then; a real difference fails twice.
    retry: 1,
    // Most suites wait for servers rather than compute; vitest would leave all but one core alone.
    maxWorkers: Math.max(2, availableParallelism()),
    // Cases that run side by side start servers of their own; two cores are what CI has.
    maxConcurrency: 2,
  },
});
