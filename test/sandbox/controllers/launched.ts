import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  IAMClient,
} from "@aws-sdk/client-iam";
import { GetCommandInvocationCommand, SendCommandCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect } from "vitest";
import type { MachineRow, RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { clientConfig } from "../../support/sandbox.ts";

/** Installs and starts docker and its compose plugin. */
const userData = `#!/bin/bash
set -e
dnf install -y -q docker
systemctl enable --now docker
mkdir -p /usr/local/lib/docker/cli-plugins
curl -fsSL https://github.com/docker/compose/releases/download/v2.23.3/docker-compose-linux-x86_64 -o /usr/local/lib/docker/cli-plugins/docker-compose
chmod +x /usr/local/lib/docker/cli-plugins/docker-compose`;

/** An image that answers every request with its process id and the variable SAYS. */
export const serverImage = `mkdir -p /srv/server && cd /srv/server
cat > server.js <<'END'
const server = require("http").createServer((request, response) => response.end(process.pid + " " + process.env.SAYS));
server.listen(process.env.PORT, () => console.log("up"));
process.once("SIGTERM", () => process.exit(0));
END
printf 'FROM node:24\\nCOPY server.js .\\nENV PORT=8080\\nEXPOSE 8080\\nCMD ["node", "server.js"]\\n' > Dockerfile
docker build -q -t server . >/dev/null`;

/** What a test does with an instance. */
export interface Launched {
  readonly id: string;
  readonly groupId: string;
  /** Runs a script through Run Command. */
  run(script: string): Promise<{ stdout: string; stderr: string; exitCode: number }>;
  /** What the sandbox's own API tells of it. */
  row(): Promise<MachineRow>;
}

/** Clients of a sandbox's services. */
export function clientsOf(sandbox: RunningSandbox) {
  const config = clientConfig(sandbox);
  return { ec2: new EC2Client(config), iam: new IAMClient(config), ssm: new SSMClient(config) };
}

/** Launches an instance with docker whose security group opens some ports. */
export async function launch(sandbox: RunningSandbox, name: string, ports: readonly number[] = []): Promise<Launched> {
  const { ec2, iam } = clientsOf(sandbox);
  const { GroupId: groupId = "" } = await ec2.send(
    new CreateSecurityGroupCommand({ GroupName: name, Description: name }),
  );
  for (const port of ports) await openPort(sandbox, groupId, port);
  const trust = {
    Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
  };
  await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) }));
  await iam.send(
    new AttachRolePolicyCommand({ RoleName: name, PolicyArn: "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore" }),
  );
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: name }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }));
  const { Images: [image] = [] } = await ec2.send(
    new DescribeImagesCommand({ Owners: ["amazon"], Filters: [{ Name: "name", Values: ["al2023-ami-2023*-x86_64"] }] }),
  );
  const { Instances: [instance] = [] } = await ec2.send(
    new RunInstancesCommand({
      ImageId: image?.ImageId,
      InstanceType: "t3.micro",
      MinCount: 1,
      MaxCount: 1,
      IamInstanceProfile: { Name: name },
      SecurityGroupIds: [groupId],
      UserData: Buffer.from(userData).toString("base64"),
    }),
  );
  const launched = reach(sandbox, instance?.InstanceId ?? "", groupId);
  const ready = await launched.run("cloud-init status --wait");
  expect(ready.stdout).toContain("status: done");
  return launched;
}

/** An instance that was launched before. */
export function reach(sandbox: RunningSandbox, id: string, groupId: string): Launched {
  const { ssm } = clientsOf(sandbox);
  return {
    id,
    groupId,
    async run(script) {
      const target = { DocumentName: "AWS-RunShellScript", InstanceIds: [id], Parameters: { commands: [script] } };
      const { Command } = await poll(() => ssm.send(new SendCommandCommand(target)).catch(() => undefined));
      const place = { CommandId: Command?.CommandId, InstanceId: id };
      const ended = await poll(async () => {
        const found = await ssm.send(new GetCommandInvocationCommand(place));
        return ["Pending", "InProgress", "Delayed"].includes(found.Status ?? "") ? undefined : found;
      });
      const { StandardOutputContent: stdout = "", StandardErrorContent: stderr = "", ResponseCode = -1 } = ended;
      return { stdout: stdout.trimEnd(), stderr, exitCode: ResponseCode };
    },
    async row() {
      const response = await fetch(`${sandbox.endpoint}/_sandbox/machines`, {
        headers: { authorization: `Bearer ${sandbox.keys.secretAccessKey}` },
      });
      const rows = (await response.json()) as MachineRow[];
      const row = rows.find((one) => one.id === id);
      if (!row) throw new Error(`there is no machine ${id}`);
      return row;
    },
  };
}

export async function openPort(sandbox: RunningSandbox, groupId: string, port: number): Promise<void> {
  const range = { IpProtocol: "tcp", FromPort: port, ToPort: port, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
  await clientsOf(sandbox).ec2.send(
    new AuthorizeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [range] }),
  );
}

/** Waits until an instance is in a state. */
export async function becomes(sandbox: RunningSandbox, id: string, state: string): Promise<void> {
  const { ec2 } = clientsOf(sandbox);
  await poll(async () => {
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    return Reservations[0]?.Instances?.[0]?.State?.Name === state || undefined;
  });
}

/** Looks until there is something. */
export async function poll<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Text of a page; undefined: nobody answers. */
export async function page(url: string): Promise<string | undefined> {
  try {
    return await (await fetch(url)).text();
  } catch {
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
