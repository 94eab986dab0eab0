import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Those that need another program, or many minutes, have commands of their own.
    exclude: ["test/peers/**", "test/faults/all.test.ts"],
    testTimeout: 30_000,
  },
});
