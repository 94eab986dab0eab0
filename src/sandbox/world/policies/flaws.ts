import { listOf } from "./conditions.ts";
import { isKnownKey } from "./keys.ts";
import { operatorNamed } from "./operators.ts";
import type { Statement } from "./statements.ts";
import { variablesIn } from "./variables.ts";

/** What is wrong with a policy: AWS's words, or a condition key or variable that the sandbox does not know, which AWS may. */
export type Flaw = { readonly said: string } | { readonly unknownKey: string };

/** What AWS, or else the sandbox, has against the condition and the variables of a statement; undefined: nothing. */
export function flawIn({ Condition, Resource, NotResource, hasVariables }: Statement): Flaw | undefined {
  if (Condition !== undefined && !isObject(Condition)) return SYNTAX;
  const entries = Object.entries(Condition ?? {}).flatMap(([operator, keys]) =>
    isObject(keys) ? Object.entries(keys).map(([key, values]) => ({ operator, key, values })) : [undefined],
  );
  for (const one of entries) {
    const flaw = one === undefined ? SYNTAX : flawOf(one);
    if (flaw) return flaw;
  }
  if (!hasVariables) return undefined;
  const texts = [
    ...[Resource ?? NotResource ?? []].flat().map(String),
    ...entries.flatMap((one) => listOf(one?.values)),
  ];
  const unknownKey = texts.flatMap(variablesIn).find((key) => !isKnownKey(key));
  return unknownKey === undefined ? undefined : { unknownKey };
}

function flawOf({ operator, key, values }: { operator: string; key: string; values: unknown }): Flaw | undefined {
  if (!operatorNamed(operator) || ![values].flat().every(isScalar)) return SYNTAX;
  if (!key.includes(":")) {
    return { said: "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc." };
  }
  // A name instead of an ARN is not taken (blinkist/terraform-aws-airship-ecs-service#68).
  if (/Arn(Not)?(Equals|Like)/.test(operator) && !listOf(values).every((one) => /^(arn:|\*|\$\{)/.test(one))) {
    return { said: "The policy failed legacy parsing" };
  }
  return isKnownKey(key) ? undefined : { unknownKey: key };
}

const SYNTAX: Flaw = { said: "Syntax errors in policy." };

function isScalar(value: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
