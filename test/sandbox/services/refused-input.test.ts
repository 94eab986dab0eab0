import { CloudWatchLogsClient, CreateLogGroupCommand, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  EC2Client,
  RunInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { CreateServiceCommand, DescribeServicesCommand, ECSClient } from "@aws-sdk/client-ecs";
import { CreateTargetGroupCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  GetPolicyCommand,
  GetRoleCommand,
  IAMClient,
  TagRoleCommand,
} from "@aws-sdk/client-iam";
import {
  CreateDBInstanceCommand,
  DescribeDBInstancesCommand,
  RDSClient,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { ListTagsForResourceCommand, Route53Client } from "@aws-sdk/client-route-53";
import { GetParametersCommand, PutParameterCommand, SendCommandCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningSandbox, startSandbox } from "../../../src/sandbox/sandbox.ts";
import { clientConfig } from "../../support/sandbox.ts";
import { refusal } from "./clients.ts";

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ speed: "manual" });
});
afterAll(() => sandbox.close());

const ec2 = () => new EC2Client(clientConfig(sandbox));
const iam = () => new IAMClient(clientConfig(sandbox));
const ssm = () => new SSMClient(clientConfig(sandbox));
const ecs = () => new ECSClient(clientConfig(sandbox));
const logs = () => new CloudWatchLogsClient(clientConfig(sandbox));

/** Inputs that no compiler would let through. */
const wrong = (input: object) => input as never;

