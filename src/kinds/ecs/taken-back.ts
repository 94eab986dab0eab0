import {
  DescribeServiceRevisionsCommand,
  ListServiceDeploymentsCommand,
  type ServiceDeploymentBrief,
} from "@aws-sdk/client-ecs";
import { nameIn } from "../../aws/arn.ts";
import { chunks } from "../../aws/chunks.ts";
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
const BACK: readonly string[] = ["ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"];
/** So many at once, at most: of ListServiceDeployments, and of DescribeServiceRevisions. */
const MOST = { listed: 100, described: 20 };

/**
 * What ECS has taken back of a service: it is remembered for 90 days, where a look at the service itself shows it only while the
 * rollback goes on. Undefined: the newest deployment was not taken back, or nobody may ask for it.
 */
export async function takenBack(aws: Aws, place: ServicePlace): Promise<TakenBack | undefined> {
  return unlessRefused(undefined, async () => {
    const [newest] = await newestDeployments(aws, place);
    if (!newest || !isBack(newest)) return undefined;
    const revisions = await revisionsOf(aws, [newest]);
    return {
      deployment: nameIn(newest.serviceDeploymentArn ?? ""),
      revision: revisions.get(newest.targetServiceRevisionArn) ?? "",
      reason: newest.statusReason ?? "it does not say why.",
    };
  });
}

/** ARNs of the revisions of a service whose newest deployment ECS has taken back. None, too, where nobody may ask for it. */
export async function revisionsTakenBack(aws: Aws, place: ServicePlace): Promise<ReadonlySet<string>> {
  return unlessRefused(new Set<string>(), async () => {
    const deployments = await newestDeployments(aws, place);
    const revisions = await revisionsOf(aws, deployments);
    const back = new Map<string, boolean>();
    for (const one of deployments.reverse()) back.set(revisions.get(one.targetServiceRevisionArn) ?? "", isBack(one));
    return new Set([...back].flatMap(([revision, is]) => (is ? revision : [])));
  });
}

function isBack({ status }: ServiceDeploymentBrief): boolean {
  return status !== undefined && BACK.includes(status);
}

/** Newest first, of those of the last 90 days: ListServiceDeployments promises no order. */
async function newestDeployments(
  { ecs }: Aws,
  { cluster, name: service }: ServicePlace,
): Promise<ServiceDeploymentBrief[]> {
  const asked = { cluster, service, maxResults: MOST.listed };
  const { serviceDeployments = [] } = await ecs.send(new ListServiceDeploymentsCommand(asked));
  return serviceDeployments.sort((one, other) => (other.createdAt?.getTime() ?? 0) - (one.createdAt?.getTime() ?? 0));
}

/** ARNs of the revisions of task definitions that deployments were to lead to, by the ARNs of their service revisions. */
async function revisionsOf(
  { ecs }: Aws,
  deployments: readonly ServiceDeploymentBrief[],
): Promise<Map<string | undefined, string | undefined>> {
  const arns = [...new Set(deployments.flatMap(({ targetServiceRevisionArn: arn }) => arn ?? []))];
  const answers = await Promise.all(
    chunks(arns, MOST.described).map((serviceRevisionArns) =>
      ecs.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns })),
    ),
  );
  const found = answers.flatMap(({ serviceRevisions = [] }) => serviceRevisions);
  return new Map(found.map(({ serviceRevisionArn, taskDefinition }) => [serviceRevisionArn, taskDefinition]));
}

async function unlessRefused<Answer>(otherwise: Answer, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (awsError(error)) return otherwise;
    throw error;
  }
}

/** What the person should do then. */
export const TRY_AGAIN = "Correct what the lines above say, then run the same command again: it tries it once more.";

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
