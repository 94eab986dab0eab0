import type { CommandInvocation, CommandStatus, GetCommandInvocationResult } from "@aws-sdk/client-ssm";
import type { Command, Invocation } from "../../world/records.ts";

/** The one step of the document. */
export const PLUGIN = "aws:runShellScript";

/** Characters of each stream that GetCommandInvocation shows. */
const LONGEST_OUTPUT = 24_000;
const LONGEST_ERROR = 8_000;
/** Characters of both streams that ListCommandInvocations shows. */
const LONGEST_DETAILS = 2_500;
const TRUNCATED = "\n---Output truncated---";

/** An invocation as GetCommandInvocation answers it. */
export function detailsShape(command: Command, invocation: Invocation): GetCommandInvocationResult {
  const { StartedAt, EndedAt } = invocation;
  return {
    CommandId: command.CommandId,
    InstanceId: invocation.InstanceId,
    Comment: command.Comment,
    DocumentName: command.DocumentName,
    DocumentVersion: command.DocumentVersion,
    PluginName: PLUGIN,
    ResponseCode: invocation.ResponseCode,
    ExecutionStartDateTime: StartedAt?.toISOString() ?? "",
    ExecutionElapsedTime: StartedAt && EndedAt ? duration(EndedAt.getTime() - StartedAt.getTime()) : "",
    ExecutionEndDateTime: EndedAt && StartedAt ? EndedAt.toISOString() : "",
    Status: invocation.Status,
    StatusDetails: invocation.StatusDetails,
    StandardOutputContent: cut(invocation.StandardOutput, LONGEST_OUTPUT),
    StandardOutputUrl: "",
    StandardErrorContent: cut(invocation.StandardError, LONGEST_ERROR),
    StandardErrorUrl: "",
    CloudWatchOutputConfig: { CloudWatchLogGroupName: "", CloudWatchOutputEnabled: false },
  };
}

/** An invocation as ListCommandInvocations answers it. */
export function invocationShape(command: Command, invocation: Invocation, details: boolean): CommandInvocation {
  const { Status, StatusDetails, StandardOutput, StandardError } = invocation;
  const errors = StandardError === "" ? "" : `\n----------ERROR-------\n${StandardError}`;
  const plugin = {
    Name: PLUGIN,
    Status: Status === "Delayed" || Status === "Cancelling" ? ("InProgress" as const) : Status,
    StatusDetails,
    ResponseCode: invocation.ResponseCode,
    ResponseStartDateTime: invocation.StartedAt,
    ResponseFinishDateTime: invocation.EndedAt,
    Output: cut(StandardOutput + errors, LONGEST_DETAILS),
    StandardOutputUrl: "",
    StandardErrorUrl: "",
    OutputS3BucketName: "",
    OutputS3KeyPrefix: "",
  };
  return {
    CommandId: command.CommandId,
    InstanceId: invocation.InstanceId,
    InstanceName: "",
    Comment: command.Comment,
    DocumentName: command.DocumentName,
    DocumentVersion: command.DocumentVersion,
    RequestedDateTime: invocation.RequestedDateTime,
    Status,
    StatusDetails,
    StandardOutputUrl: "",
    StandardErrorUrl: "",
    CommandPlugins: details ? [plugin] : [],
    ServiceRole: "",
    CloudWatchOutputConfig: { CloudWatchLogGroupName: "", CloudWatchOutputEnabled: false },
  };
}

/** How a command is doing, given its invocations: the worst that is final, once none is under way. */
export function statusOf(invocations: readonly Invocation[]): { Status: CommandStatus; StatusDetails: string } {
  const has = (status: Invocation["Status"]) => invocations.find(({ Status }) => Status === status);
  if (invocations.length === 0) return { Status: "Success", StatusDetails: "NoInstancesInTag" };
  if (invocations.every(({ Status }) => Status === "Pending")) return { Status: "Pending", StatusDetails: "Pending" };
  if (has("Cancelling")) return { Status: "Cancelling", StatusDetails: "Cancelling" };
  if (has("InProgress") || has("Pending") || has("Delayed")) {
    return { Status: "InProgress", StatusDetails: "InProgress" };
  }
  const worst = has("Failed") ?? has("TimedOut") ?? has("Cancelled");
  return worst
    ? { Status: worst.Status as CommandStatus, StatusDetails: worst.StatusDetails }
    : { Status: "Success", StatusDetails: "Success" };
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : text.slice(0, longest - TRUNCATED.length) + TRUNCATED;
}

/** ISO 8601, e.g. `PT0.451S`. */
function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  const minutes = Math.floor(seconds / 60);
  const rest = `${Number((seconds % 60).toFixed(3))}S`;
  return minutes > 0 ? `PT${minutes}M${rest}` : `PT${rest}`;
}
