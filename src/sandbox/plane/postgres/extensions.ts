import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Extensions of PostgreSQL's own that are on RDS's list (`SHOW rds.extensions`) and in this build, with what the
 * procedural languages would need left out, which is not on every computer.
 */
export const RDS_EXTENSIONS = [
  ...["amcheck", "autoinc", "bloom", "btree_gin", "btree_gist", "citext", "cube", "dblink", "dict_int", "dict_xsyn"],
  ...["earthdistance", "fuzzystrmatch", "hstore", "insert_username", "intagg", "intarray", "isn", "lo", "ltree"],
  ...["moddatetime", "pg_buffercache", "pg_freespacemap", "pg_prewarm", "pg_stat_statements", "pg_trgm"],
  ...["pg_visibility", "pgcrypto", "pgrowlocks", "pgstattuple", "plpgsql", "postgres_fdw", "refint", "seg", "sslinfo"],
  ...["tablefunc", "tcn", "tsm_system_rows", "tsm_system_time", "unaccent", "uuid-ossp"],
];

/**
 * Makes exactly those extensions available in a server's files, to the owner of a database too (`trusted`, as PostgreSQL has
 * it: their scripts run as its superuser), who may then use all of them. On RDS members of rds_superuser may do both.
 */
export async function limitExtensions(native: string): Promise<void> {
  const folder = join(native, "share", "postgresql", "extension");
  const names = await readdir(folder);
  for (const name of names.filter((one) => one.endsWith(".control"))) {
    const extension = name.slice(0, -".control".length);
    const text = await readFile(join(folder, name), "utf8");
    if (!RDS_EXTENSIONS.includes(extension)) {
      await rm(join(folder, name));
      continue;
    }
    await replace(join(folder, name), `${text.replace(/^trusted *=.*\n/m, "")}\ntrusted = true\n`);
    const version = /^default_version *= *'([^']+)'/m.exec(text)?.[1];
    const last = names.filter((one) => one.startsWith(`${extension}--`) && one.endsWith(`--${version}.sql`));
    for (const script of last) {
      const sql = await readFile(join(folder, script), "utf8");
      await replace(join(folder, script), `${sql}\n${grantToOwner(extension)}\n`);
    }
  }
}

/** Not in place: it may be the same file as the npm package's. */
async function replace(file: string, text: string): Promise<void> {
  await rm(file);
  await writeFile(file, text);
}

/** But for dblink_connect_u, which only a superuser may give to others. */
function grantToOwner(extension: string): string {
  return `DO $grant$
DECLARE one record;
BEGIN
  FOR one IN SELECT d.classid, d.objid, e.extowner::regrole AS owner FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_extension e ON d.refobjid = e.oid
    WHERE e.extname = '${extension}' AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
  LOOP
    IF one.classid = 'pg_catalog.pg_proc'::regclass AND one.objid::regproc::text !~ 'dblink_connect_u$' THEN
      EXECUTE pg_catalog.format('GRANT EXECUTE ON ROUTINE %s TO %s', one.objid::regprocedure, one.owner);
    ELSIF one.classid = 'pg_catalog.pg_foreign_data_wrapper'::regclass THEN
      EXECUTE pg_catalog.format('GRANT USAGE ON FOREIGN DATA WRAPPER %I TO %s',
        (SELECT fdwname FROM pg_catalog.pg_foreign_data_wrapper WHERE oid = one.objid), one.owner);
    END IF;
  END LOOP;
END $grant$;`;
}
