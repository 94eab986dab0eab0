/** From this many GiB on a gp3 storage of RDS is striped, and its speed can be chosen (RDS User Guide, "gp3 storage"). */
export const STRIPED_GIB = 400;

/** Speed of a database's storage, in operations and MB a second; empty for gp2, whose speed follows from its size. */
export function storageSpeed(type: string, size: number): { Iops?: number; StorageThroughput?: number } {
  if (type !== "gp3") return {};
  return size < STRIPED_GIB ? { Iops: 3000, StorageThroughput: 125 } : { Iops: 12000, StorageThroughput: 500 };
}
