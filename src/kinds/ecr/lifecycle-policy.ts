/**
 * A lifecycle policy that keeps so many untagged images and expires the older ones: a tag that is pushed again leaves its
 * former image untagged in the repository, which costs what it stores (ECR User Guide, "Lifecycle policy properties").
 */
export function keepUntaggedPolicy(count: number): string {
  return JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        description: `Keep ${count} untagged images`,
        selection: { tagStatus: "untagged", countType: "imageCountMoreThan", countNumber: count },
        action: { type: "expire" },
      },
    ],
  });
}

/** Whether a policy's rules are those that keep so many untagged images, however they are written and described. */
export function keepsUntagged(policy: string | undefined, count: number): boolean {
  return rulesOf(policy) === rulesOf(keepUntaggedPolicy(count));
}

/** A policy in a word or two: `keeps 5 untagged`, or that it is another one. */
export function describePolicy(policy: string | undefined): string {
  if (policy === undefined) return "none";
  const [, count] = /"countNumber":\s*(\d+)/.exec(policy) ?? [];
  return count !== undefined && keepsUntagged(policy, Number(count)) ? `keeps ${count} untagged` : "another one";
}

/** The rules in one way of writing, without their descriptions. */
function rulesOf(policy: string | undefined): string | undefined {
  if (policy === undefined) return undefined;
  const { rules = [] } = JSON.parse(policy) as { rules?: { description?: string }[] };
  return JSON.stringify(rules.map(({ description: _, ...rule }) => sorted(rule)));
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.map(([key, part]) => [key, sorted(part)]);
}
