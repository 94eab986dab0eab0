import { invalidValue } from "../../world/ec2/refusals.ts";
import { entry } from "../../world/entry.ts";
import type { World } from "../../world/world.ts";
import { type Ec2Operations, reading } from "./operation.ts";

/** Names and values of an account that is as new ones are: without EC2-Classic. (ec2:DescribeAccountAttributes) */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  "supported-platforms": "VPC",
  "vpc-max-security-groups-per-interface": "5",
  "max-elastic-ips": "5",
  "max-instances": "20",
};

/** What EC2 says of the account. */
export function accountAttributeOperations(world: World): Ec2Operations {
  return {
    DescribeAccountAttributes: reading(["AttributeNames"], ({ AttributeNames = [] }, { region }) => {
      const vpc = world.region(region).ec2.vpcs.find(({ IsDefault }) => IsDefault);
      const attributes: Readonly<Record<string, string>> = {
        ...ATTRIBUTES,
        "vpc-max-elastic-ips": String(world.quotas.addresses),
        "default-vpc": vpc?.VpcId ?? "none",
      };
      for (const name of AttributeNames) {
        if (entry(attributes, name) === undefined) throw invalidValue(`Invalid attribute name: ${name}`);
      }
      const names = AttributeNames.length > 0 ? AttributeNames : Object.keys(attributes);
      return {
        AccountAttributes: names.map((name) => ({
          AttributeName: name,
          AttributeValues: [{ AttributeValue: attributes[name] ?? "" }],
        })),
      };
    }),
  };
}
