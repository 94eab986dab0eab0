import { defineConfig } from "vitest/config";

/** Checks against programs that we did not write: moto_server and the `aws` CLI. */
export default defineConfig({
  test: {
    include: ["test/peers/**/*.test.ts"],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    globalSetup: ["test/support/build.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
