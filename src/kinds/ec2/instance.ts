import {
  type Instance as Ec2Instance,
  ModifyInstanceAttributeCommand,
  ModifyInstanceMetadataOptionsCommand,
  paginateDescribeInstances,
  StartInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { nameIn } from "../../aws/arn.ts";
import type { Aws } from "../../aws/clients.ts";
import { giveProfile } from "../../aws/instance-profiles.ts";
import { fromTagList, STACK_TAG, type Tags, tagChanges, tagsToWrite } from "../../aws/tags.ts";
import { change, listed } from "../../engine/change.ts";
import type { Change } from "../../engine/event.ts";
import type { Kind } from "../../engine/task.ts";
import { launch } from "./launch.ts";
import { type LaunchSettings, METADATA_OPTIONS } from "./launch-settings.ts";
import { writeTags } from "./tags.ts";

/** One EC2 instance. */
export interface InstanceDesired extends LaunchSettings {
  /** Its tag Name, by which it is found: EC2 knows no other name. */
  readonly name: string;
  readonly subnetId: string;
  /** Id of the instance profile (`AIPA...`). */
  readonly instanceProfileId: string;
}

/** An instance as EC2 has it. */
export interface Instance {
  readonly instanceId: string;
  /** `pending`, `running`, `shutting-down`, `stopping` or `stopped`. */
  readonly state: string;
  readonly instanceType: string;
  readonly subnetId: string;
  readonly securityGroups: readonly string[];
  /** Name of the instance profile; undefined: it has none. */
  readonly instanceProfile: string | undefined;
  /** Id of that profile; it may be one that was deleted, and then the instance has no credentials. Undefined: not told. */
  readonly instanceProfileId: string | undefined;
  readonly httpTokens: string;
  readonly hopLimit: number;
  readonly publicIp: string | undefined;
  readonly tags: Tags;
}

const ALIVE = ["pending", "running", "shutting-down", "stopping", "stopped"];

/** An EC2 instance that is found by its tag Name. Terminated ones stay listed for about an hour and do not count. */
export const instance: Kind<InstanceDesired, Instance, Aws> = {
  type: "ec2.instance",
  async find(aws, { name }) {
    const filters = [
      { Name: "tag:Name", Values: [name] },
      { Name: "instance-state-name", Values: ALIVE },
    ];
    const found: Ec2Instance[] = [];
    for await (const page of paginateDescribeInstances({ client: aws.ec2 }, { Filters: filters })) {
      for (const { Instances } of page.Reservations ?? []) found.push(...(Instances ?? []));
    }
    const best = found.sort((a, b) => rank(a, aws.stack) - rank(b, aws.stack))[0];
    return best && fromAws(best);
  },
  diff(desired, actual) {
    // Until it is one thing or the other nothing is done to it.
    if (actual.state === "pending" || actual.state === "stopping") return [];
    return [
      ...change("state", actual.state === "stopped" ? "stopped" : "running", "running"),
      ...change("securityGroups", listed(actual.securityGroups), listed(desired.securityGroups)),
      ...profileChange(desired, actual),
      ...change("metadataOptions.httpTokens", actual.httpTokens, METADATA_OPTIONS.HttpTokens),
      ...change("metadataOptions.httpPutResponseHopLimit", actual.hopLimit, METADATA_OPTIONS.HttpPutResponseHopLimit),
      ...change("instanceType", actual.instanceType, desired.instanceType, { needsReplacement: true }),
      ...change("subnet", actual.subnetId, desired.subnetId, { needsReplacement: true }),
      ...tagChanges({ Name: desired.name }, actual.tags),
    ];
  },
  create: (aws, desired) => launch(aws, desired),
  async update(aws, desired, { instanceId }, changes) {
    const changed = (field: string) => changes.some((change) => change.field.startsWith(field));
    const { ec2 } = aws;
    if (changed("securityGroups")) {
      await ec2.send(
        new ModifyInstanceAttributeCommand({ InstanceId: instanceId, Groups: [...desired.securityGroups] }),
      );
    }
    if (changed("metadataOptions")) await protectMetadata(aws, instanceId);
    // Before it starts: its SSM agent looks for credentials then, and for the next time half an hour later.
    if (changed("instanceProfile")) await giveProfile(aws, instanceId, desired.instanceProfile);
    await writeTags(aws, instanceId, tagsToWrite({ Name: desired.name }, changes));
    if (changed("state")) await ec2.send(new StartInstancesCommand({ InstanceIds: [instanceId] }));
  },
  async remove({ ec2 }, { instanceId }) {
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
  },
  pending: ({ state }) => (state === "running" || state === "stopped" ? undefined : state),
  leaving: ({ state }) => state === "shutting-down",
  holds: "everything on its disk",
  tags: ({ tags }) => tags,
  adopt: (aws, { instanceId }, tags) => writeTags(aws, instanceId, tags),
  describe: ({ instanceId, publicIp, state }) =>
    [instanceId, publicIp ?? "no public address", ...(state === "running" ? [] : [state])].join(", "),
  limits: { usually: 30, usuallyGone: 40, ready: 600, gone: 900 },
};

/** A profile that was deleted and made again has the same name, but the instance is still tied to the one that is gone. */
function profileChange(desired: InstanceDesired, actual: Instance): Change[] {
  const { instanceProfile: name, instanceProfileId: id } = actual;
  if (name !== desired.instanceProfile) return change("instanceProfile", name, desired.instanceProfile);
  if (id === undefined || id === desired.instanceProfileId) return [];
  return change("instanceProfile", `${name}, which was deleted since`, `the new ${name}`);
}

/** Ours before other people's, living before leaving, then the oldest. */
function rank(found: Ec2Instance, stack: string): number {
  const foreign = fromTagList(found.Tags)[STACK_TAG] === stack ? 0 : 2;
  const leaving = found.State?.Name === "shutting-down" ? 1 : 0;
  return foreign + leaving + (found.LaunchTime?.getTime() ?? 0) / 1e15;
}

function fromAws(found: Ec2Instance): Instance {
  const arn = found.IamInstanceProfile?.Arn;
  return {
    instanceId: found.InstanceId ?? "",
    state: found.State?.Name ?? "pending",
    instanceType: found.InstanceType ?? "",
    subnetId: found.SubnetId ?? "",
    securityGroups: (found.SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
    instanceProfile: arn && nameIn(arn),
    instanceProfileId: found.IamInstanceProfile?.Id,
    httpTokens: found.MetadataOptions?.HttpTokens ?? "optional",
    hopLimit: found.MetadataOptions?.HttpPutResponseHopLimit ?? 1,
    publicIp: found.PublicIpAddress,
    tags: fromTagList(found.Tags),
  };
}

async function protectMetadata({ ec2 }: Aws, InstanceId: string): Promise<void> {
  await ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, ...METADATA_OPTIONS }));
}
