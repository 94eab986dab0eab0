import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Report } from "../../../src/engine/event.ts";
import { bareEnvironment, reportOf, runCli } from "../../support/cli.ts";
import { listed } from "./listing.ts";
import { type Moto, motoIsHere, startMoto } from "./server.ts";
import { SHORTCOMINGS, UNSEEN } from "./shortcomings.ts";

/** Milliseconds of a create: it waits two minutes for a description that moto does not show. */
const CREATE_MS = 300_000;

/** What nothing keeps from being made. */
const MADE = [
  "dev-security-group",
  "dev-role",
  "dev-instance-profile",
  "dev-instance",
  "alb-security-group",
  "db-password",
  "repository",
  "load-balancer",
  "target-group",
  "http-listener",
  "ecs-instance-role",
  "ecs-instance-profile",
  "performance-log-group",
  "cluster",
  "execution-role",
  "log-group",
];

/** What the run fails at. What is in none of these lists needs one of them, and is not tried. */
const ENDS = ["dev-ready", "ec2-security-group"];

/** What moto has from the start. */
const GIVEN = ["default-vpc", "network", "dev-image", "ecs-image"];

describe.skipIf(!motoIsHere)("the whole stack against moto, as the command line", () => {
  let moto: Moto;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    moto = await startMoto();
    env = bareEnvironment({
      AWS_ENDPOINT_URL: moto.endpoint,
      AWS_ACCESS_KEY_ID: moto.keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: moto.keys.secretAccessKey,
      AWS_REGION: "us-east-1",
    });
  });

  afterAll(() => moto?.stop());

  const run = (command: string, ...args: string[]) =>
    runCli([command, "--all", ...args, "--target", "aws", "--json"], env);

  it(
    "creates everything up to what moto cannot show, and says what that is",
    async () => {
      const created = await run("create", "--yes");
      expect(created.code).toBe(1);
      const report = reportOf(created);
      expect(namesOf(report, "create")).toEqual([...MADE].sort());
      expect(namesOf(report, "unchanged")).toEqual([...GIVEN].sort());
      expect(namesOf(report, "failed")).toEqual([...ENDS].sort());
      for (const id of ENDS) {
        const why = report.tasks.find((one) => one.id === id)?.error?.why;
        expect(why).toMatch(SHORTCOMINGS.bia[id]?.cause ?? /nothing/);
      }
    },
    CREATE_MS,
  );

  it("plans the rest without a changing call", async () => {
    const report = reportOf(await run("plan"));
    expect(report.calls.changing).toBe(0);
    expect(namesOf(report, "unchanged")).toEqual([...GIVEN, ...MADE].sort());
    expect(namesOf(report, "update")).toEqual(["ec2-security-group"]);
  });

  it("says in a status what is there and what is not", async () => {
    const status = await run("status");
    expect(status.code).toBe(0);
    expect(namesOf(reportOf(status), "unchanged")).toEqual([...GIVEN, ...MADE].sort());
  });

  it("destroys all of it and finds nothing left", async () => {
    const destroyed = await run("destroy", "--yes");
    expect(destroyed.code).toBe(0);
    const report = reportOf(destroyed);
    expect(namesOf(report, "remove")).toEqual([...MADE, "ec2-security-group"].sort());
    expect(report.left).toEqual([]);
    expect(report.unseen).toEqual(UNSEEN);
    const { securityGroups, ...left } = await listed(moto);
    expect(securityGroups).toEqual(["default"]);
    expect(left).toEqual(Object.fromEntries(Object.keys(left).map((sort) => [sort, []])));
  });
});

/** The tasks with this verdict, by id. */
function namesOf({ tasks }: Report, verdict: string): string[] {
  return tasks.flatMap((one) => (one.verdict === verdict ? [one.id] : [])).sort();
}
