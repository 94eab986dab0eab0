import { GetCommandInvocationCommand, type GetCommandInvocationResult, SendCommandCommand } from "@aws-sdk/client-ssm";
import type { SandboxOptions } from "../../../src/sandbox/sandbox.ts";
import { type Clients, clientsOf } from "../services/clients.ts";
import { createProfile, launch } from "../services/ec2/fixtures.ts";

/** Turns of the event loop until something that the machines do in real time has happened. */
export async function until<Value>(
  { world }: Pick<Clients, "world">,
  look: () => Promise<Value | undefined | false> | Value | undefined | false,
): Promise<Value> {
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    await world.clock.advance(0);
  }
}

/** An instance whose agent is online and whose user data has run. */
export async function machineReady(
  options: SandboxOptions = {},
  userData?: string,
): Promise<Clients & { instanceId: string }> {
  const clients = await clientsOf({ delays: "none", ...options });
  const { ec2, iam, world } = clients;
  await createProfile(iam, "dev");
  await world.clock.advance(20_000);
  const instanceId = await launch(ec2, {
    IamInstanceProfile: { Name: "dev" },
    ...(userData !== undefined && { UserData: Buffer.from(userData).toString("base64") }),
  });
  await world.clock.advance(200_000);
  const { ssm, ec2: state } = world.region("us-east-1");
  await until(clients, () => ssm.agents.get(instanceId));
  await until(clients, () => state.instances.get(instanceId)?.hidden.userDataState === "done");
  return { ...clients, instanceId };
}

export async function send(
  { ssm }: Pick<Clients, "ssm">,
  instanceId: string,
  commands: string | readonly string[],
  parameters: Record<string, string[]> = {},
): Promise<string> {
  const { Command } = await ssm.send(
    new SendCommandCommand({
      DocumentName: "AWS-RunShellScript",
      InstanceIds: [instanceId],
      Parameters: { commands: [commands].flat(), ...parameters },
    }),
  );
  return Command?.CommandId ?? "";
}

export function invocationOf(
  { ssm }: Pick<Clients, "ssm">,
  instanceId: string,
  CommandId: string,
): Promise<GetCommandInvocationResult> {
  return ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId: instanceId }));
}

/** How a command ended. */
export async function outcome(
  clients: Clients & { instanceId: string },
  commandId: string,
): Promise<GetCommandInvocationResult> {
  return until(clients, async () => {
    const invocation = await invocationOf(clients, clients.instanceId, commandId);
    return !["Pending", "InProgress", "Cancelling"].includes(invocation.Status ?? "") && invocation;
  });
}
