import {
  type ApplicationProtocol,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  type KeyValuePair,
  RegisterTaskDefinitionCommand,
  type ServiceConnectConfiguration,
} from "@aws-sdk/client-ecs";
import {
  CreateHttpNamespaceCommand,
  DeleteNamespaceCommand,
  DiscoverInstancesCommand,
  ListServicesCommand,
  ServiceDiscoveryClient,
} from "@aws-sdk/client-servicediscovery";
import { onTestFinished } from "vitest";
import type { SandboxOptions } from "../../../../src/sandbox/sandbox.ts";
import { clientConfig } from "../../../support/sandbox.ts";
import { CLUSTER, settle } from "./fixtures.ts";
import { type Fargate, fargate, network } from "./on-fargate.ts";

export const NAMESPACE = "retailstore.local";
const STORE = "public.ecr.aws/aws-containers/retail-store-sample";

/** A cluster without instances, and a namespace. */
export interface Connecting extends Fargate {
  readonly cloudMap: ServiceDiscoveryClient;
}

export async function connecting(options: SandboxOptions = {}): Promise<Connecting> {
  const at = await fargate(options);
  // The SDK would ask at `data-127.0.0.1`.
  const config = { ...clientConfig(at.sandbox), maxAttempts: 1, disableHostPrefix: true };
  const cloudMap = new ServiceDiscoveryClient(config);
  onTestFinished(() => cloudMap.destroy());
  await cloudMap.send(new CreateHttpNamespaceCommand({ Name: NAMESPACE }));
  await settle(at, 1);
  return { ...at, cloudMap };
}

/** A task definition of one of the shop's programs. */
export function register(
  at: Fargate,
  family: string,
  {
    image = `${STORE}-catalog:0.7.0`,
    command = [] as string[],
    environment = IN_MEMORY,
    logGroup = "",
    appProtocol = "http" as ApplicationProtocol,
  } = {},
) {
  const options = { "awslogs-group": logGroup, "awslogs-region": "us-east-1", "awslogs-stream-prefix": family };
  return at.ecs.send(
    new RegisterTaskDefinitionCommand({
      family,
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      cpu: "256",
      memory: "512",
      executionRoleArn: at.executionRoleArn,
      containerDefinitions: [
        {
          name: "application",
          image,
          command,
          environment,
          portMappings: [{ containerPort: 8080, name: "application", appProtocol }],
          ...(logGroup && { logConfiguration: { logDriver: "awslogs", options } }),
        },
      ],
    }),
  );
}

const IN_MEMORY: KeyValuePair[] = [{ name: "RETAIL_CATALOG_PERSISTENCE_PROVIDER", value: "in-memory" }];

/** Service Connect of a service that clients call by this name; of none it is a client. */
export function as(host?: string, more: Partial<ServiceConnectConfiguration> = {}): ServiceConnectConfiguration {
  const services = host === undefined ? [] : [served(host)];
  return { enabled: true, namespace: NAMESPACE, services, ...more };
}

export function served(host: string) {
  return { portName: "application", discoveryName: host, clientAliases: [{ dnsName: host, port: 80 }] };
}

export function create(at: Fargate, serviceName: string, input: Partial<CreateServiceCommandInput> = {}) {
  return at.ecs.send(
    new CreateServiceCommand({
      cluster: CLUSTER,
      serviceName,
      taskDefinition: serviceName,
      desiredCount: 1,
      launchType: "FARGATE",
      networkConfiguration: network(at),
      ...input,
    }),
  );
}

/** Names of the services in the namespace. */
export async function namesIn({ cloudMap }: Connecting): Promise<string[]> {
  const { Services = [] } = await cloudMap.send(new ListServicesCommand({}));
  return Services.map(({ Name = "" }) => Name).sort();
}

export async function instancesOf({ cloudMap }: Connecting, ServiceName: string) {
  const found = await cloudMap.send(new DiscoverInstancesCommand({ NamespaceName: NAMESPACE, ServiceName }));
  return found.Instances ?? [];
}

export function deleteNamespace({ cloudMap, world }: Connecting) {
  const [found] = world.region("us-east-1").serviceDiscovery.namespaces.all();
  return cloudMap.send(new DeleteNamespaceCommand({ Id: found?.Id }));
}
