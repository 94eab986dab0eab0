import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import {
  CreateDBInstanceCommand,
  RDSClient,
  StopDBInstanceCommand,
  waitUntilDBInstanceAvailable,
} from "@aws-sdk/client-rds";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bareEnvironment, runCli } from "../support/cli.ts";

const PASSWORD = "correct-horse-battery-staple";
const PSQL = "/usr/bin/psql";

describe("bia-infra db", { timeout: 60_000 }, () => {
  let home = "";
  let env: NodeJS.ProcessEnv = {};
  let rds: RDSClient;
  const bia = (...args: string[]) => runCli(args, env, home);

  /** A database as stage 2-3 makes it, on a sandbox that nobody has used. */
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "bia-db-"));
    env = bareEnvironment({
      BIA_SANDBOX_HOME: join(home, "sandbox"),
      HOME: home,
      PGPASSWORD: "theirs",
      PGHOST: "theirs",
    });
    const { stdout } = await bia("sandbox", "env", "--shell", "bash");
    const value = (name: string) => new RegExp(`${name}='?([^'\\n]+)`).exec(stdout)?.[1] ?? "";
    const config = {
      endpoint: value("AWS_ENDPOINT_URL"),
      region: "us-east-1",
      credentials: { accessKeyId: value("AWS_ACCESS_KEY_ID"), secretAccessKey: value("AWS_SECRET_ACCESS_KEY") },
    };
    rds = new RDSClient(config);
    const ssm = new SSMClient(config);
    const Name = "/bia-infra/bia/bia/password";
    await ssm.send(new PutParameterCommand({ Name, Value: PASSWORD, Type: "SecureString" }));
    ssm.destroy();
    const size = { DBInstanceClass: "db.t3.micro", Engine: "postgres", EngineVersion: "16", AllocatedStorage: 20 };
    const owner = {
      DBInstanceIdentifier: "bia",
      MasterUsername: "postgres",
      MasterUserPassword: PASSWORD,
      DBName: "bia",
    };
    await rds.send(new CreateDBInstanceCommand({ ...size, ...owner }));
    await waitUntilDBInstanceAvailable({ client: rds, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, owner);
  }, 60_000);

  afterAll(async () => {
    rds.destroy();
    await bia("sandbox", "stop");
    await rm(home, { recursive: true, force: true });
  });

  /** A program in psql's place, first on the PATH. */
  async function fakePsql(body: string): Promise<void> {
    await writeFile(join(home, "psql"), `#!/bin/sh\n${body}\n`);
    await chmod(join(home, "psql"), 0o755);
    env = { ...env, PATH: [home, dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter) };
  }

  it("opens psql with the password in its environment alone, and hands on its arguments and its exit code", async () => {
    await fakePsql('echo "$# $1 $2"; env | grep ^PG | sort; exit 7');
    const { code, stdout } = await bia("db", "--", "-c", "select 1; select 2");
    expect(code).toBe(7);
    expect(stdout.trim().split("\n")).toEqual([
      "2 -c select 1; select 2",
      "PGDATABASE=bia",
      expect.stringMatching(/^PGHOST=127\./),
      `PGPASSWORD=${PASSWORD}`,
      "PGPORT=5432",
      "PGSSLMODE=require",
      "PGUSER=postgres",
    ]);
  });

  it("says how to connect where psql is missing, and when it is asked to, without the password", async () => {
    env = { ...env, PATH: "/nowhere" };
    const missing = await bia("db");
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain("psql is not installed here");
    const asked = await bia("db", "--print");
    expect(asked).toMatchObject({ code: 0, stdout: missing.stdout });
    expect(asked.stdout).toMatch(/^host {6}127\.[\d.]+\nport {6}5432\ndatabase {2}bia\nuser {6}postgres\n/);
    expect(asked.stdout).toContain("/bia-infra/bia/bia/password");
    expect(asked.stdout + missing.stderr).not.toContain(PASSWORD);
  });

  it("connects over TLS with the real psql, which is refused without", async ({ skip }) => {
    skip(!existsSync(PSQL), "no psql here");
    env = { ...env, PATH: [dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter) };
    const ask = (...more: string[]) => bia("db", "--", "-At", ...more);
    const ssl = "select ssl, current_user, current_database() from pg_stat_ssl where pid = pg_backend_pid()";
    expect(await ask("-c", ssl)).toMatchObject({ code: 0, stdout: "t|postgres|bia\n" });
    const plain = await ask("sslmode=disable", "-c", "select 1");
    expect(plain.code).toBe(2);
    expect(plain.stderr).toMatch(/no pg_hba\.conf entry for host .* user "postgres", database "bia", no encryption/);
  });

  it("says that it is stopped, and what starts it", async () => {
    await rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: "bia" }));
    const { code, stderr } = await bia("db");
    expect(code).toBe(1);
    expect(stderr).toMatch(/the database bia on RDS is stop(ping|ped)\n.*bia-infra create --stage 2-3/);
  });
});
