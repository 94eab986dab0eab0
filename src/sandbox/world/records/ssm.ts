import type * as ssm from "@aws-sdk/client-ssm";
import type { Known } from "./known.ts";

export interface Parameter {
  Name: string;
  Type: ssm.ParameterType;
  Tier: ssm.ParameterTier;
  DataType: string;
  Tags: ssm.Tag[];
  /** Oldest first; at most 100. */
  versions: ParameterVersion[];
}

export type ParameterVersion = Known<ssm.ParameterHistory, "Version" | "Value" | "LastModifiedDate">;

/** The SSM agent of an instance, once it has registered. */
export type Agent = Known<ssm.InstanceInformation, "InstanceId" | "PingStatus" | "LastPingDateTime">;

export type Command = Known<
  ssm.Command,
  "CommandId" | "DocumentName" | "InstanceIds" | "RequestedDateTime" | "TimeoutSeconds" | "Parameters"
> & {
  hidden: {
    /** When GetCommandInvocation and the listings know it. */
    visibleAt: Date;
  };
};

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
