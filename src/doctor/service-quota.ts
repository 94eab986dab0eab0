import { GetServiceQuotaCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import type { Clients } from "../aws/clients.ts";
import { retryStrategy } from "../aws/retry.ts";

/** A quota by the codes that Service Quotas gives it. */
export interface QuotaCode {
  readonly ServiceCode: string;
  readonly QuotaCode: string;
}

/** The account's quota in this region; undefined: it may not be asked for, or nobody answers. A client of doctor's alone. */
export async function quotaOf({ ec2 }: Clients, quota: QuotaCode): Promise<number | undefined> {
  const { region, endpoint, credentials, useFipsEndpoint, useDualstackEndpoint } = ec2.config;
  const where = endpoint === undefined ? { useFipsEndpoint, useDualstackEndpoint } : { endpoint };
  const client = new ServiceQuotasClient({ region, credentials, retryStrategy: retryStrategy(), ...where });
  try {
    return (await client.send(new GetServiceQuotaCommand(quota))).Quota?.Value;
  } catch {
    return undefined;
  } finally {
    client.destroy();
  }
}
