import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bareEnvironment, reportOf, runCli, verdictsOf } from "../../support/cli.ts";
import { listed } from "./listing.ts";
import { type Moto, motoIsHere, startMoto } from "./server.ts";
import { SHORTCOMINGS } from "./shortcomings.ts";

describe.skipIf(!motoIsHere)("stage 1 against moto, as the command line", () => {
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

  const run = (...args: string[]) => runCli([...args, "--target", "aws", "--json"], env);

  /** Nobody sets the machine up, so nothing that needs it is tried. */
  const afterwards = {
    "dev-ready": "failed",
    "dev-app-source": "skipped",
    "dev-app": "skipped",
    "dev-database": "skipped",
  };

  it("creates everything that moto can hold, and says what it cannot", async () => {
    const report = reportOf(await run("create", "--stage", "1", "--yes"));
    expect(verdictsOf(report)).toEqual({
      "default-vpc": "unchanged",
      "dev-image": "unchanged",
      "dev-security-group": "create",
      "dev-role": "create",
      "dev-instance-profile": "create",
      "dev-instance": "create",
      ...afterwards,
    });
    expect(report.tasks.find(({ id }) => id === "dev-ready")?.error?.why).toMatch(
      SHORTCOMINGS["dev-ready"]?.cause ?? /nothing/,
    );
  });

  it("finds all of that unchanged the second time", async () => {
    const report = reportOf(await run("create", "--stage", "1", "--yes"));
    const others = report.tasks.filter(({ id }) => !(id in afterwards));
    expect(new Set(others.map(({ verdict }) => verdict))).toEqual(new Set(["unchanged"]));
  });

  it("plans without a changing call", async () => {
    expect(reportOf(await run("plan", "--stage", "1")).calls.changing).toBe(0);
  });

  it("destroys it and leaves nothing, but for the tags that moto keeps of what is deleted", async () => {
    const report = reportOf(await run("destroy", "--stage", "1", "--yes"));
    expect(verdictsOf(report)).toEqual({
      "dev-security-group": "remove",
      "dev-role": "remove",
      "dev-instance-profile": "remove",
      "dev-instance": "remove",
    });
    // A group that is gone is still in ec2:DescribeTags, and ecs:DescribeCapacityProviders without names fails.
    expect(report.left).toMatchObject([
      { service: "ec2", type: "security group", why: expect.stringContaining("still lists it") },
    ]);
    expect(report.unseen).toMatchObject([{ service: "ecs" }]);
    const { securityGroups, ...left } = await listed(moto);
    expect(securityGroups).toEqual(["default"]);
    expect(left).toEqual(Object.fromEntries(Object.keys(left).map((sort) => [sort, []])));
  });
});
