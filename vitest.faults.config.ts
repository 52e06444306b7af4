import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/faults/**/*.fault.ts"],
    testTimeout: 900_000,
    hookTimeout: 120_000,
    // They measure and they kill: one after the other.
    maxWorkers: 1,
    fileParallelism: false,
    pool: "forks",
  },
});
