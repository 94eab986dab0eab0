import { defineConfig } from "vitest/config";
import config from "./vitest.config.ts";

/** Every fault at every call, where `npm test` takes a sample. */
export default defineConfig({
  test: { ...config.test, include: ["test/faults/*.test.ts"], env: { ...config.test?.env, BIA_FAULTS: "all" } },
});
