import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningSandbox, startSandbox } from "../../../src/sandbox/sandbox.ts";
import { clientsOf } from "../../support/runs.ts";
import { fargate } from "./scenarios/fargate.ts";
import { gateways } from "./scenarios/gateways.ts";
import { ipTargets } from "./scenarios/ip-targets.ts";
import { logs } from "./scenarios/logs.ts";
import { metrics } from "./scenarios/metrics.ts";
import { namespaces } from "./scenarios/namespaces.ts";
import { rolePolicies } from "./scenarios/role-policies.ts";
import { rules } from "./scenarios/rules.ts";
import { scaling } from "./scenarios/scaling.ts";
import { secrets } from "./scenarios/secrets.ts";
import { tables } from "./scenarios/tables.ts";
import { taskDefinitions } from "./scenarios/task-definitions.ts";
import { vpcs } from "./scenarios/vpcs.ts";
import { type Moto, motoIsHere, startMoto } from "./server.ts";
import { differencesOf, transcriptOf } from "./transcript.ts";

const SCENARIOS = [
  vpcs,
  gateways,
  taskDefinitions,
  fargate,
  ipTargets,
  scaling,
  metrics,
  logs,
  rolePolicies,
  namespaces,
  rules,
  secrets,
  tables,
];

/** The sandbox beside another AWS that others wrote: the same calls, the same answers and refusals, field by field. */
describe.skipIf(!motoIsHere)("the sandbox answers as moto does", () => {
  let moto: Moto;
  let sandbox: RunningSandbox;

  beforeAll(async () => {
    [moto, sandbox] = await Promise.all([startMoto(), startSandbox({ delays: "none" })]);
  });

  afterAll(async () => {
    moto?.stop();
    await sandbox?.close();
  });

  it.each(SCENARIOS)("about $title", async (scenario) => {
    const [here, there] = [clientsOf(sandbox), clientsOf(moto)];
    const differences = differencesOf(await transcriptOf(here, scenario), await transcriptOf(there, scenario));
    here.close();
    there.close();
    const { differences: known } = scenario;
    const unknown = Object.entries(differences).filter(([at]) => !known.some((one) => one.at.test(at)));
    expect(Object.fromEntries(unknown)).toEqual({});
    // A difference that is none any more is not kept.
    expect(known.filter((one) => !Object.keys(differences).some((at) => one.at.test(at)))).toEqual([]);
  });
});
