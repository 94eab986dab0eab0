import type * as logs from "@aws-sdk/client-cloudwatch-logs";
import type { Known } from "./known.ts";

/** Without its events, which are too many for records: `world.logs` has them in files. */
export type LogGroup = Known<logs.LogGroup, "logGroupName" | "arn" | "logGroupArn" | "creationTime"> & {
  hidden: {
    /** Names its events' files; a group that is made anew under the same name has another one. */
    id: string;
    tags: Record<string, string>;
  };
};

/** Who else may write to the account's log groups. */
export type LogsResourcePolicy = Known<logs.ResourcePolicy, "policyName" | "policyDocument" | "lastUpdatedTime">;

/** What its events tell (times, bytes) is not in it. */
export type LogStream = Known<logs.LogStream, "logStreamName" | "arn" | "creationTime"> & {
  hidden: {
    id: string;
    logGroupName: string;
  };
};
