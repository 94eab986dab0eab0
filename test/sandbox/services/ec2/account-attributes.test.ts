import { DescribeAccountAttributesCommand, DescribeVpcsCommand } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { clientsOf, refusal } from "../clients.ts";

type Name = "default-vpc" | "supported-platforms";

test("an account says which default VPC it has and that it knows nothing but VPCs", async () => {
  const { ec2 } = await clientsOf();
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({}));
  const { AccountAttributes = [] } = await ec2.send(new DescribeAccountAttributesCommand({}));
  const values = AccountAttributes.map(({ AttributeName, AttributeValues }) => [
    AttributeName,
    AttributeValues?.map(({ AttributeValue }) => AttributeValue),
  ]);
  expect(Object.fromEntries(values)).toMatchObject({
    "default-vpc": [Vpcs?.[0]?.VpcId],
    "supported-platforms": ["VPC"],
    "max-instances": ["20"],
  });
});

test("an account without a default VPC says none, and only what it was asked for", async () => {
  const { ec2 } = await clientsOf({ defaultVpc: false });
  const ask = (AttributeNames: Name[]) => ec2.send(new DescribeAccountAttributesCommand({ AttributeNames }));
  expect((await ask(["default-vpc"])).AccountAttributes).toEqual([
    { AttributeName: "default-vpc", AttributeValues: [{ AttributeValue: "none" }] },
  ]);
  expect((await ask(["vpc-max-elastic-ips" as Name])).AccountAttributes).toEqual([
    { AttributeName: "vpc-max-elastic-ips", AttributeValues: [{ AttributeValue: "5" }] },
  ]);
  expect(await refusal(ask(["nonsense" as Name]))).toMatch(/^InvalidParameterValue: .*nonsense/);
});
