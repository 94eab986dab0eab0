/** An engine whose instances the sandbox has, as RDS tells of it. */
export interface Engine {
  readonly name: "postgres" | "mysql";
  /** In a version's description, before its number. */
  readonly title: string;
  /** rds:DescribeDBEngineVersions, DBEngineDescription. */
  readonly description: string;
  readonly license: string;
  readonly port: number;
  /** Numbers that make a major version. */
  readonly depth: 1 | 2;
  /**
   * Minor versions that can be created, oldest first; the newest is the default of its major version. RDS withdraws old ones every
   * quarter (Release Notes of RDS for PostgreSQL and for MySQL).
   */
  readonly minors: Readonly<Record<string, readonly number[]>>;
  /** What a request gets that names no version (rds:CreateDBInstance, EngineVersion). */
  readonly defaultMajor: string;
  readonly logs: readonly string[];
  /** Characters of a master user's name (rds:CreateDBInstance, MasterUsername). */
  readonly longestUser: number;
  /** Names that the engine or RDS keeps for itself. */
  readonly reservedUsers: RegExp;
}

const POSTGRES: Engine = {
  name: "postgres",
  title: "PostgreSQL",
  description: "PostgreSQL",
  license: "postgresql-license",
  port: 5432,
  depth: 1,
  minors: {
    13: [20, 21, 22, 23],
    14: [20, 21, 22, 23],
    15: [15, 16, 17, 18],
    16: [11, 12, 13, 14],
    17: [7, 8, 9, 10],
    18: [1, 2, 3, 4],
  },
  defaultMajor: "17",
  logs: ["postgresql", "upgrade"],
  longestUser: 63,
  reservedUsers: /^(admin|rdsadmin|rdsrepladmin|rds_superuser|public|none|user|pg_.*)$/i,
};

const MYSQL: Engine = {
  name: "mysql",
  title: "MySQL",
  description: "MySQL Community Edition",
  license: "general-public-license",
  port: 3306,
  depth: 2,
  // 8.0 left standard support in July 2026; what follows 8.4 requires TLS.
  minors: { "8.4": [5, 6, 7, 8] },
  defaultMajor: "8.4",
  logs: ["audit", "error", "general", "iam-db-auth-error", "slowquery"],
  longestUser: 16,
  reservedUsers: /^(rdsadmin|rdsrepladmin)$/i,
};

/** Those that the sandbox has. */
export const EMULATED: readonly Engine[] = [POSTGRES, MYSQL];

/** One that an instance or a snapshot has. */
export function engineNamed(name: string): Engine {
  return EMULATED.find((one) => one.name === name) ?? POSTGRES;
}

/** `16` of PostgreSQL 16.14, `8.4` of MySQL 8.4.8. */
export function majorOf({ depth }: Engine, full: string): string {
  return full.split(".").slice(0, depth).join(".");
}

/** Name of the parameters' family of a major version, and the end of its default group's name. */
export function familyOf({ name }: Engine, major: string): string {
  return `${name}${major}`;
}
