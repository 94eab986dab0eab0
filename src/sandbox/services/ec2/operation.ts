import { AwsError, type Call, type Operation, type Operations, type Violations } from "../../wire/service.ts";
import { invalidCombination, invalidValue, missingParameter } from "../../world/ec2/refusals.ts";
import { entry } from "../../world/entry.ts";

/** Operations of EC2; each file declares some. */
export type Ec2Operations = Operations<typeof import("@aws-sdk/client-ec2")>;

/** The refusal of an input that EC2's model does not allow: EC2 looks at one parameter after the other. */
export function refuses([{ path, value, rule }]: Violations): AwsError {
  if (rule === "required") return missingParameter(path.replace(/Ids$/, "Id"));
  if (rule === "filter") return invalidValue(`The filter '${value}' is invalid`);
  const name = path.split(".").findLast((part) => !/^\d+$/.test(part)) ?? "";
  if (name === "InstanceTypes") {
    const message = `The following supplied instance types do not exist: [${value}]`;
    return new AwsError("InvalidInstanceType", message);
  }
  if (name === "InstanceType") return invalidValue(`Invalid value '${value}' for InstanceType.`);
  const parameter = name.charAt(0).toLowerCase() + name.slice(1);
  return invalidValue(`Value (${value}) for parameter ${parameter} is invalid.`);
}

/** Most inputs, not all. */
interface MayBeDry {
  DryRun?: boolean | undefined;
}

/** An operation that changes nothing. */
export function reading<Input extends object, Output>(
  accepts: readonly (keyof Input & string)[],
  handle: (input: Input, call: Call) => Output,
): Operation<Input, Output> {
  return changing(accepts, (input, call) => {
    refuseNamesWithPages(input, call.operation);
    return () => handle(input, call);
  });
}

/** Of listings the parameter that names single records, as EC2 calls it where that is not its own name. */
const NAMING: Readonly<Record<string, readonly [member: string, called?: string]>> = {
  DescribeImages: ["ImageIds"],
  DescribeInstanceCreditSpecifications: ["InstanceIds", "instancesSet"],
  DescribeInstances: ["InstanceIds", "instancesSet"],
  DescribeInstanceStatus: ["InstanceIds", "instancesSet"],
  DescribeInstanceTypes: ["InstanceTypes"],
  DescribeInternetGateways: ["InternetGatewayIds"],
  DescribeNatGateways: ["NatGatewayIds"],
  DescribeNetworkInterfaces: ["NetworkInterfaceIds"],
  DescribeRouteTables: ["RouteTableIds"],
  DescribeSecurityGroupRules: ["SecurityGroupRuleIds"],
  DescribeSecurityGroups: ["GroupIds"],
  DescribeSubnets: ["SubnetIds"],
  DescribeVolumes: ["VolumeIds"],
  DescribeVpcs: ["VpcIds"],
};

/** EC2 looks at its parameters before it looks for what they name (yuuki/grabeni#7 has the words). */
function refuseNamesWithPages(input: object, operation: string): void {
  const [member = "", called = member.charAt(0).toLowerCase() + member.slice(1)] = entry(NAMING, operation) ?? [];
  const { [member]: names, MaxResults } = input as Readonly<Record<string, unknown>>;
  if (MaxResults === undefined || !Array.isArray(names) || names.length === 0) return;
  throw invalidCombination(`The parameter ${called} cannot be used with the parameter maxResults`);
}

/**
 * An operation in two steps: `plan` refuses what AWS would refuse and changes nothing; what it answers applies the
 * change. A dry run ends between the two.
 */
export function changing<Input extends object, Output>(
  accepts: readonly (keyof Input & string)[],
  plan: (input: Input, call: Call) => () => Output | Promise<Output>,
): Operation<Input, Output> {
  return {
    accepts: [...accepts, "DryRun" as keyof Input & string],
    handle(input: Input & MayBeDry, call) {
      const apply = plan(input, call);
      if (!input.DryRun) return apply();
      throw new AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
    },
  };
}
