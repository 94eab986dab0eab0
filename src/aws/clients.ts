import { ACMClient } from "@aws-sdk/client-acm";
import { ApplicationAutoScalingClient } from "@aws-sdk/client-application-auto-scaling";
import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EC2Client } from "@aws-sdk/client-ec2";
import { ECRClient } from "@aws-sdk/client-ecr";
import { ECSClient } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { IAMClient } from "@aws-sdk/client-iam";
import { RDSClient } from "@aws-sdk/client-rds";
import { Route53Client } from "@aws-sdk/client-route-53";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ServiceDiscoveryClient } from "@aws-sdk/client-servicediscovery";
import { SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { VERSION } from "../version.ts";
import { type Call, CallCount, isReading } from "./calls.ts";
import { retryStrategy } from "./retry.ts";
import { SharedReads } from "./shared-reads.ts";
import type { Tags } from "./tags.ts";

/** Where and as whom to call. */
export interface Endpoint {
  readonly region: string;
  /** URL instead of AWS's own endpoints; absent: AWS's own, or whatever AWS_ENDPOINT_URL says. */
  readonly endpoint?: string;
  /** Absent: the SDK's own chain (environment, profile, SSO, instance role). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** How a kind reaches AWS. */
export interface Aws extends Clients, Required<Scope> {
  /** Reads that other tasks need too. */
  readonly shared: SharedReads;
}

/** Whose calls these are. */
export interface Scope {
  readonly region: string;
  /** Twelve digits. */
  readonly account: string;
  readonly stack: string;
  /** The tags that make what this task creates ours. */
  readonly ownership: Tags;
  /** What all tasks of the stack that are of the same kind ask for, with refs where a value is not known yet. Default: none. */
  readonly siblings?: readonly object[];
}

/** How each service's client is made. */
const CLIENTS = {
  acm: (config: ClientConfig) => new ACMClient(config),
  applicationAutoScaling: (config: ClientConfig) => new ApplicationAutoScalingClient(config),
  autoScaling: (config: ClientConfig) => new AutoScalingClient(config),
  cloudWatch: (config: ClientConfig) => new CloudWatchClient(config),
  dynamodb: (config: ClientConfig) => new DynamoDBClient(config),
  ec2: (config: ClientConfig) => new EC2Client(config),
  ecr: (config: ClientConfig) => new ECRClient(config),
  ecs: (config: ClientConfig) => new ECSClient(config),
  elbv2: (config: ClientConfig) => new ElasticLoadBalancingV2Client(config),
  eventBridge: (config: ClientConfig) => new EventBridgeClient(config),
  iam: (config: ClientConfig) => new IAMClient(config),
  logs: (config: ClientConfig) => new CloudWatchLogsClient(config),
  rds: (config: ClientConfig) => new RDSClient(config),
  route53: (config: ClientConfig) => new Route53Client(config),
  secretsManager: (config: ClientConfig) => new SecretsManagerClient(config),
  serviceDiscovery: (config: ClientConfig) => new ServiceDiscoveryClient(config),
  ssm: (config: ClientConfig) => new SSMClient(config),
  sts: (config: ClientConfig) => new STSClient(config),
};

/** One client per service, made when it is first used. */
export type Clients = { readonly [Service in keyof typeof CLIENTS]: ReturnType<(typeof CLIENTS)[Service]> };

/** What all clients are made with. */
interface ClientConfig extends Endpoint {
  readonly useFipsEndpoint?: boolean;
  readonly useDualstackEndpoint?: boolean;
  readonly retryStrategy: ReturnType<typeof retryStrategy>;
  readonly customUserAgent: [string, string][];
}

const PRODUCT: [string, string][] = [["bia-infra", VERSION]];

/** All clients of a run: one place for endpoint, region, retry, user agent and the count of calls. */
export interface AwsClients extends Clients {
  readonly calls: CallCount;
  /** Reads of this run that more than one task needs; forgotten by every changing call. */
  readonly shared: SharedReads;
  /** The account that the credentials belong to (sts:GetCallerIdentity, which needs no permission). Throws AWS's error. */
  account(): Promise<string>;
  /** The clients as the kinds of one task see them. */
  scopedTo(scope: Scope): Aws;
  /** Closes the connections that are kept open. */
  close(): void;
}

/**
 * Clients of one target. Nothing is called before the first command is sent.
 *
 * @param called is told of each call when it has ended
 * @param heard is told what each was answered
 */
export function awsClients(
  endpoint: Endpoint,
  called: (call: Call) => void = () => {},
  heard: Heard = () => {},
): AwsClients {
  const calls = new CallCount();
  const shared = new SharedReads();
  const config = configOf(endpoint);
  const made = new Map<string, { destroy(): void }>();
  const clients = Object.defineProperties(
    {} as Clients,
    lazily((name, make) => {
      const known = made.get(name);
      if (known) return known;
      const client = make(config);
      watch(client, name, { calls, shared, called, heard });
      made.set(name, client);
      return client;
    }),
  );
  return withClients(clients, {
    calls,
    shared,
    account: () => accountOf(clients),
    scopedTo: (scope: Scope) => withClients(clients, { siblings: [], ...scope, shared }),
    close() {
      for (const client of made.values()) client.destroy();
    },
  });
}

type AnyClient = ReturnType<(typeof CLIENTS)[keyof typeof CLIENTS]>;

/** A getter for each service. */
function lazily(client: (name: string, make: (config: ClientConfig) => AnyClient) => unknown): PropertyDescriptorMap {
  const getters = Object.entries(CLIENTS).map(([name, make]) => [
    name,
    { get: () => client(name, make), enumerable: true },
  ]);
  return Object.fromEntries(getters);
}

/** The getters themselves, not the clients that they would make. */
function withClients<Rest extends object>(clients: Clients, rest: Rest): Clients & Rest {
  return Object.defineProperties({ ...rest }, Object.getOwnPropertyDescriptors(clients)) as Clients & Rest;
}

function configOf({ region, endpoint, credentials }: Endpoint): ClientConfig {
  return {
    region,
    retryStrategy: retryStrategy(),
    customUserAgent: PRODUCT,
    // An endpoint of its own has no FIPS or dual-stack variant; with either in the environment the SDK refuses it.
    ...(endpoint === undefined ? {} : { endpoint, useFipsEndpoint: false, useDualstackEndpoint: false }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

async function accountOf({ sts }: Clients): Promise<string> {
  const { Account } = await sts.send(new GetCallerIdentityCommand({}));
  if (Account === undefined) throw new Error("sts:GetCallerIdentity answered without an account");
  return Account;
}

/** What is to be done about every call. */
interface Watching {
  readonly calls: CallCount;
  readonly shared: SharedReads;
  readonly called: (call: Call) => void;
  readonly heard: Heard;
}

/** What a call asked for and was answered, as the SDK has it. */
export type Heard = (operation: string, input: object, output: object) => void;

/** Counts the calls of a client. One that changes something makes what was read before untrue, whatever AWS answered. */
function watch(client: Watched, service: string, { calls, shared, called, heard }: Watching): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const operation = String(context.commandName ?? "").replace(/Command$/, "");
      const changing = !isReading(operation);
      const at = Date.now();
      const ended = (code?: string) =>
        called({ service, operation, changing, at, ms: Date.now() - at, ...(code !== undefined && { code }) });
      calls.count(service, operation);
      try {
        const answer = await next(args);
        ended();
        heard(operation, args.input, answer.output);
        return answer;
      } catch (error) {
        ended((error as Error).name);
        throw error;
      } finally {
        if (changing) shared.forget();
      }
    },
    // Outside of the retry middleware, so that a call that is retried counts once.
    { step: "initialize", name: "watchCalls", priority: "high" },
  );
}

interface Watched {
  readonly middlewareStack: {
    add(
      // biome-ignore lint/suspicious/noExplicitAny: every client types its middleware by its own inputs and outputs
      middleware: (next: any, context: { commandName?: string }) => (args: any) => Promise<any>,
      options: { step: "initialize"; name: string; priority: "high" },
    ): void;
  };
}
