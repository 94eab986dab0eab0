import { CreateLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { expect, it } from "vitest";
import { tellLogGroupsOfAws } from "../../src/commands/log-groups-of-aws.ts";
import { type Emit, sessionOn } from "../../src/commands/session.ts";
import { stackOf } from "../../src/stacks/index.ts";
import { load } from "../../src/variables/index.ts";
import { sandboxForTest } from "../support/sandbox.ts";

const GROUP = "/aws/ecs/containerinsights/cluster-bia-alb/performance";

/** What is told after a destroy of these stages, where these log groups are left. */
async function told(stage: string[], groups: readonly string[]): Promise<string[]> {
  const sandbox = await sandboxForTest({ delays: "none" });
  const { endpoint, keys } = sandbox;
  const target = { name: "aws", region: "us-east-1", endpoint, credentials: keys, isUsual: false, speed: 1 } as const;
  const texts: string[] = [];
  const { signal } = new AbortController();
  const emit: Emit = (event) => {
    if (event.type === "message") texts.push(event.text);
  };
  const { variables } = await load(undefined, "/");
  const session = await sessionOn(target, stackOf(variables, { region: target.region, target: target.name }), {
    command: "destroy",
    options: { stage },
    signal,
    emit,
  });
  for (const logGroupName of groups) await session.clients.logs.send(new CreateLogGroupCommand({ logGroupName }));
  await tellLogGroupsOfAws(session);
  session.clients.close();
  return texts;
}

it("names the log group of Container Insights that AWS keeps, and how to delete it", async () => {
  expect(await told(["2-3"], [GROUP])).toEqual([
    `AWS made the log group ${GROUP} for what is gone now, and keeps it. To delete it: aws logs delete-log-group --region us-east-1 --log-group-name ${GROUP}`,
  ]);
});

it("says nothing of a group that is not there, or belongs to another stage", async () => {
  expect(await told(["2-3"], [`${GROUP}-2`])).toEqual([]);
  expect(await told(["1"], [GROUP])).toEqual([]);
});
