import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { permissionsOf } from "../../src/stacks/index.ts";
import { actionsFor, COMMANDS, MOST_CHARACTERS, policiesFor } from "../../src/stacks/permissions.ts";
import { load, STACKS, type StackName } from "../../src/variables/index.ts";
import { ofBia } from "../support/of-bia.ts";
import { permissionsPage } from "../support/permissions-page.ts";

const SRC = path.resolve(import.meta.dirname, "../../src");
const where = (stack: StackName) => `src/stacks/${stack}/permissions.ts`;

/** IAM's names of the services, where they are not those of the SDK's packages. */
const PREFIXES: Readonly<Record<string, string>> = {
  "application-auto-scaling": "application-autoscaling",
  "auto-scaling": "autoscaling",
  "cloudwatch-logs": "logs",
  "elastic-load-balancing-v2": "elasticloadbalancing",
  eventbridge: "events",
  "route-53": "route53",
  "secrets-manager": "secretsmanager",
  "service-quotas": "servicequotas",
};

/** What everybody may, and what ends a line of the shell that machines have on the sandbox alone. */
const NEVER_GRANTED = ["sts:GetCallerIdentity", "ssm:CancelCommand"];

const IMPORT = /import\s+\{([^}]*)\}\s+from\s+"@aws-sdk\/client-([a-z0-9-]+)"/g;

/** The actions of all commands of the SDK that the product imports; the sandbox only serves them. */
function actionsInSource(): Set<string> {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const ours = files.filter((file) => !file.startsWith("sandbox"));
  const sources = ours.map((file) => readFileSync(path.join(SRC, file), "utf8"));
  const actions = sources.flatMap((source) =>
    [...source.matchAll(IMPORT)].flatMap(([, names = "", client = ""]) =>
      names.split(",").flatMap((name) => {
        const [, operation = /^paginate(\w+)$/.exec(name.trim())?.[1]] =
          /^(\w+)Command(?: as \w+)?$/.exec(name.trim()) ?? [];
        return operation === undefined ? [] : [`${PREFIXES[client] ?? client}:${operation}`];
      }),
    ),
  );
  return new Set(actions.filter((action) => !NEVER_GRANTED.includes(action)));
}

const permissions = async (stack: StackName) => permissionsOf((await load(undefined, "/", stack)).variables);

it("what the stacks need of IAM is every call that the product knows", async () => {
  const all = await Promise.all(STACKS.map(permissions));
  const allowed = all.flatMap((one) => actionsFor(one, COMMANDS));
  const missing = [...actionsInSource()].filter((action) => !allowed.includes(action));
  expect(missing, `calls that no policy allows: add them to GRANTS in ${STACKS.map(where).join(" or ")}`).toEqual([]);
});

describe.each(STACKS)("what stack %s needs of IAM", (stack) => {
  it("is nothing that the product does not call, but what it says why", async () => {
    const called = actionsInSource();
    const needless = (await permissions(stack)).grants
      .filter(({ because }) => because === undefined)
      .flatMap(({ actions }) => actions.filter((action) => !called.has(action)));
    expect(needless, `nothing makes these calls: take them away in ${where(stack)}`).toEqual([]);
  });

  it.each([...COMMANDS.map((command) => [command]), COMMANDS])(
    "for %s fits into managed policies",
    async (...commands) => {
      for (const policy of policiesFor(await permissions(stack), commands)) {
        expect(JSON.stringify(policy).length).toBeLessThanOrEqual(MOST_CHARACTERS);
        for (const { Sid, Action, Resource } of policy.Statement) {
          expect(Sid).toMatch(/^[A-Za-z0-9]+$/);
          expect([Action.length > 0, Resource.length > 0]).toEqual([true, true]);
        }
      }
    },
  );

  it.each(["plan", "status", "console", "versions", "metrics"] as const)(
    "for %s only reads, and no secret",
    async (command) => {
      for (const action of actionsFor(await permissions(stack), [command])) {
        // What IAM only thinks through is of the access level Read, too. (Service Authorization Reference, SimulatePrincipalPolicy)
        expect(action).toMatch(/^[a-z0-9-]+:(Describe|Get|List|Simulate)[A-Z]/);
        expect(action).not.toMatch(/GetSecretValue|GetAuthorizationToken/);
      }
    },
  );

  it("names no scope that nothing needs, nor one that there is not", async () => {
    const { scopes, grants } = await permissions(stack);
    expect(new Set(grants.map(({ on }) => on))).toEqual(new Set(Object.keys(scopes)));
  });

  it("is what the page in docs says; written anew by: npx vitest run test/stacks/permissions.test.ts -u", async () => {
    const page = permissionsPage(stack, await permissions(stack));
    const file = stack === "bia" ? "permissions.md" : `permissions-${stack}.md`;
    await expect(page).toMatchFileSnapshot(path.resolve(SRC, "../docs", file));
  });
});

it("what stack bia needs of IAM is on the things that the variables name, in the region and account that are known", async () => {
  const variables = ofBia((await load(undefined, "/")).variables);
  const text = JSON.stringify(policiesFor(permissionsOf(variables, "sa-east-1", "123456789012"), ["create"]));
  expect(text).toContain(`arn:aws:iam::123456789012:role/${variables.devMachine.role.name}"`);
  expect(text).toContain(`arn:aws:ecr:sa-east-1:123456789012:repository/${variables.repository.name}"`);
  expect(text).not.toContain("undefined");
});
