import { oneOf, region } from "./values.ts";

/** The variables that every stack has, whatever it builds. */
export const shared = {
  /**
   * Where to build.
   * `sandbox`: the AWS that runs on this machine, free, no account needed. `aws`: a real account, which costs money.
   * `--target` and BIA_TARGET win over this. Default `sandbox`.
   */
  target: oneOf("sandbox", "aws").default("sandbox"),
  /** The AWS region. Absent: the one of AWS_REGION, and us-east-1 when that is not set either. */
  region: region().optional(),
};
