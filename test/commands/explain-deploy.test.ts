import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { bareEnvironment, runCli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";

/** Runs `deploy-version` in a folder with these variables; no target can be reached from there. */
async function deploy(variables: string, ...args: string[]) {
  const folder = await temporaryFolder("bia-explain-");
  await writeFile(path.join(folder, "bia.ts"), `export default ${variables};\n`);
  const env = bareEnvironment({ AWS_ENDPOINT_URL: "http://127.0.0.1:1" });
  return runCli(["deploy-version", "--config", "bia.ts", ...args], env, folder);
}

it("says what each setting costs a roll, beside the course's figures, and what would be quicker", async () => {
  const { code, stdout } = await deploy("{ targetGroup: { deregistrationDelay: 10 } }", "--explain");
  expect(code).toBe(0);
  expect(stdout).toContain("2 batches of 1; an old task is taken down before the new one starts");
  expect(stdout).toMatch(/the old target finishes its requests +10 +30 +targetGroup\.deregistrationDelay/);
  expect(stdout).toMatch(/its first health check +5 +15 +targetGroup\.healthCheck\.interval/);
  expect(stdout).toMatch(/At its shortest 125 s; with the course's figures 185 s/);
  expect(stdout).toMatch(/is killed after 10 s \(course 30, by taskDefinition\.container\.stopTimeout\)/);
  expect(stdout).toContain("left out after 15 s (course 30, by targetGroup.healthCheck.unhealthyThreshold)");
  expect(stdout).toContain("again 10 s (course 75, by targetGroup.healthCheck.healthyThreshold) after it does");
  expect(stdout).toMatch(/targetGroup\.deregistrationDelay 5: 115 s, but a request that takes longer is cut off/);
  expect(stdout).toMatch(/service\.maximumPercent 200: \d+ s, but there has to be room/);
});

it("says the workshop's figures beside ours, all of which are variables", async () => {
  const { code, stdout } = await deploy('{ stack: "retail" }', "--explain");
  expect(code).toBe(0);
  expect(stdout).toMatch(/the old target finishes its requests +5 +30 +ui\.targetGroup\.deregistrationDelay/);
  expect(stdout).toMatch(/its first health check +5 +10 +ui\.targetGroup\.interval/);
  const slower = { stack: "retail", ui: { targetGroup: { interval: 10, timeout: 9, unhealthyThreshold: 4 } } };
  const explained = (await deploy(JSON.stringify(slower), "--explain")).stdout;
  expect(explained).toMatch(/ui\.targetGroup\.interval 5: \d+ s, but/);
  expect(explained).toContain("left out after 40 s (course 30, by ui.targetGroup.unhealthyThreshold)");
});

it("wants a tag for anything else", async () => {
  expect(await deploy("{}")).toMatchObject({ code: 2, stderr: expect.stringContaining("--tag v2") });
});
