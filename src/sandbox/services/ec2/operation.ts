import { AwsError, type Call, type Operation, type Operations, type Violations } from "../../wire/service.ts";
import { invalidValue, missingParameter } from "../../world/ec2/refusals.ts";

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
  return changing(accepts, (input, call) => () => handle(input, call));
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