it.each<[string, () => Promise<unknown>, string]>([
  [
    "IAM names all that is wrong, as most services do",
    () => iam().send(new CreateRoleCommand(wrong({ RoleName: "r".repeat(65), MaxSessionDuration: 60 }))),
    "ValidationError: 3 validation errors detected: Value null at 'assumeRolePolicyDocument' failed to satisfy constraint: Member must not be null; " +
      `Value '${"r".repeat(65)}' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64; ` +
      "Value '60' at 'maxSessionDuration' failed to satisfy constraint: Member must have value greater than or equal to 3600",
  ],
  [
    "IAM has words of its own for names",
    () => iam().send(new GetRoleCommand({ RoleName: "a role" })),
    "ValidationError: The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-",
  ],
  [
    "what stands in a list is its member",
    () => iam().send(new TagRoleCommand({ RoleName: "r", Tags: [{ Key: "k".repeat(129), Value: "" }] })),
    `ValidationError: 1 validation error detected: Value '${"k".repeat(129)}' at 'tags.1.member.key' failed to satisfy constraint: Member must have length less than or equal to 128`,
  ],
  [
    "of plain values in a list the list is told",
    () => ssm().send(new SendCommandCommand({ DocumentName: "AWS-RunShellScript", InstanceIds: ["i-1"] })),
    "ValidationException: 1 validation error detected: Value '[i-1]' at 'instanceIds' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy regular expression pattern: (^i-(\\w{8}|\\w{17})$)|(^mi-\\w{17}$)]",
  ],
  [
    "an enumeration is told whole",
    () => ssm().send(new PutParameterCommand(wrong({ Name: "x", Value: "v", Type: "str" }))),
    "ValidationException: 1 validation error detected: Value 'str' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [String, StringList, SecureString]",
  ],
  [
    "a list may be too long",
    () => ssm().send(new GetParametersCommand({ Names: Array.from("abcdefghijk") })),
    "ValidationException: 1 validation error detected: Value '[a, b, c, d, e, f, g, h, i, j, k]' at 'names' failed to satisfy constraint: Member must have length less than or equal to 10",
  ],
  [
    "Route 53 calls it InvalidInput",
    () =>
      new Route53Client(clientConfig(sandbox)).send(
        new ListTagsForResourceCommand({
          ResourceType: "hostedzone",
          ResourceId: "Z".repeat(65),
        }),
      ),
    `InvalidInput: 1 validation error detected: Value '${"Z".repeat(65)}' at 'resourceId' failed to satisfy constraint: Member must have length less than or equal to 64`,
  ],
  [
    "CloudWatch Logs calls it InvalidParameterException",
    () => logs().send(new DescribeLogGroupsCommand({ limit: 51 })),
    "InvalidParameterException: 1 validation error detected: Value '51' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50",
  ],
  [
    "the keys of a map are looked at",
    () => logs().send(new CreateLogGroupCommand({ logGroupName: "g", tags: { "": "v" } })),
    "InvalidParameterException: 1 validation error detected: Value '{=v}' at 'tags' failed to satisfy constraint: Map key must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+)$]",
  ],
  [
    "ECR has words of its own",
    () => new ECRClient(clientConfig(sandbox)).send(new CreateRepositoryCommand({ repositoryName: "a" })),
    "InvalidParameterException: Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must have length greater than or equal to 2'",
  ],
  [
    "ECS says what something should be",
    () => ecs().send(new CreateServiceCommand(wrong({ serviceName: "s", launchType: "CLOUD" }))),
    "InvalidParameterException: CLOUD should be one of [EC2,FARGATE,EXTERNAL,MANAGED_INSTANCES]",
  ],
  [
    "ECS misses something",
    () => ecs().send(new DescribeServicesCommand(wrong({}))),
    "InvalidParameterException: 1 validation error detected: Value null at 'services' failed to satisfy constraint: Member must not be null",
  ],
  [
    "RDS misses a parameter",
    () => new RDSClient(clientConfig(sandbox)).send(new StopDBInstanceCommand(wrong({}))),
    "MissingParameter: The request must contain the parameter DBInstanceIdentifier.",
  ],
  [
    "RDS knows no such filter",
    () =>
      new RDSClient(clientConfig(sandbox)).send(
        new DescribeDBInstancesCommand({ Filters: [{ Name: "bogus", Values: ["x"] }] }),
      ),
    "InvalidParameterValue: Unrecognized filter name: bogus",
  ],
  [
    "EC2 misses one parameter after the other",
    () => ec2().send(new RunInstancesCommand(wrong({ MaxCount: 1 }))),
    "MissingParameter: The request must contain the parameter MinCount",
  ],
  [
    "EC2 names the parameter and the value",
    () =>
      ec2().send(
        new RunInstancesCommand(wrong({ MinCount: 1, MaxCount: 1, InstanceInitiatedShutdownBehavior: "nap" })),
      ),
    "InvalidParameterValue: Value (nap) for parameter instanceInitiatedShutdownBehavior is invalid.",
  ],
  [
    "EC2 names ids in the singular",
    () => ec2().send(new StopInstancesCommand(wrong({}))),
    "MissingParameter: The request must contain the parameter InstanceId",
  ],
  [
    "EC2 knows no such filter",
    () => ec2().send(new DescribeInstancesCommand({ Filters: [{ Name: "colour", Values: ["red"] }] })),
    "InvalidParameterValue: The filter 'colour' is invalid",
  ],
  [
    "a filter that AWS documents is refused by name",
    () =>
      ec2().send(new DescribeInstancesCommand({ Filters: [{ Name: "enclave-options.enabled", Values: ["true"] }] })),
    "SandboxNotEmulated: The sandbox does not emulate the filter enclave-options.enabled. On AWS it exists.",
  ],
  [
    "an empty list asks for nothing",
    () => ecs().send(new CreateServiceCommand({ serviceName: "s", cluster: "c", vpcLatticeConfigurations: [] })),
    "ClusterNotFoundException: Cluster not found.",
  ],
  [
    "EC2 has other words for ending nothing",
    () => ec2().send(new TerminateInstancesCommand(wrong({}))),
    "InvalidParameterCombination: No instances specified",
  ],
  [
    "EC2 looks at its parameters before it looks for what they name",
    () => ec2().send(new DescribeInstancesCommand({ InstanceIds: ["i-0123456789abcdef0"], MaxResults: 5 })),
    "InvalidParameterCombination: The parameter instancesSet cannot be used with the parameter maxResults",
  ],
  [
    "an instance type that AWS has is refused by name",
    () => ec2().send(new DescribeInstanceTypesCommand({ InstanceTypes: ["c6a.large"] })),
    "SandboxNotEmulated: The sandbox does not emulate the instance types c6a.large. On AWS it exists.",
  ],
  [
    "a managed policy that AWS has is refused by name",
    () => iam().send(new GetPolicyCommand({ PolicyArn: "arn:aws:iam::aws:policy/AmazonSESFullAccess" })),
    "SandboxNotEmulated: The sandbox does not emulate the managed policy arn:aws:iam::aws:policy/AmazonSESFullAccess. On AWS it exists.",
  ],
  [
    "a managed policy that AWS does not have is missing",
    () => iam().send(new GetPolicyCommand({ PolicyArn: "arn:aws:iam::aws:policy/AmazonSesFullAccess" })),
    "NoSuchEntity: Policy arn:aws:iam::aws:policy/AmazonSesFullAccess was not found.",
  ],
  [
    "the role of a service that AWS has is refused by name",
    () => iam().send(new CreateServiceLinkedRoleCommand({ AWSServiceName: "elasticbeanstalk.amazonaws.com" })),
    "SandboxNotEmulated: The sandbox does not emulate the linked role of elasticbeanstalk.amazonaws.com. On AWS it exists.",
  ],
])("%s", async (_, call, said) => {
  expect(await refusal(call())).toBe(said);
});

