import { DescribeSecurityGroupsCommand } from "@aws-sdk/client-ec2";
import {
  CreateDBInstanceCommand,
  type DBInstance,
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  ModifyDBInstanceCommand,
  type ModifyDBInstanceMessage,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { DeleteParameterCommand, GetParameterCommand } from "@aws-sdk/client-ssm";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import { type Stack, task } from "../../../src/engine/task.ts";
import { defaultVpc } from "../../../src/kinds/ec2/default-vpc.ts";
import { securityGroup } from "../../../src/kinds/ec2/security-group.ts";
import { type DbInstance, type DbInstanceDesired, dbInstance } from "../../../src/kinds/rds/db-instance.ts";
import { generatedSecret } from "../../../src/kinds/ssm/generated-secret.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";

const PASSWORD = "/bia-infra/bia/database/password";

/** The course's database with the security group and the password that it needs. */
function stackWith(more: Partial<DbInstanceDesired> = {}): Stack {
  const vpc = task("vpc", "default VPC", defaultVpc, { zones: ["us-east-1a"] });
  const group = task("db-group", "security group bia-db-teste", securityGroup, {
    name: "bia-db-teste",
    description: "Acesso do bia db",
    vpcId: vpc.out(({ vpcId }) => vpcId),
    ingress: [],
    tags: {},
  });
  const password = task("password", "password of bia", generatedSecret, { name: PASSWORD, length: 32 });
  const database = task("database", "database bia", dbInstance, {
    identifier: "bia",
    engine: "postgres",
    instanceClass: "db.t3.micro",
    engineVersion: "16",
    storage: { size: 20, type: "gp2" },
    username: "postgres",
    password: { parameter: password.out(({ name }) => name) },
    passwordVersion: password.out(({ version }) => version),
    port: 5432,
    backupRetention: 7,
    availabilityZone: "us-east-1a",
    securityGroups: [group.out(({ groupId }) => groupId)],
    publiclyAccessible: false,
    ...more,
  });
  const tasks = [vpc, group, password, database];
  return { name: "bia", stages: [{ name: "1", title: "a database", tasks, outputs: {}, costs: [] }] };
}

/** Changes the database as somebody does in the console, and waits until it is so. */
function changed(input: Partial<ModifyDBInstanceMessage>, isSo: (found: DBInstance) => boolean) {
  return async ({ rds }: AwsClients) => {
    const call = { DBInstanceIdentifier: "bia", ...input, ApplyImmediately: true };
    await until(rds, ({ DBInstanceStatus }) => DBInstanceStatus === "available");
    await rds.send(new ModifyDBInstanceCommand(call));
    await until(rds, (found) => isSo(found) && found.DBInstanceStatus === "available");
  };
}

async function until(rds: AwsClients["rds"], test: (found: DBInstance) => boolean): Promise<void> {
  for (;;) {
    const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: "bia" }));
    if (DBInstances?.[0] && test(DBInstances[0])) return;
  }
}

describeContract({
  task: "database",
  stack: stackWith(),
  drifts: {
    "its class": {
      field: /^instanceClass$/,
      make: changed({ DBInstanceClass: "db.t3.small" }, ({ DBInstanceClass }) => DBInstanceClass === "db.t3.small"),
    },
    "the type of its storage": {
      field: /^storage\.type$/,
      make: changed({ StorageType: "gp3" }, ({ StorageType }) => StorageType === "gp3"),
    },
    "its backups": {
      field: /^backupRetention$/,
      make: changed({ BackupRetentionPeriod: 1 }, (found) => found.BackupRetentionPeriod === 1),
    },
    "its security groups": {
      field: /^securityGroups$/,
      make: async (aws) => {
        const Filters = [{ Name: "group-name", Values: ["default"] }];
        const { SecurityGroups } = await aws.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
        const id = SecurityGroups?.[0]?.GroupId ?? "";
        const isSo = ({ VpcSecurityGroups }: DBInstance) => VpcSecurityGroups?.[0]?.VpcSecurityGroupId === id;
        await changed({ VpcSecurityGroupIds: [id] }, isSo)(aws);
      },
    },
    "its being public": {
      field: /^publiclyAccessible$/,
      make: changed({ PubliclyAccessible: true }, ({ PubliclyAccessible }) => PubliclyAccessible === true),
    },
    "its port": {
      field: /^port$/,
      make: changed({ DBPortNumber: 6432 }, ({ Endpoint }) => Endpoint?.Port === 6432),
    },
    "its being stopped": {
      field: /^state$/,
      make: async ({ rds }) => {
        await until(rds, ({ DBInstanceStatus }) => DBInstanceStatus === "available");
        await rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: "bia" }));
        await until(rds, ({ DBInstanceStatus }) => DBInstanceStatus === "stopped");
      },
    },
  },
});

