/**
 * Statuses of an instance in which it takes connections and changes for the better by itself, if at all (RDS User Guide,
 * "Viewing Amazon RDS DB instance status"). A backup or an optimization under way is no reason to wait.
 */
const USABLE = ["available", "backing-up", "storage-optimization"];

/** Whether an instance of this status can be used. */
export function isUsable(status: string): boolean {
  return USABLE.includes(status);
}

const LOOK = "Look at the instance's events in the RDS console, or destroy it and create it again.";

/** Statuses that an instance does not leave by itself: why, and what a person should do. */
const STUCK: Readonly<Record<string, readonly [why: string, next: string]>> = {
  "storage-full": [
    "its storage is full",
    "Write a larger size of the database's storage in the variables, then run the same command again.",
  ],
  "incompatible-network": [
    "RDS finds no subnet, address or network interface for it in the VPC",
    "Check the subnets of the default VPC and their free addresses, then destroy the instance and create it again.",
  ],
  "incompatible-parameters": ["its parameter group does not fit it", LOOK],
  "incompatible-option-group": ["its option group does not fit it", LOOK],
  "incompatible-restore": ["RDS cannot restore it", LOOK],
  "restore-error": ["it failed while it was restored", LOOK],
  "insufficient-capacity": [
    "AWS has no machine of its class free in its zone",
    "Choose another class or zone in the variables, destroy the instance and create it again.",
  ],
  "inaccessible-encryption-credentials": ["RDS may not use the key that its storage is encrypted with", LOOK],
  "inaccessible-encryption-credentials-recoverable": [
    "RDS may not use the key that its storage is encrypted with",
    "Enable the KMS key again and start the instance, then run the same command again.",
  ],
  failed: ["the instance failed and RDS cannot recover it", LOOK],
};

/** Why an instance of this status is of no use; undefined: it is, or will be. A storage that is about to grow is not full. */
export function brokenBy(status: string, willGrow: boolean): string | undefined {
  if (status === "storage-full" && willGrow) return undefined;
  const stuck = STUCK[status];
  return stuck && `RDS status ${status}: ${stuck[0]}`;
}

/** What to do about an instance that `brokenBy` has given up. */
export function remedyOf(status: string): string {
  return STUCK[status]?.[1] ?? LOOK;
}
