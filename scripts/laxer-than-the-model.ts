import type { Shape } from "../src/sandbox/wire/rules.ts";

/** What a service's model says and the service does not hold its callers to, or says in words of its own. */
interface Laxer {
  /** Kinds of restrictions that no shape keeps. */
  readonly everywhere?: readonly (keyof Shape)[];
  /** Kinds of restrictions that a shape does not keep. */
  readonly shapes?: Readonly<Record<string, readonly (keyof Shape)[]>>;
  /** `Shape.Member`s that nothing restricts. */
  readonly members?: readonly string[];
  /** `Shape.Member`s that may be missing. */
  readonly required?: readonly string[];
  /** Filters that work and are not documented, by operation. */
  readonly filters?: Readonly<Record<string, readonly string[]>>;
}

/** By folder of botocore. */
export const LAXER: Readonly<Record<string, Laxer>> = {
  ec2: {
    // Its API answers lengths, ranges and forms with errors of each parameter's own (InvalidAMIID.Malformed, ...).
    everywhere: ["min", "max", "pattern"],
    // "Unsupported volume type" and the like, with codes of their own; the model names two of the six attributes that the
    // operation's documentation lists.
    shapes: { VolumeType: ["enum"], AccountAttributeName: ["enum"] },
    // Looked at when something is launched from the template, not before.
    members: [
      "CreateLaunchTemplateRequest.LaunchTemplateData",
      "CreateLaunchTemplateVersionRequest.LaunchTemplateData",
    ],
    // Answered with words of the operation's own where nothing is named.
    required: ["TerminateInstancesRequest.InstanceIds"],
    // Half of all scripts that look for the default VPC say so.
    filters: { DescribeVpcs: ["isDefault"] },
  },
};
