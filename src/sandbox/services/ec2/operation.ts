import { AwsError, type Call, type Operation, type Operations } from "../../wire/service.ts";

/** Operations of EC2; each file declares some. */
export type Ec2Operations = Operations<typeof import("@aws-sdk/client-ec2")>;

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
