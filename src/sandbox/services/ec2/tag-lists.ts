import type { Operation } from "../../wire/service.ts";
import type { Ec2Operations } from "./operation.ts";

/** Answers in which what has no tags has an empty list of them (example outputs of the aws CLI). */
const WITH_EMPTY_LISTS = new Set([
  "RunInstances",
  "CreateVolume",
  "CreateRouteTable",
  "CreateInternetGateway",
  "DescribeInternetGateways",
  "DescribeKeyPairs",
  "DescribeRouteTables",
  "DescribeSecurityGroupRules",
]);

/** Operations as they are, but that in most answers of EC2's what has no tags has no list of them either. */
export function withoutEmptyTags(operations: Ec2Operations): Ec2Operations {
  const entries = Object.entries(operations as Readonly<Record<string, Operation<never, unknown>>>);
  const changed = entries.map(([name, { accepts, handle }]) => {
    if (WITH_EMPTY_LISTS.has(name)) return [name, { accepts, handle }];
    return [name, { accepts, handle: async (...call: Parameters<typeof handle>) => without(await handle(...call)) }];
  });
  return Object.fromEntries(changed) as Ec2Operations;
}

function without(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(without);
  if (!isPlain(answer)) return answer;
  const kept = Object.entries(answer).filter(
    ([name, value]) => !(name === "Tags" && Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, without(value)]));
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
