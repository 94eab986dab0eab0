import { spawnSync } from "node:child_process";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { peerIsHere } from "../../support/peer.ts";
import { look } from "./aws.ts";
import { type Started, started } from "./started.ts";

const PYTHON = peerIsHere("python3", ["-c", "import boto3"]);
const CLUSTER = "cluster-bia-alb";

/** A call or a wait, as boto3-client.py takes it. */
interface Step {
  readonly service: string;
  readonly call?: string;
  readonly wait?: string;
  readonly params?: object;
}

/** What came of each step, which boto3 takes one after the other. */
// biome-ignore lint/suspicious/noExplicitAny: JSON whose shape each test knows
function boto3(env: Readonly<Record<string, string>>, steps: readonly Step[]): any[] {
  const program = path.join(import.meta.dirname, "boto3-client.py");
  const input = steps.map((step) => `${JSON.stringify(step)}\n`).join("");
  const { stdout, stderr } = spawnSync("python3", [program], { env, input, encoding: "utf8" });
  if (stderr !== "") throw new Error(stderr);
  const lines = stdout.trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

describe.skipIf(!PYTHON || inject("awsCli") === undefined)("boto3 on the whole stack", () => {
  const env = () => inject("awsCli") ?? {};

  it("sees by its own waiters that everything is there and at rest", () => {
    const [machine] = look("ec2", "describe-instances", "--filters", "Name=tag:Name,Values=bia-dev").Reservations;
    const { InstanceId, VpcId, SubnetId } = machine.Instances[0];
    const { taskArns } = look("ecs", "list-tasks", "--cluster", CLUSTER);
    const targets = { TargetGroupArn: look("elbv2", "describe-target-groups").TargetGroups[0].TargetGroupArn };
    const ids = { InstanceIds: [InstanceId] };
    const waits: [string, string, object][] = [
      ["ec2", "instance_running", ids],
      ["ec2", "instance_status_ok", ids],
      ["ec2", "system_status_ok", ids],
      ["ec2", "volume_in_use", { Filters: [{ Name: "attachment.instance-id", Values: [InstanceId] }] }],
      ["ec2", "vpc_available", { VpcIds: [VpcId] }],
      ["ec2", "subnet_available", { SubnetIds: [SubnetId] }],
      ["ec2", "security_group_exists", { GroupNames: ["bia-dev"] }],
      ["iam", "role_exists", { RoleName: "role-acesso-ssm" }],
      ["iam", "instance_profile_exists", { InstanceProfileName: "role-acesso-ssm" }],
      ["rds", "db_instance_available", { DBInstanceIdentifier: "bia" }],
      ["elbv2", "load_balancer_available", { Names: ["bia-alb"] }],
      ["elbv2", "target_in_service", targets],
      ["ecs", "tasks_running", { cluster: CLUSTER, tasks: taskArns }],
      ["ecs", "services_stable", { cluster: CLUSTER, services: ["service-bia-alb"] }],
    ];
    const came = boto3(
      env(),
      waits.map(([service, wait, params]) => ({ service, wait, params })),
    );
    expect(came).toEqual(waits.map(([, wait]) => ({ reached: wait })));
  });

  it("raises the exceptions that a program catches by class", () => {
    const came = boto3(env(), [
      { service: "rds", call: "describe_db_instances", params: { DBInstanceIdentifier: "nope" } },
      { service: "ecr", call: "describe_images", params: { repositoryName: "nope" } },
      { service: "ecs", call: "list_services", params: { cluster: "nope" } },
      { service: "iam", call: "get_role", params: { RoleName: "nope" } },
      { service: "elbv2", call: "describe_load_balancers", params: { Names: ["nope"] } },
      { service: "ssm", call: "get_parameter", params: { Name: "nope" } },
      { service: "secretsmanager", call: "get_secret_value", params: { SecretId: "nope" } },
      { service: "dynamodb", call: "describe_table", params: { TableName: "nope" } },
      { service: "logs", call: "get_log_events", params: { logGroupName: "nope", logStreamName: "a" } },
      { service: "route53", call: "get_hosted_zone", params: { Id: "Z0000000000000" } },
      { service: "servicediscovery", call: "get_namespace", params: { Id: "ns-aaaaaaaaaaaaaaaa" } },
    ]);
    expect(came.map(({ exception }) => exception)).toEqual([
      "DBInstanceNotFoundFault",
      "RepositoryNotFoundException",
      "ClusterNotFoundException",
      "NoSuchEntityException",
      "LoadBalancerNotFoundException",
      "ParameterNotFound",
      "ResourceNotFoundException",
      "ResourceNotFoundException",
      "ResourceNotFoundException",
      "NoSuchHostedZone",
      "NamespaceNotFound",
    ]);
  });
});

describe.skipIf(!PYTHON)("boto3 on an empty sandbox", () => {
  let sandbox: Started;
  beforeAll(async () => {
    sandbox = await started({ BIA_SANDBOX_DELAYS: "short" });
  });
  afterAll(() => sandbox?.stop());

  it("follows a machine and a database from their creation to their end", () => {
    const [image] = boto3(sandbox.env, [
      {
        service: "ssm",
        call: "get_parameter",
        params: { Name: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64" },
      },
    ]);
    const [machine, database] = boto3(sandbox.env, [
      {
        service: "ec2",
        call: "run_instances",
        params: { ImageId: image.answer.Parameter.Value, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 },
      },
      {
        service: "rds",
        call: "create_db_instance",
        params: {
          DBInstanceIdentifier: "db",
          DBInstanceClass: "db.t3.micro",
          Engine: "postgres",
          AllocatedStorage: 20,
          MasterUsername: "postgres",
          MasterUserPassword: "a-long-password",
        },
      },
    ]);
    const ids = { InstanceIds: [machine.answer.Instances[0].InstanceId] };
    const name = { DBInstanceIdentifier: "db" };
    const snapshot = { DBSnapshotIdentifier: "kept" };
    expect(database.answer.DBInstance.DBInstanceStatus).toBe("creating");

    const came = boto3(sandbox.env, [
      { service: "ec2", wait: "instance_running", params: ids },
      { service: "ec2", call: "stop_instances", params: ids },
      { service: "ec2", wait: "instance_stopped", params: ids },
      { service: "ec2", call: "terminate_instances", params: ids },
      { service: "ec2", wait: "instance_terminated", params: ids },
      { service: "rds", wait: "db_instance_available", params: name },
      { service: "rds", call: "delete_db_instance", params: { ...name, FinalDBSnapshotIdentifier: "kept" } },
      { service: "rds", wait: "db_snapshot_available", params: snapshot },
      { service: "rds", wait: "db_instance_deleted", params: name },
      { service: "rds", call: "delete_db_snapshot", params: snapshot },
      { service: "rds", wait: "db_snapshot_deleted", params: snapshot },
    ]);
    const problems = came.filter((one) => "exception" in one);
    expect(problems).toEqual([]);
  }, 300_000);
});
