import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { permissionsOf } from "../../src/stacks/index.ts";
import { actionsFor, COMMANDS, MOST_CHARACTERS, policiesFor } from "../../src/stacks/permissions.ts";
import { load } from "../../src/variables/index.ts";
import { permissionsPage } from "../support/permissions-page.ts";

const SRC = path.resolve(import.meta.dirname, "../../src");
const WHERE = "src/stacks/bia/permissions.ts";

/** IAM's names of the services, where they are not those of the SDK's packages. */
const PREFIXES: Readonly<Record<string, string>> = {
  "auto-scaling": "autoscaling",
  "cloudwatch-logs": "logs",
  "elastic-load-balancing-v2": "elasticloadbalancing",
  "route-53": "route53",
  "service-quotas": "servicequotas",
};

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
  return new Set(actions.filter((action) => action !== "sts:GetCallerIdentity"));
}

const permissions = async () => permissionsOf((await load(undefined, "/")).variables);

describe("what the stack needs of IAM", () => {
  it("is every call that the product knows", async () => {
    const allowed = actionsFor(await permissions(), COMMANDS);
    const missing = [...actionsInSource()].filter((action) => !allowed.includes(action));
    expect(missing, `calls that no policy allows: add them to GRANTS in ${WHERE}`).toEqual([]);
  });

  it("is nothing that the product does not call, but what it says why", async () => {
    const called = actionsInSource();
    const needless = (await permissions()).grants
      .filter(({ because }) => because === undefined)
      .flatMap(({ actions }) => actions.filter((action) => !called.has(action)));
    expect(needless, `nothing makes these calls: take them away in ${WHERE}`).toEqual([]);
  });

  it.each([...COMMANDS.map((command) => [command]), COMMANDS])(
    "for %s fits into managed policies",
    async (...commands) => {
      for (const policy of policiesFor(await permissions(), commands)) {
        expect(JSON.stringify(policy).length).toBeLessThanOrEqual(MOST_CHARACTERS);
        for (const { Sid, Action, Resource } of policy.Statement) {
          expect(Sid).toMatch(/^[A-Za-z0-9]+$/);
          expect([Action.length > 0, Resource.length > 0]).toEqual([true, true]);
        }
      }
    },
  );

  it("is on the things that the variables name, in the region and account that are known", async () => {
    const { variables } = await load(undefined, "/");
    const text = JSON.stringify(policiesFor(permissionsOf(variables, "sa-east-1", "123456789012"), ["create"]));
    expect(text).toContain(`arn:aws:iam::123456789012:role/${variables.devMachine.role.name}"`);
    expect(text).toContain(`arn:aws:ecr:sa-east-1:123456789012:repository/${variables.repository.name}"`);
    expect(text).not.toContain("undefined");
  });

  it("names no scope that nothing needs, nor one that there is not", async () => {
    const { scopes, grants } = await permissions();
    expect(new Set(grants.map(({ on }) => on))).toEqual(new Set(Object.keys(scopes)));
  });

  it("is what docs/permissions.md says; written anew by: npx vitest run test/stacks/permissions.test.ts -u", async () => {
    const page = permissionsPage(await permissions());
    await expect(page).toMatchFileSnapshot(path.resolve(SRC, "../docs/permissions.md"));
  });
});
