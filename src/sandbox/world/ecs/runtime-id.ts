import { createHash } from "node:crypto";
import type { EcsTask } from "../records.ts";
import { nameIn } from "./names.ts";

/**
 * What a container on Fargate is known by, to its metadata endpoint and to ECS alike: its task's id, and a number. (ECS Developer
 * Guide, "Amazon ECS task metadata v4 JSON response for tasks on Fargate")
 */
export function fargateRuntimeId({ taskArn }: Pick<EcsTask, "taskArn">, container: string): string {
  return `${nameIn(taskArn)}-${createHash("sha256").update(container).digest().readUInt32BE(0)}`;
}
