import { SimulatePrincipalPolicyCommand } from "@aws-sdk/client-iam";
import { nameIn } from "../../aws/arn.ts";
import type { Aws } from "../../aws/clients.ts";
import { awsError } from "../../aws/errors.ts";
import { revisionOf } from "./revisions.ts";

/** A right that a task's role lacked, as IAM has told its program. */
export interface DeniedRight {
  /** Name of the role. */
  readonly role: string;
  /** E.g. `dynamodb:Query`. */
  readonly action: string;
  /** ARN; undefined: IAM names none. */
  readonly resource: string | undefined;
  /** Whether no policy of the role's allowed it: a policy that does is all that it takes. */
  readonly isMissing: boolean;
}

/** IAM's words. ("Troubleshoot access denied error messages") */
const DENIED =
  /assumed-role\/([^/\s]+)\/\S+ is not authorized to perform: ([\w-]+:\w+)(?: on resource: (\S+))?( because no identity-based policy allows)?/;

/** The last right that a program says it was denied; undefined: none. */
export function deniedRightIn(lines: readonly string[]): DeniedRight | undefined {
  const found = lines.map((line) => DENIED.exec(line)).findLast((match) => match !== null);
  if (!found) return undefined;
  const [, role = "", action = "", resource, missing] = found;
  return { role, action, resource, isMissing: missing !== undefined };
}

/**
 * Whether the role has the right by now, as IAM's policy simulator tells; who may not ask it does not know.
 *
 * @param revision ARN of the task definition whose role it is
 */
export async function isGrantedByNow(aws: Aws, revision: string, right: DeniedRight): Promise<boolean> {
  const { taskRoleArn = "" } = (await revisionOf(aws, revision))?.definition ?? {};
  if (!right.isMissing || nameIn(taskRoleArn) !== right.role || !taskRoleArn.startsWith("arn:")) return false;
  const ResourceArns = right.resource?.startsWith("arn:") ? [right.resource] : undefined;
  try {
    const asked = { PolicySourceArn: taskRoleArn, ActionNames: [right.action], ResourceArns };
    const { EvaluationResults = [] } = await aws.iam.send(new SimulatePrincipalPolicyCommand(asked));
    return EvaluationResults.some(({ EvalDecision }) => EvalDecision === "allowed");
  } catch (error) {
    if (awsError(error)) return false;
    throw error;
  }
}
