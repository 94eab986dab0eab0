/** Queries behind psql's backslash commands that show something, in the columns of psql 16. `pattern` is a name with `*`. */
export interface Listing {
  readonly title: string;
  readonly sql: (pattern: string | undefined) => string;
  /** Said in the place of an empty table. */
  readonly none?: (pattern: string | undefined) => string;
}

/** A string of SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** An identifier of SQL. */
export function identifier(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function like(column: string, pattern: string | undefined): string {
  if (pattern === undefined) return "true";
  const expression = pattern.toLowerCase().replaceAll('"', "").replaceAll("*", ".*").replaceAll("?", ".");
  return `${column} ~ ${literal(`^(${expression})$`)}`;
}

/** Of `schema.name` the two parts. */
function named(pattern: string | undefined): { schema: string | undefined; name: string | undefined } {
  const [first, second] = (pattern ?? "").split(".");
  return second === undefined ? { schema: undefined, name: first || undefined } : { schema: first, name: second };
}

const KINDS: Readonly<Record<string, readonly [kinds: string, word: string]>> = {
  t: ["'r','p'", "relations"],
  v: ["'v'", "relations"],
  m: ["'m'", "relations"],
  i: ["'i','I'", "relations"],
  s: ["'S'", "relations"],
  "": ["'r','p','v','m','S','f'", "relations"],
};

const TYPE = `CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'i' THEN 'index'
  WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' WHEN 'p' THEN 'partitioned table' WHEN 'I' THEN 'partitioned index' END`;

function relations(kinds: string, isIndex: boolean): Listing {
  return {
    title: "List of relations",
    none: (pattern) =>
      pattern === undefined ? "Did not find any relations." : `Did not find any relation named "${pattern}".`,
    sql(pattern) {
      const { schema, name } = named(pattern);
      const places =
        schema === undefined
          ? `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'${name === undefined ? "" : ""} AND pg_table_is_visible(c.oid)`
          : like("n.nspname", schema);
      return `SELECT n.nspname AS "Schema", c.relname AS "Name", ${TYPE} AS "Type", pg_get_userbyid(c.relowner) AS "Owner"${
        isIndex ? ', t.relname AS "Table"' : ""
      } FROM pg_class c LEFT JOIN pg_namespace n ON n.oid = c.relnamespace${
        isIndex ? " LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class t ON t.oid = i.indrelid" : ""
      } WHERE c.relkind IN (${kinds}) AND ${places} AND ${like("c.relname", name)} ORDER BY 1, 2`;
    },
  };
}

/** The listing of a backslash command, given its name without `+` and `S`; undefined: it is none of these. */
export function listingOf(command: string): Listing | undefined {
  const kind = /^d([tvmis]?)$/.exec(command)?.[1];
  if (kind !== undefined) return relations(KINDS[kind]?.[0] ?? "", kind === "i");
  return others[command];
}

const others: Readonly<Record<string, Listing>> = {
  l: {
    title: "List of databases",
    sql: (
      pattern,
    ) => `SELECT d.datname AS "Name", pg_get_userbyid(d.datdba) AS "Owner", pg_encoding_to_char(d.encoding) AS "Encoding",
      CASE d.datlocprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' ELSE 'builtin' END AS "Locale Provider", d.datcollate AS "Collate", d.datctype AS "Ctype",
      ${"to_jsonb(d)->>'daticulocale'"} AS "ICU Locale", d.daticurules AS "ICU Rules",
      array_to_string(d.datacl, E'\\n') AS "Access privileges" FROM pg_database d WHERE ${like("d.datname", pattern)} ORDER BY 1`,
  },
  du: {
    title: "List of roles",
    sql: (pattern) => `SELECT r.rolname AS "Role name", concat_ws(', ', CASE WHEN r.rolsuper THEN 'Superuser' END,
      CASE WHEN NOT r.rolinherit THEN 'No inheritance' END, CASE WHEN r.rolcreaterole THEN 'Create role' END,
      CASE WHEN r.rolcreatedb THEN 'Create DB' END, CASE WHEN NOT r.rolcanlogin THEN 'Cannot login' END,
      CASE WHEN r.rolreplication THEN 'Replication' END, CASE WHEN r.rolbypassrls THEN 'Bypass RLS' END) AS "Attributes"
      FROM pg_roles r WHERE r.rolname !~ '^pg_' AND ${like("r.rolname", pattern)} ORDER BY 1`,
  },
  dn: {
    title: "List of schemas",
    sql: (pattern) => `SELECT n.nspname AS "Name", pg_get_userbyid(n.nspowner) AS "Owner" FROM pg_namespace n
      WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND ${like("n.nspname", pattern)} ORDER BY 1`,
  },
  dx: {
    title: "List of installed extensions",
    sql: (
      pattern,
    ) => `SELECT e.extname AS "Name", e.extversion AS "Version", n.nspname AS "Schema", d.description AS "Description"
      FROM pg_extension e LEFT JOIN pg_namespace n ON n.oid = e.extnamespace LEFT JOIN pg_description d ON d.objoid = e.oid AND d.objsubid = 0
      WHERE ${like("e.extname", pattern)} ORDER BY 1`,
  },
  df: {
    title: "List of functions",
    sql: (
      pattern,
    ) => `SELECT n.nspname AS "Schema", p.proname AS "Name", pg_get_function_result(p.oid) AS "Result data type",
      pg_get_function_arguments(p.oid) AS "Argument data types", CASE p.prokind WHEN 'a' THEN 'agg' WHEN 'w' THEN 'window' WHEN 'p' THEN 'proc' ELSE 'func' END AS "Type"
      FROM pg_proc p LEFT JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND ${like("p.proname", named(pattern).name)} ORDER BY 1, 2`,
  },
};

/** Name, kind and oid of the relations that `\d name` shows. */
export function relationsNamed(pattern: string): string {
  const { schema, name } = named(pattern);
  const place = schema === undefined ? "pg_table_is_visible(c.oid)" : like("n.nspname", schema);
  return `SELECT n.nspname, c.relname, ${TYPE}, c.oid FROM pg_class c LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r','p','v','m','i','S','f') AND ${place} AND ${like("c.relname", name)} ORDER BY 1, 2`;
}

export function columnsOfRelation(oid: string): string {
  return `SELECT a.attname AS "Column", format_type(a.atttypid, a.atttypmod) AS "Type",
    (SELECT c.collname FROM pg_collation c, pg_type t WHERE c.oid = a.attcollation AND t.oid = a.atttypid AND a.attcollation <> t.typcollation) AS "Collation",
    CASE WHEN a.attnotnull THEN 'not null' END AS "Nullable",
    CASE WHEN a.attidentity = 'a' THEN 'generated always as identity' WHEN a.attidentity = 'd' THEN 'generated by default as identity'
      ELSE (SELECT pg_get_expr(d.adbin, d.adrelid, true) FROM pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) END AS "Default"
    FROM pg_attribute a WHERE a.attrelid = ${oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`;
}

/** Lines under a table: what each of these queries gives, under its heading. */
export function footersOfRelation(oid: string): readonly (readonly [heading: string, sql: string])[] {
  return [
    [
      "Indexes:",
      `SELECT '    "' || c.relname || '"' || CASE WHEN i.indisprimary THEN ' PRIMARY KEY,' WHEN k.contype = 'u' THEN ' UNIQUE CONSTRAINT,'
        WHEN i.indisunique THEN ' UNIQUE,' ELSE '' END || ' ' || substring(pg_get_indexdef(i.indexrelid) from ' USING (.*)$')
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p','u')
        WHERE i.indrelid = ${oid} ORDER BY i.indisprimary DESC, c.relname`,
    ],
    [
      "Check constraints:",
      `SELECT '    "' || conname || '" ' || pg_get_constraintdef(oid, true) FROM pg_constraint WHERE conrelid = ${oid} AND contype = 'c' ORDER BY 1`,
    ],
    [
      "Foreign-key constraints:",
      `SELECT '    "' || conname || '" ' || pg_get_constraintdef(oid, true) FROM pg_constraint WHERE conrelid = ${oid} AND contype = 'f' ORDER BY 1`,
    ],
    [
      "Referenced by:",
      `SELECT '    TABLE "' || conrelid::regclass || '" CONSTRAINT "' || conname || '" ' || pg_get_constraintdef(oid, true)
        FROM pg_constraint WHERE confrelid = ${oid} AND contype = 'f' ORDER BY 1`,
    ],
  ];
}
