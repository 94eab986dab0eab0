import { COMMANDS, type Permissions } from "../../src/stacks/permissions.ts";
import type { StackName } from "../../src/variables/index.ts";

const BIA = `# Permissions

The least that each command needs of IAM for stack bia; [permissions-retail.md](permissions-retail.md) has those for stack retail.
\`bia-infra permissions COMMAND\` prints it as policies that are ready to be pasted, with the
names of your variables file and the region of \`AWS_REGION\` in them; without a command, those for all together. IAM takes at most 6,144
characters in a managed policy, so some commands need two or three: attach all of them to the user or role that you work as.

    bia-infra permissions create > create.json
    bia-infra permissions --json | jq -c '.policies[1].document' > second.json
    aws iam create-policy --policy-name bia-infra-2 --policy-document file://second.json

- \`repair\` is a \`create\` on a stack that has drifted, \`adopt\` one with \`--adopt\`. \`create --replace\` needs those of \`destroy\` and \`create\`.
- An action in *italics* belongs to no call that a run makes in which all goes well; the last table says what it is for.
- \`ec2:CreateTags\` and \`ec2:RunInstances\` are on everything, because adopted things do not carry our tag yet. The conditions on the tag
  \`bia-infra:stack\` stop mistakes, not an attacker who may write tags.
- What the machines and containers may do themselves is a matter of the stack's roles, not of yours. AmazonSSMManagedInstanceCore lets
  whatever runs on bia-dev, its containers too, read every parameter of the region in Systems Manager, the database's password among them.

This page is made from \`src/stacks/bia/permissions.ts\`; a test compares it, and the calls that the commands really make.
`;

const RETAIL = `# Permissions for stack retail

As [permissions.md](permissions.md), for the stack of the ECS and Fargate workshop. \`bia-infra permissions --stack retail COMMAND\` prints them as policies.
An action in *italics* belongs to no call that a run makes in which all goes well; the last table says what it is for.

This page is made from \`src/stacks/retail/permissions.ts\`; a test compares it, and the calls that the commands really make.
`;

const HEADS: Readonly<Record<StackName, string>> = { bia: BIA, retail: RETAIL };

/** The page in docs about what a stack needs of IAM. */
export function permissionsPage(stack: StackName, permissions: Permissions): string {
  const used = COMMANDS.filter((command) => stack === "bia" || isUsed(permissions, command));
  return `${[HEADS[stack], ...used.map((command) => section(permissions, command)), scopes(permissions), reasons(permissions)].join("\n")}`;
}

/** Whether a command does anything on the stack. */
function isUsed({ grants }: Permissions, command: (typeof COMMANDS)[number]): boolean {
  return grants.some((grant) => grant.for.includes(command));
}

function section({ scopes: all, grants }: Permissions, command: (typeof COMMANDS)[number]): string {
  const rows = Object.keys(all).flatMap((name) => {
    const needed = grants.filter((grant) => grant.on === name && grant.for.includes(command));
    const made = new Set(needed.filter(({ because }) => because === undefined).flatMap(({ actions }) => actions));
    const actions = [...new Set(needed.flatMap((grant) => grant.actions))].sort();
    if (actions.length === 0) return [];
    return [`| ${name} | ${actions.map((action) => (made.has(action) ? action : `*${action}*`)).join(", ")} |`];
  });
  const body = rows.length === 0 ? ["None: it calls no AWS."] : ["| on | actions |", "|---|---|", ...rows];
  return `## ${command}\n\n${body.join("\n")}\n`;
}

function scopes({ scopes: all }: Permissions): string {
  const rows = Object.entries(all).map(([name, { resources, condition }]) => {
    const when = condition === undefined ? "" : `\`${JSON.stringify(condition)}\``;
    return `| ${name} | ${resources.map((resource) => `\`${resource}\``).join(", ")} | ${when} |`;
  });
  return `## On what\n\nWith the default names, in any region and account:\n\n| on | resources | condition |\n|---|---|---|\n${rows.join("\n")}\n`;
}

function reasons({ grants }: Permissions): string {
  const rows = grants.flatMap(({ because, actions, for: commands }) =>
    because === undefined ? [] : [`| ${actions.join(", ")} | ${commands.join(", ")} | ${because} |`],
  );
  return `## Beyond the calls of a run\n\n| actions | for | because |\n|---|---|---|\n${rows.join("\n")}\n`;
}
