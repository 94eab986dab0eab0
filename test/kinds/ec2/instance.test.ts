import {
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  waitUntilInstanceStopped,
  waitUntilInstanceTerminated,
} from "@aws-sdk/client-ec2";
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  DeleteInstanceProfileCommand,
  GetInstanceProfileCommand,
  RemoveRoleFromInstanceProfileCommand,
} from "@aws-sdk/client-iam";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { roleNameOf } from "../../../src/sandbox/world/ec2/instance-profiles.ts";
import { clientsOf, createOn, destroyOn, instanceIdOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";

const only = { only: "dev-instance" };
/** A person's machine, launched long before ours. */
const OLDER = { InstanceId: "i-0aaaaaaaaaaaaaaaa", LaunchTime: new Date("2020-01-01"), SecurityGroups: [] };
const PROFILE = { InstanceProfileName: "role-acesso-ssm" };
const ROLE = { ...PROFILE, RoleName: "role-acesso-ssm" };
const PATIENCE = { maxWaitTime: 20, minDelay: 1, maxDelay: 1 };

/** A sandbox with the work machine on it, and clients of a person who also works there. */
async function machineOn(): Promise<{ sandbox: RunningSandbox; clients: AwsClients; id: string }> {
  const sandbox = await sandboxForTest({ delays: "none" });
  const clients = clientsOf(sandbox);
  onTestFinished(() => clients.close());
  await createOn(sandbox, only);
  return { sandbox, clients, id: await instanceIdOn(sandbox) };
}

async function terminate({ ec2 }: AwsClients, id: string): Promise<void> {
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await waitUntilInstanceTerminated({ client: ec2, ...PATIENCE }, { InstanceIds: [id] });
}

async function stop({ ec2 }: AwsClients, id: string): Promise<void> {
  await ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
  await waitUntilInstanceStopped({ client: ec2, ...PATIENCE }, { InstanceIds: [id] });
}

async function makeProfileAnew({ iam }: AwsClients): Promise<void> {
  await iam.send(new RemoveRoleFromInstanceProfileCommand(ROLE));
  await iam.send(new DeleteInstanceProfileCommand(PROFILE));
  await iam.send(new CreateInstanceProfileCommand(PROFILE));
  await iam.send(new AddRoleToInstanceProfileCommand(ROLE));
}

async function profileIdOf({ iam }: AwsClients): Promise<string | undefined> {
  return (await iam.send(new GetInstanceProfileCommand(PROFILE))).InstanceProfile?.InstanceProfileId;
}

async function livingMachines({ ec2 }: AwsClients) {
  const Filters = [{ Name: "instance-state-name", Values: ["pending", "running"] }];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations.flatMap(({ Instances }) => Instances ?? []);
}

describe("an instance whose client token is used up", () => {
  it("that a person has terminated is made again, as often as that happens", async () => {
    const { sandbox, clients, id } = await machineOn();
    await terminate(clients, id);
    expect(verdicts(await createOn(sandbox, only))["dev-instance"]).toBe("create");
    await terminate(clients, await instanceIdOn(sandbox));
    expect(verdicts(await createOn(sandbox, only))["dev-instance"]).toBe("create");
    expect(await livingMachines(clients)).toHaveLength(1);
  });

  it("that was destroyed is made again, with another security group than before", async () => {
    const { sandbox, clients } = await machineOn();
    expect((await destroyOn(sandbox)).failed).toBe(false);
    expect((await createOn(sandbox, only)).failed).toBe(false);
    expect(await livingMachines(clients)).toHaveLength(1);
  });

  it("is made again if EC2 looks at the parameters before the state, too", async () => {
    const { sandbox, clients } = await machineOn();
    await destroyOn(sandbox);
    const code = "IdempotentParameterMismatch";
    sandbox.world.faults.set([{ operation: "ec2:RunInstances", nth: 1, effect: { error: { code } } }]);
    expect((await createOn(sandbox, only)).failed).toBe(false);
    expect(await livingMachines(clients)).toHaveLength(1);
  });
});

it("an instance for which its zone has no room is asked for once, and another zone is what to do next", async () => {
  const sandbox = await sandboxForTest({ delays: "none" });
  const code = "InsufficientInstanceCapacity";
  const message = "We currently do not have sufficient t3.micro capacity in the Availability Zone you requested.";
  const rule = { operation: "ec2:RunInstances", effect: { error: { code, message, status: 500 } } };
  sandbox.world.faults.set([rule]);
  const { tasks } = await createOn(sandbox, only);
  expect(tasks.find(({ id }) => id === "dev-instance")?.error).toMatchObject({
    why: `${code}: ${message}`,
    next: expect.stringContaining("another zone"),
  });
  expect(sandbox.world.faults.strikes()[0]).toMatchObject({ struck: 1 });
});

describe("an instance whose profile was deleted and made again under its name", () => {
  it("has no credentials, which a plan names and a create repairs", async () => {
    const { sandbox, clients, id } = await machineOn();
    await makeProfileAnew(clients);
    const region = sandbox.world.region("us-east-1");
    expect(roleNameOf(sandbox.world, region, id)).toBeUndefined();
    const planned = await planOn(sandbox, only);
    expect(planned.tasks.find((task) => task.id === "dev-instance")).toMatchObject({
      verdict: "update",
      changes: [{ field: "instanceProfile", from: expect.stringContaining("deleted since") }],
    });
    expect((await createOn(sandbox, { ...only, adopt: true })).failed).toBe(false);
    const [machine] = await livingMachines(clients);
    expect(machine).toMatchObject({ InstanceId: id, IamInstanceProfile: { Id: await profileIdOf(clients) } });
    expect(roleNameOf(sandbox.world, region, id)).toBe("role-acesso-ssm");
    expect(verdicts(await planOn(sandbox, only))["dev-instance"]).toBe("unchanged");
  });

  it("and which a person has stopped has the new one before it starts", async () => {
    const { sandbox, clients, id } = await machineOn();
    await makeProfileAnew(clients);
    await stop(clients, id);
    const created = await createOn(sandbox, { ...only, adopt: true });
    expect(created.failed).toBe(false);
    expect(created.byOperation).toMatchObject({
      "ec2:DisassociateIamInstanceProfile": 1,
      "ec2:AssociateIamInstanceProfile": 1,
      "ec2:StartInstances": 1,
    });
    const [machine] = await livingMachines(clients);
    expect(machine).toMatchObject({ InstanceId: id, IamInstanceProfile: { Id: await profileIdOf(clients) } });
  });
});

it("an instance whose profile holds another role has the wanted one's credentials at once after the repair", async () => {
  const { sandbox, clients, id } = await machineOn();
  const { iam, ec2 } = clients;
  const Statement = [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }];
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await iam.send(new CreateRoleCommand({ RoleName: "theirs", AssumeRolePolicyDocument }));
  await iam.send(new RemoveRoleFromInstanceProfileCommand(ROLE));
  await iam.send(new AddRoleToInstanceProfileCommand({ ...PROFILE, RoleName: "theirs" }));
  const region = sandbox.world.region("us-east-1");
  const [association] = region.ec2.profileAssociations.all();
  region.ec2.profileAssociations.update(association?.AssociationId ?? "", ({ hidden }) => {
    hidden.roleName = "theirs";
  });
  const created = await createOn(sandbox, only);
  expect(created.failed).toBe(false);
  expect(JSON.stringify(created.events)).toContain(`${id} tied to it anew`);
  expect(roleNameOf(sandbox.world, region, id)).toBe("role-acesso-ssm");
  const { IamInstanceProfileAssociations } = await ec2.send(new DescribeIamInstanceProfileAssociationsCommand({}));
  expect(IamInstanceProfileAssociations).toHaveLength(1);
});

