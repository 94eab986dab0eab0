import {
  type Instance as Ec2Instance,
  ModifyInstanceAttributeCommand,
  ModifyInstanceMetadataOptionsCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { nameIn } from "../../aws/arn.ts";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { giveProfile } from "../../aws/instance-profiles.ts";
import { keepLaunched } from "../../aws/launched.ts";
import { instancesNamed } from "../../aws/listings.ts";
import { fromTagList, STACK_TAG, type Tags, tagChanges, tagsToWrite } from "../../aws/tags.ts";
import { change, listed } from "../../engine/change.ts";
import type { Change } from "../../engine/event.ts";
import type { Kind } from "../../engine/task.ts";
import { type InstanceDesired, launch } from "./launch.ts";
import { METADATA_OPTIONS } from "./launch-settings.ts";
import { modifyRootVolume, type RootVolume, rootVolumeChanges, rootVolumeOf } from "./root-volume.ts";
import { writeTags } from "./tags.ts";
import { USER_DATA_TAG, userDataMark } from "./user-data-digest.ts";

/** An instance as EC2 has it. */
export interface Instance {
  readonly instanceId: string;
  /** `pending`, `running`, `shutting-down`, `stopping` or `stopped`. */
  readonly state: string;
  readonly instanceType: string;
  /** E.g. `x86_64`. */
  readonly architecture: string;
  readonly imageId: string;
  /** In words that tell it from another one; undefined: not known, because an older version or somebody else launched it. */
  readonly userData: string | undefined;
  /** Undefined: not shown yet. */
  readonly rootVolume: RootVolume | undefined;
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

const ON_ITS_WAY = ["pending", "stopping", "shutting-down"];

/** An EC2 instance that is found by its tag Name. Terminated ones stay listed for about an hour and do not count. */
export const instance: Kind<InstanceDesired, Instance, Aws> = {
  type: "ec2.instance",
  async find(aws, desired) {
    const found = await instancesNamed(aws, desired.name);
    const [best] = found.toSorted((a, b) => rank(a, aws.stack) - rank(b, aws.stack));
    if (!best) return undefined;
    // On its way nothing is done to its disk, so that is not asked for at each look.
    const isOnItsWay = ON_ITS_WAY.includes(best.State?.Name ?? "") && !aws.shared.untouched;
    return { ...fromAws(best), rootVolume: isOnItsWay ? undefined : await rootVolumeOf(aws, best, desired) };
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
      ...change("instanceType", actual.instanceType, desired.instanceType, typeChange(desired, actual)),
      ...rootVolumeChanges(desired, actual.rootVolume),
      ...change("subnet", actual.subnetId, desired.subnetId, { needsReplacement: true }),
      ...change("imageId", actual.imageId, desired.image.imageId, FOR_A_NEW_ONE),
      ...userDataChange(desired, actual),
      ...tagChanges({ Name: desired.name }, actual.tags),
    ];
  },
  async create(aws, desired) {
    const made = await launch(aws, desired);
    // One that is further is that of an earlier call, of which this answer may say how it was then.
    if (made.State?.Name !== "pending" || made.InstanceId === undefined) return undefined;
    keepLaunched(aws.shared, made.InstanceId);
    const { tags, ...settings } = fromAws(made);
    return { ...settings, rootVolume: undefined, tags: { ...tags, Name: desired.name, ...aws.ownership } };
  },
  async update(aws, desired, { instanceId, state, rootVolume }, changes, note) {
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
    if (changed("rootVolume") && rootVolume) {
      await modifyRootVolume(aws, desired, rootVolume);
      note("the disk grows now, and its file system when the machine starts the next time");
    }
    if (changed("instanceType")) await changeType(aws, instanceId, state, desired.instanceType);
    if (changed("state")) await start(aws, instanceId);
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
  // IAM's ids of profiles begin so (IAM User Guide, "Unique identifiers"); an emulator's own say nothing.
  if (!id?.startsWith("AIPA") || id === desired.instanceProfileId) return [];
  return change("instanceProfile", `${name}, which was deleted since`, `the new ${name}`);
}

/** Ours before other people's, living before leaving, then the oldest. */
function rank(found: Ec2Instance, stack: string): number {
  const foreign = fromTagList(found.Tags)[STACK_TAG] === stack ? 0 : 2;
  const leaving = found.State?.Name === "shutting-down" ? 1 : 0;
  return foreign + leaving + (found.LaunchTime?.getTime() ?? 0) / 1e15;
}

function fromAws(found: Ec2Instance): Omit<Instance, "rootVolume"> {
  const arn = found.IamInstanceProfile?.Arn;
  const tags = fromTagList(found.Tags);
  return {
    instanceId: found.InstanceId ?? "",
    state: found.State?.Name ?? "pending",
    instanceType: found.InstanceType ?? "",
    architecture: found.Architecture ?? "",
    imageId: found.ImageId ?? "",
    subnetId: found.SubnetId ?? "",
    securityGroups: (found.SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
    instanceProfile: arn && nameIn(arn),
    instanceProfileId: found.IamInstanceProfile?.Id,
    httpTokens: found.MetadataOptions?.HttpTokens ?? "optional",
    hopLimit: found.MetadataOptions?.HttpPutResponseHopLimit ?? 1,
    publicIp: found.PublicIpAddress,
    userData: tags[USER_DATA_TAG],
    tags,
  };
}

/** A machine runs its user data at its first start, and from one image for all its life. */
const FOR_A_NEW_ONE = { left: "a machine takes it at its first start only", needsReplacement: true } as const;

function userDataChange({ userData }: InstanceDesired, actual: Instance): Change[] {
  if (actual.userData === undefined) return [];
  return change("userData", actual.userData, userDataMark(userData), FOR_A_NEW_ONE);
}

/** Another type is given to a machine that is stopped; one for another architecture could not start from its disk. */
function typeChange(
  { image }: InstanceDesired,
  { architecture }: Instance,
): Pick<Change, "takes" | "needsReplacement"> {
  if (architecture !== image.architecture) return { needsReplacement: true };
  return { takes: "the machine is stopped for about a minute and has another public address then" };
}

/**
 * One step on the way to another type: a machine that runs is stopped, one that is stopped is given the type. Starting it is the
 * change of its state. A type that AWS refuses must not leave the machine down.
 */
async function changeType(aws: Aws, InstanceId: string, state: string, type: string): Promise<void> {
  if (state === "running") await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [InstanceId] }));
  if (state !== "stopped") return;
  try {
    await aws.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, InstanceType: { Value: type } }));
  } catch (error) {
    if (!isCode(error, "IncorrectInstanceState")) await start(aws, InstanceId);
    throw error;
  }
}

async function start({ ec2 }: Aws, instanceId: string): Promise<void> {
  await ec2.send(new StartInstancesCommand({ InstanceIds: [instanceId] }));
}

async function protectMetadata({ ec2 }: Aws, InstanceId: string): Promise<void> {
  await ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, ...METADATA_OPTIONS }));
}
