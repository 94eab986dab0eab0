import * as ec2 from "@aws-sdk/client-ec2";
import * as iam from "@aws-sdk/client-iam";
import * as rds from "@aws-sdk/client-rds";
import { NormalizedSchema } from "@smithy/core/schema";
import { describe, expect, it } from "vitest";
import { readForm } from "../../../src/sandbox/wire/form.ts";

const schemaOf = (schema: unknown) => NormalizedSchema.of(schema as never);
const runInstances = schemaOf(ec2.RunInstancesRequest$);
const createRole = schemaOf(iam.CreateRoleRequest$);

describe("a form of EC2", () => {
  const read = (form: string, schema = runInstances) => readForm(schema, new URLSearchParams(form), "ec2Query");

  it("puts list items in the order of their numbers, however they come and whatever is left out", () => {
    const ids = [2, 10, 9, 1].map((number) => `SecurityGroupId.${number}=sg-${number}`).join("&");
    expect(read(ids)).toEqual({ SecurityGroupIds: ["sg-1", "sg-2", "sg-9", "sg-10"] });
  });

  it("names structures in lists by number and member", () => {
    const form = "BlockDeviceMapping.1.DeviceName=/dev/xvda&BlockDeviceMapping.1.Ebs.VolumeSize=15";
    expect(read(form)).toEqual({ BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: 15 } }] });
  });

  it("may carry what is no input: action and version", () => {
    expect(read("Action=RunInstances&Version=2016-11-15&MinCount=1")).toEqual({ MinCount: 1 });
  });

  it("is refused for a key that the operation does not have, at whatever depth", () => {
    expect(() => read("ImageID=ami-1")).toThrow("There is no parameter ImageID.");
    expect(() => read("BlockDeviceMapping.1.Ebs.Size=15")).toThrow("no parameter BlockDeviceMapping.1.Ebs.Size.");
    expect(() => read("SecurityGroupId.first=sg-1")).toThrow("no parameter SecurityGroupId.first.");
  });

  it("is refused for a value of the wrong sort", () => {
    expect(() => read("MinCount=one")).toThrow("MinCount must be a number, not 'one'.");
    expect(() => read("EbsOptimized=yes")).toThrow("EbsOptimized must be true or false, not 'yes'.");
    expect(() => read("SecurityGroupId=sg-1")).toThrow("SecurityGroupId must be a list: SecurityGroupId.1.");
    expect(() => read("ImageId.1=ami-1")).toThrow("ImageId must be a single value.");
  });

  it("takes times as ISO 8601 and as seconds", () => {
    const schema = schemaOf(ec2.DescribeSpotPriceHistoryRequest$);
    const StartTime = new Date("2026-01-02T03:04:05Z");
    expect(read("StartTime=2026-01-02T03:04:05Z", schema)).toEqual({ StartTime });
    expect(read("StartTime=1767323045", schema)).toEqual({ StartTime });
    expect(() => read("StartTime=yesterday", schema)).toThrow("StartTime must be a time, not 'yesterday'.");
  });
});

describe("a form of a query service", () => {
  const read = (form: string, schema = createRole) => readForm(schema, new URLSearchParams(form), "awsQuery");

  it("has lists under member, or under the name that the service gives its items", () => {
    expect(read("Tags.member.1.Key=a&Tags.member.1.Value=b")).toEqual({ Tags: [{ Key: "a", Value: "b" }] });
    const schema = schemaOf(rds.CreateDBInstanceMessage$);
    const groups = { VpcSecurityGroupIds: ["sg-1"] };
    expect(read("VpcSecurityGroupIds.VpcSecurityGroupId.1=sg-1", schema)).toEqual(groups);
  });

  it("has an empty list as an empty value", () => {
    expect(read("Tags=")).toEqual({ Tags: [] });
  });

  it("is refused for items under another name", () => {
    expect(() => read("Tags.item.1.Key=a")).toThrow("There is no parameter Tags.item.");
  });
});
