import * as z from "zod";
import * as value from "./values.ts";

/** Cross-field rules look at whatever was written, right or wrong, so that every problem is reported in one go. */
export const evenIfWrong = ({ value }: { value: unknown }) => typeof value === "object" && value !== null;

const ingressRule = z.strictObject({
  /** `tcp` or `udp`. Default `tcp`. */
  protocol: value.oneOf("tcp", "udp").default("tcp"),
  /** The port that is opened. */
  port: value.port(),
  /** Who may come in, as an IPv4 range: `0.0.0.0/0` is everybody, `203.0.113.7/32` one address. */
  cidr: value.cidr(),
  /** What the rule is for, as the AWS console shows it. No accents: AWS refuses them. */
  description: value.securityGroupDescription().optional(),
});

/** AWS allows 60 ingress rules in a security group unless the quota was raised. */
export const ingress = z.array(ingressRule).max(60).describe("up to 60 rules, each with port and cidr");

/** Policies of a role, by name. */
export const managedPolicies = z
  .array(value.managedPolicy())
  .min(1)
  .max(10)
  .describe("1 to 10 managed policies (AWS's default quota for a role)");

/** Graviton processors carry a g after the generation: t4g, m7gd. An image says its architecture in its parameter. */
export function architecturesDiffer(machine: { instanceType: string; imageParameter: string }): boolean {
  const graviton = /^[a-z]+\d+g[a-z-]*\./.test(machine.instanceType);
  return graviton !== /arm64/.test(machine.imageParameter);
}

/** The rule that an image has its instance type's architecture. */
export const architectureFits = {
  path: ["imageParameter"],
  error: "an image of the instance type's architecture (arm64 for Graviton types such as t4g, else x86_64)",
  when: evenIfWrong,
};
