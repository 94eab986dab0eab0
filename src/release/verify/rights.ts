import { type EvaluationResult, paginateSimulatePrincipalPolicy } from "@aws-sdk/client-iam";
import type { Aws } from "../../aws/clients.ts";

/** What a role may not do, as far as IAM's policy simulator tells. */
export interface Lacking {
  readonly action: string;
  /** ARN, or `*`. */
  readonly resource: string;
  /** Why that is not sure; undefined: no policy allows it, or one denies it. */
  readonly unsure: string | undefined;
}

/**
 * Those of the actions that the simulator does not find allowed, each on each of the resources.
 *
 * @param role ARN
 * @throws AWS's error where the caller may not ask, or there is no such role
 */
export async function lackingIn(
  { iam }: Aws,
  role: string,
  actions: readonly string[],
  resources: readonly string[],
): Promise<Lacking[]> {
  const asked = { PolicySourceArn: role, ActionNames: [...actions], ResourceArns: [...resources] };
  const lacking: Lacking[] = [];
  for await (const { EvaluationResults = [] } of paginateSimulatePrincipalPolicy({ client: iam }, asked)) {
    const denied = EvaluationResults.filter(({ EvalDecision }) => EvalDecision !== "allowed");
    lacking.push(...denied.map(lackingBy));
  }
  return lacking;
}

function lackingBy(result: EvaluationResult): Lacking {
  const { EvalActionName: action = "", EvalResourceName: resource = "*" } = result;
  return { action, resource, unsure: doubtAbout(result) };
}

/** The simulator knows no values of conditions, and takes those of an organization's policies for false. */
function doubtAbout(result: EvaluationResult): string | undefined {
  const { EvalDecision, OrganizationsDecisionDetail, MissingContextValues = [], ResourceSpecificResults = [] } = result;
  if (OrganizationsDecisionDetail?.AllowedByOrganizations === false)
    return "a policy of the organization says no in IAM's simulation, which does not know its conditions";
  if (EvalDecision === "explicitDeny") return undefined;
  const keys = [...MissingContextValues, ...ResourceSpecificResults.flatMap((one) => one.MissingContextValues ?? [])];
  return keys.length > 0 ? `it depends on ${[...new Set(keys)].join(", ")}` : undefined;
}
