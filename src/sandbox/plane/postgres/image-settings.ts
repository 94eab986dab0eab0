import { ContainerError } from "../container/error.ts";

/** Settings of a server that change nothing but itself: none of them starts a program or names a file. */
const SETTINGS = new RegExp(
  `^(${[
    "max_connections|superuser_reserved_connections|shared_buffers|work_mem|maintenance_work_mem|effective_cache_size|temp_buffers",
    "log_(statement|min_duration_statement|connections|disconnections|duration|line_prefix|lock_waits|temp_files|checkpoints|hostname|error_verbosity|timezone)",
    "(statement|lock|idle_in_transaction_session|idle_session)_timeout|deadlock_timeout|timezone|datestyle|intervalstyle|search_path",
    "fsync|synchronous_commit|full_page_writes|wal_(level|buffers|writer_delay|keep_size|compression)|max_wal_size|min_wal_size|max_wal_senders",
    "checkpoint_(timeout|completion_target|flush_after)|random_page_cost|seq_page_cost|effective_io_concurrency|default_statistics_target",
    "max_(worker_processes|parallel_workers|parallel_workers_per_gather|parallel_maintenance_workers|replication_slots|locks_per_transaction|prepared_transactions|pred_locks_per_transaction)",
    "track_(activities|counts|io_timing|functions|activity_query_size|commit_timestamp)|autovacuum\\w*|vacuum_\\w+|jit|huge_pages|password_encryption",
    "client_min_messages|default_transaction_isolation|tcp_keepalives_\\w+|row_security|standard_conforming_strings|array_nulls",
  ].join("|")})$`,
  "i",
);

/**
 * The settings that a container's command gives its server: `postgres -c max_connections=200`.
 *
 * @throws ContainerError for another command
 */
export function settingsIn(argv: readonly string[]): Readonly<Record<string, string>> {
  const [first, ...rest] = argv[0] === "docker-entrypoint.sh" ? argv.slice(1) : argv;
  const command = JSON.stringify(argv.join(" "));
  const refused = new ContainerError("refused", `command ${command} is not emulated by the sandbox's postgres`);
  if (first !== "postgres") throw refused;
  const settings: Record<string, string> = {};
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? "";
    const text = word === "-c" ? (rest[++at] ?? "") : /^(?:-c|--)(.+)$/.exec(word)?.[1];
    const [, name, value] = /^([\w.-]+)=(.*)$/s.exec(text ?? "") ?? [];
    if (name === undefined || value === undefined) throw refused;
    const setting = name.replaceAll("-", "_");
    if (!SETTINGS.test(setting)) {
      throw new ContainerError("refused", `the setting ${setting} is not emulated by the sandbox's postgres`);
    }
    settings[setting] = value;
  }
  return settings;
}

/** Whether arguments of initdb ask for nothing but what every cluster here is. */
export function isAsInitialised(args: string): boolean {
  const usual =
    /^(--encoding=UTF-?8|-E\s*UTF-?8|--locale(-provider)?=\S+|--icu-locale=\S+|--lc-\w+=\S+|--data-checksums|-k|--auth(-host|-local)?=(scram-sha-256|md5|trust|peer))$/i;
  return args
    .trim()
    .split(/\s+(?=-)/)
    .every((arg) => arg === "" || usual.test(arg));
}
