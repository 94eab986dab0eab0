import {
  DescribeServiceRevisionsCommand,
  ListServiceDeploymentsCommand,
  type ServiceDeploymentBrief,
} from "@aws-sdk/client-ecs";
import { nameIn } from "../../aws/arn.ts";
import type { Aws } from "../../aws/clients.ts";
import { awsError } from "../../aws/errors.ts";
import { tasksOf } from "../../aws/service-tasks.ts";
import { NotYetKnown } from "../../engine/resolve.ts";
import { failedAmong, lastWords } from "./failed-tasks.ts";
import type { FoundService, ServicePlace } from "./service-reads.ts";

/** The newest deployment of a service, which ECS gave up for what had run before. */
export interface TakenBack {
  /** Its id, by which one deployment is told from the next that fails for the same reason. */
  readonly deployment: string;
  /** ARN of the revision that it was to put the service on. */
  readonly revision: string;
  /** In ECS's words. */
  readonly reason: string;
}

/** Such a deployment goes back, or has. (ServiceDeployment, status) */
const BACK = ["ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"];

/**
 * What ECS has taken back of a service: it is remembered for 90 days, where a look at the service itself shows it only while the
 * rollback goes on. Undefined: the newest deployment was not taken back, or nobody may ask for it.
 */
export async function takenBack(
  { ecs }: Aws,
  { cluster, name: service }: ServicePlace,
): Promise<TakenBack | undefined> {
  try {
    const { serviceDeployments = [] } = await ecs.send(new ListServiceDeploymentsCommand({ cluster, service }));
    const newest = serviceDeployments.sort(byBeginning)[0];
    if (!newest?.targetServiceRevisionArn || !BACK.includes(newest.status ?? "")) return undefined;
    const serviceRevisionArns = [newest.targetServiceRevisionArn];
    const { serviceRevisions = [] } = await ecs.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns }));
    return {
      deployment: nameIn(newest.serviceDeploymentArn ?? ""),
      revision: serviceRevisions[0]?.taskDefinition ?? "",
      reason: newest.statusReason ?? "it does not say why.",
    };
  } catch (error) {
    if (awsError(error)) return undefined;
    throw error;
  }
}

/** What the person should do then. */
export const TRY_AGAIN = "Correct what the lines above say, then run the same command again: it tries it once more.";

/** Newest first: ListServiceDeployments promises no order. */
function byBeginning(one: ServiceDeploymentBrief, other: ServiceDeploymentBrief): number {
  return (other.createdAt?.getTime() ?? 0) - (one.createdAt?.getTime() ?? 0);
}

/** In a line. */
export function describeTakenBack({ deployment, reason }: TakenBack): string {
  return `AWS went back to what ran before (service deployment ${deployment}): ${reason}`;
}

/**
 * Why a service is not as it is wanted, where that is ECS's doing; undefined: it is not. At a first look nobody asks, because what
 * was taken back before this run is no reason not to try it again.
 *
 * @param differs whether it is other than it is wanted
 */
export async function whyTakenBack(
  aws: Aws,
  place: ServicePlace,
  found: FoundService,
  differs: () => boolean,
): Promise<string | undefined> {
  if (aws.shared.untouched || found.status !== "ACTIVE" || !known(differs)) return undefined;
  const back = await takenBack(aws, place);
  if (!back) return undefined;
  const failed = await failedAmong(aws, await tasksOf(aws, place, "STOPPED"), found.events);
  return [describeTakenBack(back), ...lastWords(failed.filter(({ revision }) => revision === back.revision))].join(
    "\n",
  );
}

/** False, too, where that cannot be told yet. */
function known(differs: () => boolean): boolean {
  try {
    return differs();
  } catch (error) {
    if (error instanceof NotYetKnown) return false;
    throw error;
  }
}
