import { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateTableCommand, DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";
import { DescribeServicesCommand } from "@aws-sdk/client-ecs";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { expect, it, onTestFinished } from "vitest";
import { clientConfig } from "../../../support/sandbox.ts";
import { CLUSTER, type Ecs, SERVICE, tasksOf } from "./fixtures.ts";
import { createUi, fargate, registerUi } from "./on-fargate.ts";
import { until } from "./running.ts";

const TABLE = "retail-store-ecs-carts";
const INDEX = "idx_global_customerId";
const ARN = `arn:aws:dynamodb:us-east-1:000000000000:table/${TABLE}`;
const ROLE = "retailStoreEcsTaskRole";

/** A table with the index of the shop's carts, a log group, and a role without any rights. Answers its ARN. */
async function surroundings({ iam, sandbox }: Ecs, dynamodb: DynamoDBClient): Promise<string> {
  const logs = new CloudWatchLogsClient(clientConfig(sandbox));
  await logs.send(new CreateLogGroupCommand({ logGroupName: "tasks" }));
  logs.destroy();
  const hash = (AttributeName: string) => [{ AttributeName, KeyType: "HASH" as const }];
  await dynamodb.send(
    new CreateTableCommand({
      TableName: TABLE,
      AttributeDefinitions: ["id", "customerId"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      KeySchema: hash("id"),
      GlobalSecondaryIndexes: [
        { IndexName: INDEX, KeySchema: hash("customerId"), Projection: { ProjectionType: "ALL" } },
      ],
      BillingMode: "PAY_PER_REQUEST",
    }),
  );
  const statement = { Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: ROLE, AssumeRolePolicyDocument }));
  return Role?.Arn ?? "";
}

function cart() {
  const options = { "awslogs-group": "tasks", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "carts" };
  const path = "http://localhost:8080/actuator/health";
  return {
    name: "application",
    image: "public.ecr.aws/aws-containers/retail-store-sample-cart:0.8.0",
    portMappings: [{ containerPort: 8080 }],
    environment: [
      { name: "SPRING_PROFILES_ACTIVE", value: "dynamodb" },
      { name: "CARTS_DYNAMODB_TABLENAME", value: TABLE },
    ],
    healthCheck: { command: ["CMD-SHELL", `curl -f ${path} || exit 1`], interval: 10, startPeriod: 60 },
    logConfiguration: { logDriver: "awslogs" as const, options },
  };
}

it("carts whose role may not ask the index end with AWS's words, and stay once it may, without a new deployment", async () => {
  const at = await fargate({ traffic: true });
  const dynamodb = new DynamoDBClient(clientConfig(at.sandbox));
  const logs = new CloudWatchLogsClient(clientConfig(at.sandbox));
  onTestFinished(() => {
    dynamodb.destroy();
    logs.destroy();
  });
  const taskRoleArn = await surroundings(at, dynamodb);
  await registerUi(at, { taskRoleArn, containerDefinitions: [cart()] });
  await createUi(at, { desiredCount: 1 });
  const deployment = async () => {
    const { services } = await at.ecs.send(new DescribeServicesCommand({ cluster: CLUSTER, services: [SERVICE] }));
    expect(services?.[0]?.deployments).toHaveLength(1);
    return services?.[0]?.deployments?.[0];
  };

  const stopped = await until(at, async () => (await tasksOf(at, "STOPPED"))[0]);
  const id = stopped.taskArn?.split("/").at(-1);
  expect(stopped).toMatchObject({ stopCode: "EssentialContainerExited", containers: [{ exitCode: 1 }] });
  const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: "tasks" }));
  const refused = events.map(({ message = "" }) => message).find((message) => message.startsWith("AccessDenied"));
  expect(refused?.replace(/Request ID: [^)]+/, "Request ID: ID")).toBe(
    `AccessDeniedException: User: arn:aws:sts::000000000000:assumed-role/${ROLE}/${id} is not authorized to perform: dynamodb:Query on resource: ${ARN}/index/${INDEX} because no identity-based policy allows the dynamodb:Query action (Service: DynamoDb, Status Code: 400, Request ID: ID)`,
  );
  const before = await deployment();
  expect(before).toMatchObject({ status: "PRIMARY", rolloutState: "IN_PROGRESS" });

  const Action = ["dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"];
  const Statement = [{ Effect: "Allow", Action, Resource: [ARN, `${ARN}/index/*`] }];
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await at.iam.send(new PutRolePolicyCommand({ RoleName: ROLE, PolicyName: "carts", PolicyDocument }));
  const healed = await until(at, async () => {
    const one = await deployment();
    return one?.rolloutState === "COMPLETED" && one;
  });
  expect(healed.id).toBe(before?.id);

  const { NetworkInterfaces = [] } = await at.ec2.send(new DescribeNetworkInterfacesCommand({}));
  const address = NetworkInterfaces.map(({ Association }) => Association?.PublicIp).find((ip) => ip !== undefined);
  const item = { itemId: "gentleman", quantity: 1, unitPrice: 795 };
  const items = `http://${address}:8080/carts/ana/items`;
  for (let count = 0; count < 2; count++) await fetch(items, { method: "POST", body: JSON.stringify(item) });
  expect(await (await fetch(items)).json()).toEqual([{ ...item, quantity: 2 }]);
  const { Items } = await dynamodb.send(new ScanCommand({ TableName: TABLE }));
  expect(Items).toEqual([
    {
      id: { S: "ana:gentleman" },
      customerId: { S: "ana" },
      itemId: { S: "gentleman" },
      quantity: { N: "2" },
      unitPrice: { N: "795" },
    },
  ]);
  await fetch(`${items}/gentleman`, { method: "DELETE" });
  expect((await dynamodb.send(new ScanCommand({ TableName: TABLE }))).Items).toEqual([]);
});
