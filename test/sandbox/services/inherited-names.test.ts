import {
  CreateTagsCommand,
  DescribeInstancesCommand,
  DescribeVpcsCommand,
  EC2Client,
  ModifyVolumeCommand,
} from "@aws-sdk/client-ec2";
import { GetRolePolicyCommand, IAMClient } from "@aws-sdk/client-iam";
import { DescribeInstanceInformationCommand, DescribeParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect, it } from "vitest";
import { clientConfig, sandboxForTest } from "../../support/sandbox.ts";

it.each(["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"])(
  "knows %s, which every object has, neither as a filter nor as the name of anything",
  async (name) => {
    const config = clientConfig(await sandboxForTest());
    const [ec2, ssm, iam] = [new EC2Client(config), new SSMClient(config), new IAMClient(config)];
    const Filters = [{ Name: name, Values: ["x"] }];

    const answers = await Promise.allSettled([
      ec2.send(new DescribeInstancesCommand({ Filters })),
      ec2.send(new DescribeVpcsCommand({ Filters })),
      ec2.send(new CreateTagsCommand({ Resources: [`${name}-123`], Tags: [{ Key: "a", Value: "b" }] })),
      ec2.send(new ModifyVolumeCommand({ VolumeId: "vol-1", VolumeType: name as never })),
      ssm.send(new DescribeInstanceInformationCommand({ Filters: [{ Key: name, Values: ["x"] }] })),
      ssm.send(new DescribeParametersCommand({ ParameterFilters: [{ Key: "Name", Option: name, Values: ["x"] }] })),
      iam.send(new GetRolePolicyCommand({ RoleName: "AWSServiceRoleForECS", PolicyName: name })),
    ]);

    const codes = answers.map((answer) => (answer.status === "rejected" ? answer.reason.name : answer));
    expect(codes).toEqual([
      "InvalidParameterValue",
      "InvalidParameterValue",
      "InvalidID",
      "InvalidVolume.NotFound",
      "InvalidFilterKey",
      // A name of more than ten characters is none of an option.
      expect.stringMatching(/^(InvalidFilterOption|ValidationException)$/),
      expect.stringMatching(/^NoSuchEntity/),
    ]);
  },
);
