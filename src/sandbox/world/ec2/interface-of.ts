import type { NetworkInterface } from "../records.ts";
import type { Region } from "../region.ts";

/** The first network interface of what runs containers. @param host id of an instance, or what Fargate calls its machine */
export function interfaceOf({ ec2 }: Region, host: string): NetworkInterface | undefined {
  return ec2.networkInterfaces.find((one) => hostOf(one) === host);
}

/** What an interface belongs to, if that runs containers. */
export function hostOf({ Attachment, hidden }: NetworkInterface): string | undefined {
  return Attachment?.InstanceId ?? hidden.host;
}
