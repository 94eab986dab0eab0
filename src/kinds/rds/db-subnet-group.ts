import {
  AddTagsToResourceCommand,
  CreateDBSubnetGroupCommand,
  DeleteDBSubnetGroupCommand,
  DescribeDBSubnetGroupsCommand,
  ListTagsForResourceCommand,
  ModifyDBSubnetGroupCommand,
  type DBSubnetGroup as RdsSubnetGroup,
} from "@aws-sdk/client-rds";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromTagList, type Tags, toTagList } from "../../aws/tags.ts";
import { change, listed } from "../../engine/change.ts";
import type { Kind } from "../../engine/task.ts";

/** Where in a VPC RDS may put instances. */
export interface DbSubnetGroupDesired {
  /** Lower case; unique in account and region. */
  readonly name: string;
  readonly description: string;
  /** Ids; in two zones at least, of one VPC. */
  readonly subnets: readonly string[];
}

/** A DB subnet group as RDS has it. */
export interface DbSubnetGroup {
  readonly name: string;
  readonly arn: string;
  readonly description: string;
  readonly vpcId: string;
  /** Ids. */
  readonly subnets: readonly string[];
  readonly tags: Tags;
}

export const dbSubnetGroup: Kind<DbSubnetGroupDesired, DbSubnetGroup, Aws> = {
  type: "rds.db-subnet-group",
  async find({ rds }, { name: DBSubnetGroupName }) {
    try {
      const { DBSubnetGroups } = await rds.send(new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName }));
      const [found] = DBSubnetGroups ?? [];
      if (!found) return undefined;
      const { TagList } = await rds.send(new ListTagsForResourceCommand({ ResourceName: found.DBSubnetGroupArn }));
      return fromAws(found, fromTagList(TagList));
    } catch (error) {
      if (isCode(error, "DBSubnetGroupNotFoundFault")) return undefined;
      throw error;
    }
  },
  diff: (desired, actual) => [
    ...change("description", actual.description, desired.description),
    ...change("subnets", listed(actual.subnets), listed(desired.subnets)),
  ],
  async create({ rds, ownership }, { name, description, subnets }) {
    const { DBSubnetGroup } = await rds.send(
      new CreateDBSubnetGroupCommand({
        DBSubnetGroupName: name,
        DBSubnetGroupDescription: description,
        SubnetIds: [...subnets],
        Tags: toTagList(ownership),
      }),
    );
    return DBSubnetGroup && fromAws(DBSubnetGroup, ownership);
  },
  async update({ rds }, { name, description, subnets }) {
    await rds.send(
      new ModifyDBSubnetGroupCommand({
        DBSubnetGroupName: name,
        DBSubnetGroupDescription: description,
        SubnetIds: [...subnets],
      }),
    );
  },
  async remove({ rds }, { name }) {
    await rds.send(new DeleteDBSubnetGroupCommand({ DBSubnetGroupName: name }));
  },
  tags: ({ tags }) => tags,
  async adopt({ rds }, { arn }, tags) {
    await rds.send(new AddTagsToResourceCommand({ ResourceName: arn, Tags: toTagList(tags) }));
  },
  describe: ({ subnets }) => `${subnets.length} subnets`,
  goneAtOnce: true,
  limits: { usually: 2, ready: 60, gone: 120 },
};

function fromAws(found: RdsSubnetGroup, tags: Tags): DbSubnetGroup {
  return {
    name: found.DBSubnetGroupName ?? "",
    arn: found.DBSubnetGroupArn ?? "",
    description: found.DBSubnetGroupDescription ?? "",
    vpcId: found.VpcId ?? "",
    subnets: (found.Subnets ?? []).flatMap(({ SubnetIdentifier }) => SubnetIdentifier ?? []),
    tags,
  };
}
