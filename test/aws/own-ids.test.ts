import { expect, it } from "vitest";
import { ownIds } from "../../src/aws/own-ids.ts";

it("AWS's names of a thing are its ARN and id, or else an id that is none of those that it was asked to have", () => {
  const wanted = new Set(["subnet-1", undefined]);
  const instance = { instanceId: "i-1", subnetId: "subnet-1", state: "running", securityGroups: ["sg-1"] };
  expect(ownIds(instance, wanted)).toEqual({ instanceId: "i-1" });
  const balancer = { arn: "arn:aws:elasticloadbalancing:1", hostedZoneId: "Z1", vpcId: "vpc-1" };
  expect(ownIds(balancer, wanted)).toEqual({ arn: "arn:aws:elasticloadbalancing:1" });
  expect(ownIds(undefined, wanted)).toEqual({});
});
