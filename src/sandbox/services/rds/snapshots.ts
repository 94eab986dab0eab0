import type { DBSnapshot as RdsSnapshot, Tag } from "@aws-sdk/client-rds";
import { AwsError } from "../../wire/service.ts";
import { newSnapshot } from "../../world/rds/snapshots.ts";
import type { DBSnapshot } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { type Filters, filtered } from "./filters.ts";
import {
  instanceOf,
  invalidState,
  invalidValue,
  mergedTags,
  paged,
  type RdsOperations,
  snapshotOf,
} from "./operation.ts";
import { checkQuota } from "./quotas.ts";
import { checkSnapshotIdentifier } from "./settings.ts";

const FILTERS: Filters<DBSnapshot> = {
  "db-instance-id": ({ DBInstanceIdentifier, hidden }) => [DBInstanceIdentifier, hidden.instance.DBInstanceArn],
  "db-snapshot-id": ({ DBSnapshotIdentifier }) => [DBSnapshotIdentifier],
  "dbi-resource-id": ({ DbiResourceId }) => [DbiResourceId],
  "snapshot-type": ({ SnapshotType }) => [SnapshotType],
  engine: ({ Engine }) => [Engine],
};

/** Those of other accounts, of which there are none here, and of AWS Backup, which is not emulated and so has made none. */
const TYPES = ["automated", "manual", "shared", "public", "awsbackup"];
/** Statuses in which an instance can be copied. */
const COPYABLE = ["available", "storage-optimization"];

/** Snapshots are made, looked at and deleted; the controller copies the data. */
export function snapshotOperations(world: World): RdsOperations {
  return {
    CreateDBSnapshot: {
      accepts: ["DBSnapshotIdentifier", "DBInstanceIdentifier", "Tags"],
      handle({ DBSnapshotIdentifier: name, DBInstanceIdentifier, Tags }, { region: regionName }) {
        const region = world.region(regionName);
        const snapshot = takeSnapshot(world, region, { DBInstanceIdentifier, name, tags: Tags });
        region.rds.dbInstances.update(snapshot.DBInstanceIdentifier, (draft) => {
          draft.DBInstanceStatus = "backing-up";
        });
        return { DBSnapshot: snapshotShape(snapshot) };
      },
    },

    DescribeDBSnapshots: {
      accepts: [
        "DBInstanceIdentifier",
        "DBSnapshotIdentifier",
        "DbiResourceId",
        "SnapshotType",
        "IncludeShared",
        "IncludePublic",
        "Filters",
        "MaxRecords",
        "Marker",
      ],
      handle(input, { region: name }) {
        const region = world.region(name);
        const { DBInstanceIdentifier, DBSnapshotIdentifier, DbiResourceId, SnapshotType } = input;
        if (SnapshotType !== undefined && !TYPES.includes(SnapshotType)) {
          throw invalidValue(`Invalid snapshot type: ${SnapshotType}`);
        }
        const all = DBSnapshotIdentifier ? [snapshotOf(region, DBSnapshotIdentifier)] : region.rds.dbSnapshots.all();
        const found = filtered(all, FILTERS, input.Filters).filter(
          (one) =>
            (!DBInstanceIdentifier || one.DBInstanceIdentifier === DBInstanceIdentifier.toLowerCase()) &&
            (!DbiResourceId || one.DbiResourceId === DbiResourceId) &&
            (!SnapshotType || one.SnapshotType === SnapshotType),
        );
        const { items, ...rest } = paged(found, input, world.pageSize);
        return { DBSnapshots: items.map(snapshotShape), ...rest };
      },
    },

    DeleteDBSnapshot: {
      accepts: ["DBSnapshotIdentifier"],
      handle({ DBSnapshotIdentifier }, { region: name }) {
        const region = world.region(name);
        const snapshot = snapshotOf(region, DBSnapshotIdentifier);
        if (snapshot.SnapshotType === "automated") throw invalidSnapshotState("automated snapshots cannot be deleted.");
        const isRead = region.rds.dbInstances.find(({ hidden }) => hidden.restoresFrom === snapshot.hidden.data);
        if (isRead || !["available", "failed"].includes(snapshot.Status)) {
          throw invalidSnapshotState(
            "Cannot delete the snapshot because it is not currently in the available or failed state.",
          );
        }
        region.rds.dbSnapshots.put({ ...snapshot, Status: "deleting" });
        return { DBSnapshot: { ...snapshotShape(snapshot), Status: "deleted" } };
      },
    },
  };
}

/** What a snapshot is made of, and how it shall be called. */
export interface SnapshotAsked {
  readonly DBInstanceIdentifier: string | undefined;
  readonly name: string | undefined;
  readonly tags?: readonly Tag[] | undefined;
  /** Where the request names it. Default `DBSnapshotIdentifier`. */
  readonly parameter?: string;
}

/** A new manual snapshot, which the instance's next status gives its data. @throws AwsError */
export function takeSnapshot(world: World, region: Region, asked: SnapshotAsked): DBSnapshot {
  const { name, tags, parameter = "DBSnapshotIdentifier" } = asked;
  checkSnapshotIdentifier(name, parameter);
  const identifier = name.toLowerCase();
  const instance = instanceOf(region, asked.DBInstanceIdentifier);
  if (region.rds.dbSnapshots.get(identifier)) {
    throw new AwsError(
      "DBSnapshotAlreadyExists",
      `Cannot create the snapshot because a snapshot with the identifier ${identifier} already exists.`,
    );
  }
  if (!COPYABLE.includes(instance.DBInstanceStatus)) {
    throw invalidState(
      `Cannot create a snapshot because the database instance ${instance.DBInstanceIdentifier} is not currently in the available state.`,
    );
  }
  checkQuota(region, "ManualSnapshots", 1);
  const copied = instance.CopyTagsToSnapshot ? instance.TagList : [];
  return region.rds.dbSnapshots.put(
    newSnapshot(world, region, instance, { identifier, type: "manual", tags: mergedTags(copied, tags) }),
  );
}

/** What RDS says to what a snapshot's status does not allow. */
export function invalidSnapshotState(message: string): AwsError {
  return new AwsError("InvalidDBSnapshotState", message);
}

function snapshotShape({ hidden: _, ...snapshot }: DBSnapshot): RdsSnapshot {
  return snapshot;
}
