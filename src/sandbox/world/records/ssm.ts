import type * as ssm from "@aws-sdk/client-ssm";
import type { Known } from "./known.ts";

/** A parameter with all of its values. */
export interface Parameter {
  Name: string;
  Type: ssm.ParameterType;
  Tier: ssm.ParameterTier;
  DataType: string;
  Tags: ssm.Tag[];
  /** Oldest first; at most 100. */
  versions: ParameterVersion[];
}

/** One value of a parameter. */
export type ParameterVersion = Known<ssm.ParameterHistory, "Version" | "Value" | "LastModifiedDate">;

/** The SSM agent of an instance, once it has registered. */
export type Agent = Known<ssm.InstanceInformation, "InstanceId" | "PingStatus" | "LastPingDateTime">;

/** What SendCommand was asked for. */
export type Command = Known<
  ssm.Command,
  "CommandId" | "DocumentName" | "InstanceIds" | "RequestedDateTime" | "TimeoutSeconds" | "Parameters"
> & {
  hidden: {
    /** When GetCommandInvocation and the listings know it. */
    visibleAt: Date;
  };
};

/** A command on one instance. */
export interface Invocation {
  CommandId: string;
  InstanceId: string;
  Status: ssm.CommandInvocationStatus;
  StatusDetails: string;
  RequestedDateTime: Date;
  ResponseCode: number;
  StartedAt?: Date;
  EndedAt?: Date;
  StandardOutput: string;
  StandardError: string;
}
