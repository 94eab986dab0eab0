import { tmpdir } from "node:os";
import path from "node:path";
import { defineConfig } from "vitest/config";
import LongestFirst from "./test/support/longest-first.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Those that need another program have commands of their own.
    exclude: ["test/peers/**"],
    env: {
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      // What runs in this process is not kept among the runs of whoever runs the tests.
      XDG_STATE_HOME: path.join(tmpdir(), "bia-infra-state"),
    },
    reporters: ["default", "./test/support/closing-reporter.ts"],
    globalSetup: ["test/support/build.ts", "test/support/shared-folder.ts"],
    // One import of the SDK a worker instead of one a file, which took half of all processor time. So no file may leave
    // anything behind that another would meet: what is stubbed or spied upon is put back after each test.
    isolate: false,
    unstubEnvs: true,
    restoreMocks: true,
    // A machine of CI's stalls at times for longer than a test waits. What passes at the second try is named at the end.
    retry: process.env.CI ? 1 : 0,
    // What is looked for again and again is there at once on a machine at rest; on a busy one it may take long.
    expect: { poll: { timeout: 20_000 } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Half of a test is waiting, for processes and for states: two workers for each of two cores keep these busy.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
  },
});
