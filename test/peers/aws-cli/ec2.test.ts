import { expect, it } from "vitest";
import { ask, aws, describeOnAwsCli, groupId, look, tagsOf } from "./aws.ts";

const WORLD = (port: number, Description: string) => ({
  IpProtocol: "tcp",
  FromPort: port,
  ToPort: port,
  IpRanges: [{ CidrIp: "0.0.0.0/0", Description }],
  UserIdGroupPairs: [],
});

const FROM_GROUPS = (from: number, to: number, ...groups: readonly (readonly [name: string, text: string])[]) => ({
  IpProtocol: "tcp",
  FromPort: from,
  ToPort: to,
  IpRanges: [],
  UserIdGroupPairs: groups.map(([name, Description]) => ({
    GroupId: groupId(name),
    UserId: expect.stringMatching(/^\d{12}$/),
    Description,
  })),
});

describeOnAwsCli("the aws CLI on EC2 of the sandbox", () => {
  it.each([
    ["bia-dev", "Acesso da maquina de trabalho", () => [WORLD(3001, "Liberado para o mundo")]],
    [
      "bia-alb-teste",
      "SG do ALB da Bia",
      () => [WORLD(80, "Liberado para o Mundo"), WORLD(443, "Liberado para o Mundo")],
    ],
    ["bia-ec2-teste", "SG da EC2 com ALB", () => [FROM_GROUPS(0, 65_535, ["bia-alb-teste", "Acesso do ALB"])]],
    [
      "bia-db-teste",
      "Acesso do bia db",
      () => [FROM_GROUPS(5432, 5432, ["bia-ec2-teste", "Acesso do bia-ec2"], ["bia-dev", "Acesso do bia-dev"])],
    ],
  ])("shows the security group %s with its rules", (name, description, rules) => {
    const found = look("ec2", "describe-security-groups", "--filters", `Name=group-name,Values=${name}`);
    expect(found.SecurityGroups).toHaveLength(1);
    const [group] = found.SecurityGroups;
    expect(group).toMatchObject({ GroupName: name, Description: description, VpcId: expect.stringMatching(/^vpc-/) });
    expect(group.IpPermissions).toMatchObject(rules());
    expect(group.IpPermissionsEgress).toMatchObject([{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }]);
    expect(tagsOf(group.Tags)).toMatchObject({ "bia-infra:stack": "bia" });
  });

  it("tags the group of the work machine as the course does", () => {
    const found = look("ec2", "describe-security-groups", "--group-ids", groupId("bia-dev"));
    expect(tagsOf(found.SecurityGroups[0].Tags)).toMatchObject({ Name: "sgCurso117" });
  });

  it("shows every rule with an id of its own", () => {
    const id = groupId("bia-db-teste");
    const found = look("ec2", "describe-security-group-rules", "--filters", `Name=group-id,Values=${id}`);
    const ingress = found.SecurityGroupRules.filter((rule: { IsEgress: boolean }) => !rule.IsEgress);
    expect(ingress).toMatchObject([
      { ReferencedGroupInfo: { GroupId: groupId("bia-ec2-teste") }, Description: "Acesso do bia-ec2", FromPort: 5432 },
      { ReferencedGroupInfo: { GroupId: groupId("bia-dev") }, Description: "Acesso do bia-dev", FromPort: 5432 },
    ]);
    const ids = found.SecurityGroupRules.map((rule: { SecurityGroupRuleId: string }) => rule.SecurityGroupRuleId);
    expect(new Set(ids).size).toBe(3);
  });

  it("shows the work machine", () => {
    expect(look("ec2", "describe-instances", "--filters", "Name=tag:Name,Values=bia-dev")).toMatchObject({
      Reservations: [
        {
          Instances: [
            {
              InstanceType: "t3.micro",
              State: { Name: "running" },
              Placement: { AvailabilityZone: "us-east-1a" },
              RootDeviceName: "/dev/xvda",
              IamInstanceProfile: { Arn: expect.stringMatching(/:instance-profile\/role-acesso-ssm$/) },
              SecurityGroups: [{ GroupName: "bia-dev" }],
              MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 2 },
              PublicIpAddress: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
            },
          ],
        },
      ],
    });
    const volumes = look("ec2", "describe-volumes", "--filters", "Name=tag:Name,Values=bia-dev");
    expect(volumes).toMatchObject({ Volumes: [{ Size: 15, VolumeType: "gp2", State: "in-use" }] });
  });

  it("shows the launch template: one version, the default one", () => {
    const found = look("ec2", "describe-launch-templates", "--launch-template-names", "launchTempCurso117");
    expect(found).toMatchObject({
      LaunchTemplates: [{ LaunchTemplateName: "launchTempCurso117", DefaultVersionNumber: 1, LatestVersionNumber: 1 }],
    });
  });

  it("shows what the launch template launches: the image's own root device, at least its snapshot's size", () => {
    const parameter = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id";
    const image = ask("Parameter.Value", "ssm", "get-parameter", "--name", parameter);
    const found = look("ec2", "describe-launch-template-versions", "--launch-template-name", "launchTempCurso117");
    expect(found.LaunchTemplateVersions).toMatchObject([
      {
        VersionNumber: 1,
        DefaultVersion: true,
        LaunchTemplateData: {
          ImageId: image,
          InstanceType: "t3.micro",
          SecurityGroupIds: [groupId("bia-ec2-teste")],
          IamInstanceProfile: { Name: "ecs-ec2InstanceIProfile" },
          BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: 30, VolumeType: "gp2" } }],
        },
      },
    ]);
    const { UserData } = found.LaunchTemplateVersions[0].LaunchTemplateData;
    expect(Buffer.from(UserData, "base64").toString()).toBe(
      "#!/bin/bash\necho ECS_CLUSTER=cluster-bia-alb >> /etc/ecs/ecs.config\n",
    );
    expect(look("ec2", "describe-images", "--image-ids", image)).toMatchObject({
      Images: [{ RootDeviceName: "/dev/xvda", BlockDeviceMappings: [{ Ebs: { VolumeSize: 30 } }] }],
    });
  });

  it("shows the cluster's two instances, launched by the group from the template, in two zones", () => {
    const name = "Name=tag:Name,Values=ECS Instances - cluster-bia";
    const running = "Name=instance-state-name,Values=running";
    const { Reservations } = look("ec2", "describe-instances", "--filters", name, running);
    const instances = Reservations.flatMap((one: { Instances: unknown[] }) => one.Instances);
    const one = {
      InstanceType: "t3.micro",
      SecurityGroups: [{ GroupName: "bia-ec2-teste" }],
      IamInstanceProfile: { Arn: expect.stringMatching(/:instance-profile\/ecs-ec2InstanceIProfile$/) },
      Tags: expect.arrayContaining([
        { Key: "aws:autoscaling:groupName", Value: "asgCurso117" },
        { Key: "aws:ec2launchtemplate:version", Value: "1" },
      ]),
    };
    expect(instances).toMatchObject([one, one]);
    const zones = instances.map((instance: { Placement: { AvailabilityZone: string } }) => instance.Placement);
    expect(new Set(zones.map(({ AvailabilityZone }: { AvailabilityZone: string }) => AvailabilityZone)).size).toBe(2);
  });

  it.each([
    [["describe-security-groups", "--group-ids", "sg-00000000000000000"], "InvalidGroup.NotFound"],
    [["describe-instances", "--instance-ids", "i-00000000000000000"], "InvalidInstanceID.NotFound"],
    [["describe-instances", "--instance-ids", "nonsense"], "InvalidInstanceID.Malformed"],
    [["create-security-group", "--group-name", "bia-dev", "--description", "x"], "InvalidGroup.Duplicate"],
    [
      ["describe-launch-templates", "--launch-template-names", "nothing"],
      "InvalidLaunchTemplateName.NotFoundException",
    ],
    [
      ["describe-launch-templates", "--launch-template-ids", "lt-00000000000000000"],
      "InvalidLaunchTemplateId.NotFound",
    ],
    [
      [
        "create-launch-template",
        "--launch-template-name",
        "launchTempCurso117",
        "--launch-template-data",
        '{"InstanceType":"t3.micro"}',
      ],
      "InvalidLaunchTemplateName.AlreadyExistsException",
    ],
    [["describe-vpn-connections"], "SandboxNotEmulated"],
  ])("is refused with AWS's own code: %j", (args, code) => {
    expect(aws("ec2", ...args).code).toBe(code);
  });

  it("is refused a rule that is there already", () => {
    const rule = ["--protocol", "tcp", "--port", "3001", "--cidr", "0.0.0.0/0"];
    const call = ["ec2", "authorize-security-group-ingress", "--group-id", groupId("bia-dev"), ...rule];
    expect(aws(...call).code).toBe("InvalidPermission.Duplicate");
  });

  it.each([
    ["bia-dev", "a machine"],
    ["bia-alb-teste", "a load balancer"],
    ["bia-ec2-teste", "the cluster's instances"],
    ["bia-db-teste", "a database"],
  ])("is refused to delete the group %s, which %s uses", (name) => {
    expect(aws("ec2", "delete-security-group", "--group-id", groupId(name)).code).toBe("DependencyViolation");
  });
});