async function databaseOn(sandbox: RunningSandbox): Promise<DBInstance | undefined> {
  const { rds, close } = clientsOf(sandbox);
  const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({}));
  close();
  return DBInstances?.[0];
}

async function errorOf(run: ReturnType<typeof createOn>) {
  return (await run).tasks.find(({ id }) => id === "database")?.error;
}

describe("a database instance", () => {
  it("has the newest minor version that can be created, without paid support, and is not public", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack: stackWith() });
    expect(await databaseOn(sandbox)).toMatchObject({
      DBInstanceIdentifier: "bia",
      DBInstanceClass: "db.t3.micro",
      EngineVersion: "16.14",
      EngineLifecycleSupport: "open-source-rds-extended-support-disabled",
      AllocatedStorage: 20,
      StorageType: "gp2",
      MasterUsername: "postgres",
      BackupRetentionPeriod: 7,
      AvailabilityZone: "us-east-1a",
      PubliclyAccessible: false,
      VpcSecurityGroups: [{ Status: "active" }],
    });
  });

  it("trap 5: is waited for no longer once AWS refuses to show it", async () => {
    const sandbox = await sandboxForTest({ delays: "real" });
    const denied = { code: "AccessDenied", message: "not authorized to perform rds:DescribeDBInstances", status: 403 };
    // By then it has been made and is waited for.
    const fromThenOn = Array.from({ length: 100 }, (_, index) => index + 5);
    sandbox.world.faults.set([{ operation: "rds:DescribeDBInstances", nth: fromThenOn, effect: { error: denied } }]);
    expect((await errorOf(createOn(sandbox, { stack: stackWith() })))?.why).toContain(denied.message);
    expect(sandbox.world.faults.strikes()[0]?.struck).toBe(1);
  });

  it("trap 2: a minor version that is not created any more is refused before anything is made, with those that are", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const error = await errorOf(createOn(sandbox, { stack: stackWith({ engineVersion: "16.1" }) }));
    expect(error).toMatchObject({
      why: "RDS creates no PostgreSQL 16.1 any more, or not yet",
      next: expect.stringMatching(/^Write 16 .*16\.11, 16\.12, 16\.13, 16\.14/),
    });
    expect(await databaseOn(sandbox)).toBeUndefined();
  });

  it("trap 3: on the Free plan says what to change, in AWS's words first", async () => {
    const message = "The specified backup retention period exceeds the maximum available to free tier customers.";
    const error = { code: "FreeTierRestrictionError", message };
    const sandbox = await sandboxForTest({
      delays: "none",
      faults: [{ operation: "rds:CreateDBInstance", effect: { error } }],
    });
    expect(await errorOf(createOn(sandbox, { stack: stackWith() }))).toMatchObject({
      why: `FreeTierRestrictionError: ${message}`,
      next: expect.stringMatching(/1 day/),
    });
  });

  it("waits for RDS's own role and for a security group that RDS does not see yet", async () => {
    const refusals = [
      "Unable to create the resource. Verify that you have permission to create service linked role. Otherwise wait and try again later.",
      "Invalid security group , groupId= sg-1, groupName=.",
    ];
    const sandbox = await sandboxForTest({
      delays: "none",
      faults: refusals.map((message, index) => ({
        operation: "rds:CreateDBInstance",
        nth: index + 1,
        effect: { error: { code: "InvalidParameterValue", message } },
      })),
    });
    expect(verdicts(await createOn(sandbox, { stack: stackWith() }))).toMatchObject({ database: "create" });
  });

  it.each([
    [
      "a class that RDS has not for it",
      { instanceClass: "db.t2.micro" },
      /no db\.t2\.micro with PostgreSQL 16/,
      /another instance class/,
    ],
    ["a zone without it", { availabilityZone: "us-east-1z" }, /in us-east-1z/, /us-east-1a, us-east-1b/],
  ])("of %s is refused with what there is", async (_, more, why, next) => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const error = await errorOf(createOn(sandbox, { stack: stackWith(more) }));
    expect(error?.why).toMatch(why);
    expect(error?.next).toMatch(next);
  });

  it("grows; what RDS adds to that is no difference; it does not shrink", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack: stackWith() });
    const larger = { stack: stackWith({ storage: { size: 21, type: "gp2" } }) };
    const planned = (await planOn(sandbox, larger)).tasks.find(({ id }) => id === "database");
    expect(planned?.changes).toEqual([{ field: "storage.size", from: "20 GiB", to: "21 GiB" }]);
    expect(verdicts(await createOn(sandbox, larger))).toMatchObject({ database: "update" });
    expect((await databaseOn(sandbox))?.AllocatedStorage).toBe(22);
    expect(verdicts(await planOn(sandbox, larger))).toMatchObject({ database: "unchanged" });
  });

  it.each([
    ["has a larger storage", { AllocatedStorage: 30 }, { AllocatedStorage: 30 }, /^storage\.size$/, "30 GiB"],
    ["keeps its backups longer", { BackupRetentionPeriod: 14 }, {}, /^backupRetention$/, "14 days"],
  ])(
    "that %s than asked for is left so, with a note, and nothing else of it is held up",
    async (_, input, more, field, from) => {
      const sandbox = await sandboxForTest({ delays: "none" });
      await createOn(sandbox, { stack: stackWith() });
      const before = await databaseOn(sandbox);
      const aws = clientsOf(sandbox);
      await changed(input, (found) =>
        Object.entries({ ...input, ...more }).every(
          ([key, value]) => (found as Record<string, unknown>)[key] === value,
        ),
      )(aws);
      const planned = (await planOn(sandbox, { stack: stackWith() })).tasks.find(({ id }) => id === "database");
      expect(planned).toMatchObject({ verdict: "unchanged", left: [{ field: expect.stringMatching(field), from }] });
      const created = await createOn(sandbox, { stack: stackWith() });
      expect(created.calls.changing).toBe(0);
      expect(created.tasks.find(({ id }) => id === "database")?.left).toEqual(planned?.left);
      await changed(
        { DBInstanceClass: "db.t3.small" },
        ({ DBInstanceClass }) => DBInstanceClass === "db.t3.small",
      )(aws);
      aws.close();
      expect(verdicts(await createOn(sandbox, { stack: stackWith() }))).toMatchObject({ database: "update" });
      expect(await databaseOn(sandbox)).toMatchObject({
        DbiResourceId: before?.DbiResourceId,
        DBInstanceClass: "db.t3.micro",
      });
    },
  );

  it("is of the major version that is asked for, and then as wanted", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const wanted = { stack: stackWith({ engineVersion: "17" }) };
    expect(verdicts(await createOn(sandbox, wanted))).toMatchObject({ database: "create" });
    expect((await databaseOn(sandbox))?.EngineVersion).toMatch(/^17\.\d+$/);
    expect(verdicts(await createOn(sandbox, wanted))).toMatchObject({ database: "unchanged" });
  });

  it("of a newer major version than asked for is left so: RDS upgrades what is past its end", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack: stackWith() });
    const created = await createOn(sandbox, { stack: stackWith({ engineVersion: "15" }) });
    expect(created.tasks.find(({ id }) => id === "database")).toMatchObject({
      verdict: "unchanged",
      left: [{ field: "engineVersion", from: "16.14", to: "15" }],
    });
  });

  it("that is stopped is started, and then has what else differs repaired in the same run", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack: stackWith() });
    const { rds, close } = clientsOf(sandbox);
    await rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: "bia" }));
    await until(rds, ({ DBInstanceStatus }) => DBInstanceStatus === "stopped");
    close();
    const bigger = { stack: stackWith({ instanceClass: "db.t3.small" }) };
    expect(verdicts(await createOn(sandbox, bigger))).toMatchObject({ database: "update" });
    expect(await databaseOn(sandbox)).toMatchObject({ DBInstanceStatus: "available", DBInstanceClass: "db.t3.small" });
  });

  it("is given its new password by the next run if RDS refused it: the tag says what it was given, not what was tried", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack: stackWith() });
    const { ssm, close } = clientsOf(sandbox);
    await ssm.send(new DeleteParameterCommand({ Name: PASSWORD }));
    const denied = { code: "AccessDenied", message: "not authorized to perform rds:ModifyDBInstance", status: 403 };
    sandbox.world.faults.set([{ operation: "rds:ModifyDBInstance", effect: { error: denied } }]);
    expect((await errorOf(createOn(sandbox, { stack: stackWith() })))?.why).toContain(denied.message);
    sandbox.world.faults.set([]);
    const planned = (await planOn(sandbox, { stack: stackWith() })).tasks.find(({ id }) => id === "database");
    expect(planned?.changes).toMatchObject([{ field: "password" }]);
    await createOn(sandbox, { stack: stackWith() });
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: PASSWORD, WithDecryption: true }));
    close();
    const { password } = sandbox.world.region("us-east-1").rds.dbInstances.get("bia")?.hidden ?? {};
    expect(password === Parameter?.Value).toBe(true);
  });

  it("is upgraded to a newer minor version if one is asked for; a newer one than asked for is no difference", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const older = { stack: stackWith({ engineVersion: "16.12" }) };
    await createOn(sandbox, older);
    expect(verdicts(await planOn(sandbox, { stack: stackWith() }))).toMatchObject({ database: "unchanged" });
    const newer = { stack: stackWith({ engineVersion: "16.14" }) };
    expect(verdicts(await createOn(sandbox, newer))).toMatchObject({ database: "update" });
    expect((await databaseOn(sandbox))?.EngineVersion).toBe("16.14");
    expect(verdicts(await planOn(sandbox, older))).toMatchObject({ database: "unchanged" });
  });

  it.each([
    ["the master user", { username: "bia" }, "username from postgres to bia"],
    ["the zone", { availabilityZone: "us-east-1b" }, "availabilityZone from us-east-1a to us-east-1b"],
  ])("needs replacement for another %s, which is refused", async (_, more, words) => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack: stackWith() });
    const before = await databaseOn(sandbox);
    expect((await errorOf(createOn(sandbox, { stack: stackWith(more) })))?.why).toContain(words);
    expect((await databaseOn(sandbox))?.DbiResourceId).toBe(before?.DbiResourceId);
  });

  it("whose password's parameter was deleted is given the new password", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack: stackWith() });
    const { ssm, close } = clientsOf(sandbox);
    await ssm.send(new DeleteParameterCommand({ Name: PASSWORD }));
    expect(verdicts(await createOn(sandbox, { stack: stackWith() }))).toMatchObject({
      password: "create",
      database: "update",
    });
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: PASSWORD, WithDecryption: true }));
    close();
    const { password } = sandbox.world.region("us-east-1").rds.dbInstances.get("bia")?.hidden ?? {};
    expect(password === Parameter?.Value).toBe(true);
    const again = await createOn(sandbox, { stack: stackWith() });
    expect(again.calls.changing).toBe(0);
  });

  it("never shows its password", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const created = await createOn(sandbox, { stack: stackWith() });
    const planned = await planOn(sandbox, { stack: stackWith() });
    const { password = "none" } = sandbox.world.region("us-east-1").rds.dbInstances.get("bia")?.hidden ?? {};
    expect(password).toMatch(/^\w{32}$/);
    expect(JSON.stringify([created, planned])).not.toContain(password);
  });

  it("of somebody else is used as it is, and survives a destroy", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { rds, close } = clientsOf(sandbox);
    await rds.send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier: "bia",
        DBInstanceClass: "db.t3.small",
        Engine: "postgres",
        EngineVersion: "16",
        MasterUsername: "postgres",
        MasterUserPassword: "theirs-alone",
        AllocatedStorage: 20,
        AvailabilityZone: "us-east-1a",
      }),
    );
    close();
    expect(verdicts(await createOn(sandbox, { stack: stackWith() }))).toMatchObject({ database: "foreign" });
    await destroyOn(sandbox, { stack: stackWith() });
    expect(await databaseOn(sandbox)).toMatchObject({ DBInstanceClass: "db.t3.small" });
  });

  it("that somebody protects is not deleted, which is said in AWS's words", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack: stackWith() });
    const aws = clientsOf(sandbox);
    await changed({ DeletionProtection: true }, ({ DeletionProtection }) => DeletionProtection === true)(aws);
    aws.close();
    expect(verdicts(await planOn(sandbox, { stack: stackWith() }))).toMatchObject({ database: "unchanged" });
    expect(await errorOf(destroyOn(sandbox, { stack: stackWith() }))).toMatchObject({
      why: "InvalidParameterCombination: Cannot delete protected DB Instance, please disable deletion protection and try again.",
      next: expect.stringContaining("deletion protection"),
    });
  });

  it.each([
    ["accepted", "Instance bia is already being deleted."],
    ["refused", "Instance bia is not in a valid state to be deleted: it is being modified."],
  ])("a removal is %s where RDS says: %s", async (outcome, message) => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const aws = clientsOf(sandbox);
    onTestFinished(() => aws.close());
    const effect = { error: { code: "InvalidDBInstanceState", message, status: 400 } };
    sandbox.world.faults.set([{ operation: "rds:DeleteDBInstance", effect }]);
    const removal = dbInstance.remove?.(aws as never, { identifier: "bia" } as never, () => {});
    const told = await Promise.resolve(removal).then(
      () => "accepted",
      (error: Error) => `refused: ${error.message}`,
    );
    expect(told).toBe(outcome === "accepted" ? "accepted" : `refused: ${message}`);
  });

  it("that is being deleted already is waited for, then made anew", async () => {
    // Slow enough for the second run to come while the instance is being deleted, on a busy computer too.
    const sandbox = await sandboxForTest({ delays: "real", speed: 300 });
    await createOn(sandbox, { stack: stackWith() });
    const before = await databaseOn(sandbox);
    const { rds, close } = clientsOf(sandbox);
    await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: "bia", SkipFinalSnapshot: true }));
    close();
    const { tasks, events } = await createOn(sandbox, { stack: stackWith() });
    expect(tasks.find(({ id }) => id === "database")?.verdict).toBe("create");
    expect(JSON.stringify(events)).toContain("the old one is still being deleted");
    expect((await databaseOn(sandbox))?.DbiResourceId).not.toBe(before?.DbiResourceId);
  });

  it("says while it waits what RDS says", async () => {
    const sandbox = await sandboxForTest({ delays: "real", speed: 2000 });
    const { events } = await createOn(sandbox, { stack: stackWith() });
    expect(JSON.stringify(events)).toContain("RDS status: creating");
  });
});

