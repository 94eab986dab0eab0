import { describe, expect, it } from "vitest";
import { InvalidPattern, patternOf } from "../../../../src/sandbox/world/eventbridge/pattern.ts";

const EVENT = {
  source: "aws.ecs",
  "detail-type": "ECS Task State Change",
  resources: ["arn:aws:ecs:us-east-1:1:task/shop/0a1"],
  detail: {
    lastStatus: "STOPPED",
    version: 4,
    ratio: 0.5,
    ok: false,
    nothing: null,
    empty: [],
    address: "10.0.3.7",
    path: "/shop/*/a",
    containers: [
      { name: "application", exitCode: 137 },
      { name: "proxy", exitCode: 0 },
    ],
  },
};

describe("an event pattern", () => {
  it.each<[object, boolean]>([
    [{ source: ["aws.ecs", "aws.ec2"] }, true],
    [{ source: ["aws.ec2"] }, false],
    [{ source: ["aws.ecs"], detail: { lastStatus: ["RUNNING"] } }, false],
    [{ detail: { version: [4] } }, true],
    [{ detail: { version: ["4"] } }, false],
    [{ detail: { ok: [false], nothing: [null] } }, true],
    [{ detail: { missing: [null] } }, false],
    [{ detail: ["STOPPED"] }, false],
    [{ resources: [{ prefix: "arn:aws:ecs:us-east-1:1:task/shop/" }] }, true],
    [{ source: [{ prefix: { "equals-ignore-case": "AWS." } }] }, true],
    [{ source: [{ suffix: ".ec2" }] }, false],
    [{ source: [{ suffix: { "equals-ignore-case": "ECS" } }] }, true],
    [{ source: [{ "equals-ignore-case": "AWS.ecs" }] }, true],
    [{ source: [{ wildcard: "aws.*s" }] }, true],
    [{ source: [{ wildcard: "*.ec2" }] }, false],
    [{ detail: { path: [{ wildcard: "/*/\\*/a" }] } }, true],
    [{ source: [{ wildcard: "a\\*s.ecs" }] }, false],
    [{ detail: { missing: [{ exists: false }], version: [{ exists: true }] } }, true],
    [{ detail: { version: [{ exists: false }] } }, false],
    [{ detail: { version: [{ numeric: [">", 3, "<=", 4] }], ratio: [{ numeric: ["=", 0.5] }] } }, true],
    [{ detail: { version: [{ numeric: ["<", 4] }] } }, false],
    [{ detail: { lastStatus: [{ numeric: [">", 0] }] } }, false],
    [{ detail: { address: [{ cidr: "10.0.3.0/24" }] } }, true],
    [{ detail: { address: [{ cidr: "10.0.4.0/24" }] } }, false],
    [{ detail: { lastStatus: [{ "anything-but": "RUNNING" }] } }, true],
    [{ detail: { lastStatus: [{ "anything-but": ["RUNNING", "STOPPED"] }] } }, false],
    [{ detail: { version: [{ "anything-but": 5 }] } }, true],
    [{ detail: { missing: [{ "anything-but": "x" }] } }, false],
    [{ detail: { lastStatus: [{ "anything-but": { prefix: "STOP" } }] } }, false],
    [{ detail: { lastStatus: [{ "anything-but": { wildcard: "*RUN*" } }] } }, true],
    // Both of the same container.
    [{ detail: { containers: { name: ["application"], exitCode: [137] } } }, true],
    [{ detail: { containers: { name: ["proxy"], exitCode: [137] } } }, false],
    [{ source: ["aws.ecs"], $or: [{ resources: ["no"] }, { detail: { version: [4] } }] }, true],
    [{ source: ["aws.ecs"], $or: [{ resources: ["no"] }, { detail: { version: [5] } }] }, false],
  ])("%j says %s", (pattern, matches) => {
    expect(patternOf(JSON.stringify(pattern))(EVENT)).toBe(matches);
  });

  it.each<[string, string]>([
    ["no", "Filter is not valid JSON"],
    ["[]", "Filter is not an object"],
    ["{}", "Empty objects are not allowed"],
    ['{"source":"aws.ecs"}', '"source" must be an object or an array'],
    ['{"source":[]}', "Empty arrays are not allowed"],
    ['{"source":[{"contains":"ecs"}]}', "Unrecognized match type contains"],
    ['{"source":[{"toString":"ecs"}]}', "Unrecognized match type toString"],
    ['{"source":[{"prefix":"a","suffix":"b"}]}', "Only one key allowed in match expression"],
    ['{"source":[{"prefix":3}]}', "prefix match pattern must be a string"],
    ['{"source":[{"exists":"yes"}]}', "exists match pattern must be either true or false"],
    ['{"source":[{"numeric":[">"]}]}', "Invalid numeric match"],
    ['{"source":[{"numeric":["~",1]}]}', "Unrecognized numeric range operator: ~"],
    ['{"source":[{"cidr":"10.0.0.0"}]}', "Malformed CIDR"],
    ['{"source":[{"anything-but":{"numeric":[">",1]}}]}', "Unsupported anything-but pattern: numeric"],
    ['{"$or":[{"source":["a"]}]}', "at least 2 Objects in $or"],
  ])("%s is none", (text, why) => {
    expect(() => patternOf(text)).toThrow(InvalidPattern);
    expect(() => patternOf(text)).toThrow(why);
  });
});
