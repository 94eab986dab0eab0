import {
  AssociateIamInstanceProfileCommand,
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeTagsCommand,
  DescribeVolumesCommand,
  DisassociateIamInstanceProfileCommand,
  type EC2Client,
  GetConsoleOutputCommand,
  ModifyInstanceAttributeCommand,
  ModifyInstanceMetadataOptionsCommand,
  RebootInstancesCommand,
  ReplaceIamInstanceProfileAssociationCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { clientsOf, refusal } from "../clients.ts";
import { createGroup, createProfile, instanceOf, launch } from "./fixtures.ts";

const stop = (ec2: EC2Client, id: string) => ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
const start = (ec2: EC2Client, id: string) => ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
const terminate = (ec2: EC2Client, ...ids: string[]) => ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
const stateOf = async (ec2: EC2Client, id: string) => (await instanceOf(ec2, id)).State?.Name;

async function running(options: Parameters<typeof clientsOf>[0] = {}) {
  const clients = await clientsOf({ delays: "real", ...options });
  const id = await launch(clients.ec2, {
    TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "bia-dev" }] }],
  });
  await clients.world.clock.advance(60_000);
  return { ...clients, id };
}

test("the console as it is now is told of Nitro instances alone", async () => {
  const { ec2 } = await clientsOf();
  const now = async (InstanceType: "t2.micro" | "t3.micro") =>
    ec2.send(new GetConsoleOutputCommand({ InstanceId: await launch(ec2, { InstanceType }), Latest: true }));
  expect(await refusal(now("t2.micro"))).toBe(
    "UnsupportedOperation: This instance type does not support retrieving the latest console logs",
  );
  expect(await now("t3.micro")).toMatchObject({ InstanceId: expect.stringMatching(/^i-/) });
});

