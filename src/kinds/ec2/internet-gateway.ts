import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  DeleteInternetGatewayCommand,
  DetachInternetGatewayCommand,
  type InternetGateway as Ec2Gateway,
  paginateDescribeInternetGateways,
} from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromTagList, type Tags, tagChanges, tagsToWrite, toTagList } from "../../aws/tags.ts";
import { change } from "../../engine/change.ts";
import type { Kind } from "../../engine/task.ts";
import { holderIn } from "./network-holders.ts";
import { duplicateChanges, isOwn, ofStack, oneThatCounts, tagsFor } from "./own.ts";
import { writeTags } from "./tags.ts";

/** The way of a VPC to the internet and back. */
export interface InternetGatewayDesired {
  /** The value of its tag Name. */
  readonly name: string;
  readonly vpcId: string;
}

/** An internet gateway as EC2 has it. */
export interface InternetGateway {
  readonly gatewayId: string;
  /** The VPC that it is attached to; undefined: none. */
  readonly vpcId: string | undefined;
  /** Others that were made for the same task, by a call whose answer was lost. */
  readonly duplicates: readonly Gateway[];
  readonly tags: Tags;
}

interface Gateway {
  readonly gatewayId: string;
  readonly vpcId: string | undefined;
}

/** An internet gateway, attached to its VPC, of which each has one at most. */
export const internetGateway: Kind<InternetGatewayDesired, InternetGateway, Aws> = {
  type: "ec2.internet-gateway",
  async find(aws) {
    const own = (await gatewaysOf(aws)).filter((one) => isOwn(aws, one));
    const [found, ...others] = oneThatCounts(own, idOf, (one) => fromAws(one).vpcId !== undefined);
    return found && { ...fromAws(found), duplicates: others.map(fromAws), tags: fromTagList(found.Tags) };
  },
  diff(desired, actual) {
    return [
      ...change("attachment", actual.vpcId, desired.vpcId),
      ...tagChanges({ Name: desired.name }, actual.tags),
      ...duplicateChanges(actual.duplicates.map(({ gatewayId }) => gatewayId)),
    ];
  },
  async create(aws, { name }) {
    const tags = tagsFor(aws, name);
    const TagSpecifications = [{ ResourceType: "internet-gateway" as const, Tags: toTagList(tags) }];
    const { InternetGateway } = await aws.ec2.send(new CreateInternetGatewayCommand({ TagSpecifications }));
    // Its attachment is left to `update`, so that a refusal of that call makes no second gateway.
    return InternetGateway && { ...fromAws(InternetGateway), duplicates: [], tags };
  },
  async update(aws, desired, { gatewayId, vpcId, duplicates }, changes) {
    for (const one of duplicates) await deleteGateway(aws, one);
    if (vpcId !== desired.vpcId) {
      await detach(aws, { gatewayId, vpcId });
      await aws.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: gatewayId, VpcId: desired.vpcId }));
    }
    await writeTags(aws, gatewayId, tagsToWrite({ Name: desired.name }, changes));
  },
  async remove(aws, { gatewayId, vpcId, duplicates }) {
    for (const one of [...duplicates, { gatewayId, vpcId }]) await deleteGateway(aws, one);
  },
  async blockedBy(aws, { vpcId }) {
    return vpcId === undefined ? undefined : holderIn(aws, { vpcId, withPublicAddress: true });
  },
  tags: ({ tags }) => tags,
  describe: ({ gatewayId }) => gatewayId,
  goneAtOnce: true,
  // Public addresses of a load balancer hold it for some time after that is gone.
  limits: { usually: 1, ready: 300, gone: 1200 },
};

function idOf({ InternetGatewayId = "" }: Ec2Gateway): string {
  return InternetGatewayId;
}

function fromAws(gateway: Ec2Gateway): Gateway {
  return { gatewayId: idOf(gateway), vpcId: gateway.Attachments?.[0]?.VpcId };
}

function gatewaysOf(aws: Aws): Promise<Ec2Gateway[]> {
  return aws.shared.read("internet gateways of the stack", async () => {
    const found: Ec2Gateway[] = [];
    const pages = paginateDescribeInternetGateways({ client: aws.ec2 }, { Filters: ofStack(aws) });
    for await (const { InternetGateways = [] } of pages) found.push(...InternetGateways);
    return found;
  });
}

async function detach({ ec2 }: Aws, { gatewayId, vpcId }: Gateway): Promise<void> {
  if (vpcId === undefined) return;
  try {
    await ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId: gatewayId, VpcId: vpcId }));
  } catch (error) {
    if (!isCode(error, "Gateway.NotAttached")) throw error;
  }
}

async function deleteGateway(aws: Aws, gateway: Gateway): Promise<void> {
  await detach(aws, gateway);
  try {
    await aws.ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId: gateway.gatewayId }));
  } catch (error) {
    if (!isCode(error, "InvalidInternetGatewayID.NotFound")) throw error;
  }
}
