import { createHash } from "node:crypto";
import { type Instance, RunInstancesCommand, type RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { type LaunchSettings, toAws } from "./launch-settings.ts";
import { USER_DATA_TAG, userDataMark } from "./user-data-digest.ts";

/** One EC2 instance. */
export interface InstanceDesired extends LaunchSettings {
  /** Its tag Name, by which it is found: EC2 knows no other name. */
  readonly name: string;
  readonly subnetId: string;
  /** Id of the instance profile (`AIPA...`). */
  readonly instanceProfileId: string;
}

/** How many earlier instances of one task EC2 may remember the tokens of. */
const GENERATIONS = 100;

/** What EC2 says of a token that launched an instance which is terminated, or one with other parameters. */
const USED_UP = ["IdempotentInstanceTerminated", "IdempotentParameterMismatch"];

/**
 * Launches one instance, and only one however often it is called. The client token follows from the task, so a launch
 * whose answer was lost is found again by EC2 itself. EC2 also remembers the token of an instance that is long
 * terminated: then the next generation of the token is used.
 */
export async function launch(aws: Aws, desired: InstanceDesired): Promise<Instance> {
  for (let generation = 0; generation < GENERATIONS; generation += 1) {
    const instance = await launched(aws, desired, clientToken(aws, generation));
    if (instance) return instance;
  }
  throw new Error(`EC2 remembers ${GENERATIONS} instances of this task and launches no new one`);
}

/** Undefined: the token belongs to an instance of the past. */
async function launched(aws: Aws, desired: InstanceDesired, token: string): Promise<Instance | undefined> {
  try {
    const { Instances } = await aws.ec2.send(new RunInstancesCommand({ ...request(aws, desired), ClientToken: token }));
    // None at all: it is no longer listed, but its token is still remembered.
    const state = Instances?.[0]?.State?.Name ?? "terminated";
    return state === "terminated" || state === "shutting-down" ? undefined : Instances?.[0];
  } catch (error) {
    // Which of the two EC2 looks at first is not documented: after a destroy both the state and the parameters differ.
    if (isCode(error, ...USED_UP)) return undefined;
    throw error;
  }
}

function clientToken({ account, region, ownership }: Aws, generation: number): string {
  const owner = createHash("sha256")
    .update(JSON.stringify([account, region, ownership]))
    .digest("hex")
    .slice(0, 32);
  return `${owner}-${generation}`;
}

function request({ ownership }: Aws, desired: InstanceDesired): RunInstancesCommandInput {
  const tags = { Name: desired.name, ...ownership, [USER_DATA_TAG]: userDataMark(desired.userData) };
  const settings = toAws(desired, tags);
  return { ...settings, MinCount: 1, MaxCount: 1, SubnetId: desired.subnetId };
}
