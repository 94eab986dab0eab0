import { rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DescribeSecurityGroupRulesCommand, RevokeSecurityGroupIngressCommand } from "@aws-sdk/client-ec2";
import { DeleteDBInstanceCommand } from "@aws-sdk/client-rds";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AnyTask, type Stack, type Task, task } from "../../../src/engine/task.ts";
import type { Instance } from "../../../src/kinds/ec2/instance.ts";
import { type SecurityGroup, securityGroup } from "../../../src/kinds/ec2/security-group.ts";
import { dbInstance } from "../../../src/kinds/rds/db-instance.ts";
import { generatedSecret } from "../../../src/kinds/ssm/generated-secret.ts";
import { type RdsDatabase, type RdsDatabaseDesired, rdsDatabase } from "../../../src/remote/app/rds-database.ts";
import { rdsMigrateScript } from "../../../src/remote/app/rds-script.ts";
import { execute } from "../../../src/remote/execute.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { stackOf } from "../../../src/stacks/index.ts";
import { load } from "../../../src/variables/index.ts";
import { appWithDatabase } from "../../support/app-with-database.ts";
import { ofBia } from "../../support/of-bia.ts";
import { clientsOf, createOn, instanceIdOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";

const SUPPORT = resolve(import.meta.dirname, "../../support");
const PASSWORD = "/bia-infra/bia/database/password";

/** The tiny app, with a `sequelize` that really speaks to the database it is told of. */
let app = "";
beforeAll(async () => {
  app = await appWithDatabase();
});
afterAll(() => rm(app, { recursive: true, force: true }));

/** Stage 1 with the tiny app, then the database on RDS, as the course's later stages have it. */
async function biaWithRds(): Promise<Stack> {
  const variables = ofBia((await load(undefined, SUPPORT)).variables);
  const stack = stackOf(
    { ...variables, app: { ...variables.app, source: app } },
    { region: "us-east-1", target: "sandbox" },
  );
  const [stage1] = stack.stages;
  const of = (id: string) => stage1?.tasks.find((one) => one.id === id) as AnyTask;
  const machine = of("dev-instance") as Task<unknown, Instance>;
  const devGroup = of("dev-security-group") as Task<unknown, SecurityGroup>;
  const password = task("db-password", "password", generatedSecret, { name: PASSWORD, length: 32 });
  const group = task("db-group", "security group bia-db-teste", securityGroup, {
    name: "bia-db-teste",
    description: "Acesso do bia db",
    vpcId: of("default-vpc").out(({ vpcId }) => vpcId),
    ingress: [
      {
        protocol: "tcp",
        fromPort: 5432,
        toPort: 5432,
        sourceGroup: devGroup.out(({ groupId }) => groupId),
        description: "Acesso do bia-dev",
      },
    ],
    tags: {},
  });
  const database = task("db", "database bia", dbInstance, {
    identifier: "bia",
    engine: "postgres",
    instanceClass: "db.t3.micro",
    engineVersion: "16",
    storage: { size: 20, type: "gp2" },
    username: "postgres",
    password: { parameter: password.out(({ name }) => name) },
    passwordVersion: password.out(({ version }) => version),
    port: 5432,
    backupRetention: 1,
    availabilityZone: "us-east-1a",
    securityGroups: [group.out(({ groupId }) => groupId)],
    publiclyAccessible: false,
  });
  const migrated = task(
    "db-migrated",
    "database bia migrated",
    rdsDatabase,
    {
      instanceId: machine.out(({ instanceId }) => instanceId),
      folder: "/home/ec2-user/bia",
      user: "ec2-user",
      port: 3001,
      database: {
        address: database.out(({ endpoint }) => endpoint?.address ?? ""),
        port: 5432,
        username: "postgres",
        name: "bia",
        passwordParameter: password.out(({ name }) => name),
        resourceId: database.out(({ resourceId }) => resourceId),
      },
      version: of("dev-app-source").out(({ wanted }) => wanted),
    },
    [of("dev-app")],
  );
  const tasks = [password, group, database, migrated];
  return {
    name: "bia",
    stages: [...stack.stages.slice(0, 1), { name: "2-3", title: "", tasks, outputs: {}, costs: [] }],
  };
}

/** Asks the database, from this computer, as its owner. */
async function ask(sandbox: RunningSandbox, sql: string) {
  const { hidden } = sandbox.world.region("us-east-1").rds.dbInstances.get("bia") ?? {};
  const client = new pg.Client({
    host: hidden?.address ?? "",
    port: 5432,
    user: "postgres",
    password: hidden?.password ?? "",
    database: "bia",
    ssl: { rejectUnauthorized: false },
  });
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows;
}

describe("the app's database on RDS", () => {
  it("is created and migrated from the work machine, once for each instance and version, and its password is nowhere", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const only = { stack: await biaWithRds(), only: "db-migrated" };
    const first = await createOn(sandbox, only);
    expect(first.tasks.filter(({ error }) => error)).toEqual([]);
    expect(verdicts(first)).toMatchObject({ "db-migrated": "create" });
    expect(await ask(sandbox, "select count(*)::int as times from migrated")).toEqual([{ times: 1 }]);

    const second = await createOn(sandbox, only);
    expect(new Set(Object.values(verdicts(second)))).toEqual(new Set(["unchanged"]));
    expect(second.calls.changing).toBe(0);

    const { password = "none" } = sandbox.world.region("us-east-1").rds.dbInstances.get("bia")?.hidden ?? {};
    const { commands, invocations } = sandbox.world.region("us-east-1").ssm;
    expect(JSON.stringify([first, second, commands.all(), invocations.all()])).not.toContain(password);
    const script = `grep -rF '${password}' /var/lib/bia-infra /var/log/bia-infra /home /tmp; echo "found: $?"`;
    expect(await onMachine(sandbox, script)).toContain("found: 1");

    // Another version of the app may bring other migrations.
    await writeFile(join(app, "another.txt"), "another version");
    const third = await createOn(sandbox, only);
    expect(third.tasks.find(({ id }) => id === "db-migrated")).toMatchObject({
      verdict: "update",
      changes: [{ field: "migrations" }],
    });
    expect(await ask(sandbox, "select count(*)::int as times from migrated")).toEqual([{ times: 2 }]);

    // A new instance of the same name and endpoint is empty.
    const { rds, close } = clientsOf(sandbox);
    await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: "bia", SkipFinalSnapshot: true }));
    close();
    expect(verdicts(await createOn(sandbox, only))).toMatchObject({ db: "create", "db-migrated": "update" });
    expect(await ask(sandbox, "select count(*)::int as times from migrated")).toEqual([{ times: 1 }]);
  });

  it("cannot be reached where no security group lets the machine in, which is said; then it is", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const stack = await biaWithRds();
    await createOn(sandbox, { stack, only: "db" });
    await createOn(sandbox, { stack, only: "dev-app" });
    const { ec2, close } = clientsOf(sandbox);
    const { SecurityGroupRules = [] } = await ec2.send(new DescribeSecurityGroupRulesCommand({}));
    const rule = SecurityGroupRules.find(({ FromPort }) => FromPort === 5432);
    const wanted = desiredOn(sandbox, await instanceIdOn(sandbox));
    const aws = clientsOf(sandbox).scopedTo({
      region: "us-east-1",
      account: "000000000000",
      stack: "bia",
      ownership: {},
    });
    await ec2.send(
      new RevokeSecurityGroupIngressCommand({
        GroupId: rule?.GroupId,
        SecurityGroupRuleIds: [rule?.SecurityGroupRuleId ?? ""],
      }),
    );
    close();
    await rdsDatabase.create?.(aws, wanted, () => {});
    let found: RdsDatabase | undefined;
    do found = await rdsDatabase.find(aws, wanted);
    while (found && rdsDatabase.pending?.(found));
    expect(found && rdsDatabase.broken?.(found)).toContain("ETIMEDOUT");
    expect(found && rdsDatabase.remedy?.(found)).toContain(
      "No security group of the database lets the work machine in",
    );
    expect(verdicts(await createOn(sandbox, { stack, only: "db-migrated" }))).toMatchObject({
      "db-group": "update",
      "db-migrated": expect.stringMatching(/create|update/),
    });
  });
});

