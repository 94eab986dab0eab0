import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteDBInstanceCommand } from "@aws-sdk/client-rds";
import { DeleteParameterCommand } from "@aws-sdk/client-ssm";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Stack } from "../../src/engine/task.ts";
import { execute } from "../../src/remote/execute.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { stackOf } from "../../src/stacks/index.ts";
import { load } from "../../src/variables/index.ts";
import { appWithDatabase } from "../support/app-with-database.ts";
import { bareEnvironment, reportOf, runCli, verdictsOf } from "../support/cli.ts";
import { freePort } from "../support/free-port.ts";
import { clientsOf, createOn, instanceIdOn, planOn, verdicts } from "../support/runs.ts";
import { sandboxForTest } from "../support/sandbox.ts";

/** The tiny app, and a variables file that names it. */
let app = "";
let folder = "";
let port = 0;
beforeAll(async () => {
  app = await appWithDatabase();
  folder = await mkdtemp(join(tmpdir(), "bia-dev-database-"));
  port = await freePort();
  const ingress = `[{ port: ${port}, cidr: "0.0.0.0/0" }]`;
  const machine = `{ appPort: ${port}, securityGroup: { ingress: ${ingress} } }`;
  await writeFile(
    join(folder, "bia.ts"),
    `export default { app: { source: ${JSON.stringify(app)} }, devMachine: ${machine} };\n`,
  );
});
afterAll(async () => {
  for (const made of [app, folder]) await rm(made, { recursive: true, force: true });
});

/** A sandbox with stage 1, and the command line that works on it. */
async function withStage1() {
  const sandbox = await sandboxForTest({ delays: "none" });
  const { variables } = await load(join(folder, "bia.ts"));
  const stack = stackOf(variables, { region: "us-east-1", target: "aws" });
  await made(sandbox, stack, "dev-database");
  const env = bareEnvironment({
    BIA_TARGET: "aws",
    AWS_ENDPOINT_URL: sandbox.endpoint,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: sandbox.keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sandbox.keys.secretAccessKey,
  });
  const bia = (...args: string[]) => runCli([...args, "--config", join(folder, "bia.ts")], env, folder);
  return { sandbox, stack, bia };
}

async function made(sandbox: RunningSandbox, stack: Stack, only: string): Promise<void> {
  const { tasks } = await createOn(sandbox, { stack, only });
  expect(tasks.filter(({ error }) => error)).toEqual([]);
}

/** Where the app on the machine is opened. */
function urlOn({ world }: RunningSandbox): string {
  const [machine] = world
    .region("us-east-1")
    .ec2.networkInterfaces.filter(({ Association }) => Association !== undefined);
  return `http://${machine?.Association?.PublicIp}:${port}/api/tarefas`;
}

async function add(sandbox: RunningSandbox, titulo: string) {
  const answer = await fetch(urlOn(sandbox), { method: "POST", body: JSON.stringify({ titulo }) });
  expect(answer.status).toBe(200);
}

async function rowsOnRds({ world }: RunningSandbox) {
  const { hidden } = world.region("us-east-1").rds.dbInstances.get("bia") ?? {};
  const client = new pg.Client({
    host: hidden?.address ?? "",
    port: hidden?.endpoint.Port ?? 0,
    user: "postgres",
    password: hidden?.password ?? "",
    database: "bia",
    ssl: { rejectUnauthorized: false },
  });
  await client.connect();
  try {
    return (await client.query("select titulo from tarefas")).rows;
  } finally {
    await client.end();
  }
}

describe("the app on the work machine, with the database on RDS", { timeout: 120_000 }, () => {
  it("uses it once it is told to, goes on doing so, and goes back when it is told to", async () => {
    const { sandbox, stack, bia } = await withStage1();
    await made(sandbox, stack, "db-instance");
    await add(sandbox, "on the machine");

    const up = await bia("dev", "up", "--database", "rds");
    expect(up).toMatchObject({ code: 0 });
    expect(up.stdout + up.stderr).toMatch(/The app uses the database bia\.\S+:5432\/bia on RDS from now on/);
    await add(sandbox, "on RDS");
    expect(await rowsOnRds(sandbox)).toEqual([{ titulo: "on RDS" }]);

    // Whoever looks afterwards sees that, and nothing to change.
    expect(new Set(Object.values(verdicts(await planOn(sandbox, { stack, only: "dev-database" }))))).toEqual(
      new Set(["unchanged"]),
    );
    const again = await bia("dev", "up", "--json");
    expect(reportOf(again)).toMatchObject({ exitCode: 0, calls: { changing: 0 } });
    expect(again.stdout).toMatch(/created and migrated, bia\.\S+:5432\/bia on RDS/);
    await add(sandbox, "on RDS still");
    expect(await rowsOnRds(sandbox)).toHaveLength(2);

    // The password is in the container, and nowhere else.
    const { ssm, rds } = sandbox.world.region("us-east-1");
    const { password = "none" } = rds.dbInstances.get("bia")?.hidden ?? {};
    expect(JSON.stringify([up, again, ssm.commands.all(), ssm.invocations.all()])).not.toContain(password);
    expect(await onMachine(sandbox, `grep -rF '${password}' /var/lib /var/log /usr /etc /home /tmp; echo $?`)).toBe(
      "1\n",
    );
    expect(await onMachine(sandbox, `docker exec bia sh -c 'echo $DB_PWD'`)).toBe(`${password}\n`);

    const back = await bia("dev", "up", "--database", "local", "--json");
    expect(verdictsOf(reportOf(back))).toMatchObject({ "dev-app": "update", "dev-database": "update" });
    await add(sandbox, "back on the machine");
    expect(await rowsOnRds(sandbox)).toHaveLength(2);
  });

  it("is refused while there is none, with what makes it, and nothing is changed", async () => {
    const { sandbox, bia } = await withStage1();
    const { code, stdout, stderr } = await bia("dev", "up", "--database", "rds");
    expect(code).toBe(1);
    expect(stdout + stderr).toMatch(/there is no database bia on RDS\n.*bia-infra create .*--stage 2-3/);
    await add(sandbox, "on the machine");
  });

  it("says what to do when the database is gone", async () => {
    const { sandbox, stack, bia } = await withStage1();
    await made(sandbox, stack, "db-instance");
    expect(await bia("dev", "up", "--database", "rds")).toMatchObject({ code: 0 });
    const clients = clientsOf(sandbox);
    await clients.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: "bia", SkipFinalSnapshot: true }));
    await clients.ssm.send(new DeleteParameterCommand({ Name: "/bia-infra/bia/bia/password" }));
    clients.close();
    await gone(sandbox);
    const { code, stdout, stderr } = await bia("dev", "up");
    expect(code).toBe(1);
    expect(stdout + stderr).toContain("ParameterNotFound");
    expect(stdout + stderr).toMatch(/bia-infra dev up .*--database local/);
    expect(await bia("dev", "up", "--database", "local")).toMatchObject({ code: 0 });
    await add(sandbox, "on the machine");
  });
});

function gone({ world }: RunningSandbox): Promise<void> {
  const { dbInstances } = world.region("us-east-1").rds;
  return new Promise((resolve) => {
    if (!dbInstances.get("bia")) resolve();
    world.watch("rds", "dbInstances", (_, { after }) => {
      if (!after) resolve();
    });
  });
}

async function onMachine(sandbox: RunningSandbox, script: string): Promise<string> {
  const clients = clientsOf(sandbox);
  const command = { instanceId: await instanceIdOn(sandbox), comment: "test", script };
  const { stdout } = await execute(clients, command, new AbortController().signal);
  clients.close();
  return stdout;
}