describe("the status of a database instance", () => {
  const actual = { status: "available", willGrow: false, endpoint: { address: "bia", port: 5432 } } as DbInstance;
  const { pending, broken, remedy } = dbInstance;

  it.each(["storage-full", "incompatible-network", "failed", "insufficient-capacity"])(
    "%s is one that it does not leave by itself, with what to do",
    (status) => {
      expect(broken?.({ ...actual, status })).toContain(status);
      expect(remedy?.({ ...actual, status })).toMatch(/\w/);
    },
  );

  it("storage-full is none once the storage is about to grow", () => {
    expect(broken?.({ ...actual, status: "storage-full", willGrow: true })).toBeUndefined();
  });

  it.each(["available", "backing-up", "storage-optimization"])("%s is one to work with", (status) => {
    expect(pending?.({ ...actual, status })).toBeUndefined();
    expect(broken?.({ ...actual, status })).toBeUndefined();
  });

  it("available is one to wait in while the endpoint is not named, or its new password is still to come", () => {
    const { endpoint: _, ...unnamed } = actual;
    expect(pending?.(unnamed)).toBe("RDS has not named its endpoint yet");
    expect(pending?.({ ...actual, passwordPending: true })).toContain("with a new password to come");
  });

  it.each(["creating", "modifying", "rebooting", "starting"])("%s is one to wait in", (status) => {
    expect(pending?.({ ...actual, status })).toBe(`RDS status: ${status}`);
    expect(broken?.({ ...actual, status })).toBeUndefined();
  });
});

