import { ListServiceDeploymentsCommand, StopServiceDeploymentCommand } from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";
import { awsError } from "../../aws/errors.ts";
import type { Rollout } from "./rollout-reads.ts";
import type { ServicePlace } from "./service-reads.ts";

/**
 * Has ECS give up the deployment that is under way, where that brings the service back to `revision`: the tasks of it that still
 * run go on, which a new deployment would replace one after the other. (StopServiceDeployment, ROLLBACK)
 *
 * @returns whether ECS does so; false, too, where it knows no such deployment, or nobody may ask it
 */
export async function stopDeployment(
  { ecs }: Aws,
  { cluster, name: service }: ServicePlace,
  { primary, former }: Rollout,
  revision: string,
): Promise<boolean> {
  const last = former.find(({ state }) => state === "COMPLETED");
  if (primary.state !== "IN_PROGRESS" || last?.revision !== revision) return false;
  try {
    const asked = { cluster, service, status: ["PENDING" as const, "IN_PROGRESS" as const] };
    const { serviceDeployments = [] } = await ecs.send(new ListServiceDeploymentsCommand(asked));
    const serviceDeploymentArn = serviceDeployments[0]?.serviceDeploymentArn;
    if (serviceDeploymentArn === undefined) return false;
    await ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn, stopType: "ROLLBACK" }));
    return true;
  } catch (error) {
    if (awsError(error)) return false;
    throw error;
  }
}
