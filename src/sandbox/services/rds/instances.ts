import type { Filter } from "@aws-sdk/client-rds";
import { AwsError, notEmulated } from "../../wire/service.ts";
import type { DBInstance } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { instanceShape } from "./instance-shape.ts";
import { instanceOf, invalidCombination, paged, type RdsOperations } from "./operation.ts";

const FILTERS: Readonly<Record<string, (instance: DBInstance) => string>> = {
  "db-instance-id": ({ DBInstanceIdentifier }) => DBInstanceIdentifier,
  "dbi-resource-id": ({ DbiResourceId }) => DbiResourceId,
  engine: ({ Engine }) => Engine,
};

/** Instances are looked at, switched on and off, and deleted. */
export function instanceOperations(world: World): RdsOperations {
  return {
    DescribeDBInstances: {
      accepts: ["DBInstanceIdentifier", "Filters", "MaxRecords", "Marker"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const { DBInstanceIdentifier: asked, Filters = [] } = input;
        // An ARN is as good as a name (rds:DescribeDBInstances).
        const all = asked ? [instanceOf(region, asked.split(":db:").at(-1))] : region.rds.dbInstances.all();
        const found = all.filter((instance) => Filters.every((filter) => passes(instance, filter)));
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
        if (FinalDBSnapshotIdentifier !== undefined) throw notEmulated("final snapshots");
        if (!SkipFinalSnapshot) {
          throw invalidCombination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.");
        }
        return { DBInstance: moved(name, id, "deleting") };
      },
    },

    StopDBInstance: {
      accepts: ["DBInstanceIdentifier"],
      handle: ({ DBInstanceIdentifier }, { region }) => ({
        DBInstance: moved(region, DBInstanceIdentifier, "stopping", "available"),
      }),
    },

    StartDBInstance: {
      accepts: ["DBInstanceIdentifier"],
      handle: ({ DBInstanceIdentifier }, { region }) => ({
        DBInstance: moved(region, DBInstanceIdentifier, "starting", "stopped"),
      }),
    },

    RebootDBInstance: {
      accepts: ["DBInstanceIdentifier"],
      handle: ({ DBInstanceIdentifier }, { region }) => ({
        DBInstance: moved(region, DBInstanceIdentifier, "rebooting", "available"),
      }),
    },

    DescribeAccountAttributes: {
      accepts: [],
      handle(_, { region: name }) {
        const instances = world.region(name).rds.dbInstances.all();
        const storage = instances.reduce((sum, { AllocatedStorage }) => sum + AllocatedStorage, 0);
        return {
          AccountQuotas: [
            { AccountQuotaName: "DBInstances", Used: instances.length, Max: 40 },
            { AccountQuotaName: "AllocatedStorage", Used: storage, Max: 100_000 },
          ],
        };
      },
    },
  };

  /** Sets another status; the controller does what it takes. @throws AwsError if the present one is not `from` */
  function moved(name: string, identifier: string | undefined, to: string, from?: string) {
    const region = world.region(name);
    const { DBInstanceIdentifier: id, DBInstanceStatus } = instanceOf(region, identifier);
    if (from !== undefined && DBInstanceStatus !== from) {
      throw invalidState(`Instance ${id} is not in ${from} state.`);
    }
    const instance = region.rds.dbInstances.update(id, (draft) => {
      draft.DBInstanceStatus = to;
    });
    return instance && instanceShape(region, instance);
  }
}

/** What RDS says to a change that an instance's status does not allow. */
export function invalidState(message: string): AwsError {
  return new AwsError("InvalidDBInstanceState", message);
}

function passes(instance: DBInstance, { Name = "", Values = [] }: Filter): boolean {
  const read = FILTERS[Name];
  if (!read) throw notEmulated(`the filter ${Name}`);
  return Values.includes(read(instance));
}
