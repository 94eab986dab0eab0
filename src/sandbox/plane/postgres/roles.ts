import { RDS_EXTENSIONS } from "./extensions.ts";

/** Whose PostgreSQL a server stands for: that of RDS, or that of the `postgres` image. */
export type Model = "rds" | "image";

/**
 * The only superuser, which no client can be. On RDS it has this name; in the image nobody would look for another one than
 * POSTGRES_USER, which there is a superuser itself: here it would be able to start programs of this computer.
 */
export const ADMIN: Readonly<Record<Model, string>> = { rds: "rdsadmin", image: "bia_infra_sandbox" };

/** Roles that only RDS has, those of its own processes left out (RDS User Guide, "Understanding the rds_superuser role"). */
const RDS_ROLES = ["rds_ad", "rds_extension", "rds_iam", "rds_password", "rds_replication"];

/** Predefined roles of PostgreSQL that let their members do nothing outside of the database, with the major version that brought them. */
const HARMLESS = {
  pg_monitor: 10,
  pg_signal_backend: 10,
  pg_checkpoint: 15,
  pg_use_reserved_connections: 16,
  pg_maintain: 17,
  pg_signal_autovacuum_worker: 18,
};
const ALL_DATA = { pg_read_all_data: 14, pg_write_all_data: 14, pg_create_subscription: 16 };

function rolesOf(all: Readonly<Record<string, number>>, major: number): string[] {
  return Object.keys(all).filter((role) => (all[role] ?? 0) <= major);
}

/**
 * Who may make roles could, before PostgreSQL 16, make himself a member of any that is no superuser: so those are, that let their
 * members start programs of this computer and read and write its files.
 */
const CLOSED_TO_ALL =
  "UPDATE pg_authid SET rolsuper = true WHERE rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')";

/** Who is no superuser can be given parameters since PostgreSQL 15. */
function mayReplicateTo(role: string, major: number): string[] {
  return major < 15 ? [] : [`GRANT SET ON PARAMETER session_replication_role TO ${role}`];
}

/** What every cluster has once, and has before it has a master user. A line each, as all statements here. */
export function clusterStatements(model: Model, major: number): string[] {
  const closed = major < 16 ? [CLOSED_TO_ALL] : [];
  if (model === "image") return closed;
  return [
    ...closed,
    ...[...RDS_ROLES, "rds_superuser"].map((role) => `CREATE ROLE ${role} NOLOGIN`),
    "CREATE ROLE rdsrepladmin NOLOGIN NOINHERIT REPLICATION",
    `GRANT ${[...rolesOf(HARMLESS, major), ...RDS_ROLES].join(", ")} TO rds_superuser WITH ADMIN OPTION`,
    ...mayReplicateTo("rds_superuser", major),
  ];
}

/** The database of RDS's own, which nobody else gets into. */
export function ownDatabase(model: Model): string[] {
  return model === "image" ? [] : ["CREATE DATABASE rdsadmin", "REVOKE ALL ON DATABASE rdsadmin FROM PUBLIC"];
}

/** What every database has; new ones have it from template1. May be done again. */
export function databaseStatements(model: Model): string[] {
  return model === "image" ? [] : EXTENSION_GUARD;
}

/** Makes the master user, who owns the databases that every cluster has. */
export function masterStatements(model: Model, major: number, master: string): string[] {
  const attributes = {
    rds: "LOGIN CREATEDB CREATEROLE VALID UNTIL 'infinity'",
    image: "LOGIN CREATEDB CREATEROLE REPLICATION BYPASSRLS",
  };
  const own = identifier(master);
  const grants = {
    rds: [`GRANT rds_superuser TO ${own} WITH ADMIN OPTION`],
    image: [
      `GRANT ${rolesOf({ ...HARMLESS, ...ALL_DATA }, major).join(", ")} TO ${own} WITH ADMIN OPTION`,
      ...mayReplicateTo(own, major),
    ],
  };
  return [
    `CREATE ROLE ${own} ${attributes[model]}`,
    ...grants[model],
    ...["postgres", "template1"].map((database) => `ALTER DATABASE ${database} OWNER TO ${own}`),
  ];
}

