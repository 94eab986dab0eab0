import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DescribeServicesCommand, UpdateServiceCommand } from "@aws-sdk/client-ecs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeHome, sandboxHome, writeRecord } from "../../src/sandbox/home.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { stackOf } from "../../src/stacks/index.ts";
import { load } from "../../src/variables/index.ts";
import { VERSION } from "../../src/version.ts";
import { bareEnvironment, type CliResult, reportOf, runCli } from "../support/cli.ts";
import { clientsOf, createOn } from "../support/runs.ts";

const SCALED = 3;
const SERVICE = { cluster: "retail-store-ecs-cluster", services: ["ui"] };

/** On one sandbox with stack retail up. */
describe("a service of a public image", { timeout: 60_000 }, () => {
  let sandbox: RunningSandbox;
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let clients: ReturnType<typeof clientsOf>;

  beforeAll(async () => {
    sandbox = await startSandbox({ delays: "none", traffic: true });
    clients = clientsOf(sandbox);
    folder = await mkdtemp(path.join(tmpdir(), "bia-retail-"));
    const home = sandboxHome({ BIA_SANDBOX_HOME: folder });
    await makeHome(home);
    await writeRecord(home, { endpoint: sandbox.endpoint, ...sandbox.keys, version: VERSION, pid: process.pid });
    env = bareEnvironment({ BIA_SANDBOX_HOME: folder });
    const { variables } = await load(undefined, folder, "retail");
    const stack = stackOf(variables, { region: "us-east-1", target: "sandbox" });
    await createOn(sandbox, { stack, stage: ["network", "fundamentals", "autoscaling", "service-connect"] });
    // As if it had been scaled out.
    const { cluster, services } = SERVICE;
    await clients.ecs.send(new UpdateServiceCommand({ cluster, service: services[0], desiredCount: SCALED }));
  }, 120_000);

  afterAll(async () => {
    clients.close();
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  });

  const bia = (command: string, ...args: string[]): Promise<CliResult> =>
    runCli([command, "--stack", "retail", ...args], env, folder);
  const deploy = (...args: string[]): Promise<CliResult> => bia("deploy-version", "ui", "--json", ...args);

  const service = async () => (await clients.ecs.send(new DescribeServicesCommand(SERVICE))).services?.[0];
  const revision = async () => (await service())?.taskDefinition?.split(":").at(-1);

  const page = async (): Promise<string> => {
    const { shop } = JSON.parse((await bia("outputs", "--json")).stdout) as { shop: string };
    return (await fetch(`${shop}/home`)).text();
  };

  it("gets another environment without a failed request, which plan would put back and rollback takes away", async () => {
    const before = await revision();
    const next = `${Number(before) + 1}`;
    const report = reportOf(await deploy("--env", "RETAIL_UI_BANNER=Sale today", "--probe"));
    expect(report).toMatchObject({ exitCode: 0, outputs: { service: "ui", revision: next }, probe: { failed: 0 } });
    expect(await page()).toContain("Sale today");
    const again = reportOf(await deploy("--env", "RETAIL_UI_BANNER=Sale today"));
    expect(again).toMatchObject({ exitCode: 0, calls: { changing: 0 } });
    const { tasks } = reportOf(await bia("plan", "--json", "--stage", "fundamentals"));
    const changed = tasks.filter(({ verdict }) => verdict !== "unchanged");
    expect(changed.map(({ id }) => id)).toEqual(["ui-task-definition", "ui-service"]);
    const versions = JSON.parse((await bia("versions", "ui", "--json")).stdout) as { revision: string }[];
    expect(versions).toMatchObject([
      { revision: next, serves: true, environment: "RETAIL_UI_BANNER" },
      { revision: before, serves: false },
      { revision: "1", serves: false },
    ]);
    expect((await bia("versions", "ui")).stdout).toMatch(/serves +\d+ +env RETAIL_UI_BANNER /);
    expect(await bia("rollback", "ui")).toMatchObject({ code: 0 });
    expect(await revision()).toBe(before);
    expect(await page()).not.toContain("Sale today");
    expect((await service())?.desiredCount, "trap 6 of the retail stack: a scaled count stays").toBe(SCALED);
    const { tasks: after } = reportOf(await bia("plan", "--json", "--stage", "fundamentals"));
    expect(after.filter(({ verdict }) => verdict !== "unchanged")).toEqual([]);
  });

  it("is taken back where its tasks do not start, and exits with 6", async () => {
    const before = await revision();
    const report = reportOf(await deploy("--env", "NODE_OPTIONS=--no-such-option"));
    const why = expect.stringContaining(`revision ${before} serves again, as before`);
    expect(report).toMatchObject({ exitCode: 6, error: { what: "a revision with NODE_OPTIONS does not serve", why } });
    expect(await revision()).toBe(before);
  });

  it("is restarted, verified, and has commands run in a task of its own", async () => {
    expect(await bia("restart", "ui")).toMatchObject({ code: 0 });
    expect((await service())?.desiredCount).toBe(SCALED);
    expect(await bia("verify", "ui")).toMatchObject({ code: 0, stdout: expect.stringContaining("no problem found") });
    expect(await bia("run", "ui", "--", "echo", "here")).toMatchObject({ code: 0, stdout: "here\n" });
  });

  it("is each service of the stack, by its name, and another name is refused with those that there are", async () => {
    const { cluster } = SERVICE;
    const on = async (name: string) => {
      const { services } = await clients.ecs.send(new DescribeServicesCommand({ cluster, services: [name] }));
      return services?.[0]?.taskDefinition?.split("/").at(-1);
    };
    const changed = await bia("deploy-version", "catalog", "--json", "--env", "LEVEL=debug");
    expect(reportOf(changed), changed.stdout).toMatchObject({
      exitCode: 0,
      outputs: { service: "catalog", revision: "2" },
    });
    const listed = JSON.parse((await bia("versions", "catalog", "--json")).stdout) as object[];
    expect(listed).toMatchObject([{ revision: "2", serves: true, environment: "LEVEL" }, { revision: "1" }]);
    expect(reportOf(await bia("rollback", "catalog", "--json"))).toMatchObject({ exitCode: 0 });
    expect(await on("catalog")).toMatch(/:1$/);
    expect(reportOf(await bia("restart", "assets", "--json"))).toMatchObject({ exitCode: 0 });
    expect(await bia("verify", "assets")).toMatchObject({ code: 0 });
    for (const command of [["deploy-version", "--env", "A=b"], ["versions"], ["rollback"], ["restart"], ["verify"]]) {
      const [name = "", ...options] = command;
      const refused = await bia(name, "basket", ...options);
      expect(refused.code, name).toBe(2);
      expect(refused.stderr, name).toMatch(/no service basket(.|\n)*There is: ui, assets, catalog, carts\./);
    }
  });

  it("has no source to build, and takes nothing that would be for that", async () => {
    const named = reportOf(await deploy("--tag", "v2"));
    expect(named).toMatchObject({ exitCode: 2, calls: { reading: 0, changing: 0 } });
    expect(named.error).toMatchObject({
      next: expect.stringContaining("deploy-version --env NAME=VALUE --stack retail"),
    });
    const both = await deploy("--env", "A=b", "--builder", "docker");
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining("it takes no --builder") });
    expect(await bia("verify", "--tag", "v2")).toMatchObject({ code: 2 });
    const stages = await bia("create");
    expect(stages).toMatchObject({ code: 2, stderr: expect.stringContaining("--stage network, --stage fundamentals") });
  });
});
