import { expect, onTestFinished, test } from "vitest";
import { rolloutOf } from "../../../src/kinds/ecs/rollout-reads.ts";
import { CLUSTER, SERVICE, settle } from "../../sandbox/services/ecs/fixtures.ts";
import { createUi, fargate, registerUi } from "../../sandbox/services/ecs/on-fargate.ts";
import { clientsOf } from "../../support/runs.ts";

test("tasks beyond the account's quota of vCPUs on Fargate are told of with what to do about the quota", async () => {
  const at = await fargate({ quotas: { fargateVcpus: 1 } });
  await registerUi(at);
  await createUi(at);
  await settle(at);
  const clients = clientsOf(at.sandbox);
  onTestFinished(() => clients.close());
  const aws = clients.scopedTo({ region: "us-east-1", account: "000000000000", stack: "retail", ownership: {} });
  const rollout = await rolloutOf(aws, { cluster: CLUSTER, name: SERVICE });
  expect(rollout?.unplaced).toMatchObject({
    why: expect.stringContaining("You've reached the limit on the number of vCPUs"),
    next: expect.stringContaining("L-3032A538"),
    isHopeless: false,
  });
});
