import { type AwsAccess, Machine, type MachineFacts, type Vpc } from "../../../src/sandbox/machine/machine.ts";
import { FakeEngine } from "./fake-engine.ts";

export const facts: MachineFacts = {
  instanceId: "i-0123456789abcdef0",
  imageId: "ami-0123456789abcdef0",
  instanceType: "t3.micro",
  region: "us-east-1",
  availabilityZone: "us-east-1a",
  privateIp: "172.31.0.10",
  publicIp: "198.51.100.7",
  hostname: "ip-172-31-0-10.ec2.internal",
  volumeGiB: 15,
  memoryMiB: 1024,
  vcpus: 2,
};

/** A machine that has just booted. */
export function boot(
  changed: Partial<MachineFacts> = {},
  engine = new FakeEngine(),
  aws?: AwsAccess,
  vpc?: Vpc,
): Machine {
  return Machine.create({ ...facts, ...changed }, undefined, engine, aws, vpc);
}

/** A machine on which docker was installed and runs. */
export async function bootWithDocker(engine?: FakeEngine): Promise<Machine> {
  const machine = boot({}, engine);
  await machine.run("dnf install -y docker && systemctl enable --now docker");
  return machine;
}

/** What a script wrote to stdout, without the last line break. */
export async function stdoutOf(machine: Machine, script: string, user = "root"): Promise<string> {
  return (await machine.run(script, { user })).stdout.trimEnd();
}

/** A machine with docker, the plugin, and a compose file in /srv/bia. */
export async function bootWithCompose(file: string, { version = "v2.23.3", engine = new FakeEngine() } = {}) {
  const machine = await bootWithDocker(engine);
  const url = `https://github.com/docker/compose/releases/download/${version}/docker-compose-linux-x86_64`;
  const folder = "/usr/local/lib/docker/cli-plugins";
  await machine.run(
    `mkdir -p ${folder} /srv/bia && curl -fsSL ${url} -o ${folder}/docker-compose && chmod +x ${folder}/docker-compose
     echo FROM node > /srv/bia/Dockerfile; cat > /srv/bia/compose.yml`,
    { stdin: file },
  );
  /** Runs `docker compose` in the project's folder. */
  const compose = (command: string, options = {}) =>
    machine.run(`docker compose ${command}`, { cwd: "/srv/bia", ...options });
  return { machine, engine, compose };
}
