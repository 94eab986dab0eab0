import { randomUUID } from "node:crypto";
import type { SendCommandRequest, Command as SsmCommand } from "@aws-sdk/client-ssm";
import { AwsError, notEmulated } from "../../wire/service.ts";
import type { Command, Invocation } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { detailsShape, invocationShape, PLUGIN, statusOf } from "./invocation-shapes.ts";
import { paged, type SsmOperations } from "./operation.ts";

const DOCUMENT = "AWS-RunShellScript";
/** Documents that AWS has and that are not for Linux shells. */
const OTHER_DOCUMENT = /^(?:AWS|Amazon|AWSEC2|AWSFIS|AWSSupport)[A-Za-z]*-/;
/** Parameters of the document, with the check of those that have one. */
const PARAMETERS: Readonly<Record<string, RegExp | undefined>> = {
  commands: undefined,
  workingDirectory: undefined,
  /** Seconds, at most two days. */
  executionTimeout: /^(?:[1-9]\d{0,4}|1[0-6]\d{4}|17[01]\d{3}|172[0-7]\d{2}|172800)$/,
};
/** Seconds for the delivery of a command (ssm:SendCommand, TimeoutSeconds). */
const DELIVERY_SECONDS = 3600;
/** How long commands are remembered. */
const MEMORY_MS = 30 * 24 * 3600 * 1000;
/** An agent that does not answer is given this long to start a command, beside the delivery timeout. */
const EXPIRY_MARGIN_MS = 3600 * 1000;

/** Run Command. */
export function runCommandOperations(world: World): SsmOperations {
  return {
    SendCommand: {
      accepts: ["DocumentName", "DocumentVersion", "InstanceIds", "Targets", "Parameters", "Comment", "TimeoutSeconds"],
      handle(input, { region: name }) {
        const region = world.region(name);
        checkDocument(input);
        checkParameters(input.Parameters);
        const { TimeoutSeconds = DELIVERY_SECONDS } = input;
        const instanceIds = targetsOf(region, input, world.account);
        forgetOld(world, region);
        const command = put(world, region, input, instanceIds, TimeoutSeconds);
        return { Command: commandShape(region, command) };
      },
    },

    GetCommandInvocation: {
      accepts: ["CommandId", "InstanceId", "PluginName"],
      handle({ CommandId = "", InstanceId = "", PluginName = PLUGIN }, { region: name }) {
        const { ssm } = world.region(name);
        const command = ssm.commands.get(CommandId);
        const invocation = ssm.invocations.get(`${CommandId}/${InstanceId}`);
        if (!command || !invocation || command.hidden.visibleAt > world.now()) {
          throw new AwsError("InvocationDoesNotExist", "");
        }
        if (PluginName !== PLUGIN)
          throw new AwsError("InvalidPluginName", `The plugin name ${PluginName} isn't valid.`);
        return detailsShape(command, invocation);
      },
    },

    ListCommands: {
      accepts: ["CommandId", "InstanceId", "NextToken", "MaxResults"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const { CommandId, InstanceId } = input;
        const commands = known(world, region).filter(
          (command) =>
            (CommandId === undefined || command.CommandId === CommandId) &&
            (InstanceId === undefined || command.InstanceIds.includes(InstanceId)),
        );
        const { items, ...rest } = paged(commands, input, { usual: world.pageSize, most: 50 });
        return { Commands: items.map((command) => commandShape(region, command)), ...rest };
      },
    },

    ListCommandInvocations: {
      accepts: ["CommandId", "InstanceId", "Details", "NextToken", "MaxResults"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const { CommandId, InstanceId, Details = false } = input;
        const commands = known(world, region).filter((one) => CommandId === undefined || one.CommandId === CommandId);
        const found = commands.flatMap((command) =>
          invocationsOf(region, command)
            .filter((invocation) => InstanceId === undefined || invocation.InstanceId === InstanceId)
            .map((invocation) => invocationShape(command, invocation, Details)),
        );
        const { items, ...rest } = paged(found, input, { usual: world.pageSize, most: 50 });
        return { CommandInvocations: items, ...rest };
      },
    },

    CancelCommand: {
      accepts: ["CommandId", "InstanceIds"],
      handle({ CommandId = "", InstanceIds }, { region: name }) {
        const region = world.region(name);
        const command = region.ssm.commands.get(CommandId);
        if (!command) throw new AwsError("InvalidCommandId", `The command ID ${CommandId} isn't valid.`);
        const foreign = InstanceIds?.filter((id) => !command.InstanceIds.includes(id)) ?? [];
        if (foreign.length > 0) throw invalidInstances(foreign, world.account);
        for (const invocation of invocationsOf(region, command)) {
          if (InstanceIds?.length && !InstanceIds.includes(invocation.InstanceId)) continue;
          cancel(world, region, invocation);
        }
        return {};
      },
    },
  };
}