/**
 * Makes two of the superuser of a cluster that an older sandbox made: the superuser, and the master user with its name and
 * password. One statement, done as a whole or not at all.
 */
export function takeApartStatement(model: Model, major: number, master: string): string {
  const statements = [...clusterStatements(model, major), ...masterStatements(model, major, master)];
  return [
    "DO $bia_infra$ DECLARE password text; BEGIN",
    "SELECT rolpassword INTO password FROM pg_authid WHERE oid = 10;",
    `UPDATE pg_authid SET rolname = ${literal(ADMIN[model])}, rolpassword = NULL WHERE oid = 10;`,
    ...statements.map((statement) => `EXECUTE ${literal(statement)};`),
    `EXECUTE format('ALTER ROLE %I PASSWORD %L', ${literal(master)}, password);`,
    "END $bia_infra$",
  ].join(" ");
}

export const literal = (text: string) => `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
export const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;

/**
 * RDS's refusal of extensions that are not on its list; its words are as users have reported them. New databases have it
 * from template1.
 */
const EXTENSION_GUARD = [
  "CREATE OR REPLACE FUNCTION pg_catalog.rds_extension_guard() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $guard$ " +
    "DECLARE found text[]; name text; BEGIN " +
    `FOR found IN SELECT regexp_matches(current_query(), 'create\\s+extension\\s+(?:if\\s+not\\s+exists\\s+)?(?:"([^"]+)"|([a-z_][a-z0-9_$]*))', 'gi') LOOP ` +
    "name := coalesce(found[1], lower(found[2])); " +
    `IF name <> ALL (ARRAY[${RDS_EXTENSIONS.map(literal).join(", ")}]) THEN ` +
    `RAISE EXCEPTION 'Extension "%" is not supported by Amazon RDS', name USING ERRCODE = '22023', ` +
    `DETAIL = format('Installing the extension "%s" failed, because it is not on the list of extensions supported by Amazon RDS.', name), ` +
    "HINT = 'Amazon RDS allows users with rds_superuser role to install supported extensions. See: SHOW rds.extensions;'; " +
    "END IF; END LOOP; END $guard$",
  "DROP EVENT TRIGGER IF EXISTS rds_extension_guard",
  "CREATE EVENT TRIGGER rds_extension_guard ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION') EXECUTE FUNCTION pg_catalog.rds_extension_guard()",
];

/**
 * Gives what the superuser owns in one database to the master user: of clusters that an older sandbox made, in which
 * both were one. On one line, because PostgreSQL's single-user mode takes a line for a statement.
 */
export function handOverStatement(master: string): string {
  const system = "'pg_catalog', 'information_schema', 'pg_toast'";
  const owned = (catalog: string, prefix: string, name: string, kind: string, where = "true") =>
    `SELECT format('ALTER ${kind} %s OWNER TO %I', ${name}, ${literal(master)}) AS command FROM ${catalog} o ` +
    `WHERE o.${prefix}owner = 10 AND o.${prefix}namespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname IN (${system})) AND ${where} ` +
    // What belongs to an extension, a column or another object goes with that.
    `AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalog}'::regclass AND d.objid = o.oid AND d.deptype IN ('a', 'i', 'e'))`;
  const relation = (kinds: string, kind: string) =>
    owned("pg_class", "rel", "o.oid::regclass", kind, `o.relkind IN (${kinds})`);
  const queries = [
    `SELECT format('ALTER SCHEMA %I OWNER TO %I', nspname, ${literal(master)}) FROM pg_namespace WHERE nspowner = 10 AND nspname NOT IN (${system})`,
    relation("'r', 'p'", "TABLE"),
    relation("'v'", "VIEW"),
    relation("'m'", "MATERIALIZED VIEW"),
    relation("'S'", "SEQUENCE"),
    owned("pg_proc", "pro", "o.oid::regprocedure", "ROUTINE"),
    owned("pg_type", "typ", "o.oid::regtype", "TYPE", "o.typtype IN ('e', 'd', 'r')"),
  ];
  return `DO $hand$ DECLARE command text; BEGIN FOR command IN ${queries.join(" UNION ALL ")} LOOP EXECUTE command; END LOOP; END $hand$`;
}
