import { type ContainerInstance, DescribeServicesCommand, type Service } from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import type { Finding } from "../../aws/finding.ts";
import { machinesIn } from "../../kinds/ecs/machines.ts";
import type { TaskDefinitionDesired } from "../../kinds/ecs/task-definition-desired.ts";

/** What is looked at: a service, and the definition that its next tasks would have. */
export interface Verified {
  readonly cluster: string;
  readonly service: string;
  readonly definition: TaskDefinitionDesired;
}

/** What a check gets. */
export interface Examined extends Verified {
  readonly aws: Aws;
}

/** One check of what ECS would stumble over. It only reads. */
export interface Check {
  readonly subject: string;
  look(examined: Examined): Promise<Finding[]>;
}

/** The service as ECS has it; undefined: it is not there. Asked once for all checks. */
export function serviceOf({ aws, cluster, service }: Examined): Promise<Service | undefined> {
  return aws.shared.read(`service ${cluster}/${service} to verify`, async () => {
    const asked = aws.ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
    const { services = [] } = await asked.catch(ifNoCluster({ services: [] }));
    return services.find(({ status }) => status === "ACTIVE");
  });
}

/** A cluster that is not there has no service and no machine. */
function ifNoCluster<Answer>(answer: Answer): (error: unknown) => Answer {
  return (error) => {
    if (isCode(error, "ClusterNotFoundException")) return answer;
    throw error;
  };
}

/** The machines of the cluster. Asked once for all checks. */
export function machinesOf({ aws, cluster }: Pick<Examined, "aws" | "cluster">): Promise<ContainerInstance[]> {
  return aws.shared.read(`machines of ${cluster}`, () =>
    machinesIn(aws, cluster).catch(ifNoCluster<ContainerInstance[]>([])),
  );
}
