import { expect, test } from "vitest";
import type { Report } from "../../src/engine/event.ts";
import { stepSummary } from "../../src/terminal/step-summary.ts";

const report: Report = {
  type: "report",
  at: 0,
  command: "deploy-version",
  exitCode: 0,
  tasks: [],
  calls: { reading: 9, changing: 2 },
  ms: 5500,
  outputs: { service: "service-bia-alb", version: "v2", revision: "4" },
  next: [],
};

test("a job's summary shows what was deployed and how long it took", () => {
  expect(stepSummary(report)).toBe(
    [
      "### ✅ version v2 is deployed",
      "",
      "| | |",
      "|---|---|",
      "| service | `service-bia-alb` |",
      "| version | `v2` |",
      "| revision | `4` |",
      "| took | 5.5 s |",
      "\n",
    ].join("\n"),
  );
});

test("a job's summary shows why a version does not serve, whatever stands in that, and what to do", () => {
  const error = { what: "version v3 does not serve", why: "```sh\nexit 1\n```", next: "Correct it." };
  const text = stepSummary({ ...report, exitCode: 6, outputs: {}, error });
  expect(text).toContain("### ❌ version v3 does not serve\n");
  expect(text).toContain("| exit code | 6 |");
  expect(text).toContain(`\`\`\`\`\n${error.why}\n\`\`\`\`\n\nCorrect it.`);
});
