import {
  CreateVpcCommand,
  DeleteVpcCommand,
  DescribeVpcAttributeCommand,
  type Vpc as Ec2Vpc,
  ModifyVpcAttributeCommand,
  paginateDescribeSubnets,
  paginateDescribeVpcs,
  type VpcAttributeName,
} from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromTagList, type Tags, tagChanges, tagsToWrite, toTagList } from "../../aws/tags.ts";
import { change } from "../../engine/change.ts";
import type { Kind } from "../../engine/task.ts";
import { holderIn } from "./network-holders.ts";
import { duplicateChanges, isOwn, ofStack, oneThatCounts, tagsFor } from "./own.ts";
import { writeTags } from "./tags.ts";

/** A VPC in which AWS's name server answers, and gives names to what has a public address. */
export interface VpcDesired {
  /** The value of its tag Name. */
  readonly name: string;
  /** Its addresses; cannot be changed once it exists. */
  readonly cidr: string;
}

/** A VPC as EC2 has it. */
export interface Vpc {
  readonly vpcId: string;
  readonly cidr: string;
  /** `pending` or `available`. */
  readonly state: string;
  readonly dnsSupport: boolean;
  readonly dnsHostnames: boolean;
  /** Ids of others that were made for the same task, by a call whose answer was lost. */
  readonly duplicates: readonly string[];
  readonly tags: Tags;
}

/** A VPC of one's own. Its main route table, its network ACL and its default security group come and go with it. */
export const vpc: Kind<VpcDesired, Vpc, Aws> = {
  type: "ec2.vpc",
  async find(aws) {
    const own = (await vpcsOf(aws)).filter((one) => isOwn(aws, one));
    const used = own.length > 1 ? await withSubnets(aws, own) : new Set<string>();
    const [found, ...others] = oneThatCounts(own, idOf, (one) => used.has(idOf(one)));
    if (!found) return undefined;
    const attributes = await attributesOf(aws, idOf(found));
    if (!attributes) return undefined;
    return {
      vpcId: idOf(found),
      cidr: found.CidrBlock ?? "",
      state: found.State ?? "pending",
      ...attributes,
      duplicates: others.map(idOf),
      tags: fromTagList(found.Tags),
    };
  },
  diff(desired, actual) {
    return [
      ...change("cidr", actual.cidr, desired.cidr, { needsReplacement: true }),
      ...change("enableDnsSupport", `${actual.dnsSupport}`, "true"),
      ...change("enableDnsHostnames", `${actual.dnsHostnames}`, "true"),
      ...tagChanges({ Name: desired.name }, actual.tags),
      ...duplicateChanges(actual.duplicates),
    ];
  },
  async create(aws, { name, cidr }) {
    const tags = tagsFor(aws, name);
    const TagSpecifications = [{ ResourceType: "vpc" as const, Tags: toTagList(tags) }];
    const { Vpc } = await aws.ec2.send(new CreateVpcCommand({ CidrBlock: cidr, TagSpecifications }));
    if (!Vpc) return undefined;
    // A new VPC has a name server and gives no names. (ec2:CreateVpc)
    const isNew = { state: Vpc.State ?? "pending", dnsSupport: true, dnsHostnames: false };
    return { vpcId: idOf(Vpc), cidr, ...isNew, duplicates: [], tags };
  },
  async update(aws, desired, { vpcId, duplicates }, changes) {
    for (const id of duplicates) await deleteVpc(aws, id);
    const differs = (field: string) => changes.some((one) => one.field === field);
    // Names need the name server, and AWS takes one of them a call. (ec2:ModifyVpcAttribute)
    if (differs("enableDnsSupport")) {
      await aws.ec2.send(new ModifyVpcAttributeCommand({ VpcId: vpcId, EnableDnsSupport: { Value: true } }));
    }
    if (differs("enableDnsHostnames")) {
      await aws.ec2.send(new ModifyVpcAttributeCommand({ VpcId: vpcId, EnableDnsHostnames: { Value: true } }));
    }
    await writeTags(aws, vpcId, tagsToWrite({ Name: desired.name }, changes));
  },
  async remove(aws, { vpcId, duplicates }) {
    for (const id of [...duplicates, vpcId]) await deleteVpc(aws, id);
  },
  pending: ({ state }) => (state === "available" ? undefined : state),
  blockedBy: (aws, { vpcId }) => holderIn(aws, { vpcId }),
  tags: ({ tags }) => tags,
  describe: ({ vpcId, cidr }) => `${vpcId}, ${cidr}`,
  goneAtOnce: true,
  // What AWS itself has put into it is gone some time after what that belongs to.
  limits: { usually: 2, ready: 300, gone: 1200 },
};

function idOf({ VpcId = "" }: Ec2Vpc): string {
  return VpcId;
}

function vpcsOf(aws: Aws): Promise<Ec2Vpc[]> {
  return aws.shared.read("VPCs of the stack", async () => {
    const found: Ec2Vpc[] = [];
    const pages = paginateDescribeVpcs({ client: aws.ec2 }, { Filters: ofStack(aws) });
    for await (const { Vpcs = [] } of pages) found.push(...Vpcs);
    return found;
  });
}

/** Which of them have subnets. */
async function withSubnets({ ec2 }: Aws, vpcs: readonly Ec2Vpc[]): Promise<Set<string>> {
  const used = new Set<string>();
  const Filters = [{ Name: "vpc-id", Values: vpcs.map(idOf) }];
  for await (const { Subnets = [] } of paginateDescribeSubnets({ client: ec2 }, { Filters })) {
    for (const { VpcId } of Subnets) if (VpcId) used.add(VpcId);
  }
  return used;
}

/** Undefined: the VPC is listed, and not known yet, or not any more, where its attributes are. */
async function attributesOf({ ec2, shared }: Aws, VpcId: string) {
  const read = (Attribute: VpcAttributeName) =>
    shared.read(`${Attribute} of ${VpcId}`, () => ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute })));
  try {
    const [support, hostnames] = await Promise.all([read("enableDnsSupport"), read("enableDnsHostnames")]);
    return {
      dnsSupport: support.EnableDnsSupport?.Value ?? false,
      dnsHostnames: hostnames.EnableDnsHostnames?.Value ?? false,
    };
  } catch (error) {
    if (isCode(error, "InvalidVpcID.NotFound")) return undefined;
    throw error;
  }
}

async function deleteVpc({ ec2 }: Aws, VpcId: string): Promise<void> {
  try {
    await ec2.send(new DeleteVpcCommand({ VpcId }));
  } catch (error) {
    if (!isCode(error, "InvalidVpcID.NotFound")) throw error;
  }
}
