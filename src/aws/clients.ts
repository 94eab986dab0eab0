import { EC2Client } from "@aws-sdk/client-ec2";
import { IAMClient } from "@aws-sdk/client-iam";
import { SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { VERSION } from "../version.ts";
import { CallCount } from "./calls.ts";
import { retryStrategy } from "./retry.ts";
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
export interface Aws extends Clients, Scope {}

/** Whose calls these are. */
export interface Scope {
  readonly region: string;
  /** Twelve digits. */
  readonly account: string;
  readonly stack: string;
  /** The tags that make what this task creates ours. */
  readonly ownership: Tags;
}

/** One client per service, made when it is first used. */
export interface Clients {
  readonly ec2: EC2Client;
  readonly iam: IAMClient;
  readonly ssm: SSMClient;
  readonly sts: STSClient;
}

/** What all clients are made with. */
interface ClientConfig extends Endpoint {
  readonly useFipsEndpoint?: boolean;
  readonly useDualstackEndpoint?: boolean;
  readonly retryStrategy: ReturnType<typeof retryStrategy>;
  readonly customUserAgent: [string, string][];
}

const PRODUCT: [string, string][] = [["bia-infra", VERSION]];

/** All clients of a run: one place for endpoint, region, retry, user agent and the count of calls. */
export class AwsClients implements Clients {
  readonly calls = new CallCount();
  readonly #config: ClientConfig;
  readonly #made = new Map<string, unknown>();

  constructor({ region, endpoint, credentials }: Endpoint) {
    this.#config = {
      region,
      retryStrategy: retryStrategy(),
      customUserAgent: PRODUCT,
      // An endpoint of its own has no FIPS or dual-stack variant; with either in the environment the SDK refuses it.
      ...(endpoint === undefined ? {} : { endpoint, useFipsEndpoint: false, useDualstackEndpoint: false }),
      ...(credentials === undefined ? {} : { credentials }),
    };
  }

  get ec2(): EC2Client {
    return this.#client("ec2", () => new EC2Client(this.#config));
  }

  get iam(): IAMClient {
    return this.#client("iam", () => new IAMClient(this.#config));
  }

  get ssm(): SSMClient {
    return this.#client("ssm", () => new SSMClient(this.#config));
  }

  get sts(): STSClient {
    return this.#client("sts", () => new STSClient(this.#config));
  }

  /** The account that the credentials belong to (sts:GetCallerIdentity, which needs no permission). Throws AWS's error. */
  async account(): Promise<string> {
    const { Account } = await this.sts.send(new GetCallerIdentityCommand({}));
    if (Account === undefined) throw new Error("sts:GetCallerIdentity answered without an account");
    return Account;
  }

  /** The clients as the kinds of one task see them. */
  scopedTo(scope: Scope): Aws {
    const clients = this;
    return {
      ...scope,
      get ec2() {
        return clients.ec2;
      },
      get iam() {
        return clients.iam;
      },
      get ssm() {
        return clients.ssm;
      },
      get sts() {
        return clients.sts;
      },
    };
  }

  /** Closes the connections that are kept open. */
  close(): void {
    for (const client of this.#made.values()) (client as { destroy(): void }).destroy();
  }

  #client<Client extends Counted>(name: string, make: () => Client): Client {
    const known = this.#made.get(name) as Client | undefined;
    if (known) return known;
    const client = make();
    client.middlewareStack.add(
      (next, context) => (args) => {
        this.calls.count(String(context.commandName ?? "").replace(/Command$/, ""));
        return next(args);
      },
      // Outside of the retry middleware, so that a call that is retried counts once.
      { step: "initialize", name: "countCalls", priority: "high" },
    );
    this.#made.set(name, client);
    return client;
  }
}

interface Counted {
  readonly middlewareStack: {
    add(
      // biome-ignore lint/suspicious/noExplicitAny: every client types its middleware by its own inputs and outputs
      middleware: (next: any, context: { commandName?: string }) => (args: any) => Promise<any>,
      options: { step: "initialize"; name: string; priority: "high" },
    ): void;
  };
}
