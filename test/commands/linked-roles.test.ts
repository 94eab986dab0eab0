import { expect, it } from "vitest";
import { linkedRolesNotice } from "../../src/commands/linked-roles.ts";
import type { Observation } from "../../src/engine/observe.ts";
import type { AnyTask } from "../../src/engine/task.ts";
import type { Outcome } from "../../src/engine/walk.ts";
import { stackOf } from "../../src/stacks/index.ts";
import { load } from "../../src/variables/index.ts";

async function noticeOf(name: "bia" | "retail", is: "create" | "unchanged"): Promise<string | undefined> {
  const { variables } = await load(undefined, import.meta.dirname, name);
  const { stages } = stackOf(variables, { region: "us-east-1", target: "aws" });
  const outcome = { is: "done", result: { verdict: { is } } } as Outcome<Observation>;
  const planned = new Map<AnyTask, Outcome<Observation>>(
    stages.flatMap(({ tasks }) => tasks.map((one) => [one, outcome])),
  );
  return linkedRolesNotice(planned);
}

it("the service-linked roles that AWS adds to what is planned are named once, and none where nothing is created", async () => {
  const said = "AWS itself adds service-linked roles where the account has none yet, free of charge, and keeps them: ";
  const role = (of: string) => `AWSServiceRoleFor${of}`;
  const retail = ["ElasticLoadBalancing", "ECS", "ApplicationAutoScaling_ECSService", "RDS"].map(role);
  expect(await noticeOf("retail", "create")).toBe(said + retail.join(", "));
  const bia = ["ECS", "RDS", "ElasticLoadBalancing", "AutoScaling"].map(role).sort();
  expect((await noticeOf("bia", "create"))?.slice(said.length).split(", ").sort()).toEqual(bia);
  expect(await noticeOf("retail", "unchanged")).toBeUndefined();
});