function checkDocument({ DocumentName = "", DocumentVersion = "$DEFAULT" }: SendCommandRequest): void {
  if (DocumentName !== DOCUMENT && DocumentName.split("/").at(-1) !== DOCUMENT) {
    if (OTHER_DOCUMENT.test(DocumentName)) throw notEmulated(`the document ${DocumentName}`);
    throw new AwsError("InvalidDocument", `Document with name ${DocumentName} does not exist.`);
  }
  if (!["$DEFAULT", "$LATEST", "1"].includes(DocumentVersion)) {
    throw new AwsError("InvalidDocumentVersion", `The document version ${DocumentVersion} is not valid.`);
  }
}

function checkParameters(parameters: SendCommandRequest["Parameters"] = {}): void {
  const refuse = (message: string) => new AwsError("InvalidParameters", message);
  if (!parameters.commands?.length) throw refuse("Parameter commands is required.");
  for (const [name, values] of Object.entries(parameters)) {
    if (!Object.hasOwn(PARAMETERS, name)) throw refuse(`Parameter ${name} is not defined in document ${DOCUMENT}.`);
    const pattern = PARAMETERS[name];
    if (pattern && !values.every((value) => pattern.test(value))) {
      throw refuse(`Parameter ${name} does not match the allowed pattern ${pattern.source}.`);
    }
  }
}

/** Ids that a command goes to. One that is not running with an agent rejects all of them. */
function targetsOf(region: Region, { InstanceIds = [], Targets = [] }: SendCommandRequest, account: string): string[] {
  if (InstanceIds.length > 0 === Targets.length > 0) {
    throw new AwsError("InvalidParameters", "Specify either InstanceIds or Targets, and not both.");
  }
  const isReachable = (id: string) =>
    region.ssm.agents.get(id) !== undefined && region.ec2.instances.get(id)?.State.Name === "running";
  const unreachable = InstanceIds.filter((id) => !isReachable(id));
  if (unreachable.length > 0) throw invalidInstances(unreachable, account);
  if (InstanceIds.length > 0) return [...new Set(InstanceIds)];
  const targeted = Targets.map(({ Key = "", Values = [] }) => matching(region, Key, Values));
  const first = targeted[0] ?? [];
  return first.filter((id) => targeted.every((ids) => ids.includes(id)) && isReachable(id));
}

function matching(region: Region, key: string, values: readonly string[]): string[] {
  if (key === "InstanceIds" || key === "instanceids") return [...values];
  if (!key.startsWith("tag:")) throw notEmulated(`the target key ${key}`);
  const tag = key.slice("tag:".length);
  return region.ec2.instances
    .filter(({ Tags }) => Tags.some(({ Key, Value = "" }) => Key === tag && values.includes(Value)))
    .map(({ InstanceId }) => InstanceId);
}

function invalidInstances(ids: readonly string[], account: string): AwsError {
  return new AwsError(
    "InvalidInstanceId",
    `Instances [[${ids.join(", ")}]] not in a valid state for account ${account}`,
  );
}

