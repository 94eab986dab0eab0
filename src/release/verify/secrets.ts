import { DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import { DescribeParametersCommand } from "@aws-sdk/client-ssm";
import { nameIn } from "../../aws/arn.ts";
import { isCode } from "../../aws/errors.ts";
import type { Finding } from "../../aws/finding.ts";
import type { Check, Examined } from "./check.ts";
import { lackingIn } from "./rights.ts";

/** A secret of a task. */
interface Secret {
  /** The variable that gets it. */
  readonly variable: string;
  readonly arn: string;
  /** Of SSM or of Secrets Manager. */
  readonly kept: "parameter" | "secret";
}

/** Whether the parameters and secrets that the task gets are there, and its execution role may read them. */
export const secrets: Check = {
  subject: "secrets",
  async look(examined) {
    const all = secretsOf(examined);
    if (all.length === 0) return [];
    const [absent, unreadable] = await Promise.all([
      absentAmong(examined, all),
      // Its absence is no reason not to tell that, and the other way round.
      unreadableAmong(examined, all).catch((error: Error) => [notChecked(error)]),
    ]);
    const found = [...absent, ...unreadable];
    if (found.length > 0) return found;
    const variables = all.map(({ variable }) => variable).join(", ");
    return [
      { level: "ok", subject: "secrets", text: `${nameIn(examined.definition.executionRole)} can read ${variables}` },
    ];
  },
};

function secretsOf({ aws: { region, account }, definition }: Examined): Secret[] {
  const named = definition.containers.flatMap((container) => Object.entries(container.secrets));
  return named.map(([variable, from]) => {
    // Behind the secret's own ARN may stand a key of its JSON, a stage and a version. (ecs:Secret, valueFrom)
    if (/^arn:[^:]*:secretsmanager:/.test(from))
      return { variable, arn: from.split(":").slice(0, 7).join(":"), kept: "secret" };
    const isArn = from.startsWith("arn:");
    const arn = isArn ? from : `arn:aws:ssm:${region}:${account}:parameter/${from.replace(/^\//, "")}`;
    return { variable, arn, kept: "parameter" };
  });
}

/** Those that are not there. A description tells no value. */
async function absentAmong(examined: Examined, all: readonly Secret[]): Promise<Finding[]> {
  const looks = all.map((one) =>
    one.kept === "secret" ? absentSecret(examined, one) : absentParameter(examined, one),
  );
  return (await Promise.all(looks)).flat();
}

async function absentSecret({ aws }: Examined, { variable, arn }: Secret): Promise<Finding[]> {
  const lacking = (text: string, next: string): Finding[] => [
    { level: "problem", subject: "secrets", text: `${variable}: ${text}`, next },
  ];
  try {
    const { DeletedDate } = await aws.secretsManager.send(new DescribeSecretCommand({ SecretId: arn }));
    if (DeletedDate === undefined) return [];
    const next = "Take that back with `aws secretsmanager restore-secret`: until then nobody can read it.";
    return lacking(`secret ${arn} is scheduled for deletion`, next);
  } catch (error) {
    if (isCode(error, "ResourceNotFoundException"))
      return lacking(`there is no secret ${arn}`, "Make it with `aws secretsmanager create-secret`.");
    const text = `${variable}: whether ${arn} is there is not checked: ${(error as Error).message}`;
    return [{ level: "unknown", subject: "secrets", text }];
  }
}

async function absentParameter({ aws }: Examined, { variable, arn }: Secret): Promise<Finding[]> {
  const path = arn.slice(arn.indexOf(":parameter/") + ":parameter".length);
  // Of a name without levels the ARN does not tell whether it begins with a slash.
  const Values = [path, ...(path.lastIndexOf("/") === 0 ? [path.slice(1)] : [])];
  const ParameterFilters = [{ Key: "Name", Option: "Equals", Values }];
  const { Parameters = [] } = await aws.ssm.send(new DescribeParametersCommand({ ParameterFilters }));
  if (Parameters.length > 0) return [];
  const text = `${variable}: there is no parameter ${path}`;
  const next =
    "`bia-infra create --all` makes it where it is the stack's own; else put it with `aws ssm put-parameter`.";
  return [{ level: "problem", subject: "secrets", text, next }];
}

async function unreadableAmong({ aws, definition }: Examined, all: readonly Secret[]): Promise<Finding[]> {
  const role = definition.executionRole;
  const action = { parameter: "ssm:GetParameters", secret: "secretsmanager:GetSecretValue" };
  const asked = (["parameter", "secret"] as const).map(async (kept) => {
    const arns = all.filter((one) => one.kept === kept).map(({ arn }) => arn);
    return arns.length === 0 ? [] : lackingIn(aws, role, [action[kept]], arns);
  });
  return (await Promise.all(asked)).flat().map(({ action: lacked, resource, unsure }) => {
    const variable = all.find(({ arn }) => arn === resource)?.variable ?? resource;
    const text = `${variable}: ${nameIn(role)} may not ${lacked} ${resource}`;
    if (unsure !== undefined) return { level: "unknown", subject: "secrets", text: `${text}, or ${unsure}` };
    const next = `Allow the role that, in a policy of its own; \`bia-infra create --all\` does so for the stack's own role.`;
    return { level: "problem", subject: "secrets", text, next };
  });
}

function notChecked({ message }: Error): Finding {
  return { level: "unknown", subject: "secrets", text: `whether they can be read is not checked: ${message}` };
}