describe("terminating", () => {
  test("goes through shutting-down, and frees what the instance had", async () => {
    const { ec2, world, id } = await running();
    const { TerminatingInstances } = await terminate(ec2, id);
    expect(TerminatingInstances).toMatchObject([
      { InstanceId: id, PreviousState: { Name: "running" }, CurrentState: { Name: "shutting-down" } },
    ]);
    await world.clock.advance(60_000);
    expect(await instanceOf(ec2, id)).toMatchObject({
      State: { Name: "terminated", Code: 48 },
      StateReason: { Code: "Client.UserInitiatedShutdown" },
    });
    expect((await ec2.send(new DescribeVolumesCommand({}))).Volumes ?? []).toEqual([]);
    expect((await ec2.send(new DescribeNetworkInterfacesCommand({}))).NetworkInterfaces ?? []).toEqual([]);
  });

  test("leaves a tombstone with its tags for about an hour", async () => {
    const { ec2, world, id } = await running();
    await terminate(ec2, id);
    await world.clock.advance(50 * 60_000);
    const Filters = [{ Name: "tag:Name", Values: ["bia-dev"] }];
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ Filters }));
    expect(Reservations?.[0]?.Instances).toMatchObject([{ InstanceId: id, State: { Name: "terminated" } }]);
    await world.clock.advance(15 * 60_000);
    expect(await refusal(instanceOf(ec2, id))).toMatch(/^InvalidInstanceID.NotFound: /);
  });

  test("twice is no error while the id is known", async () => {
    const { ec2, world, id } = await running();
    await terminate(ec2, id);
    await world.clock.advance(60_000);
    expect((await terminate(ec2, id)).TerminatingInstances).toMatchObject([{ CurrentState: { Name: "terminated" } }]);
  });

  test("is refused for all if one of them is not known", async () => {
    const { ec2, id } = await running();
    const ghost = "i-0123456789abcdef0";
    expect(await refusal(terminate(ec2, id, ghost))).toBe(
      `InvalidInstanceID.NotFound: The instance ID '${ghost}' does not exist`,
    );
    expect(await refusal(terminate(ec2, "bia-dev"))).toMatch(/^InvalidInstanceID.Malformed: /);
    expect(await stateOf(ec2, id)).toBe("running");
  });

  test("is refused while protected", async () => {
    const { ec2, id } = await running();
    const protect = (Value: boolean) =>
      ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: id, DisableApiTermination: { Value } }));
    await protect(true);
    expect(await refusal(terminate(ec2, id))).toBe(
      `OperationNotPermitted: The instance '${id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
    );
    await protect(false);
    await terminate(ec2, id);
  });

  test("keeps a volume that is not to be deleted, which then costs money", async () => {
    const { ec2, world } = await clientsOf();
    const id = await launch(ec2, {
      BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { DeleteOnTermination: false } }],
    });
    await world.clock.advance(0);
    await terminate(ec2, id);
    await world.clock.advance(0);
    expect((await ec2.send(new DescribeVolumesCommand({}))).Volumes).toMatchObject([{ State: "available" }]);
  });
});

describe("stopping and starting", () => {
  test("goes through stopping and pending, and changes the public address only", async () => {
    const { ec2, world, id } = await running();
    const before = await instanceOf(ec2, id);
    await stop(ec2, id);
    expect(await stateOf(ec2, id)).toBe("stopping");
    await world.clock.advance(60_000);
    const stopped = await instanceOf(ec2, id);
    expect(stopped).toMatchObject({ State: { Name: "stopped", Code: 80 }, PrivateIpAddress: before.PrivateIpAddress });
    expect(stopped.PublicIpAddress).toBeUndefined();
    await start(ec2, id);
    expect(await stateOf(ec2, id)).toBe("pending");
    await world.clock.advance(60_000);
    expect(await instanceOf(ec2, id)).toMatchObject({
      State: { Name: "running" },
      PublicIpAddress: expect.any(String),
    });
  });

  test("is refused in the wrong state", async () => {
    const { ec2, world, id } = await running();
    await stop(ec2, id);
    expect(await refusal(start(ec2, id))).toBe(
      `IncorrectInstanceState: The instance '${id}' is not in a state from which it can be started.`,
    );
    await terminate(ec2, id);
    await world.clock.advance(60_000);
    expect(await refusal(start(ec2, id))).toMatch(/^IncorrectInstanceState: /);
    expect(await refusal(stop(ec2, id))).toMatch(/^IncorrectInstanceState: /);
    expect(await refusal(ec2.send(new RebootInstancesCommand({ InstanceIds: [id] })))).toMatch(
      /^IncorrectInstanceState: /,
    );
  });
});

test("status checks pass some minutes after the start, and only running instances have any", async () => {
  const { ec2, world, id } = await running();
  const statusOf = async (input: object = {}) =>
    (await ec2.send(new DescribeInstanceStatusCommand(input))).InstanceStatuses ?? [];
  expect(await statusOf()).toMatchObject([{ InstanceId: id, InstanceStatus: { Status: "initializing" } }]);
  await world.clock.advance(150_000);
  expect(await statusOf()).toMatchObject([{ SystemStatus: { Status: "ok" }, InstanceStatus: { Status: "ok" } }]);
  await stop(ec2, id);
  expect(await statusOf()).toEqual([]);
  expect(await statusOf({ IncludeAllInstances: true })).toMatchObject([{ InstanceState: { Name: "stopping" } }]);
});

describe("attributes", () => {
  const attribute = (ec2: EC2Client, InstanceId: string, Attribute: "userData" | "instanceType" | "sriovNetSupport") =>
    ec2.send(new DescribeInstanceAttributeCommand({ InstanceId, Attribute }));

  test("user data is read back as it was given", async () => {
    const { ec2 } = await clientsOf();
    const UserData = Buffer.from("#!/bin/bash\necho olá\n").toString("base64");
    const id = await launch(ec2, { UserData });
    expect((await attribute(ec2, id, "userData")).UserData?.Value).toBe(UserData);
    const without = await launch(ec2);
    expect((await attribute(ec2, without, "userData")).UserData?.Value).toBeUndefined();
  });

  test("one that is not emulated is refused by name", async () => {
    const { ec2, id } = await running();
    expect(await refusal(attribute(ec2, id, "sriovNetSupport"))).toMatch(/^SandboxNotEmulated: .*sriovNetSupport/);
  });

  test("security groups change while it runs", async () => {
    const { ec2, world, id } = await running();
    const group = await createGroup(ec2, "bia-dev");
    await world.clock.advance(5000);
    const modify = (...Groups: string[]) => ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: id, Groups }));
    await modify(group);
    expect((await instanceOf(ec2, id)).SecurityGroups).toEqual([{ GroupId: group, GroupName: "bia-dev" }]);
    expect(await refusal(modify("sg-0123456789abcdef0"))).toMatch(/^InvalidGroup.NotFound: /);
  });

  test("type and user data change only while it is stopped", async () => {
    const { ec2, world, id } = await running();
    const resize = () =>
      ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: id, InstanceType: { Value: "t3.small" } }));
    const UserData = { Value: Buffer.from("#!/bin/bash\n") };
    const rewrite = () => ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: id, UserData }));
    const refused = `IncorrectInstanceState: The instance '${id}' is not in the 'stopped' state.`;
    expect(await refusal(resize())).toBe(refused);
    expect(await refusal(rewrite())).toBe(refused);
    await stop(ec2, id);
    await world.clock.advance(60_000);
    await resize();
    await rewrite();
    expect((await attribute(ec2, id, "instanceType")).InstanceType?.Value).toBe("t3.small");
    expect((await attribute(ec2, id, "userData")).UserData?.Value).toBe(UserData.Value.toString("base64"));
  });

  test("several in one call are refused", async () => {
    const { ec2, id } = await running();
    const command = new ModifyInstanceAttributeCommand({
      InstanceId: id,
      DisableApiTermination: { Value: true },
      InstanceInitiatedShutdownBehavior: { Value: "stop" },
    });
    expect(await refusal(ec2.send(command))).toMatch(/^InvalidParameterCombination: /);
  });

  test("metadata options change one by one", async () => {
    const { ec2, id } = await running();
    await ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId: id, HttpPutResponseHopLimit: 1 }));
    const expected = { HttpTokens: "required", HttpPutResponseHopLimit: 1, State: "applied" };
    expect(await instanceOf(ec2, id)).toMatchObject({ MetadataOptions: expected });
  });
});

describe("the profile of an instance", () => {
  const associationOf = async (ec2: EC2Client, id: string) => {
    const Filters = [{ Name: "instance-id", Values: [id] }];
    const found = await ec2.send(new DescribeIamInstanceProfileAssociationsCommand({ Filters }));
    return found.IamInstanceProfileAssociations?.[0];
  };
  const associate = (ec2: EC2Client, InstanceId: string, Name: string) =>
    ec2.send(new AssociateIamInstanceProfileCommand({ InstanceId, IamInstanceProfile: { Name } }));

  test("is associated, replaced and taken away while it runs", async () => {
    const { ec2, iam, world, id } = await running();
    for (const name of ["one", "two"]) await createProfile(iam, name);
    expect(await refusal(associate(ec2, id, "one"))).toMatch(/Invalid IAM Instance Profile name$/);
    await world.clock.advance(20_000);
    await associate(ec2, id, "one");
    expect((await instanceOf(ec2, id)).IamInstanceProfile?.Arn).toMatch(/instance-profile\/one$/);
    expect(await refusal(associate(ec2, id, "two"))).toBe(
      `IncorrectState: There is an existing association for instance ${id}`,
    );
    const AssociationId = (await associationOf(ec2, id))?.AssociationId;
    await ec2.send(
      new ReplaceIamInstanceProfileAssociationCommand({ AssociationId, IamInstanceProfile: { Name: "two" } }),
    );
    const replaced = await associationOf(ec2, id);
    expect(replaced?.IamInstanceProfile?.Arn).toMatch(/instance-profile\/two$/);
    await ec2.send(new DisassociateIamInstanceProfileCommand({ AssociationId: replaced?.AssociationId }));
    expect(await associationOf(ec2, id)).toBeUndefined();
    expect((await instanceOf(ec2, id)).IamInstanceProfile).toBeUndefined();
  });

  test("goes with the instance", async () => {
    const { ec2, iam, world } = await clientsOf();
    await createProfile(iam, "dev");
    const id = await launch(ec2, { IamInstanceProfile: { Name: "dev" } });
    await world.clock.advance(0);
    expect(await associationOf(ec2, id)).toMatchObject({ State: "associated" });
    await terminate(ec2, id);
    await world.clock.advance(0);
    expect(await associationOf(ec2, id)).toBeUndefined();
    expect(await refusal(associate(ec2, id, "dev"))).toMatch(/^IncorrectInstanceState: /);
  });
});

describe("tags", () => {
  const tag = (ec2: EC2Client, id: string, Key: string, Value: string) =>
    ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key, Value }] }));

  test("are added, replaced, deleted and listed", async () => {
    const { ec2, id } = await running();
    await tag(ec2, id, "Name", "other");
    await tag(ec2, id, "stage", "1");
    const Filters = [{ Name: "resource-id", Values: [id] }];
    const listed = async () => (await ec2.send(new DescribeTagsCommand({ Filters }))).Tags ?? [];
    expect((await listed()).map(({ Key, Value, ResourceType }) => [Key, Value, ResourceType])).toEqual([
      ["Name", "other", "instance"],
      ["stage", "1", "instance"],
    ]);
    // A value that is given and is not the tag's leaves it alone.
    await ec2.send(
      new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: "Name", Value: "wrong" }, { Key: "stage" }] }),
    );
    expect((await listed()).map(({ Key }) => Key)).toEqual(["Name"]);
  });

  test("of something that is not there, or with AWS's own prefix, or too many, are refused", async () => {
    const { ec2, id } = await running();
    expect(await refusal(tag(ec2, "i-0123456789abcdef0", "k", "v"))).toMatch(/^InvalidInstanceID.NotFound: /);
    expect(await refusal(tag(ec2, "nothing", "k", "v"))).toMatch(/^InvalidID: /);
    expect(await refusal(tag(ec2, id, "aws:cloudformation:stack-name", "v"))).toMatch(/^InvalidParameterValue: /);
    const Tags = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: "v" }));
    expect(await refusal(ec2.send(new CreateTagsCommand({ Resources: [id], Tags })))).toMatch(/^TagLimitExceeded: /);
  });
});

test("ids and pages exclude each other", async () => {
  const { ec2, id } = await running();
  expect(await refusal(ec2.send(new DescribeInstancesCommand({ InstanceIds: [id], MaxResults: 5 })))).toBe(
    "InvalidParameterCombination: The parameter instancesSet cannot be used with the parameter maxResults",
  );
});
