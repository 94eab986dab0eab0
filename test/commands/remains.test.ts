import { CreateSecurityGroupCommand, CreateTagsCommand, DescribeVpcsCommand } from "@aws-sdk/client-ec2";
import { CreateDBInstanceCommand, DeleteDBInstanceCommand } from "@aws-sdk/client-rds";
import { describe, expect, it } from "vitest";
import { remainsOf } from "../../src/commands/remains.ts";
import { sessionOn } from "../../src/commands/session.ts";
import { task } from "../../src/engine/task.ts";
import { instanceProfile } from "../../src/kinds/iam/instance-profile.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { sandboxForTest } from "../support/sandbox.ts";

const profile = (id: string) => task(id, `profile ${id}`, instanceProfile, { name: id, role: "none" });
const [first, second] = [profile("first"), profile("second")];

/** A session that destroys stage 1 of two. */
async function sessionOf(sandbox: RunningSandbox) {
  const target = {
    name: "aws",
    region: "us-east-1",
    endpoint: sandbox.endpoint,
    credentials: sandbox.keys,
    isUsual: false,
    speed: 1000,
  } as const;
  const stage = { outputs: {}, costs: [] };
  const stages = [
    { ...stage, name: "1", title: "1", tasks: [first] },
    { ...stage, name: "2", title: "2", tasks: [second] },
  ];
  const { signal } = new AbortController();
  return sessionOn(target, { name: "bia", stages } as never, {
    command: "destroy",
    options: { stage: ["1"] },
    signal,
    emit: () => {},
  });
}

async function groupOf(session: Awaited<ReturnType<typeof sessionOf>>, name: string) {
  const { ec2 } = session.clients;
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({}));
  const group = { GroupName: name, Description: name, VpcId: Vpcs?.[0]?.VpcId };
  const { GroupId = "" } = await ec2.send(new CreateSecurityGroupCommand(group));
  const tags = { "bia-infra:stack": "bia", "bia-infra:task": name };
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  await ec2.send(new CreateTagsCommand({ Resources: [GroupId], Tags }));
  return GroupId;
}

const times = { started: 0, existed: 0, ended: 0, queued: 0 };

describe("what remains after a destroy", () => {
  it("names a snapshot that somebody made of the database as theirs, with what deletes it", async () => {
    const sandbox = await sandboxForTest({ delays: "none", speed: "manual" });
    const session = await sessionOf(sandbox);
    const { rds } = session.clients;
    const size = { DBInstanceClass: "db.t3.micro", Engine: "postgres", EngineVersion: "16", AllocatedStorage: 20 };
    const owner = { MasterUsername: "postgres", MasterUserPassword: "correct-horse" };
    const Tags = [{ Key: "bia-infra:stack", Value: "bia" }];
    const DBInstanceIdentifier = "bia";
    await rds.send(
      new CreateDBInstanceCommand({ ...size, ...owner, DBInstanceIdentifier, CopyTagsToSnapshot: true, Tags }),
    );
    await sandbox.world.clock.advance(1000);
    await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, FinalDBSnapshotIdentifier: "final" }));
    await sandbox.world.clock.advance(1000);
    const { left } = await remainsOf(session, new Map());
    session.clients.close();
    expect(left).toMatchObject([
      {
        service: "rds",
        type: "database snapshot",
        id: "final",
        why: expect.stringMatching(
          /^somebody made it of database bia.*delete-db-snapshot --db-snapshot-identifier final$/,
        ),
      },
    ]);
  });

  it("is nothing when no tag is left", async () => {
    const session = await sessionOf(await sandboxForTest({ delays: "none" }));
    expect(await remainsOf(session, new Map())).toEqual({ left: [] });
    session.clients.close();
  });

  it("is each thing with AWS's reason, or that it is not found by its name", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const session = await sessionOf(sandbox);
    const id = await groupOf(session, "first");
    const unknown = await groupOf(session, "unknown");
    const refused = new Map([
      [first, { is: "failed" as const, error: new Error("DependencyViolation: in use"), ...times }],
    ]);
    const { left } = await remainsOf(session, refused);
    expect(left).toContainEqual({ service: "ec2", type: "security group", id, why: "DependencyViolation: in use" });
    expect(left?.find((one) => one.id === unknown)?.why).toContain("no such part");
    const absent = new Map([
      [first, { is: "done" as const, result: { verdict: { is: "absent" as const } }, ...times }],
    ]);
    expect((await remainsOf(session, absent)).left?.find((one) => one.id === id)?.why).toContain(
      "not found by the name",
    );
    session.clients.close();
  });

  it("does not count what belongs to a stage that was not chosen", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const session = await sessionOf(sandbox);
    await groupOf(session, "second");
    expect((await remainsOf(session, new Map())).left).toEqual([]);
    session.clients.close();
  });

  it("waits for AWS to stop listing what this run has removed, and says so when it does not", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const session = await sessionOf(sandbox);
    const id = await groupOf(session, "first");
    const removed = new Map([
      [first, { is: "done" as const, result: { verdict: { is: "remove" as const } }, ...times }],
    ]);
    const { left } = await remainsOf(session, removed);
    expect(left).toEqual([expect.objectContaining({ id, why: "AWS still lists it although it was deleted" })]);
    session.clients.close();
  });
});
