import { DescribeTaskDefinitionCommand, type TaskDefinition as EcsTaskDefinition } from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromEcsTags, STACK_TAG, type Tags } from "../../aws/tags.ts";

/** A revision of a task definition as ECS has it. */
export interface Revision {
  readonly definition: EcsTaskDefinition;
  readonly tags: Tags;
}

/** The newest active revision of a family, or the one of an ARN; undefined: there is none. */
export function revisionOf({ ecs, shared }: Aws, asked: string): Promise<Revision | undefined> {
  return shared.read(`task definition ${asked}`, async () => {
    try {
      const found = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: asked, include: ["TAGS"] }));
      return { definition: found.taskDefinition ?? {}, tags: fromEcsTags(found.tags) };
    } catch (error) {
      // ECS has no code of its own for it: "Unable to describe task definition."
      if (isCode(error, "ClientException") && /Unable to describe/i.test((error as Error).message)) return undefined;
      throw error;
    }
  });
}

/**
 * ARN of its family's newest revision, if somebody has put the service on `arn` although that one was there: by a deployment after
 * it had been registered (a release that was taken back), or beside one that is not ours. A run that was cut off within a
 * release of ours has left an older deployment, and is no choice. Undefined: it is on the newest, or its revision is no longer active.
 *
 * @param deployedAt when the service was last put on its revision; undefined: not told
 */
export async function chosenOver(aws: Aws, arn: string, deployedAt: Date | undefined): Promise<string | undefined> {
  const newest = await revisionOf(aws, familyIn(arn));
  if (!newest || newest.definition.taskDefinitionArn === arn) return undefined;
  const present = await revisionOf(aws, arn);
  if (present?.definition.status !== "ACTIVE") return undefined;
  const isOurs = newest.tags[STACK_TAG] === aws.stack;
  const { taskDefinitionArn, registeredAt } = newest.definition;
  const isLater = deployedAt !== undefined && registeredAt !== undefined && deployedAt > registeredAt;
  return !isOurs || isLater ? taskDefinitionArn : undefined;
}

/** The number of a revision, from its ARN. */
export function numberIn(revision: string): string {
  return revision.slice(revision.lastIndexOf(":") + 1);
}

/** `arn:...:task-definition/FAMILY:REVISION` without what stands around the family. */
function familyIn(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1, arn.lastIndexOf(":"));
}
