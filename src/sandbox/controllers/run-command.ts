import type { Command, Invocation } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import type { Machines } from "./machines.ts";

/** Seconds that a script may take unless the command says otherwise (document AWS-RunShellScript, executionTimeout). */
const USUAL_TIMEOUT = 3600;

/** Why a script was ended from outside. */
type Interruption = "cancelled" | "timed out";

/** Delivers commands to machines and runs them there as root. */
export function controlRunCommand(world: World, machines: Machines): void {
  /** Scripts that run, by invocation. */
  const running = new Map<string, (reason: Interruption) => void>();

  function deliver(region: Region, key: string): void {
    const invocation = region.ssm.invocations.get(key);
    const command = invocation && region.ssm.commands.get(invocation.CommandId);
    if (!command || invocation.Status !== "Pending") return;
    const { InstanceId } = invocation;
    const instance = region.ec2.instances.get(InstanceId);
    const isOnline = region.ssm.agents.get(InstanceId)?.PingStatus === "Online";
    if (instance?.State.Name !== "running" || !isOnline) return;
    const { off } = machines.on(region, instance);
    region.ssm.invocations.put({
      ...invocation,
      Status: "InProgress",
      StatusDetails: "InProgress",
      StartedAt: world.now(),
    });
    world.background(() => execute(region, command, InstanceId, off));
  }

  async function execute(region: Region, command: Command, instanceId: string, off: AbortSignal): Promise<void> {
    const instance = region.ec2.instances.get(instanceId);
    if (!instance) return;
    const key = `${command.CommandId}/${instanceId}`;
    const { machine } = machines.on(region, instance);
    const interrupt = new AbortController();
    let reason: Interruption | undefined;
    const end = (why: Interruption) => {
      reason ??= why;
      interrupt.abort();
    };
    running.set(key, end);
    const { commands = [], workingDirectory = [], executionTimeout = [] } = command.Parameters;
    const seconds = Number(executionTimeout[0] ?? USUAL_TIMEOUT);
    const limit = world.at(new Date(world.now().getTime() + seconds * 1000), () => end("timed out"));
    const [cwd] = workingDirectory;
    const { stdout, stderr, exitCode } = await machine.run(commands.join("\n"), {
      signal: AbortSignal.any([interrupt.signal, off]),
      ...(cwd && { cwd }),
    });
    limit.cancel();
    running.delete(key);
    if (off.aborted) return;
    machines.save(region, instanceId);
    finish(region, key, { stdout, stderr, exitCode }, reason);
  }

  function finish(
    region: Region,
    key: string,
    { stdout, stderr, exitCode }: { stdout: string; stderr: string; exitCode: number },
    reason: Interruption | undefined,
  ): void {
    region.ssm.invocations.update(key, (draft) => {
      Object.assign(draft, outcomeOf(exitCode, reason));
      draft.EndedAt = world.now();
      draft.ResponseCode = exitCode;
      draft.StandardOutput = stdout;
      // SSM's agent adds this line.
      draft.StandardError = exitCode === 0 ? stderr : `${stderr}failed to run commands: exit status ${exitCode}`;
    });
  }

  function expire(region: Region, key: string): void {
    const invocation = region.ssm.invocations.get(key);
    if (invocation?.Status !== "Pending") return;
    region.ssm.invocations.put({
      ...invocation,
      Status: "TimedOut",
      StatusDetails: "Delivery Timed Out",
      EndedAt: world.now(),
    });
  }

  /** What runs on a machine that is switched off never reports back; its command runs out of time. */
  function lose(region: Region, instanceId: string): void {
    for (const invocation of region.ssm.invocations.filter(({ InstanceId }) => InstanceId === instanceId)) {
      if (invocation.Status !== "InProgress" && invocation.Status !== "Cancelling") continue;
      const key = `${invocation.CommandId}/${instanceId}`;
      running.delete(key);
      region.ssm.invocations.put({
        ...invocation,
        Status: "TimedOut",
        StatusDetails: "Execution Timed Out",
        EndedAt: world.now(),
      });
    }
  }

  function schedule(region: Region, { CommandId, InstanceId, RequestedDateTime }: Invocation): void {
    const key = `${CommandId}/${InstanceId}`;
    const timeout = region.ssm.commands.get(CommandId)?.TimeoutSeconds ?? 0;
    world.at(world.later("command delivered"), () => deliver(region, key));
    world.at(new Date(RequestedDateTime.getTime() + timeout * 1000), () => expire(region, key));
  }

  world.watch("ssm", "invocations", (region, { key, before, after }) => {
    if (after?.Status === "Pending" && !before) schedule(region, after);
    if (after?.Status === "Cancelling" && before?.Status !== "Cancelling") running.get(key)?.("cancelled");
  });
  world.watch("ssm", "agents", (region, { key, before, after }) => {
    if (after?.PingStatus !== "Online" || before?.PingStatus === "Online") return;
    for (const { CommandId } of region.ssm.invocations.filter(({ InstanceId }) => InstanceId === key)) {
      deliver(region, `${CommandId}/${key}`);
    }
  });
  world.watch("ec2", "instances", (region, { key, before, after }) => {
    const isSameBoot = after?.hidden.bootedAt?.getTime() === before?.hidden.bootedAt?.getTime();
    if (before?.State.Name === "running" && (after?.State.Name !== "running" || !isSameBoot)) lose(region, key);
  });
  for (const region of world.regions()) {
    for (const invocation of region.ssm.invocations.all()) resume(region, invocation);
  }

  /** The sandbox was ended while a script ran: the disk is as it was before, so the script runs again from its beginning. */
  function resume(region: Region, invocation: Invocation): void {
    const { Status, CommandId, InstanceId } = invocation;
    if (Status === "Cancelling") {
      const key = `${CommandId}/${InstanceId}`;
      finish(region, key, { stdout: "", stderr: "", exitCode: 143 }, "cancelled");
    } else if (Status === "Pending" || Status === "InProgress") {
      schedule(region, region.ssm.invocations.put({ ...invocation, Status: "Pending", StatusDetails: "Pending" }));
    }
  }
}

function outcomeOf(exitCode: number, reason: Interruption | undefined): Pick<Invocation, "Status" | "StatusDetails"> {
  if (reason === "cancelled") return { Status: "Cancelled", StatusDetails: "Cancelled" };
  if (reason === "timed out") return { Status: "TimedOut", StatusDetails: "Execution Timed Out" };
  return exitCode === 0
    ? { Status: "Success", StatusDetails: "Success" }
    : { Status: "Failed", StatusDetails: "Failed" };
}
