import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { perHourOf } from "../../../src/engine/cost.ts";
import { resolve } from "../../../src/engine/resolve.ts";
import { type AnyTask, edgesOf } from "../../../src/engine/task.ts";
import { stackOf } from "../../../src/stacks/index.ts";
import { type BiaVariables, load } from "../../../src/variables/index.ts";
import { ofBia } from "../../support/of-bia.ts";

const PLACE = { region: "us-east-1", target: "sandbox" } as const;
const variables = ofBia((await load(undefined, import.meta.dirname)).variables);

function tasksOf(changed: Partial<BiaVariables> = {}) {
  const stage = stackOf({ ...variables, ...changed } as BiaVariables, PLACE).stages.find(({ name }) => name === "1");
  return { stage, byId: new Map(stage?.tasks.map((task) => [task.id, task])) };
}

const { stage, byId } = tasksOf();

/** What a task asks for, with the values of other tasks as AWS would give them. */
function desired(id: string, changed?: Partial<BiaVariables>): Record<string, unknown> {
  const actuals: Record<string, unknown> = {
    "default-vpc": { vpcId: "vpc-1", subnets: { "us-east-1a": "subnet-a" } },
    "dev-security-group": { groupId: "sg-1" },
    "dev-role": { name: "role-acesso-ssm" },
    "dev-instance-profile": { name: "role-acesso-ssm" },
    "dev-image": { imageId: "ami-1", architecture: "x86_64", rootDevice: "/dev/xvda", snapshotSize: 8 },
    "dev-instance": { instanceId: "i-1", publicIp: "203.0.113.7", securityGroups: ["sg-1"], tags: {} },
    "dev-app-source": { what: "old", wanted: "new" },
  };
  const task = tasksOf(changed).byId.get(id) as AnyTask;
  return resolve(task.desired, (earlier) => actuals[earlier.id]) as Record<string, unknown>;
}

describe("an app that is not bia", () => {
  const health = { path: "/", text: "", data: "/" };

  it("is asked and migrated as its variables say", () => {
    const app = { ...variables.app, service: "web", health, migrate: ["node", "migrate.js"] };
    expect(desired("dev-app", { app }).traits).toEqual({ service: "web", health, migrate: ["node", "migrate.js"] });
  });

  it("has no database where there is nothing to migrate", () => {
    const app = { ...variables.app, migrate: false as const };
    expect(tasksOf({ app }).byId.has("dev-database")).toBe(false);
    const stages = stackOf({ ...variables, app } as BiaVariables, PLACE).stages;
    expect(stages.flatMap(({ tasks }) => tasks.map(({ id }) => id))).not.toContain("rds-database");
  });
});

describe("stage 1 of the bia stack", () => {
  it("opens tcp 3001 of the work machine to the world", () => {
    expect(desired("dev-security-group")).toEqual({
      name: "bia-dev",
      description: "Acesso da maquina de trabalho",
      vpcId: "vpc-1",
      ingress: [
        { protocol: "tcp", fromPort: 3001, toPort: 3001, cidr: "0.0.0.0/0", description: "Liberado para o mundo" },
      ],
      tags: { Name: "sgCurso117" },
    });
  });

  it("gives the machine a role that SSM, ECS and ECR accept", () => {
    expect(desired("dev-role")).toEqual({
      name: "role-acesso-ssm",
      service: "ec2.amazonaws.com",
      managedPolicies: [
        "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
        "arn:aws:iam::aws:policy/AmazonECS_FullAccess",
        "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryFullAccess",
      ],
    });
    expect(desired("dev-instance-profile")).toEqual({ name: "role-acesso-ssm", role: "role-acesso-ssm" });
  });

  it("launches a t3.micro with 15 GB gp2 in zone a", () => {
    expect(desired("dev-instance")).toMatchObject({
      name: "bia-dev",
      instanceType: "t3.micro",
      subnetId: "subnet-a",
      securityGroups: ["sg-1"],
      instanceProfile: "role-acesso-ssm",
      rootVolume: { size: 15, type: "gp2" },
      userData: expect.stringMatching(/^#!\/bin\/bash/),
    });
  });

  it("launches nothing before the role can be assumed, and checks the machine only once it runs", () => {
    const edges = (id: string) => edgesOf(byId.get(id) as AnyTask).map(({ task, readiness }) => [task.id, readiness]);
    expect(edges("dev-instance")).toContainEqual(["dev-instance-profile", "ready"]);
    expect(edges("dev-instance-profile")).toEqual([["dev-role", "ready"]]);
    expect(edges("dev-ready")).toEqual([["dev-instance", "ready"]]);
  });

  it("brings the app that comes with bia-infra into the course's folder, once the machine is set up", () => {
    const { source, ...place } = desired("dev-app-source");
    expect(place).toEqual({ instanceId: "i-1", folder: "/home/ec2-user/bia", user: "ec2-user" });
    expect(existsSync(path.join((source as { folder: string }).folder, "compose.yml"))).toBe(true);
    expect(edgesOf(byId.get("dev-app-source") as AnyTask).map(({ task }) => task.id)).toContain("dev-ready");
  });

  it("takes the app from another folder or from a git repository when the variables say so", () => {
    expect(desired("dev-app-source", { app: { ...variables.app, source: "/my/app" } }).source).toEqual({
      folder: "/my/app",
    });
    const git = { git: "https://github.com/henrylle/bia", ref: "main" };
    expect(desired("dev-app-source", { app: { ...variables.app, source: git } }).source).toEqual(git);
  });

  it("brings up the version that is wanted, not the one that is there, and migrates once it is up", () => {
    const reach = { address: "203.0.113.7", port: 3001, securityGroups: ["sg-1"] };
    const served = { instanceId: "i-1", version: "new", ...reach };
    expect(desired("dev-app")).toMatchObject(served);
    expect(desired("dev-database")).toMatchObject(served);
    expect(edgesOf(byId.get("dev-database") as AnyTask)).toContainEqual(
      expect.objectContaining({ task: byId.get("dev-app") }),
    );
  });

  it("tells the app's address before everything else", () => {
    expect(Object.keys(stage?.outputs ?? {})[0]).toBe("app");
  });

  it("says what it costs per hour: machine, disk and public address", () => {
    expect(perHourOf(stage?.costs ?? [])).toBeCloseTo(0.0104 + (15 * 0.1) / 730 + 0.005, 6);
  });
});
