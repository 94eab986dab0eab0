import { CreateClusterCommand, RegisterTaskDefinitionCommand, RunTaskCommand } from "@aws-sdk/client-ecs";
import { PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateSecretCommand, DeleteSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it, onTestFinished } from "vitest";
import { clientConfig } from "../../../support/sandbox.ts";
import { subnetIn } from "../ec2/fixtures.ts";
import { CLUSTER, createExecutionRole, type Ecs, ecsOf, tasksOf } from "./fixtures.ts";

const NAME = "shop/db";
const ARN = `arn:aws:secretsmanager:us-east-1:000000000000:secret:${NAME}`;
const ON_FARGATE =
  "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: ";
const FROM_ASM = `${ON_FARGATE}unable to retrieve secret from asm: service call has been retried 1 time(s): `;

interface At extends Ecs {
  readonly secrets: SecretsManagerClient;
  readonly executionRoleArn: string;
  readonly subnet: string;
}

async function clusterWithSecret(SecretString = '{"username":"root","password":"s3cret"}'): Promise<At> {
  const at = await ecsOf();
  const secrets = new SecretsManagerClient({ ...clientConfig(at.sandbox), maxAttempts: 1 });
  onTestFinished(() => secrets.destroy());
  await at.ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
  await secrets.send(new CreateSecretCommand({ Name: NAME, SecretString }));
  const executionRoleArn = await createExecutionRole(at);
  return { ...at, secrets, executionRoleArn, subnet: await subnetIn(at.ec2, "us-east-1a") };
}

function allow({ iam }: At, Action: string, Resource: string) {
  const Statement = { Effect: "Allow", Action, Resource };
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  return iam.send(
    new PutRolePolicyCommand({
      RoleName: "ecsTaskExecutionRole",
      PolicyName: Action.replace(":", "-"),
      PolicyDocument,
    }),
  );
}

/** What becomes of a task on Fargate whose secret is read from there: `RUNNING`, or why it stopped. */
async function outcome(at: At, valueFrom: string): Promise<string | undefined> {
  const secrets = [{ name: "DB_PASSWORD", valueFrom }];
  await at.ecs.send(
    new RegisterTaskDefinitionCommand({
      family: "shop",
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      cpu: "256",
      memory: "512",
      executionRoleArn: at.executionRoleArn,
      containerDefinitions: [{ name: "shop", image: "httpd", secrets }],
    }),
  );
  const awsvpcConfiguration = { subnets: [at.subnet], assignPublicIp: "ENABLED" as const };
  const networkConfiguration = { awsvpcConfiguration };
  const run = { cluster: CLUSTER, taskDefinition: "shop", launchType: "FARGATE" as const, networkConfiguration };
  const { tasks = [] } = await at.ecs.send(new RunTaskCommand(run));
  await at.world.clock.advance(1000);
  const all = [...(await tasksOf(at)), ...(await tasksOf(at, "STOPPED"))];
  const task = all.find(({ taskArn }) => taskArn === tasks[0]?.taskArn);
  return task?.lastStatus === "STOPPED" ? task.stoppedReason : task?.lastStatus;
}

describe("a task on Fargate with a secret of Secrets Manager", () => {
  it("stops in the words of AWS while its execution role may not read it, and starts when it may", async () => {
    const at = await clusterWithSecret();
    const why = await outcome(at, `${ARN}:password::`);
    expect(why).toContain(`${FROM_ASM}failed to fetch secret ${ARN} from secrets manager: `);
    expect(why).toMatch(
      /api error AccessDeniedException: User: arn:aws:sts::000000000000:assumed-role\/ecsTaskExecutionRole\/\w+ is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:\S+:secret:shop\/db-\w{6} because no identity-based policy allows/,
    );
    // The policy names the secret; its ARN has six characters more.
    await allow(at, "secretsmanager:GetSecretValue", ARN);
    expect(await outcome(at, `${ARN}:password::`)).toMatch(/AccessDeniedException/);
    await allow(at, "secretsmanager:GetSecretValue", `${ARN}-??????`);
    expect(await outcome(at, `${ARN}:password::`)).toBe("RUNNING");
    expect(await outcome(at, ARN)).toBe("RUNNING");
  });

  it("stops while what it names is not there", async () => {
    const at = await clusterWithSecret();
    await allow(at, "secretsmanager:GetSecretValue", "*");
    expect(await outcome(at, `${ARN}x:password::`)).toMatch(
      /retried 1 time\(s\): failed to fetch secret arn:\S+dbx from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: \S+, ResourceNotFoundException: Secrets Manager can't find the specified secret\.$/,
    );
    expect(await outcome(at, `${ARN}:pass::`)).toBe(
      `${FROM_ASM}retrieved secret from Secrets Manager did not contain json key pass`,
    );
    expect(await outcome(at, `${ARN}:password:AWSPREVIOUS:`)).toMatch(/secret value for staging label: AWSPREVIOUS$/);
    expect(await outcome(at, `${ARN}:password`)).toMatch(/retried 1 time\(s\): an invalid ARN format/);
    await at.secrets.send(new DeleteSecretCommand({ SecretId: NAME }));
    expect(await outcome(at, ARN)).toMatch(/InvalidRequestException: .*because it was marked for deletion\.$/);
  });

  it("is told as well of a parameter that is forbidden or not there", async () => {
    const at = await clusterWithSecret();
    const parameter = "/shop/endpoint";
    const FROM_SSM = `${ON_FARGATE}unable to retrieve secrets from ssm: service call has been retried 1 time(s): `;
    expect(await outcome(at, parameter)).toContain(`${FROM_SSM}operation error SSM: GetParameters, https response`);
    await allow(at, "ssm:GetParameters", "*");
    expect(await outcome(at, parameter)).toBe(`${FROM_SSM}invalid ssm parameters: ${parameter}`);
  });
});
