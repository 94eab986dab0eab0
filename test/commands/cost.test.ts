import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { perHourOf } from "../../src/engine/cost.ts";
import { stackOf } from "../../src/stacks/index.ts";
import { schemas } from "../../src/variables/schemas.ts";
import { bareEnvironment, runCli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";

/** Runs `cost` in a folder with these variables; no target can be reached from there. */
async function cost(variables: string, ...args: string[]) {
  const folder = await temporaryFolder("bia-cost-");
  await writeFile(path.join(folder, "bia.ts"), `export default ${variables};\n`);
  return runCli(
    ["cost", "--config", "bia.ts", ...args],
    bareEnvironment({ AWS_ENDPOINT_URL: "http://127.0.0.1:1" }),
    folder,
  );
}

it("lists each part by the hour and the month, the sum, and the day the prices are of", async () => {
  const { code, stdout } = await cost("{}", "--stage", "1");
  expect(code).toBe(0);
  // t3.micro 0.0104, 15 GB gp2 at 0.10 a month, a public address 0.005.
  expect(stdout).toMatch(/instance bia-dev +0\.0175 +12\.74 +t3\.micro, 15 GB gp2, 1 public IPv4 address/);
  expect(stdout).toMatch(/^total +0\.0175 +12\.74$/m);
  expect(stdout).toMatch(/list prices of us-east-1, \d{4}-\d{2}-\d{2}/);
});

it("adds up what the whole stack costs, about as much as the course's readers are told", async () => {
  const { stdout } = await cost("{}", "--json");
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ currency: "USD", region: "us-east-1" });
  const parts = report.stages.flatMap(({ costs }: { costs: { perHour: number | string }[] }) => costs);
  const hours = parts.map(({ perHour }: { perHour: number | string }) => (typeof perHour === "number" ? perHour : 0));
  const sum = hours.reduce((one: number, other: number) => one + other, 0);
  expect(report.perHour).toBeCloseTo(sum, 10);
  expect(report.perMonth).toBeCloseTo(730 * sum, 6);
  expect(report.perMonth).toBeGreaterThan(80);
  expect(report.perMonth).toBeLessThan(95);
});

it("names the same sum that a create on the sandbox names", async () => {
  const { stages } = stackOf(schemas.bia.parse({}), { region: "us-east-1", target: "sandbox" });
  const { stdout } = await cost("{}", "--json");
  expect(JSON.parse(stdout).perHour).toBe(perHourOf(stages.flatMap(({ costs }) => costs)));
});

it("counts Container Insights and says how, and names what working above the baseline costs", async () => {
  const { stdout } = await cost("{}");
  expect(stdout).toMatch(
    /metrics of cluster-bia-alb +0\.0103 +7\.50 +Container Insights, about 25 metrics of 1 service /,
  );
  expect(stdout).toMatch(/instance bia-dev .*\$0\.05 per vCPU-hour above its baseline on top/);
  const off = await cost(`{ cluster: { containerInsights: "disabled" } }`);
  expect(off.stdout).not.toContain("Container Insights");
});

it("says that it does not know a price instead of a sum that is too low", async () => {
  const { stdout } = await cost(`{ devMachine: { instanceType: "m7i.large" } }`);
  expect(stdout).toMatch(/instance bia-dev +unknown +unknown/);
  expect(stdout).toMatch(/^total +unknown +unknown$/m);
});

it("counts what a domain costs once one is named", async () => {
  const { stdout } = await cost(`{ domain: { name: "pedroheeger.dev.br" } }`);
  expect(stdout).toMatch(/zone pedroheeger\.dev\.br +0\.0007 +0\.50/);
});

it("ends with 2 for a stage that there is not", async () => {
  const { code, stderr } = await cost("{}", "--stage", "9");
  expect(code).toBe(2);
  expect(stderr).toContain("9");
});

/** What stack retail costs with NAT gateways as said, by part. */
function partsOfRetail(nat: "none" | "one" | "per-zone") {
  const { stages } = stackOf(schemas.retail.parse({ stack: "retail", network: { nat } }), {
    region: "us-east-1",
    target: "aws",
  });
  return Object.fromEntries(stages.flatMap(({ costs }) => costs).map((cost) => [cost.part, cost]));
}

it("counts the NAT gateways of retail, and without any the public addresses of its tasks", () => {
  const [none, one, two] = [partsOfRetail("none"), partsOfRetail("one"), partsOfRetail("per-zone")];
  const nat = "NAT of retail-store-vpc";
  expect(none[nat]).toBeUndefined();
  expect(one[nat]).toMatchObject({
    perHour: expect.closeTo(0.05, 10),
    detail: expect.stringMatching(/^NAT gateway, 1 /),
  });
  expect(two[nat]).toMatchObject({
    perHour: expect.closeTo(0.1, 10),
    detail: expect.stringMatching(/^2 × NAT gateway, 1 public IPv4 address each; /),
  });
  // Two tasks of 1 vCPU at 0.04048 and 2 GB at 0.004445 each; 0.005 for each public address.
  const tasks = 2 * (0.04048 + 2 * 0.004445);
  expect(one["tasks of ui"]?.perHour).toBeCloseTo(tasks, 10);
  expect(none["tasks of ui"]?.perHour).toBeCloseTo(tasks + 2 * 0.005, 10);
});

it("counts what Container Insights makes of all services of retail", () => {
  expect(partsOfRetail("one")["metrics of retail-store-ecs-cluster"]).toMatchObject({
    perHour: expect.closeTo((76 * 0.3) / 730, 10),
    detail: expect.stringContaining("about 76 metrics of 4 services"),
  });
});

it("calls the price of retail's MySQL an estimate, for nobody has read it in AWS's list", () => {
  expect(partsOfRetail("one")["database retail-store-ecs-catalog"]).toMatchObject({
    perHour: expect.closeTo(0.016 + (20 * 0.115) / 730, 10),
    detail: expect.stringMatching(/^db\.t4g\.micro \(an estimate: .*\), 20 GB gp3/),
  });
});