function desiredOn(sandbox: RunningSandbox, instanceId: string): RdsDatabaseDesired {
  const instance = sandbox.world.region("us-east-1").rds.dbInstances.get("bia");
  return {
    instanceId,
    folder: "/home/ec2-user/bia",
    user: "ec2-user",
    port: 3001,
    database: {
      address: instance?.Endpoint?.Address ?? "",
      port: 5432,
      username: "postgres",
      name: "bia",
      passwordParameter: PASSWORD,
      resourceId: instance?.DbiResourceId ?? "",
    },
    version: "0123456789abcdef",
  };
}

async function onMachine(sandbox: RunningSandbox, script: string): Promise<string> {
  const clients = clientsOf(sandbox);
  const command = { instanceId: await instanceIdOn(sandbox), comment: "test", script };
  const { stdout } = await execute(clients, command, new AbortController().signal);
  clients.close();
  return stdout;
}

describe("the script that migrates a database on RDS", () => {
  it("has the password's name and not its value, and quotes what it is given", () => {
    const app = { folder: "/home/ec2-user/bia", user: "ec2-user", port: 3001, region: "us-east-1" };
    const database = { address: "host", port: 5432, username: "o'neill", name: "bia", passwordParameter: PASSWORD };
    const script = rdsMigrateScript(app, database);
    expect(script).toContain(`aws ssm get-parameter --region us-east-1 --name '${PASSWORD}' --with-decryption`);
    expect(script).toContain("DB_USER='o'\\''neill'");
    expect(script).not.toMatch(/-e DB_PWD=/);
  });
});
