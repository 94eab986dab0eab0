import { describe, expect, it } from "vitest";
import { ASSUMED_BY } from "../../src/aws/tagged/iam.ts";
import { stackOf } from "../../src/stacks/index.ts";
import { load } from "../../src/variables/index.ts";

async function variablesOf(changed: Readonly<Record<string, string>> = {}) {
  const { variables } = await load(undefined, "/");
  const copy = structuredClone(variables);
  for (const [path, value] of Object.entries(changed)) {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    // biome-ignore lint/suspicious/noExplicitAny: a path of the variables, as a person reads it in an error
    keys.reduce((part: any, key) => part[key], copy)[last] = value;
  }
  return copy;
}

const nameOf = (desired: unknown) => (desired as { name?: unknown }).name;

async function stack(changed: Readonly<Record<string, string>> = {}) {
  return stackOf(await variablesOf({ "domain.name": "example.com", ...changed }), {
    region: "us-east-1",
    target: "aws",
  });
}

describe("what of the stack belongs to the account and not to a region", () => {
  it("is everything of IAM and Route 53, and nothing else", async () => {
    const tasks = (await stack()).stages.flatMap((stage) => stage.tasks);
    const expected = tasks.filter(({ kind }) => /^(iam|route53)\./.test(kind.type));
    expect(expected.length).toBeGreaterThan(0);
    expect(tasks.filter(({ kind }) => kind.global)).toEqual(expected);
    for (const { kind } of expected) expect([typeof kind.tags, typeof kind.adopt]).toEqual(["function", "function"]);
  });

  it("are roles that the last scan of a destroy does not pass over", async () => {
    const roles = (await stack()).stages.flatMap(({ tasks }) => tasks.filter(({ kind }) => kind.type === "iam.role"));
    for (const { desired } of roles) expect(ASSUMED_BY).toContain((desired as { service: string }).service);
  });

  it("has another name once the variables that an error names have other values", async () => {
    const before = await stack();
    const paths = before.stages.flatMap(({ accountWide = [] }) => accountWide);
    const after = await stack(Object.fromEntries(paths.map((path, index) => [path, `other-${index}.example.org`])));
    const namesOf = ({ stages }: typeof before) =>
      stages.flatMap(({ tasks }) => tasks.filter(({ kind }) => kind.global).map(({ desired }) => nameOf(desired)));
    const [old, renamed] = [namesOf(before), namesOf(after)].map((names) =>
      names.filter((name) => typeof name === "string"),
    );
    expect(old?.length).toBeGreaterThanOrEqual(6);
    expect(renamed?.filter((name) => old?.includes(name))).toEqual([]);
  });
});
