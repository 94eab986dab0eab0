/** What a stack needs of an account, so that `doctor` can look whether it has it. */
export interface Requirements {
  /** Instances that it launches: the type, the zones in which they may be, and how many run at once at most. */
  readonly instances: readonly { readonly type: string; readonly zones: readonly string[]; readonly count: number }[];
  readonly databases: readonly DatabaseRequirement[];
  /** Zones in which it makes subnets of its own; empty: it is in the default VPC. */
  readonly ownSubnets: readonly string[];
  /** vCPUs of its tasks on Fargate. Absent: none are on Fargate. */
  readonly fargateVcpus?: FargateVcpus;
  /** Zones in which it makes NAT gateways, one in each; AWS counts them by zone. Absent: it makes none. */
  readonly natGateways?: readonly string[];
  /** How many of each thing it makes that AWS counts; absent: none. */
  readonly counts: Readonly<Partial<Record<CountedThing, number>>>;
  /** Services whose service-linked roles come with their first use, by principal, e.g. `ecs.amazonaws.com`. */
  readonly linkedRoles: readonly string[];
  /** A domain whose zone it keeps; undefined: it could have one and has none. Absent: it knows no domains. */
  readonly domain?: { readonly name: string | undefined };
}

/** vCPUs that tasks on Fargate have at once at most. */
export interface FargateVcpus {
  /** While the tasks that there are from the start are replaced. */
  readonly replacing: number;
  /** With as many tasks as scaling may make; with less the stack comes up all the same, and scales no further. */
  readonly scaledOut: number;
}

/** A database that the stack makes. */
export interface DatabaseRequirement {
  /** `postgres` or `mysql`. */
  readonly engine: string;
  /** As in the variables: a major version, or a major and a minor one. */
  readonly engineVersion: string;
  readonly instanceClass: string;
  readonly zone: string;
  /** Days that backups are kept. */
  readonly backupRetention: number;
  /** Fewer will do where the account's plan allows no more. */
  readonly fewerBackups: boolean;
  /** Paths of the variables that it follows from. */
  readonly variables: {
    readonly engineVersion: string;
    readonly instanceClass: string;
    readonly zone: string;
    /** A setting with which it is not needed on the sandbox, e.g. `a to "b"`. Absent: there is none. */
    readonly instead?: string;
  };
}

/** What has a quota. */
export type CountedThing =
  | "loadBalancers"
  | "targetGroups"
  | "autoScalingGroups"
  | "databases"
  | "hostedZones"
  | "roles"
  | "instanceProfiles"
  | "vpcs"
  | "addresses";
