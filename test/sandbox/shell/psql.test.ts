import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PostgresServer, startPostgres } from "../../../src/sandbox/plane/postgres.ts";
import { ScriptReader } from "../../../src/sandbox/shell/psql/script.ts";
import { type PsqlWorld, psql } from "../../../src/sandbox/shell/psql.ts";

describe("psql", () => {
  let server: PostgresServer;
  let home: string;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "bia-psql-"));
    const folders = { folder: join(home, "db"), cache: join(home, "cache") };
    server = await startPostgres({ ...folders, user: "ana", password: "s3gredo", database: "bia" });
  }, 60_000);

  afterAll(async () => {
    await server.stop();
    await rm(home, { recursive: true, force: true });
  });

  /** Runs it as in the container of the database. */
  async function run(
    args: readonly string[],
    { stdin = "", files = {}, ...world }: Partial<PsqlWorld> & { stdin?: string; files?: Record<string, string> } = {},
  ) {
    const out = { stdout: "", stderr: "" };
    const code = await psql(args, {
      env: { PGUSER: "ana", PGDATABASE: "bia" },
      read: async (path) => {
        const text = files[path];
        if (text === undefined) throw new Error("not there");
        return Buffer.from(text);
      },
      input: async () => Buffer.from(stdin),
      write: (stream, text) => {
        out[stream] += text;
      },
      local: { port: server.port, password: "s3gredo" },
      ...world,
    });
    return { code, ...out };
  }

  it("prints tables as psql does: aligned, unaligned, tuples alone, CSV, expanded", async () => {
    const query = ["-c", "select 1 as id, 'estudar' as titulo union all select 20, null order by 1"];
    expect((await run(query)).stdout).toBe(
      " id | titulo  \n----+---------\n  1 | estudar\n 20 |\n(2 rows)\n\n".replace("20 |\n", "20 |\n"),
    );
    expect((await run(["-A", ...query])).stdout).toBe("id|titulo\n1|estudar\n20|\n(2 rows)\n");
    expect((await run(["-tA", ...query])).stdout).toBe("1|estudar\n20|\n");
    expect((await run(["-t", ...query])).stdout).toBe("  1 | estudar\n 20 |\n\n");
    expect((await run(["--csv", ...query])).stdout).toBe("id,titulo\n1,estudar\n20,\n");
    expect((await run(["-x", "-c", "select 1 as id, 'a' as titulo"])).stdout).toBe(
      "-[ RECORD 1 ]\nid     | 1\ntitulo | a\n\n",
    );
  });

  it("runs scripts from files and from standard input, with variables, COPY data and backslash commands", async () => {
    const script = `-- a comment; with a semicolon
CREATE TABLE tarefas (id serial PRIMARY KEY, titulo text NOT NULL DEFAULT 'a;b', dono text UNIQUE);
INSERT INTO tarefas (titulo) VALUES (:'titulo'), ('it''s; fine');
CREATE FUNCTION f() RETURNS int AS $$ BEGIN RETURN 1; END $$ LANGUAGE plpgsql;
COPY tarefas (titulo) FROM stdin;
third
fourth
\\.
SELECT 'CREATE TABLE ' || name || ' ()' FROM (VALUES ('one'), ('two')) v(name) \\gexec
\\echo done :titulo
\\t on
SELECT count(*) FROM tarefas;
`;
    const { stdout, stderr, code } = await run(["-v", "titulo=estudar", "-f", "/init.sql"], {
      files: { "/init.sql": script },
    });
    expect(stderr).toBe("");
    expect(stdout.split("\n")).toEqual([
      "CREATE TABLE",
      "INSERT 0 2",
      "CREATE FUNCTION",
      "COPY 2",
      "CREATE TABLE",
      "CREATE TABLE",
      "done estudar",
      "     4",
      "",
      "",
    ]);
    expect(code).toBe(0);
    expect(
      (await run(["-q"], { stdin: "insert into tarefas (titulo) values ('x');\ncopy (select 1, 2) to stdout" })).stdout,
    ).toBe("1\t2\n");
  });

  it("lists databases, tables and what a table is made of", async () => {
    const dt = await run(["-c", "\\dt tarefas"]);
    expect(dt.stdout).toBe(
      "        List of relations\n Schema |  Name   | Type  | Owner \n--------+---------+-------+-------\n public | tarefas | table | ana\n(1 row)\n\n",
    );
    expect((await run(["-c", "\\dt none"])).stderr).toBe('Did not find any relation named "none".\n');
    expect((await run(["-lqtA"])).stdout).toMatch(/^bia\|ana\|UTF8\|icu\|/m);
    const { stdout } = await run(["-c", "\\d tarefas"]);
    expect(stdout).toContain('Table "public.tarefas"');
    expect(stdout).toMatch(/^ titulo \| text {4}\| {11}\| not null \| 'a;b'::text$/m);
    expect(stdout).toContain(
      'Indexes:\n    "tarefas_pkey" PRIMARY KEY, btree (id)\n    "tarefas_dono_key" UNIQUE CONSTRAINT, btree (dono)\n',
    );
    for (const command of ["\\du", "\\dn", "\\dx", "\\df", "\\di", "\\conninfo", "\\l+"]) {
      expect(await run(["-c", command])).toMatchObject({ code: 0, stderr: "" });
    }
  });

  it("says what the server refuses, where, and ends as it was told to", async () => {
    expect(await run(["-c", "select * from nada"])).toEqual({
      code: 1,
      stdout: "",
      stderr: 'ERROR:  relation "nada" does not exist\nLINE 1: select * from nada\n                      ^\n',
    });
    const stdin = "select 1 as a;\n\nselect nada;\nselect 2 as b;\n";
    const on = await run(["-tA"], { stdin });
    expect(on).toMatchObject({ code: 0, stdout: "1\n2\n" });
    expect(on.stderr).toMatch(/^psql:<stdin>:3: ERROR: {2}column "nada" does not exist\n/);
    expect(await run(["-tA", "-v", "ON_ERROR_STOP=1"], { stdin })).toMatchObject({ code: 3, stdout: "1\n" });
    expect((await run(["-1", "-c", "create table gone ()", "-c", "nonsense"])).code).toBe(1);
    expect((await run(["-tAc", "select to_regclass('gone') is null"])).stdout).toBe("t\n");
    expect((await run(["-c", "do $$ begin raise notice 'hi'; end $$"])).stderr).toContain("NOTICE:  hi\n");
  });

  it("connects as options, a connection string and the environment say, and says why not", async () => {
    const { port } = server;
    const remote = { local: undefined as never };
    const who = ["-tAc", "select current_user, current_database()"];
    const uri = `postgres://ana:s3gredo@127.0.0.1:${port}/bia`;
    expect((await run([uri, ...who], remote)).stdout).toBe("ana|bia\n");
    expect((await run(["-d", uri, ...who], remote)).stdout).toBe("ana|bia\n");
    const words = `host=127.0.0.1 port=${port} user=ana password=s3gredo dbname=bia`;
    expect((await run([words, ...who], remote)).stdout).toBe("ana|bia\n");
    const env = { PGHOST: "127.0.0.1", PGPORT: `${port}`, PGPASSWORD: "s3gredo" };
    expect((await run(["-U", "ana", "bia", ...who], { ...remote, env })).stdout).toBe("ana|bia\n");
    const failures: [string, string][] = [
      [uri.replace("s3gredo", "wrong"), 'FATAL:  password authentication failed for user "ana"'],
      [uri.replace("/bia", "/nada"), 'FATAL:  database "nada" does not exist'],
      [uri.replace(":s3gredo", ""), "fe_sendauth: no password supplied"],
      [
        "postgres://ana:x@127.0.0.1:1/bia",
        "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?",
      ],
      ["postgres://ana:x@nosuch.invalid/bia", 'could not translate host name "nosuch.invalid" to address'],
    ];
    for (const [place, why] of failures) {
      const { code, stderr } = await run([place, ...who], remote);
      expect(stderr).toContain(why);
      expect(stderr).toMatch(/^psql: error: /);
      expect(code).toBe(2);
    }
    expect(await run(["--no-such-option"])).toMatchObject({ code: { unknown: "--no-such-option" } });
  });
});

describe("a script", () => {
  const partsOf = (source: string) => {
    const reader = new ScriptReader(source, () => undefined);
    const parts = [];
    for (let part = reader.next(); part; part = reader.next()) parts.push(part);
    return parts;
  };

  it("is taken apart at semicolons that end statements, and nowhere else", () => {
    const texts = partsOf(
      "select ';' ; select $x$;$x$; /* ; */ select (1;2); select e'\\';';\nselect a::int\\g\n\\q now",
    );
    expect(texts.map((part) => (part.kind === "statement" ? part.text : `\\${part.name} ${part.args}`))).toEqual([
      "select ';'",
      "select $x$;$x$",
      "/* ; */ select (1;2)",
      "select e'\\';'",
      "select a::int",
      "\\g ",
      "\\q now",
    ]);
  });

  it("always comes to its end", () => {
    const piece = fc.constantFrom(
      "'",
      '"',
      "$$",
      "$a$",
      "/*",
      "*/",
      "--",
      "\n",
      ";",
      "\\",
      "\\q",
      "(",
      ")",
      ":x",
      "::",
      "select 1",
      "e'",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }), (pieces) => {
        partsOf(pieces.join(""));
      }),
    );
  });
});