function put(
  world: World,
  region: Region,
  input: SendCommandRequest,
  instanceIds: string[],
  deliveryTimeoutSeconds: number,
): Command {
  const now = world.now();
  const CommandId = randomUUID();
  const command = region.ssm.commands.put({
    CommandId,
    DocumentName: DOCUMENT,
    DocumentVersion: input.DocumentVersion ?? "$DEFAULT",
    Comment: input.Comment ?? "",
    Parameters: input.Parameters ?? {},
    InstanceIds: instanceIds,
    Targets: input.Targets ?? [],
    RequestedDateTime: now,
    ExpiresAfter: new Date(now.getTime() + deliveryTimeoutSeconds * 1000 + EXPIRY_MARGIN_MS),
    TimeoutSeconds: deliveryTimeoutSeconds,
    hidden: { visibleAt: world.later("command visible") },
  });
  for (const InstanceId of instanceIds) {
    region.ssm.invocations.put({
      CommandId,
      InstanceId,
      Status: "Pending",
      StatusDetails: "Pending",
      RequestedDateTime: now,
      ResponseCode: -1,
      StandardOutput: "",
      StandardError: "",
    });
  }
  return command;
}

/** A command as Run Command shows it, with how its invocations are doing. */
function commandShape(region: Region, { hidden: _hidden, ...command }: Command): SsmCommand {
  const invocations = invocationsOf(region, command);
  const isOver = ({ Status }: Invocation) => !["Pending", "InProgress", "Delayed", "Cancelling"].includes(Status);
  return {
    ...command,
    ...statusOf(invocations),
    TargetCount: invocations.length,
    CompletedCount: invocations.filter(isOver).length,
    ErrorCount: invocations.filter(({ Status }) => Status === "Failed" || Status === "TimedOut").length,
    DeliveryTimedOutCount: invocations.filter(({ StatusDetails }) => StatusDetails === "Delivery Timed Out").length,
    MaxConcurrency: "50",
    MaxErrors: "0",
    OutputS3BucketName: "",
    OutputS3KeyPrefix: "",
    ServiceRole: "",
    NotificationConfig: { NotificationArn: "", NotificationEvents: [], NotificationType: "" as "Command" },
    CloudWatchOutputConfig: { CloudWatchLogGroupName: "", CloudWatchOutputEnabled: false },
  };
}

/** Newest first. */
function known(world: World, region: Region): Command[] {
  return region.ssm.commands.filter(({ hidden }) => hidden.visibleAt <= world.now()).reverse();
}

function invocationsOf(
  region: Region,
  { CommandId, InstanceIds }: Pick<Command, "CommandId" | "InstanceIds">,
): Invocation[] {
  return InstanceIds.flatMap((id) => region.ssm.invocations.get(`${CommandId}/${id}`) ?? []);
}

/** What has not begun ends at once; what runs is asked to end. */
function cancel(world: World, region: Region, invocation: Invocation): void {
  const { Status } = invocation;
  if (Status === "Pending" || Status === "Delayed") {
    region.ssm.invocations.put({
      ...invocation,
      Status: "Cancelled",
      StatusDetails: "Cancelled",
      EndedAt: world.now(),
    });
  } else if (Status === "InProgress") {
    region.ssm.invocations.put({ ...invocation, Status: "Cancelling", StatusDetails: "Cancelling" });
  }
}

function forgetOld(world: World, region: Region): void {
  const oldest = world.now().getTime() - MEMORY_MS;
  for (const { CommandId, InstanceIds, RequestedDateTime } of region.ssm.commands.all()) {
    if (RequestedDateTime.getTime() >= oldest) return;
    region.ssm.commands.delete(CommandId);
    for (const id of InstanceIds) region.ssm.invocations.delete(`${CommandId}/${id}`);
  }
}
