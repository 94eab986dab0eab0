import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { AuthorizeSecurityGroupIngressCommand } from "@aws-sdk/client-ec2";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { CreateClusterCommand, type RegisterTaskDefinitionCommandInput } from "@aws-sdk/client-ecs";
import { GetCommandInvocationCommand, SendCommandCommand } from "@aws-sdk/client-ssm";
import { folderContext } from "../../../../src/sandbox/plane/image/context.ts";
import { openImages } from "../../../../src/sandbox/plane/image/store.ts";
import type { MachineRow } from "../../../../src/sandbox/sandbox.ts";
import type { World } from "../../../../src/sandbox/world/world.ts";
import { temporaryFolder } from "../../../support/folder.ts";
import { clientConfig } from "../../../support/sandbox.ts";
import { CLUSTER, createExecutionRole, createGroup, type Ecs, ecsOf, register, settle } from "./fixtures.ts";

export const HOST = "000000000000.dkr.ecr.us-east-1.amazonaws.com";
const EC2_ROLE = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role";
const SSM = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";

/** A server that does what it is asked for, so that a test can bring a task into any state. */
const SERVER = `
const held = [];
let sick = false;
const acts = {
  "/env": () => JSON.stringify(process.env),
  "/pid": () => String(process.pid),
  "/sick": () => (sick = true),
  "/crash": () => setTimeout(() => process.exit(3), 10),
  "/grow": () => setInterval(() => held.push(Buffer.alloc(1 << 23, 1)), 5),
};
console.log("up as " + (process.env.SAYS ?? "one"));
const server = require("http").createServer((request, response) => {
  const act = acts[request.url];
  if (sick) response.statusCode = 500;
  response.end(String(act?.() ?? process.env.SAYS ?? "one"));
});
if (process.env.EXIT) process.exit(Number(process.env.EXIT));
server.listen(process.env.PORT);
process.once("SIGTERM", () => process.exit(0));
`;

/** A cluster whose machines really run what is placed on them. */
export interface Running extends Ecs {
  readonly folder: string;
  readonly executionRoleArn: string;
}

/** Such a cluster, with an image `bia` in the registry. */
export async function runningCluster(size = 1, folder?: string, delays: "none" | "short" = "none"): Promise<Running> {
  const kept = folder ?? (await temporaryFolder("bia-tasks-"));
  const at = await ecsOf({ traffic: true, folder: kept, delays });
  await at.ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
  const executionRoleArn = await createExecutionRole(at);
  await createGroup(at, { size, max: size, policies: [EC2_ROLE, SSM] });
  await settle(at);
  const ecr = new ECRClient(clientConfig(at.sandbox));
  await ecr.send(new CreateRepositoryCommand({ repositoryName: "bia" }));
  ecr.destroy();
  await pushImage(at.world, kept, "latest");
  return { ...at, folder: kept, executionRoleArn };
}

/** Puts the server's image into the registry, as a push would. Answers its digest. */
export async function pushImage(world: World, state: string, tag: string, says = "one"): Promise<string> {
  const { ecr } = world.region("us-east-1");
  const context = join(state, "context");
  await mkdir(context, { recursive: true });
  await writeFile(join(context, "server.js"), SERVER);
  const dockerfile = `FROM node:24\nCOPY server.js .\nENV SAYS=${says} PORT=8080\nEXPOSE 8080\nCMD ["node", "server.js"]\n`;
  await writeFile(join(context, "Dockerfile"), dockerfile);
  const images = await openImages(join(state, "registries", "us-east-1"));
  const { image } = await images.build({ context: folderContext(context) });
  for (const other of ecr.images.all()) {
    ecr.images.put({ ...other, imageTags: other.imageTags.filter((one) => one !== tag) });
  }
  ecr.images.put({
    repositoryName: "bia",
    registryId: world.account,
    imageDigest: image.digest,
    imageTags: [tag],
    imageSizeInBytes: image.size,
    imagePushedAt: world.now(),
    hidden: { manifest: (await buffer(images.readBlob(image.digest))).toString() },
  });
  return image.digest;
}

type Container = NonNullable<RegisterTaskDefinitionCommandInput["containerDefinitions"]>[number];

/** A revision that runs the server, with further settings of its container. */
export function registerServer(at: Running, container: Partial<Container> = {}) {
  return register(at, {
    executionRoleArn: at.executionRoleArn,
    containerDefinitions: [
      {
        name: "bia",
        image: `${HOST}/bia:latest`,
        cpu: 256,
        memory: 256,
        portMappings: [{ containerPort: 8080, hostPort: 0 }],
        ...container,
      },
    ],
  });
}

/** Lets time pass until there is something, so many milliseconds of the world's at a time. */
export async function until<T>(
  at: Pick<Ecs, "world">,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  step = 250,
): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    await at.world.clock.advance(step);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What runs on the machines, as the sandbox's own API tells it. */
export async function containersOf({ sandbox }: Ecs): Promise<MachineRow["containers"][number][]> {
  const response = await fetch(`${sandbox.endpoint}/_sandbox/machines`, {
    headers: { authorization: `Bearer ${sandbox.keys.secretAccessKey}` },
  });
  return ((await response.json()) as MachineRow[]).flatMap(({ containers }) => containers);
}

/** Asks the server of the first running container; undefined: nobody answers. */
export async function ask(at: Ecs, path = "/"): Promise<string | undefined> {
  const running = (await containersOf(at)).find(({ status }) => status === "running");
  const [port] = running?.ports ?? [];
  if (!port) return undefined;
  return fetch(`http://${port.address}:${port.port}${path}`).then(
    (response) => response.text(),
    () => undefined,
  );
}

/** What a script prints on the first machine. */
export async function onMachine(at: Ecs, script: string): Promise<string> {
  const [machine] = at.world.region("us-east-1").ssm.agents.all();
  const InstanceId = machine?.InstanceId ?? "";
  const target = { DocumentName: "AWS-RunShellScript", InstanceIds: [InstanceId], Parameters: { commands: [script] } };
  const { Command } = await at.ssm.send(new SendCommandCommand(target));
  const ended = await until(at, async () => {
    const place = { CommandId: Command?.CommandId, InstanceId };
    const seen = await at.ssm.send(new GetCommandInvocationCommand(place)).catch(() => undefined);
    return seen && !["Pending", "InProgress", "Delayed"].includes(seen.Status ?? "") && seen;
  });
  return `${ended.StandardOutputContent}${ended.StandardErrorContent}`.trimEnd();
}

/** Opens a port of the machines, which are in the default security group, to everybody. */
export async function letIn({ ec2 }: Ecs, port: number): Promise<void> {
  const range = { IpProtocol: "tcp", FromPort: port, ToPort: port, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupName: "default", IpPermissions: [range] }));
}
