import { GetRoleCommand } from "@aws-sdk/client-iam";
import { nameIn } from "../../aws/arn.ts";
import { isCode } from "../../aws/errors.ts";
import { type Finding, findingsOn } from "../../aws/finding.ts";
import type { Check, Examined } from "./check.ts";

const TASKS = "ecs-tasks.amazonaws.com";

/** Whether ECS can assume the roles of the task. */
export const roles: Check = {
  subject: "roles",
  async look({ aws, definition: { executionRole, taskRole } }) {
    const asked = [
      { as: "execution role", arn: executionRole },
      ...(taskRole === undefined ? [] : [{ as: "task role", arn: taskRole }]),
    ];
    const looks = asked.map(({ as, arn }) => findingsOn(as, async () => [await assumable(aws, as, arn)]));
    return (await Promise.all(looks)).flat();
  },
};

async function assumable({ iam }: Examined["aws"], subject: string, arn: string): Promise<Finding> {
  const name = nameIn(arn);
  try {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: name }));
    const trust = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "");
    if (trustsTasks(trust)) return { level: "ok", subject, text: `ECS can assume ${name}` };
    const text = `ECS cannot assume ${name}: its trust policy does not name ${TASKS}`;
    const next = `\`bia-infra create --all\` puts it right where the role is the stack's own; else add ${TASKS} to it with sts:AssumeRole, in the IAM console under Trust relationships.`;
    return { level: "problem", subject, text, next };
  } catch (error) {
    if (!isCode(error, "NoSuchEntity")) throw error;
    const next = "`bia-infra create --all` makes the stack's own roles.";
    return { level: "problem", subject, text: `there is no role ${name}`, next };
  }
}

interface Statement {
  readonly Effect?: string;
  readonly Action?: string | readonly string[];
  readonly Principal?: "*" | { readonly Service?: string | readonly string[] };
}

/** Whether a trust policy lets tasks of ECS have the role. Its conditions are not looked at. */
function trustsTasks(document: string): boolean {
  const statements = [(JSON.parse(document) as { Statement: Statement | Statement[] }).Statement].flat();
  const about = statements.filter(({ Action = [], Principal = {} }) => {
    const services = Principal === "*" ? ["*"] : [Principal.Service ?? []].flat();
    const isAssume = [Action].flat().some((action) => ["sts:assumerole", "sts:*", "*"].includes(action.toLowerCase()));
    return isAssume && services.some((service) => service === TASKS || service === "*");
  });
  return about.length > 0 && about.every(({ Effect }) => Effect === "Allow");
}