it("what STS takes unsigned is refused by name, and all else for want of a signature", async () => {
  const ask = async (action: string) => {
    const body = new URLSearchParams({ Action: action, Version: "2011-06-15" });
    return (await fetch(sandbox.endpoint, { method: "POST", body })).text();
  };
  expect(await ask("AssumeRoleWithWebIdentity")).toContain("<Code>SandboxNotEmulated</Code>");
  expect(await ask("GetCallerIdentity")).toContain("<Code>MissingAuthenticationToken</Code>");
});

it("what has no tags has no list of them either in most answers of EC2", async () => {
  const groups = await ec2().send(new DescribeSecurityGroupsCommand({}));
  expect(groups.SecurityGroups?.[0]).not.toHaveProperty("Tags");
  const tables = await ec2().send(new DescribeRouteTablesCommand({}));
  expect(tables.RouteTables?.[0]?.Tags).toEqual([]);
});

it("an empty text is no value for EC2, RDS and load balancing", async () => {
  const config = clientConfig(sandbox);
  const { Subnets = [] } = await ec2().send(new DescribeSubnetsCommand({}));
  const { Images = [] } = await ec2().send(
    new DescribeImagesCommand({ Owners: ["amazon"], Filters: [{ Name: "name", Values: ["al2023-ami-2023*x86_64"] }] }),
  );
  const launch = { ImageId: Images[0]?.ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 } as const;
  const placed = { SubnetId: Subnets[0]?.SubnetId, Placement: { AvailabilityZone: "" } };
  const { Instances } = await ec2().send(new RunInstancesCommand({ ...launch, ...placed }));
  expect(Instances).toMatchObject([{ SubnetId: Subnets[0]?.SubnetId }]);

  const group = { Name: "tg", Protocol: "HTTP", ProtocolVersion: "", Port: 80, VpcId: Subnets[0]?.VpcId } as const;
  const { TargetGroups } = await new ElasticLoadBalancingV2Client(config).send(new CreateTargetGroupCommand(group));
  expect(TargetGroups).toMatchObject([{ ProtocolVersion: "HTTP1" }]);

  const database = {
    DBInstanceIdentifier: "d",
    DBInstanceClass: "db.t3.micro",
    Engine: "postgres",
    AllocatedStorage: 20,
  };
  const user = { MasterUsername: "postgres", MasterUserPassword: "a-long-password", DBName: "", EngineVersion: "16" };
  const { DBInstance } = await new RDSClient(config).send(new CreateDBInstanceCommand({ ...database, ...user }));
  expect(DBInstance).toMatchObject({ DBInstanceStatus: "creating" });
  expect(DBInstance).not.toHaveProperty("DBName");
});
