import { notEmulated } from "../../wire/service.ts";
import type { DBInstance } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { type Filters, filtered } from "./filters.ts";
import { instanceShape } from "./instance-shape.ts";
import { instanceOf, invalidCombination, invalidState, paged, type RdsOperations } from "./operation.ts";
import { QUOTAS, usageOf } from "./quotas.ts";
import { takeSnapshot } from "./snapshots.ts";

const FILTERS: Filters<DBInstance> = {
  "db-instance-id": ({ DBInstanceIdentifier, DBInstanceArn }) => [DBInstanceIdentifier, DBInstanceArn],
  "dbi-resource-id": ({ DbiResourceId }) => [DbiResourceId],
  engine: ({ Engine }) => [Engine],
};

/** Instances are looked at, switched on and off, and deleted. */
export function instanceOperations(world: World): RdsOperations {
  return {
    DescribeDBInstances: {
      accepts: ["DBInstanceIdentifier", "Filters", "MaxRecords", "Marker"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const { DBInstanceIdentifier: asked } = input;
        // An ARN is as good as a name (rds:DescribeDBInstances).
        const all = asked ? [instanceOf(region, asked.split(":db:").at(-1))] : region.rds.dbInstances.all();
        const found = filtered(all, FILTERS, input.Filters);
        const { items, ...rest } = paged(found, input, world.pageSize);
        return { DBInstances: items.map((instance) => instanceShape(region, instance)), ...rest };
      },
    },

    DeleteDBInstance: {
      accepts: ["DBInstanceIdentifier", "SkipFinalSnapshot", "FinalDBSnapshotIdentifier", "DeleteAutomatedBackups"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const { DBInstanceIdentifier, SkipFinalSnapshot, FinalDBSnapshotIdentifier } = input;
        const {
          DBInstanceStatus,
          DeletionProtection,
          DBInstanceIdentifier: id,
        } = instanceOf(region, DBInstanceIdentifier);
        if (DBInstanceStatus === "deleting") throw invalidState(`Instance ${id} is already being deleted.`);
        if (DeletionProtection) {
          throw invalidCombination(
            "Cannot delete protected DB Instance, please disable deletion protection and try again.",
          );
        }
        if (FinalDBSnapshotIdentifier !== undefined && SkipFinalSnapshot) {
          throw invalidCombination(
            "FinalDBSnapshotIdentifier can not be specified when deleting a DB instance with SkipFinalSnapshot enabled.",
          );
        }
        if (input.DeleteAutomatedBackups === false) throw notEmulated("automated backups that outlive their instance");
        if (FinalDBSnapshotIdentifier !== undefined) {
          takeSnapshot(world, region, {
            DBInstanceIdentifier: id,
            name: FinalDBSnapshotIdentifier,
            parameter: "FinalDBSnapshotIdentifier",
          });
        } else if (!SkipFinalSnapshot) {
          throw invalidCombination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.");
        }
        return { DBInstance: moved(name, id, "deleting") };
      },
    },

    StopDBInstance: {
      accepts: ["DBInstanceIdentifier", "DBSnapshotIdentifier"],
      handle({ DBInstanceIdentifier, DBSnapshotIdentifier: snapshot }, { region: name }) {
        const region = world.region(name);
        checkIs(region, DBInstanceIdentifier, "available");
        if (snapshot !== undefined) takeSnapshot(world, region, { DBInstanceIdentifier, name: snapshot });
        return { DBInstance: moved(name, DBInstanceIdentifier, "stopping") };
      },
    },

    StartDBInstance: {
      accepts: ["DBInstanceIdentifier"],
      handle({ DBInstanceIdentifier }, { region }) {
        checkIs(world.region(region), DBInstanceIdentifier, "stopped");
        return { DBInstance: moved(region, DBInstanceIdentifier, "starting") };
      },
    },

    RebootDBInstance: {
      accepts: ["DBInstanceIdentifier", "ForceFailover"],
      handle({ DBInstanceIdentifier, ForceFailover }, { region }) {
        checkIs(world.region(region), DBInstanceIdentifier, "available");
        // The instances here are all in one zone.
        if (ForceFailover) {
          throw invalidCombination(
            "You can't specify ForceFailover for an instance that isn't configured for Multi-AZ.",
          );
        }
        return { DBInstance: moved(region, DBInstanceIdentifier, "rebooting") };
      },
    },

    DescribeAccountAttributes: {
      accepts: [],
      handle(_, { region: name }) {
        const used = usageOf(world.region(name));
        const quotas = Object.entries(QUOTAS) as [keyof typeof QUOTAS, number][];
        return {
          AccountQuotas: quotas.map(([AccountQuotaName, Max]) => ({
            AccountQuotaName,
            Used: used[AccountQuotaName],
            Max,
          })),
        };
      },
    },
  };

  /** Sets another status; the controller does what it takes. */
  function moved(name: string, identifier: string | undefined, to: string) {
    const region = world.region(name);
    const { DBInstanceIdentifier: id } = instanceOf(region, identifier);
    const instance = region.rds.dbInstances.update(id, (draft) => {
      draft.DBInstanceStatus = to;
    });
    return instance && instanceShape(region, instance);
  }
}

function checkIs(region: Region, identifier: string | undefined, status: string): void {
  const { DBInstanceIdentifier: id, DBInstanceStatus } = instanceOf(region, identifier);
  if (DBInstanceStatus !== status) throw invalidState(`Instance ${id} is not in ${status} state.`);
}
