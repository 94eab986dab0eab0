import { expect, it } from "vitest";
import { ask, aws, describeOnAwsCli, look, subnetsOf, tagsOf } from "./aws.ts";

const NAME = ["--auto-scaling-group-name", "asgCurso117"];

describeOnAwsCli("the aws CLI on Auto Scaling of the sandbox", () => {
  it("shows the group: two instances in three zones, of version 1 of the template", () => {
    const found = look("autoscaling", "describe-auto-scaling-groups", "--auto-scaling-group-names", "asgCurso117");
    const template = { LaunchTemplateName: "launchTempCurso117", Version: "1" };
    const instance = { LifecycleState: "InService", HealthStatus: "Healthy", LaunchTemplate: template };
    expect(found.AutoScalingGroups).toMatchObject([
      {
        AutoScalingGroupName: "asgCurso117",
        LaunchTemplate: template,
        MinSize: 2,
        MaxSize: 2,
        DesiredCapacity: 2,
        DefaultCooldown: 300,
        HealthCheckType: "EC2",
        HealthCheckGracePeriod: 300,
        NewInstancesProtectedFromScaleIn: false,
        // Its port 80 would have nothing behind it: ECS registers the tasks themselves.
        TargetGroupARNs: [],
        Instances: [instance, instance],
      },
    ]);
    const subnets = found.AutoScalingGroups[0].VPCZoneIdentifier.split(",");
    expect(subnets.sort()).toEqual(subnetsOf("us-east-1a", "us-east-1b", "us-east-1c").sort());
  });

  it("collects the course's eight metrics each minute", () => {
    const [group] = look("autoscaling", "describe-auto-scaling-groups").AutoScalingGroups;
    const metrics = group.EnabledMetrics as { Metric: string; Granularity: string }[];
    expect(metrics.map(({ Metric }) => Metric).sort()).toEqual([
      "GroupDesiredCapacity",
      "GroupInServiceInstances",
      "GroupMaxSize",
      "GroupMinSize",
      "GroupPendingInstances",
      "GroupStandbyInstances",
      "GroupTerminatingInstances",
      "GroupTotalInstances",
    ]);
    expect(new Set(metrics.map(({ Granularity }) => Granularity))).toEqual(new Set(["1Minute"]));
  });

  it("hands its tags on to its instances", () => {
    const { Tags } = look("autoscaling", "describe-tags", "--filters", "Name=auto-scaling-group,Values=asgCurso117");
    expect(Tags.every(({ PropagateAtLaunch }: { PropagateAtLaunch: boolean }) => PropagateAtLaunch)).toBe(true);
    expect(tagsOf(Tags)).toEqual({
      // That of a capacity provider with managed scaling.
      AmazonECSManaged: "",
      Name: "ECS Instances - cluster-bia",
      "bia-infra:stack": "bia",
      "bia-infra:task": "auto-scaling-group",
    });
  });

  it("tells what it did", () => {
    const { Activities } = look("autoscaling", "describe-scaling-activities", ...NAME);
    const launch = {
      StatusCode: "Successful",
      Description: expect.stringMatching(/^Launching a new EC2 instance: i-/),
    };
    expect(Activities).toMatchObject([launch, launch]);
  });

  const subnet = () => ["--vpc-zone-identifier", subnetsOf("us-east-1a").join(",")];
  it.each([
    [
      "AlreadyExists",
      () => [
        ...["create-auto-scaling-group", ...NAME, "--min-size", "1", "--max-size", "1", ...subnet()],
        ...["--launch-template", "LaunchTemplateName=launchTempCurso117,Version=1"],
      ],
    ],
    [
      "ValidationError",
      () => [
        ...["create-auto-scaling-group", "--auto-scaling-group-name", "other", "--min-size", "1", "--max-size", "1"],
        ...[...subnet(), "--launch-template", "LaunchTemplateName=nothing,Version=1"],
      ],
    ],
    ["ValidationError", () => ["delete-auto-scaling-group", "--auto-scaling-group-name", "nothing"]],
    ["ValidationError", () => ["update-auto-scaling-group", ...NAME, "--min-size", "3"]],
    ["ResourceInUse", () => ["delete-auto-scaling-group", ...NAME]],
    ["SandboxNotEmulated", () => ["describe-scheduled-actions"]],
  ])("is refused with AWS's own code: %s (%#)", (code, args) => {
    expect(aws("autoscaling", ...args()).code).toBe(code);
  });

  it("says which group is not there", () => {
    const { message } = aws("autoscaling", "delete-auto-scaling-group", "--auto-scaling-group-name", "nothing");
    expect(message).toContain("AutoScalingGroup name not found");
    const gone = look("autoscaling", "describe-auto-scaling-groups", "--auto-scaling-group-names", "nothing");
    expect(gone).toEqual({ AutoScalingGroups: [] });
  });

  it("launches what the template's newest version says", () => {
    const versions = ask(
      "to_string(LaunchTemplates[0].LatestVersionNumber)",
      ...["ec2", "describe-launch-templates", "--launch-template-names", "launchTempCurso117"],
    );
    const [group] = look("autoscaling", "describe-auto-scaling-groups").AutoScalingGroups;
    expect(group.LaunchTemplate.Version).toBe(versions);
  });
});
