import { expect, it } from "vitest";
import { stackOf } from "../../src/stacks/index.ts";
import { load } from "../../src/variables/index.ts";
import { bareEnvironment, runCli } from "../support/cli.ts";
import { everything } from "../support/everything.ts";
import { createOn, destroyOn, unfinished } from "../support/runs.ts";
import { homeOf, sandboxForTest } from "../support/sandbox.ts";

const { variables } = await load(undefined, "/", "retail");
const retail = stackOf(variables, { region: "us-east-1", target: "sandbox" });
/** A part of the course's stack that is there quickly. */
const PART_OF_BIA = { only: "dev-security-group" } as const;

it("lists the stacks that there are, where they would be, and what of each is up", async () => {
  const sandbox = await sandboxForTest({ delays: "none" });
  const env = bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox) });
  const known = async () => JSON.parse((await runCli(["stacks", "--json"], env)).stdout);
  const [bia, shop] = [
    { stack: "bia", target: "sandbox", region: "us-east-1" },
    { stack: "retail", target: "sandbox", region: "us-east-1" },
  ];
  expect(await known()).toMatchObject([
    { ...bia, things: 0 },
    { ...shop, things: 0 },
  ]);
  await createOn(sandbox, { stack: retail, stage: ["network"] });
  expect(await known()).toMatchObject([
    { ...bia, things: 0 },
    { ...shop, things: 10 },
  ]);
  const { stdout, code } = await runCli(["stacks"], env);
  expect({ stdout, code }).toMatchObject({
    stdout: expect.stringMatching(/^retail +.*up: 10 things of EC2$/m),
    code: 0,
  });
});

it("refuses a stack that there is not, with those that there are, on every command", async () => {
  for (const args of [["plan"], ["cost"], ["doctor"], ["dev", "up"]]) {
    const { code, stderr, stdout } = await runCli([...args, "--stack", "retial"], bareEnvironment());
    expect(code).toBe(2);
    expect(`${stdout}${stderr}`).toMatch(/is "retial"; allowed: one of bia, retail\n +did you mean retail\?/);
  }
});

it.each([
  ["retail", { stack: retail }, PART_OF_BIA],
  ["bia", PART_OF_BIA, { stack: retail }],
])("leaves the other stack as it is when %s goes", async (_, going, staying) => {
  const sandbox = await sandboxForTest({ delays: "none" });
  await createOn(sandbox, staying);
  const before = await everything(sandbox);
  expect(unfinished(await createOn(sandbox, going))).toEqual([]);
  expect(unfinished(await destroyOn(sandbox, going))).toEqual([]);
  expect(await everything(sandbox)).toEqual(before);
});