it("a database takes its automated backups with it, which would be kept and billed", async () => {
  const sent: object[] = [];
  const rds = { send: async ({ input }: { readonly input: object }) => sent.push(input) };
  await dbInstance.remove?.({ rds } as never, { identifier: "bia" } as never, () => {});
  expect(sent).toEqual([{ DBInstanceIdentifier: "bia", SkipFinalSnapshot: true, DeleteAutomatedBackups: true }]);
});

describe("a database of an account on the Free plan", () => {
  const days = async (sandbox: RunningSandbox) => {
    const { DBInstances } = await clientsOf(sandbox).rds.send(new DescribeDBInstancesCommand({}));
    return DBInstances?.map(({ BackupRetentionPeriod }) => BackupRetentionPeriod);
  };

  it("keeps backups for a day where nobody has said for how many, says so, and is no different the next time", async () => {
    const sandbox = await sandboxForTest({ delays: "none", plan: "free" });
    const stack = stackWith({ fewerBackups: true });
    const first = await createOn(sandbox, { stack });
    expect(first.failed).toBe(false);
    expect(JSON.stringify(first.events)).toContain("Free plan: backups are kept for 1 day");
    expect(await days(sandbox)).toEqual([1]);
    expect((await planOn(sandbox, { stack })).tasks.at(-1)).toMatchObject({ verdict: "unchanged" });
    expect((await createOn(sandbox, { stack })).calls.changing).toBe(0);
  });

  it("that was made with fewer days before stays so, and is no different the next time", async () => {
    const sandbox = await sandboxForTest({ delays: "none", plan: "free" });
    await createOn(sandbox, { stack: stackWith({ backupRetention: 0 }) });
    const stack = stackWith({ fewerBackups: true });
    expect((await createOn(sandbox, { stack })).failed).toBe(false);
    expect(await days(sandbox)).toEqual([1]);
    expect((await createOn(sandbox, { stack })).calls.changing).toBe(0);
  });

  it("keeps them for a day where somebody asks for more, too, says so each time, and is not asked twice", async () => {
    const sandbox = await sandboxForTest({ delays: "none", plan: "free" });
    const stack = stackWith();
    const first = await createOn(sandbox, { stack });
    expect(first.failed).toBe(false);
    expect(JSON.stringify(first.events)).toContain(
      "for 1 day, although its backupRetention in the variables asks for 7 days",
    );
    expect(await days(sandbox)).toEqual([1]);
    expect((await planOn(sandbox, { stack })).tasks.at(-1)).toMatchObject({
      verdict: "unchanged",
      left: [{ field: "backupRetention", from: "1 day", to: "7 days", left: expect.stringContaining("Free plan") }],
    });
    expect((await createOn(sandbox, { stack })).calls.changing).toBe(0);
  });

  it("keeps what it had for a day where somebody asks for more later", async () => {
    const sandbox = await sandboxForTest({ delays: "none", plan: "free" });
    await createOn(sandbox, { stack: stackWith({ backupRetention: 0 }) });
    expect((await createOn(sandbox, { stack: stackWith() })).failed).toBe(false);
    expect(await days(sandbox)).toEqual([1]);
  });

  it("is refused in AWS's words where its class is not for the plan, with what to write", async () => {
    const sandbox = await sandboxForTest({ delays: "none", plan: "free" });
    const small = stackWith({ instanceClass: "db.t3.small", fewerBackups: true });
    const [large] = (await createOn(sandbox, { stack: small })).tasks.filter(({ error }) => error);
    expect(large?.error?.next).toContain("db.t3.micro or db.t4g.micro as instanceClass of the database");
  });

  it("keeps as many as are asked for once the plan allows it", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack: stackWith({ backupRetention: 1 }) });
    expect(verdicts(await createOn(sandbox, { stack: stackWith({ fewerBackups: true }) }))).toMatchObject({
      database: "update",
    });
    expect(await days(sandbox)).toEqual([7]);
  });
});
