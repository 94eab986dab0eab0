import { AwsError, notKnown } from "../../wire/service.ts";
import { isServicePrincipal } from "../../world/catalogue/aws-names.ts";
import { flawIn } from "../../world/policies/flaws.ts";

/** Checks a trust policy. @throws AwsError as IAM words what is wrong with it */
export function checkTrustPolicy(document: string | undefined): void {
  for (const statement of statementsOf(document)) {
    if (statement.Principal === undefined && statement.NotPrincipal === undefined) {
      throw malformed("Missing required field Principal");
    }
    if (statement.Resource !== undefined) throw malformed("Has prohibited field Resource");
    checkStatement(statement);
    const actions = [statement.Action].flat();
    if (!actions.every((action) => typeof action === "string" && /^sts:/i.test(action))) {
      throw malformed("AssumeRole policy may only specify STS AssumeRole actions.");
    }
    for (const service of servicesIn(statement.Principal)) {
      if (!isServicePrincipal(service)) {
        throw malformed(`Invalid principal in policy: "SERVICE":"${service}"`);
      }
    }
  }
}

/** Checks a policy that says what may be done. @throws AwsError as IAM words what is wrong with it */
export function checkPermissionPolicy(document: string | undefined): void {
  for (const statement of statementsOf(document)) {
    if (statement.Principal !== undefined) throw malformed("Policy document should not specify a principal.");
    if (statement.Resource === undefined && statement.NotResource === undefined) {
      throw malformed("Policy statement must contain resources.");
    }
    checkStatement(statement);
  }
}

type Statement = Readonly<Record<string, unknown>>;

function statementsOf(document: string | undefined): Statement[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(document ?? "");
  } catch {
    throw malformed("This policy contains invalid Json");
  }
  if (!isObject(parsed)) throw malformed("Syntax errors in policy.");
  const version = parsed.Version;
  if (version !== undefined && version !== "2012-10-17" && version !== "2008-10-17") {
    throw malformed(`The policy must contain a valid version string`);
  }
  const statements = [parsed.Statement].flat();
  if (parsed.Statement === undefined || statements.length === 0 || !statements.every(isObject)) {
    throw malformed("Syntax errors in policy.");
  }
  return statements.map((one) => ({ ...one, hasVariables: version === "2012-10-17" }));
}

function checkStatement(statement: Statement): void {
  if (statement.Effect !== "Allow" && statement.Effect !== "Deny") {
    throw malformed(statement.Effect === undefined ? "Missing required field Effect" : "Syntax errors in policy.");
  }
  const actions = [statement.Action ?? statement.NotAction].flat();
  if (actions[0] === undefined) throw malformed("Policy statement must contain actions.");
  for (const action of actions) {
    if (typeof action !== "string") throw malformed("Syntax errors in policy.");
    if (action !== "*" && !/^[\w-]+:[\w*?-]+$/.test(action)) {
      throw malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    }
  }
  const flaw = flawIn(statement);
  if (flaw && "unknownKey" in flaw) throw notKnown(`the condition key ${flaw.unknownKey}`);
  if (flaw) throw malformed(flaw.said);
}

function servicesIn(principal: unknown): string[] {
  if (!isObject(principal)) return [];
  return [principal.Service ?? []].flat().map(String);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(message: string): AwsError {
  return new AwsError("MalformedPolicyDocument", message);
}
