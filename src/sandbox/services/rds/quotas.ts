import { AwsError } from "../../wire/service.ts";
import type { Region } from "../../world/world.ts";

/** Quotas of an account in a region; `AllocatedStorage` in GiB. (RDS User Guide, "Quotas and constraints for Amazon RDS") */
export const QUOTAS = { DBInstances: 40, AllocatedStorage: 100_000, ManualSnapshots: 100 } as const;

type Quota = keyof typeof QUOTAS;

const REFUSALS: Readonly<Record<Quota, (over: number) => readonly [code: string, message: string]>> = {
  DBInstances: () => ["InstanceQuotaExceeded", "DB Instance quota exceeded"],
  AllocatedStorage: (over) => [
    "StorageQuotaExceeded",
    `The operation cannot be completed. The storage quota for this account has been exceeded by ${over}. You can use the Service Quotas console to request an increase in total storage for this account`,
  ],
  ManualSnapshots: () => [
    "SnapshotQuotaExceeded",
    `Cannot create more than ${QUOTAS.ManualSnapshots} manual snapshots`,
  ],
};

/** How much of each quota a region uses. */
export function usageOf({ rds }: Region): Record<Quota, number> {
  const instances = rds.dbInstances.all();
  return {
    DBInstances: instances.length,
    AllocatedStorage: instances.reduce((sum, { AllocatedStorage }) => sum + AllocatedStorage, 0),
    ManualSnapshots: rds.dbSnapshots.filter(({ SnapshotType }) => SnapshotType === "manual").length,
  };
}

/** @throws AwsError if so much more is too much */
export function checkQuota(region: Region, quota: Quota, more: number): void {
  const over = usageOf(region)[quota] + more - QUOTAS[quota];
  if (over > 0) throw new AwsError(...REFUSALS[quota](over));
}
