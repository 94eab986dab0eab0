import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type * as z from "zod";
import * as value from "../../src/variables/values.ts";

const accepts = (schema: z.ZodType, written: unknown) => schema.safeParse(written).success;
const guess = (schema: z.ZodType, written: string) => value.guesses.get(schema)?.nearest(written);

/** An address as a number, and the length of its network part. */
const ranges = fc.tuple(fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 0, max: 32 }));
const dotted = (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join(".");
const networkOf = (n: number, length: number) => (length === 0 ? 0 : (n & (-1 << (32 - length))) >>> 0);

describe("an IPv4 range", () => {
  it("is accepted when its host bits are clear", () => {
    fc.assert(fc.property(ranges, ([n, length]) => accepts(value.cidr(), `${dotted(networkOf(n, length))}/${length}`)));
  });

  it("is refused when a host bit is set, and the range it lies in is suggested", () => {
    fc.assert(
      fc.property(ranges, ([n, length]) => {
        fc.pre(networkOf(n, length) !== n);
        expect(accepts(value.cidr(), `${dotted(n)}/${length}`)).toBe(false);
        expect(guess(value.cidr(), `${dotted(n)}/${length}`)).toBe(`${dotted(networkOf(n, length))}/${length}`);
      }),
    );
  });

  it.each(["300.0.0.0/8", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/8/8", "10.0.0.0/08", "::/0", "", "any"])(
    "is not %j",
    (written) => {
      expect(accepts(value.cidr(), written)).toBe(false);
    },
  );

  it("is suggested for a single address", () => {
    expect(guess(value.cidr(), "203.0.113.7")).toBe("203.0.113.7/32");
  });
});

describe.each<[string, z.ZodType, { right: unknown[]; wrong: unknown[] }]>([
  ["a port", value.port(), { right: [1, 80, 65_535], wrong: [0, 65_536, 80.5, "80", Number.NaN, null] }],
  [
    "a region",
    value.region(),
    { right: ["us-east-1", "sa-east-1"], wrong: ["us-gov-west-1", "cn-north-1", "us-east-9", "us-east-1a", ""] },
  ],
  ["a zone", value.zone(), { right: ["a", "f"], wrong: ["A", "g", "us-east-1a", ""] }],
  [
    "an instance type",
    value.instanceType(),
    {
      right: ["t3.micro", "m7gd.2xlarge", "u-6tb1.metal", "c7i.metal-24xl"],
      wrong: ["t3micro", "micro", "t3.tiny", "T3.micro", "db.t3.micro"],
    },
  ],
  [
    "an instance class",
    value.instanceClass(),
    { right: ["db.t3.micro", "db.r6g.16xlarge"], wrong: ["t3.micro", "db.t3.nano", "db.micro"] },
  ],
  [
    "a security group's name",
    value.securityGroupName(),
    { right: ["bia-dev", "a b", "x".repeat(255)], wrong: ["sg-1", "", "ação", "x".repeat(256)] },
  ],
  [
    "a log group's name",
    value.logGroupName(),
    {
      right: ["/ecs/bia", "a.b-c_d#1", "x".repeat(512)],
      wrong: ["", "a b", "aws/mine", "ação", "a:b", "x".repeat(513)],
    },
  ],
  ["a retention", value.retention(), { right: [1, 7, 3653], wrong: [0, 2, 8, 7.5, "7", null] }],
  ["a role's name", value.roleName(), { right: ["role-acesso-ssm", "a+=,.@-_"], wrong: ["a b", "", "x".repeat(65)] }],
  [
    "a managed policy",
    value.managedPolicy(),
    {
      right: [
        "AmazonECS_FullAccess",
        "service-role/X",
        "arn:aws:iam::aws:policy/X",
        "arn:aws:iam::123456789012:policy/a/X",
      ],
      wrong: ["arn:aws-cn:iam::aws:policy/X", "arn:aws:iam::1:policy/X", "a b", "", "/X"],
    },
  ],
  [
    "a database identifier",
    value.databaseIdentifier(),
    { right: ["bia", "b-1-a"], wrong: ["Bia", "1b", "b--a", "b-", "x".repeat(64)] },
  ],
  [
    "a PostgreSQL name",
    value.postgresName(),
    { right: ["postgres", "admin2"], wrong: ["admin", "rdsadmin", "1a", "a-b"] },
  ],
  [
    "a PostgreSQL version",
    value.postgresVersion(),
    { right: ["16", "16.1", "17.10"], wrong: ["9.6", "16.1.1", 16, "v16"] },
  ],
  [
    "a repository's name",
    value.repositoryName(),
    { right: ["bia", "team/bia_app"], wrong: ["Bia", "b", "a//b", "-a", "a--b"] },
  ],
  [
    "a balancer's name",
    value.balancerName(),
    { right: ["bia-alb", "x".repeat(32)], wrong: ["x".repeat(33), "-a", "a-", "internal-a", "a_b", ""] },
  ],
  ["an ECS name", value.ecsName(), { right: ["cluster_bia-1"], wrong: ["a b", "a.b", "", "x".repeat(256)] }],
  [
    "a capacity provider's name",
    value.capacityProviderName(),
    { right: ["cp"], wrong: ["awsCp", "ECS-cp", "fargate"] },
  ],
  ["a launch template's name", value.launchTemplateName(), { right: ["lt1", "a(b)/c"], wrong: ["lt", "a b"] }],
  [
    "a Compose version (trap 12: of which newer ones want a newer buildx)",
    value.composeVersion(),
    {
      right: ["v2.23.3", "v2.9.0", "v2.39.4", "v2.40.1"],
      wrong: ["2.23.3", "v2", "latest", "v2.40.2", "v2.40.10", "v2.41.0", "v5.0.0"],
    },
  ],
  ["status codes", value.statusCodes(), { right: ["200", "200,302", "200-299"], wrong: ["2xx", "100", "200-", 200] }],
  ["a path", value.urlPath(), { right: ["/", "/api/versao?x=1"], wrong: ["api", "", "/a b"] }],
  [
    "a domain",
    value.domainName(),
    { right: ["bia.test", "a.com.br"], wrong: ["www.a.com", "a", "A.com", "a..com", "https://a.com"] },
  ],
])("%s", (_, schema, { right, wrong }) => {
  it.each(right)("may be %j", (written) => {
    expect(accepts(schema, written)).toBe(true);
  });

  it.each(wrong)("is not %j", (written) => {
    expect(accepts(schema, written)).toBe(false);
  });

  it("says what is allowed", () => {
    expect(schema.description).toMatch(/\w/);
  });
});

describe("did you mean", () => {
  it.each<[string, z.ZodType, string]>([
    ["us-esat-1", value.region(), "us-east-1"],
    ["us-east-1a", value.region(), "us-east-1"],
    ["us-east-1b", value.zone(), "b"],
    ["t3micro", value.instanceType(), "t3.micro"],
    ["t3.micro", value.instanceClass(), "db.t3.micro"],
    ["máquina de ação", value.securityGroupDescription(), "maquina de acao"],
    ["2.23.3", value.composeVersion(), "v2.23.3"],
    ["postgres 16.1", value.postgresVersion(), "16.1"],
    ["https://www.Exemplo.com.br/", value.domainName(), "exemplo.com.br"],
    ["api/ping", value.urlPath(), "/api/ping"],
    ["tg_bia", value.balancerName(), "tg-bia"],
  ])("%s is understood as what fits", (written, schema, meant) => {
    expect(guess(schema, written)).toBe(meant);
    expect(accepts(schema, meant)).toBe(true);
  });
});
