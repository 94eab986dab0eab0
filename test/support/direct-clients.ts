import { setTimeout as sleep } from "node:timers/promises";
import { NormalizedSchema } from "@smithy/core/schema";
import type { AwsClients } from "../../src/aws/clients.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { AwsError } from "../../src/sandbox/wire/service.ts";

/** How the credential scopes of the services are spelt. */
const SERVICES = {
  acm: "acm",
  applicationAutoScaling: "application-autoscaling",
  autoScaling: "autoscaling",
  cloudWatch: "monitoring",
  dynamodb: "dynamodb",
  ec2: "ec2",
  ecr: "ecr",
  ecs: "ecs",
  elbv2: "elasticloadbalancing",
  eventBridge: "events",
  iam: "iam",
  logs: "logs",
  rds: "rds",
  route53: "route53",
  secretsManager: "secretsmanager",
  serviceDiscovery: "servicediscovery",
  ssm: "ssm",
} satisfies Partial<Record<keyof AwsClients, string>>;

/** The part of an SDK client that sends commands. */
export type Senders = { readonly [Service in keyof typeof SERVICES]: Pick<AwsClients[Service], "send"> };

type Schema = Parameters<typeof NormalizedSchema.of>[0];

interface SdkCommand {
  readonly input: object;
  readonly schema: readonly [kind: 9, namespace: string, name: string, traits: unknown, input: Schema, output: Schema];
}

/**
 * Clients that hand their commands to a sandbox in this process: the same operations and answers as over HTTP, in a tenth of
 * the processor time. For looks at a whole account, of which the tests take thousands.
 */
export function directClients(sandbox: RunningSandbox): Senders {
  const senders = Object.entries(SERVICES).map(([name, service]) => [name, { send: send(sandbox, service) }]);
  return Object.fromEntries(senders);
}

function send(sandbox: RunningSandbox, service: string) {
  return async (command: SdkCommand): Promise<object> => {
    const [, , operation, , , output] = command.schema;
    for (;;) {
      try {
        const answer = await sandbox.call({ service, operation, input: command.input, region: "us-east-1" });
        return shaped(NormalizedSchema.of(output), answer ?? {}) as object;
      } catch (error) {
        if (!(error instanceof AwsError && /^(Throttling|RequestLimitExceeded)/.test(error.code))) throw error;
        await sleep(50);
      }
    }
  };
}

/** A copy of what goes over the wire: handlers answer with more than that, and with what the sandbox goes on changing. */
function shaped(schema: NormalizedSchema, value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (schema.isListSchema()) return (value as unknown[]).map((one) => shaped(schema.getValueSchema(), one));
  if (schema.isMapSchema()) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shaped(schema.getValueSchema(), one)]));
  }
  if (!schema.isStructSchema()) return value;
  const members = [...schema.structIterator()].map(([name, member]) => [name, shaped(member, value[name as never])]);
  return Object.fromEntries(members.filter(([, one]) => one !== undefined));
}
