import type * as eventbridge from "@aws-sdk/client-eventbridge";
import type { Known } from "./known.ts";

/** A rule of the default event bus. */
export type EventRule = Known<eventbridge.DescribeRuleResponse, "Name" | "Arn" | "EventPattern" | "State"> & {
  hidden: {
    tags: eventbridge.Tag[];
    targets: EventTarget[];
    /** Name of the log stream that its events go to. */
    stream: string;
  };
};

/** A log group that the events of a rule go to. */
export type EventTarget = Known<eventbridge.Target, "Id" | "Arn">;
