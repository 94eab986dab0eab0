import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
} from "@aws-sdk/client-ecs";
import { DeleteParameterCommand } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CliResult, reportOf, runCli, startCli, verdictsOf } from "../support/cli.ts";
import { type StackUp, stackUp, takeDown } from "../support/stack-up.ts";

const CLUSTER = "cluster-bia-alb";

/** On one stack; the tests follow no order. */
describe("deploy-version --migrate", { timeout: 60_000 }, () => {
  let up: StackUp;
  beforeAll(async () => {
    up = await stackUp();
  }, 120_000);
  afterAll(() => takeDown(up));

  const deploy = (...args: string[]): Promise<CliResult> =>
    runCli(["deploy-version", "--migrate", ...args], up.env, up.folder);
  const service = async () => {
    const asked = { cluster: CLUSTER, services: ["service-bia-alb"] };
    return (await up.aws.ecs.send(new DescribeServicesCommand(asked))).services?.[0];
  };
  const change = (name: string) => writeFile(path.join(up.folder, "app", name), name);

  it("migrates in a task of the new revision before the service goes there", async () => {
    await change("better");
    const report = reportOf(await deploy("--tag", "better", "--json"));
    expect(report).toMatchObject({ exitCode: 0 });
    expect(verdictsOf(report)).toMatchObject({ "release-migration": "create", "release-roll": "update" });
    const asked = { cluster: CLUSTER, family: "task-def-bia-alb", desiredStatus: "STOPPED" } as const;
    const { taskArns: tasks = [] } = await up.aws.ecs.send(new ListTasksCommand(asked));
    const found = (await up.aws.ecs.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks }))).tasks ?? [];
    const now = await service();
    const migrated = found.find(({ startedBy }) => startedBy?.startsWith("bia-infra/migrate-"));
    expect(migrated).toMatchObject({ taskDefinitionArn: now?.taskDefinition, containers: [{ exitCode: 0 }] });
    expect(migrated?.stoppedAt?.getTime()).toBeLessThanOrEqual(now?.deployments?.[0]?.createdAt?.getTime() ?? 0);
  });

  it("ends with the old version serving where a migration fails, with its words, and leaves no revision behind", async () => {
    const before = (await service())?.taskDefinition;
    await change("broken-migration");
    const { code, stderr } = await deploy("--tag", "broken");
    await rm(path.join(up.folder, "app", "broken-migration"));
    expect(code, stderr).toBe(6);
    const last = stderr.trim().split("\n").slice(-6).join("\n");
    expect(last).toContain("ERROR: column sort of relation Tarefas already exists");
    expect(last).toMatch(/npx sequelize db:migrate exited with 1 \(task \w+\)/);
    expect(last).toMatch(/revision \d+.* serves as before/);
    expect(await service()).toMatchObject({ taskDefinition: before, deployments: [{}] });
    const plan = reportOf(await runCli(["plan", "--json", "--stage", "2-3"], up.env, up.folder));
    expect(verdictsOf(plan)).toMatchObject({ service: "unchanged", "task-definition": "unchanged" });
  });

  const revisions = async () => {
    const asked = { familyPrefix: "task-def-bia-alb", status: "ACTIVE", sort: "DESC" } as const;
    return (await up.aws.ecs.send(new ListTaskDefinitionsCommand(asked))).taskDefinitionArns ?? [];
  };
  /** The calls that change ECS, in their order. */
  const CHANGING = ["ecs:RegisterTaskDefinition", "ecs:RunTask", "ecs:UpdateService"];

  it("that lost the answer of every call which changes ECS ends in the version, with no revision too many", async () => {
    const before = await revisions();
    await change("lost");
    up.sandbox.world.faults.set(CHANGING.map((operation) => ({ operation, nth: 1, effect: "drop" })));
    expect(reportOf(await deploy("--tag", "lost", "--json"))).toMatchObject({ exitCode: 0 });
    expect(up.sandbox.world.faults.strikes().map(({ struck }) => struck)).toEqual([1, 1, 1]);
    up.sandbox.world.faults.set([]);
    const now = await revisions();
    expect((await service())?.taskDefinition).toBe(now[0]);
    expect(now).toEqual([now[0], ...before]);
  });

  it("that was killed at one such call after the other goes on each time, and ends in the version, with no revision too many", async () => {
    const { faults } = up.sandbox.world;
    const before = await revisions();
    await change("killed");
    for (const operation of CHANGING) {
      faults.set([{ operation, nth: 1, effect: "hang" }]);
      const killed = startCli(["deploy-version", "--migrate", "--tag", "killed"], up.env, up.folder);
      expect(await Promise.race([faults.struck(), killed.ended]), operation).toBeUndefined();
      killed.child.kill("SIGKILL");
      await killed.ended;
      await up.aws.ssm.send(new DeleteParameterCommand({ Name: "/bia-infra/bia/lock" }));
    }
    faults.set([]);
    expect(reportOf(await deploy("--tag", "killed", "--json"))).toMatchObject({ exitCode: 0 });
    const now = await revisions();
    expect((await service())?.taskDefinition).toBe(now[0]);
    expect(now).toEqual([now[0], ...before]);
  }, 120_000);
});
