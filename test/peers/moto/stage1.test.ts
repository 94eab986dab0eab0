import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bareEnvironment, reportOf, runCli, verdictsOf } from "../../support/cli.ts";
import { listed } from "./listing.ts";
import { type Moto, motoIsHere, startMoto } from "./server.ts";
import { SHORTCOMINGS, UNSEEN } from "./shortcomings.ts";

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
      SHORTCOMINGS.bia["dev-ready"]?.cause ?? /nothing/,
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

  it("says in a status what is there and what is not", async () => {
    const status = await run("status", "--stage", "1");
    expect(status.code).toBe(0);
    const others = Object.entries(verdictsOf(reportOf(status))).filter(([id]) => !(id in afterwards));
    expect(new Set(others.map(([, verdict]) => verdict))).toEqual(new Set(["unchanged"]));
  });

  it("destroys it and finds nothing left, although moto goes on listing the tags of what is deleted", async () => {
    const destroyed = await run("destroy", "--stage", "1", "--yes");
    expect(destroyed.code).toBe(0);
    const report = reportOf(destroyed);
    expect(verdictsOf(report)).toEqual({
      "dev-security-group": "remove",
      "dev-role": "remove",
      "dev-instance-profile": "remove",
      "dev-instance": "remove",
      // It has no machine to be changed with.
      "dev-app-environment": "absent",
    });
    expect(report.left).toEqual([]);
    expect(report.unseen).toEqual(UNSEEN);
    const { securityGroups, ...left } = await listed(moto);
    expect(securityGroups).toEqual(["default"]);
    expect(left).toEqual(Object.fromEntries(Object.keys(left).map((sort) => [sort, []])));
  });
});
