import { storageSpeed } from "../world/catalogue/database-storage.ts";
import type { DBInstance } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { type DatabaseServers, isServing } from "./database-servers.ts";

/** Takes database instances from state to state; behind those that serve stands a real server. */
export function controlDatabases(world: World, servers: DatabaseServers): void {
  const states: Readonly<Record<string, (region: Region, instance: DBInstance) => void>> = {
    creating: (region, instance) => {
      if (instance.Endpoint) next(region, instance, world.later("database created"), created);
      else next(region, instance, world.later("database endpoint"), giveEndpoint);
    },
    "backing-up": (region, instance) => next(region, instance, world.later("database backed up"), to("available")),
    available: (region, instance) => {
      if (instance.hidden.isApplying) {
        next(region, instance, world.later("database modification begins"), to("modifying"));
      }
    },
    modifying: (region, instance) => next(region, instance, world.later("database modified"), apply),
    "storage-optimization": (region, instance) => {
      if (instance.hidden.isApplying) {
        next(region, instance, world.later("database modification begins"), to("modifying"));
      } else next(region, instance, world.later("database storage optimized"), to("available"));
    },
    stopping: (region, instance) => {
      next(region, instance, world.later("database stopped"), to("stopped"), servers.stop(instance));
    },
    starting: (region, instance) => next(region, instance, world.later("database started"), to("available")),
    rebooting: (region, instance) => {
      next(region, instance, world.later("database rebooted"), to("available"), servers.stop(instance));
    },
    deleting: (region, instance) => {
      next(region, instance, world.later("database deleted"), forget, servers.remove(instance));
    },
  };

  /** Goes on at a time, and not before `done`, if the instance is then still in this state. */
  function next(
    region: Region,
    { DBInstanceIdentifier, DbiResourceId, DBInstanceStatus }: DBInstance,
    at: Date,
    action: (region: Region, instance: DBInstance) => void,
    done: Promise<unknown> = Promise.resolve(),
  ): void {
    world.at(at, () => {
      world.background(async () => {
        await done;
        const instance = region.rds.dbInstances.get(DBInstanceIdentifier);
        if (instance?.DbiResourceId === DbiResourceId && instance.DBInstanceStatus === DBInstanceStatus) {
          action(region, instance);
        }
      });
    });
  }

  function to(status: string): (region: Region, instance: DBInstance) => void {
    return (region, { DBInstanceIdentifier }) =>
      void region.rds.dbInstances.update(DBInstanceIdentifier, (draft) => {
        draft.DBInstanceStatus = status;
      });
  }

  /** The endpoint is there before the instance is; its address on this computer is chosen with it. */
  function giveEndpoint(region: Region, { DBInstanceIdentifier }: DBInstance): void {
    region.rds.dbInstances.update(DBInstanceIdentifier, (draft) => {
      draft.Endpoint = { ...draft.hidden.endpoint };
      draft.InstanceCreateTime = world.now();
      draft.hidden.address = servers.freeAddress();
      draft.PendingModifiedValues = {};
    });
  }

  function created(region: Region, instance: DBInstance): void {
    to(instance.BackupRetentionPeriod > 0 ? "backing-up" : "available")(region, instance);
  }

  function apply(region: Region, { DBInstanceIdentifier }: DBInstance): void {
    region.rds.dbInstances.update(DBInstanceIdentifier, (draft) => {
      const { MasterUserPassword, Port, AllocatedStorage, StorageType, ...rest } = draft.PendingModifiedValues;
      const { DBInstanceClass, BackupRetentionPeriod, EngineVersion } = rest;
      Object.assign(draft, defined({ DBInstanceClass, BackupRetentionPeriod, EngineVersion }));
      Object.assign(draft, defined({ AllocatedStorage, StorageType }));
      if (AllocatedStorage !== undefined || StorageType !== undefined) setSpeed(draft);
      if (Port !== undefined) draft.hidden.endpoint.Port = Port;
      if (MasterUserPassword !== undefined) draft.hidden.passwordIsNew = true;
      draft.Endpoint = { ...draft.hidden.endpoint };
      draft.PendingModifiedValues = {};
      draft.hidden.isApplying = false;
      const isStorage = AllocatedStorage !== undefined || StorageType !== undefined;
      draft.DBInstanceStatus = isStorage ? "storage-optimization" : "available";
    });
  }

  function forget(region: Region, { DBInstanceIdentifier, hidden }: DBInstance): void {
    region.ec2.networkInterfaces.delete(hidden.networkInterfaceId);
    region.rds.dbInstances.delete(DBInstanceIdentifier);
  }

  const react = (region: Region, instance: DBInstance) => states[instance.DBInstanceStatus]?.(region, instance);
  world.watch("rds", "dbInstances", (region, { before, after }) => {
    if (!after) return;
    if (isServing(after) || (before && isServing(before))) world.background(() => servers.refresh(region, after));
    const isSame = before?.DbiResourceId === after.DbiResourceId && phaseOf(before) === phaseOf(after);
    if (!isSame) react(region, after);
  });
  for (const region of world.regions()) {
    for (const instance of region.rds.dbInstances.all()) {
      if (isServing(instance)) world.background(() => servers.refresh(region, instance));
      react(region, instance);
    }
  }
}

/** Whatever, when it changes, makes an instance go on. */
function phaseOf({ DBInstanceStatus, Endpoint, hidden }: DBInstance): string {
  return `${DBInstanceStatus} ${DBInstanceStatus === "creating" && Endpoint !== undefined} ${hidden.isApplying}`;
}

function defined<Values extends object>(values: Values): Partial<Values> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<Values>;
}

function setSpeed(draft: DBInstance): void {
  delete draft.Iops;
  delete draft.StorageThroughput;
  Object.assign(draft, storageSpeed(draft.StorageType, draft.AllocatedStorage));
}
