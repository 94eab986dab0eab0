import { describe, expect, it } from "vitest";
import type { Condition } from "../../../../src/sandbox/world/policies/conditions.ts";
import { contextOf, NotLookedAt, type Values } from "../../../../src/sandbox/world/policies/context.ts";
import { applies, statementsOf } from "../../../../src/sandbox/world/policies/statements.ts";

const BUCKET = "arn:aws:s3:::shop/ana/cart";

/** Whether a statement with such a condition counts for a request with these values. */
function counts(condition: Condition | undefined, values: Values, more: object = {}, Version = "2012-10-17"): boolean {
  const Statement = {
    Effect: "Allow",
    Action: "s3:*",
    Resource: "*",
    ...(condition && { Condition: condition }),
    ...more,
  };
  const [statement] = statementsOf(JSON.stringify({ Version, Statement }));
  if (!statement) throw new Error("no statement");
  return applies(statement, { action: "s3:GetObject", resource: BUCKET, context: contextOf(values) });
}

const KEY = "aws:SourceArn";

describe("an operator of conditions", () => {
  const holding: [operator: string, wanted: unknown, value: string][] = [
    ["StringEquals", "a", "a"],
    ["StringEquals", ["b", "a"], "a"],
    ["StringNotEquals", ["b", "c"], "a"],
    ["StringEqualsIgnoreCase", "A", "a"],
    ["StringLike", "a*c?e", "abbbcde"],
    ["StringNotLike", "a*", "ba"],
    ["NumericEquals", "10", "10.0"],
    ["NumericEquals", 10, "10"],
    ["NumericLessThan", "11", "10"],
    ["NumericGreaterThanEquals", "10", "10"],
    ["DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"],
    ["DateLessThan", "2026-01-03T00:00:00Z", "1767312000"],
    ["Bool", "true", "true"],
    ["Bool", true, "true"],
    ["BinaryEquals", "QUJD", "QUJD"],
    ["IpAddress", "10.0.0.0/8", "10.1.2.3"],
    ["IpAddress", "10.1.2.3", "10.1.2.3"],
    ["IpAddress", "2001:db8::/32", "2001:db8::1"],
    ["NotIpAddress", "10.0.0.0/8", "11.0.0.1"],
    ["ArnLike", "arn:aws:ecs:*:1:task/*", "arn:aws:ecs:us-east-1:1:task/a/b"],
    ["ArnEquals", "arn:aws:ecs:*:1:task/*", "arn:aws:ecs:us-east-1:1:task/a"],
    ["ArnNotLike", "arn:aws:ecs:*:1:service/*", "arn:aws:ecs:us-east-1:1:task/a"],
    ["Null", "false", "a"],
  ];
  const failing: typeof holding = [
    ["StringEquals", "A", "a"],
    ["StringEquals", "a*", "ab"],
    ["StringNotEquals", ["a", "b"], "a"],
    ["StringLike", "a?", "a"],
    ["NumericLessThan", "10", "10"],
    ["NumericEquals", "ten", "ten"],
    ["DateLessThan", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"],
    ["Bool", "true", "false"],
    ["IpAddress", "10.0.0.0/8", "11.0.0.1"],
    // A wildcard does not reach over a colon.
    ["ArnLike", "arn:aws:ecs:*:task/a", "arn:aws:ecs:us-east-1:1:task/a"],
    ["Null", "true", "a"],
  ];

  it.each(holding)("%s %j holds for %s", (operator, wanted, value) => {
    expect(counts({ [operator]: { [KEY]: wanted } }, { [KEY]: value })).toBe(true);
  });

  it.each(failing)("%s %j does not hold for %s", (operator, wanted, value) => {
    expect(counts({ [operator]: { [KEY]: wanted } }, { [KEY]: value })).toBe(false);
  });

  it.each([
    ["StringEquals", false],
    ["ArnLike", false],
    ["StringNotEquals", true],
    ["ArnNotLike", true],
    ["StringEqualsIfExists", true],
    ["ForAllValues:StringEquals", true],
    ["ForAnyValue:StringEquals", false],
    ["ForAnyValue:StringNotEquals", false],
    ["ForAnyValue:StringEqualsIfExists", true],
  ])("%s of a key that the request does not have: %s", (operator, expected) => {
    expect(counts({ [operator]: { [KEY]: "a" } }, {})).toBe(expected);
  });

  it.each<[string, string[], boolean]>([
    ["ForAllValues:StringEquals", ["a", "b"], true],
    ["ForAllValues:StringEquals", ["a", "c"], false],
    ["ForAnyValue:StringEquals", ["a", "c"], true],
    ["ForAnyValue:StringEquals", ["c", "d"], false],
    ["ForAllValues:StringNotEquals", ["c", "d"], true],
    ["ForAllValues:StringNotEquals", ["a", "c"], false],
    ["ForAnyValue:StringNotEquals", ["a", "c"], true],
    ["ForAnyValue:StringNotLike", ["a", "b"], false],
  ])("%s compares each of several values: %j, %s", (operator, values, expected) => {
    expect(counts({ [operator]: { "aws:TagKeys": ["a", "b"] } }, { "aws:TagKeys": values })).toBe(expected);
  });
});

describe("a statement counts", () => {
  it("if all of its operators and keys hold, however the keys are written", () => {
    const both = {
      StringEquals: { "AWS:username": "ana", "aws:PrincipalTag/Team": "shop" },
      Bool: { "aws:SecureTransport": true },
    };
    const values = { "aws:username": "ana", "aws:principaltag/team": "shop", "aws:SecureTransport": "true" };
    expect(counts(both, values)).toBe(true);
    expect(counts(both, { ...values, "aws:PrincipalTag/Team": "bia" })).toBe(false);
    expect(counts(both, { ...values, "aws:SecureTransport": "false" })).toBe(false);
  });

  it("for an action however it is written, and for a resource exactly as it is", () => {
    expect(counts(undefined, {}, { Action: "S3:getobject" })).toBe(true);
    expect(counts(undefined, {}, { Resource: "arn:aws:s3:::Shop/*" })).toBe(false);
    expect(counts(undefined, {}, { Resource: "arn:aws:s3:::shop/*" })).toBe(true);
  });

  it("with its variables replaced, in its resources and in the values of its conditions", () => {
    const Resource = "arn:aws:s3:::shop/$" + "{aws:username}/*";
    expect(counts(undefined, { "aws:username": "ana" }, { Resource })).toBe(true);
    expect(counts(undefined, { "aws:username": "bob" }, { Resource })).toBe(false);
    const own = { StringLike: { "s3:prefix": "$" + "{aws:username}/*" } };
    expect(counts(own, { "aws:username": "ana", "s3:prefix": "ana/cart" })).toBe(true);
    expect(counts(own, { "aws:username": "bob", "s3:prefix": "ana/cart" })).toBe(false);
  });

  it("not if a variable has no value, or several, unless it has a default", () => {
    const Resource = "arn:aws:s3:::shop/$" + "{aws:username}/*";
    expect(counts(undefined, {}, { Resource })).toBe(false);
    expect(counts(undefined, { "aws:username": ["ana", "bob"] }, { Resource })).toBe(false);
    expect(counts(undefined, {}, { Resource: "arn:aws:s3:::shop/$" + "{aws:username, 'ana'}/*" })).toBe(true);
    expect(counts({ StringNotEquals: { [KEY]: "$" + "{aws:username}" } }, { [KEY]: "a" })).toBe(false);
  });

  it("with what is in a variable taken as it is, and with characters that are written as variables", () => {
    expect(counts({ StringLike: { [KEY]: "$" + "{aws:username}" } }, { [KEY]: "ana", "aws:username": "a*" })).toBe(
      false,
    );
    expect(counts({ StringLike: { [KEY]: "$" + "{*}a*" } }, { [KEY]: "*ab" })).toBe(true);
    expect(counts({ StringLike: { [KEY]: "$" + "{*}a*" } }, { [KEY]: "bab" })).toBe(false);
    expect(counts({ StringEquals: { [KEY]: "$" + "{$}{a}" } }, { [KEY]: "$" + "{a}" })).toBe(true);
  });

  it("in the language's first version without variables", () => {
    const Resource = "arn:aws:s3:::shop/$" + "{aws:username}/*";
    expect(counts(undefined, { "aws:username": "ana" }, { Resource }, "2008-10-17")).toBe(false);
  });

  it("or nobody can say, if that depends on a key that is not looked at; what does not hold anyway decides before it", () => {
    const Condition = { StringEquals: { "aws:SourceIp": "a", "aws:username": "ana" } };
    const [statement = {}] = statementsOf(
      JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "*", Resource: "*", Condition } }),
    );
    const as = (user: string) => () =>
      applies(statement, {
        action: "s3:GetObject",
        context: (key) => {
          if (key === "aws:sourceip") throw new NotLookedAt(key);
          return [user];
        },
      });
    expect(as("ana")).toThrow(NotLookedAt);
    expect(as("bob")()).toBe(false);
  });
});
