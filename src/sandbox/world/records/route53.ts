import type * as route53 from "@aws-sdk/client-route-53";
import type { Known } from "./known.ts";

/** `Id` with its prefix, as answers carry it; the key of its table is the id without. */
export type HostedZone = Known<route53.HostedZone, "Id" | "Name" | "CallerReference"> & {
  hidden: {
    nameServers: string[];
    tags: route53.Tag[];
    /** Until then a listing alone knows it. Absent: it has always been known. */
    visibleAt?: Date;
    /** Until then nothing of it can be changed. */
    madeAt?: Date;
  };
};

/** `Name` in lower case, with a trailing dot and with `\052` for an asterisk. */
export type ResourceRecordSet = Known<route53.ResourceRecordSet, "Name" | "Type"> & {
  hidden: {
    /** Without prefix. */
    zoneId: string;
    /** Of the change that made it what it is; without prefix. */
    changeId: string;
  };
};

/** `Id` with its prefix; the key of its table is the id without. */
export type DnsChange = Known<route53.ChangeInfo, "Id" | "Status" | "SubmittedAt">;

/** A caller reference that was used, for ever. */
export interface CallerReference {
  reference: string;
}

/** An id of Route 53 as its other operations take it: `Z0123` for `/hostedzone/Z0123`. */
export function withoutPrefix(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}
