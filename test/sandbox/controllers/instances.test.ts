import {
  AssociateIamInstanceProfileCommand,
  GetConsoleOutputCommand,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { AttachRolePolicyCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { DescribeInstanceInformationCommand } from "@aws-sdk/client-ssm";
import { describe, expect, test } from "vitest";
import { type Clients, clientsOf } from "../services/clients.ts";
import { createProfile, launch, SSM_CORE } from "../services/ec2/fixtures.ts";
import { machineReady, outcome, send, until } from "./machines.ts";

const agentOf = async ({ ssm }: Clients, id: string) => {
  const Filters = [{ Key: "InstanceIds", Values: [id] }];
  return (await ssm.send(new DescribeInstanceInformationCommand({ Filters }))).InstanceInformationList?.[0];
};

describe("user data", () => {
  test("runs at the first boot, and its output is on the console", async () => {
    const ready = await machineReady({}, "#!/bin/bash\necho preparing\ntouch /root/prepared\n");
    const { Output = "" } = await ready.ec2.send(new GetConsoleOutputCommand({ InstanceId: ready.instanceId }));
    expect(Buffer.from(Output, "base64").toString()).toContain("preparing\n");
    expect(await outcome(ready, await send(ready, ready.instanceId, "ls /root/prepared"))).toMatchObject({
      Status: "Success",
    });
  });

  test("does not run again after a stop and a start, and the disk is as it was", async () => {
    const ready = await machineReady({}, "#!/bin/bash\necho x >> /root/boots\n");
    const InstanceIds = [ready.instanceId];
    await ready.ec2.send(new StopInstancesCommand({ InstanceIds }));
    await ready.world.clock.advance(0);
    await ready.ec2.send(new StartInstancesCommand({ InstanceIds }));
    await ready.world.clock.advance(0);
    await until(ready, async () => (await agentOf(ready, ready.instanceId))?.PingStatus === "Online");
    const id = await send(ready, ready.instanceId, "cat /root/boots");
    expect(await outcome(ready, id)).toMatchObject({ StandardOutputContent: "x\n" });
  });

  test("may still run when the agent is online already, so that a first command has to wait for it", async () => {
    const clients = await clientsOf();
    await createProfile(clients.iam, "dev");
    const UserData = Buffer.from("#!/bin/bash\nsleep 0.3\ntouch /root/prepared\n").toString("base64");
    const instanceId = await launch(clients.ec2, { IamInstanceProfile: { Name: "dev" }, UserData });
    await until(clients, () => agentOf(clients, instanceId));
    const ready = { ...clients, instanceId };
    const early = await send(ready, instanceId, "ls /root/prepared");
    expect(await outcome(ready, early)).toMatchObject({ Status: "Failed" });
    const patient = await send(ready, instanceId, ["cloud-init status --wait", "ls /root/prepared"]);
    expect(await outcome(ready, patient)).toMatchObject({ Status: "Success" });
  });

  test("ends with the machine when that is terminated", async () => {
    const clients = await clientsOf();
    const UserData = Buffer.from("#!/bin/bash\nsleep 1000\n").toString("base64");
    const id = await launch(clients.ec2, { UserData });
    await clients.world.clock.advance(0);
    await clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await clients.world.clock.advance(0);
    const { instances } = clients.world.region("us-east-1").ec2;
    await expect.poll(() => instances.get(id)?.State.Name).toBe("terminated");
    expect(instances.get(id)).toMatchObject({ hidden: { userDataState: "waiting" } });
  });
});

describe("an instance's SSM agent", () => {
  const real = { delays: "real" as const };
  const booted = async (clients: Clients, Name?: string) => {
    await clients.world.clock.advance(20_000);
    const id = await launch(clients.ec2, Name === undefined ? {} : { IamInstanceProfile: { Name } });
    await clients.world.clock.advance(25_000);
    return id;
  };

  test("is online some time after the instance is running", async () => {
    const clients = await clientsOf(real);
    await createProfile(clients.iam, "dev");
    const id = await booted(clients, "dev");
    expect(await agentOf(clients, id)).toBeUndefined();
    await clients.world.clock.advance(60_000);
    expect(await agentOf(clients, id)).toMatchObject({
      PingStatus: "Online",
      PlatformType: "Linux",
      ResourceType: "EC2Instance",
      IPAddress: "172.31.0.4",
    });
  });

  test.each<[string, (clients: Clients) => Promise<string | undefined>]>([
    ["without a profile", async () => undefined],
    [
      "whose role has no policy for it",
      async ({ iam }) => {
        await createProfile(iam, "dev", ["arn:aws:iam::aws:policy/AmazonECS_FullAccess"]);
        return "dev";
      },
    ],
  ])("%s does not come online", async (_what, prepare) => {
    const clients = await clientsOf(real);
    const id = await booted(clients, await prepare(clients));
    await clients.world.clock.advance(600_000);
    expect(await agentOf(clients, id)).toBeUndefined();
  });

  test("whose role allows it by an inline policy comes online", async () => {
    const clients = await clientsOf(real);
    await createProfile(clients.iam, "dev", []);
    const PolicyDocument = JSON.stringify({ Statement: { Effect: "Allow", Action: "ssm:Update*", Resource: "*" } });
    await clients.iam.send(new PutRolePolicyCommand({ RoleName: "dev", PolicyName: "own", PolicyDocument }));
    const id = await booted(clients, "dev");
    await clients.world.clock.advance(60_000);
    expect(await agentOf(clients, id)).toMatchObject({ PingStatus: "Online" });
  });

  test("that found no credentials when it booted tries again only after half an hour, or a reboot", async () => {
    const clients = await clientsOf(real);
    const ids = [await booted(clients), await booted(clients)];
    await createProfile(clients.iam, "dev", []);
    await clients.iam.send(new AttachRolePolicyCommand({ RoleName: "dev", PolicyArn: SSM_CORE }));
    await clients.world.clock.advance(20_000);
    for (const InstanceId of ids) {
      const IamInstanceProfile = { Name: "dev" };
      await clients.ec2.send(new AssociateIamInstanceProfileCommand({ InstanceId, IamInstanceProfile }));
    }
    const [patient = "", rebooted = ""] = ids;
    await clients.world.clock.advance(600_000);
    expect(await agentOf(clients, patient)).toBeUndefined();
    await clients.ec2.send(new RebootInstancesCommand({ InstanceIds: [rebooted] }));
    await clients.world.clock.advance(60_000);
    expect(await agentOf(clients, rebooted)).toMatchObject({ PingStatus: "Online" });
    expect(await agentOf(clients, patient)).toBeUndefined();
    await clients.world.clock.advance(1800_000);
    expect(await agentOf(clients, patient)).toMatchObject({ PingStatus: "Online" });
  });

  test("has lost its connection after a stop, and is gone after the end", async () => {
    const ready = await machineReady();
    const InstanceIds = [ready.instanceId];
    await ready.ec2.send(new StopInstancesCommand({ InstanceIds }));
    await ready.world.clock.advance(0);
    expect(await agentOf(ready, ready.instanceId)).toMatchObject({ PingStatus: "ConnectionLost" });
    await ready.ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    await ready.world.clock.advance(0);
    expect(await agentOf(ready, ready.instanceId)).toBeUndefined();
  });
});
