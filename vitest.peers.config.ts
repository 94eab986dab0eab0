import { defineConfig } from "vitest/config";

const shared = {
  env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

/** Checks against programs that we did not write: moto_server, the `aws` CLI and Terraform. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          // A whole stack in one test, from a server that answers one request after the other.
          testTimeout: 300_000,
          name: "moto",
          include: ["test/peers/moto/**/*.test.ts"],
          globalSetup: ["test/support/build.ts"],
        },
      },
      {
        test: {
          ...shared,
          name: "aws-cli",
          include: ["test/peers/aws-cli/*.test.ts"],
          globalSetup: ["test/support/build.ts", "test/peers/aws-cli/created.ts"],
        },
      },
      {
        test: {
          ...shared,
          name: "terraform",
          include: ["test/peers/terraform/*.test.ts"],
          globalSetup: ["test/support/build.ts"],
        },
      },
    ],
  },
});
