import { RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { describe, expect, it } from "vitest";
import { task } from "../../../src/engine/task.ts";
import { rollout } from "../../../src/kinds/ecs/rollout.ts";
import { service } from "../../../src/kinds/ecs/service.ts";
import { type TaskDefinition, taskDefinition } from "../../../src/kinds/ecs/task-definition.ts";
import { clientsOf, createOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import {
  addCluster,
  CLUSTER,
  container,
  definition,
  FAMILY,
  GIVEN_UP,
  PROVIDER,
  SERVICE,
  STOPPED,
  stackOf,
  takesBackAtOnce,
} from "./stack.ts";

const revision = task("definition", "task definition", taskDefinition, definition);
const made = task("service", "service", service, {
  cluster: CLUSTER,
  name: SERVICE,
  taskDefinition: revision.out(({ arn }: TaskDefinition) => arn),
  desiredCount: 2,
  capacityProviderStrategy: [{ provider: PROVIDER, base: 1, weight: 1 }],
  deployment: { minimumHealthyPercent: 50, maximumPercent: 100, whenFailing: "rollback" },
  availabilityZoneRebalancing: "DISABLED",
  loadBalancers: [],
  placementConstraints: [{ type: "distinctInstance" }],
  placementStrategy: [],
  healthCheckGracePeriod: 0,
  propagateTags: "SERVICE",
});

/** A service on a revision, and a second one that it can be put on. */
async function serving() {
  const sandbox = await sandboxForTest({ delays: "none" });
  await addCluster(sandbox);
  sandbox.world.region("us-east-1").ecs.clusters.update(CLUSTER, (draft) => {
    draft.capacityProviders = [PROVIDER];
  });
  await createOn(sandbox, { stack: stackOf(revision, made), only: "service" });
  const clients = clientsOf(sandbox);
  const containerDefinitions = [{ name: container.name, image: container.image, memory: 128 }];
  const next = await clients.ecs.send(new RegisterTaskDefinitionCommand({ family: FAMILY, containerDefinitions }));
  clients.close();
  const wanted = { cluster: CLUSTER, name: SERVICE, until: "deployed" } as const;
  const roll = task("roll", "roll", rollout, { ...wanted, revision: next.taskDefinition?.taskDefinitionArn ?? "" });
  return { sandbox, options: { stack: stackOf(roll), only: "roll" } };
}

describe("a roll", () => {
  it.each([
    ["because its tasks fail", GIVEN_UP],
    ["because somebody stops it", STOPPED],
  ])(
    "that ECS has taken back before anybody looked, %s, is given up, and begun anew by the next run",
    async (_, why) => {
      const { sandbox, options } = await serving();
      const end = takesBackAtOnce(sandbox, why);
      const failed = await createOn(sandbox, options);
      end();
      expect(failed.tasks[0]?.error?.why).toMatch(/^AWS went back to what ran before \(service deployment \S+\): /);
      expect(failed.tasks[0]?.error?.why).toContain(why);
      expect(failed.byOperation["ecs:UpdateService"]).toBe(1);
      expect(verdicts(await createOn(sandbox, options))).toEqual({ roll: "create" });
      expect(sandbox.world.region("us-east-1").ecs.services.all()[0]?.taskDefinition).toMatch(/:2$/);
    },
  );
});