describe("of two machines of one name", () => {
  it("ours is taken, not an older one of somebody else: it would run on, billed", async () => {
    const { sandbox, clients, id } = await machineOn();
    const { instances } = sandbox.world.region("us-east-1").ec2;
    const ours = instances.get(id);
    if (!ours) throw new Error(`${id} is not there`);
    const Name = (ours.Tags ?? []).filter(({ Key }) => Key === "Name");
    instances.put({ ...ours, ...OLDER, NetworkInterfaces: [], Tags: Name });
    expect(verdicts(await planOn(sandbox, only))).toMatchObject({ "dev-instance": "unchanged" });
    await destroyOn(sandbox, only);
    expect((await livingMachines(clients)).map(({ InstanceId }) => InstanceId)).toEqual([OLDER.InstanceId]);
  });
});

describe("a machine that has just been launched", () => {
  it("is the only one, although its launch was told to nobody and the next run does not see it yet", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const denied = { error: { code: "UnauthorizedOperation", status: 403 } };
    sandbox.world.faults.set([
      { operation: "ec2:RunInstances", nth: 1, effect: "drop" },
      { operation: "ec2:RunInstances", nth: 2, effect: denied },
      { operation: "ec2:DescribeInstances", nth: [1, 2, 3, 4, 5, 6, 7, 8], effect: { lag: 50 } },
    ]);
    expect((await createOn(sandbox, only)).failed).toBe(true);
    expect((await createOn(sandbox, only)).byOperation["ec2:RunInstances"]).toBe(1);
    const clients = clientsOf(sandbox);
    onTestFinished(() => clients.close());
    expect(await livingMachines(clients)).toHaveLength(1);
  });

  it.each(["pending", "running", "stopping", "stopped"] as const)(
    "is found and removed while it is %s",
    async (Name) => {
      const { sandbox, clients, id } = await machineOn();
      sandbox.world.region("us-east-1").ec2.instances.update(id, (draft) => {
        draft.State = { Name, Code: 0 };
      });
      expect(verdicts(await planOn(sandbox, only))["dev-instance"]).not.toBe("create");
      expect(verdicts(await destroyOn(sandbox, only))["dev-instance"]).toBe("remove");
      expect(await livingMachines(clients)).toEqual([]);
      expect((await clients.ec2.send(new DescribeVolumesCommand({}))).Volumes).toEqual([]);
    },
  );
});
