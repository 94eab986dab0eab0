import { GetServiceQuotaCommand, ListServiceQuotasCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { expect, it } from "vitest";
import { sandboxForTest } from "../../../support/sandbox.ts";

async function quotas() {
  const { endpoint, keys } = await sandboxForTest({ delays: "none", quotas: { vcpus: 5, natGateways: 1 } });
  return new ServiceQuotasClient({ region: "us-east-1", endpoint, credentials: keys });
}

it("tells the quota of vCPUs that the sandbox holds its instances to", async () => {
  const client = await quotas();
  const asked = await client.send(new GetServiceQuotaCommand({ ServiceCode: "ec2", QuotaCode: "L-1216C47A" }));
  expect(asked.Quota).toMatchObject({ Value: 5, Unit: "None", Adjustable: true, GlobalQuota: false });
  const { Quotas } = await client.send(new ListServiceQuotasCommand({ ServiceCode: "ec2" }));
  expect(Quotas).toEqual([asked.Quota, expect.objectContaining({ QuotaCode: "L-0263D0A3", Value: 5 })]);
  const gateways = new GetServiceQuotaCommand({ ServiceCode: "vpc", QuotaCode: "L-FE5A380F" });
  expect((await client.send(gateways)).Quota).toMatchObject({
    QuotaName: "NAT gateways per Availability Zone",
    Value: 1,
  });
});

it("refuses quotas that it does not hold to by name", async () => {
  const client = await quotas();
  const other = new GetServiceQuotaCommand({ ServiceCode: "ec2", QuotaCode: "L-34B43A08" });
  await expect(client.send(other)).rejects.toThrow(/L-34B43A08/);
  await expect(client.send(new ListServiceQuotasCommand({ ServiceCode: "rds" }))).rejects.toThrow(/quotas of rds/);
});
