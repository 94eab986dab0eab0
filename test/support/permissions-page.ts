import { COMMANDS, type Permissions } from "../../src/stacks/permissions.ts";

const HEAD = `# Permissions

The least that each command needs of IAM. \`bia-infra permissions COMMAND\` prints it as policies that are ready to be pasted, with the
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

/** docs/permissions.md. */
export function permissionsPage(permissions: Permissions): string {
  return `${[HEAD, ...COMMANDS.map((command) => section(permissions, command)), scopes(permissions), reasons(permissions)].join("\n")}`;
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
