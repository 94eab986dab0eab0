import type { Clock } from "./clock.ts";
import { isReading } from "./fault-rules.ts";

/** Size of a bucket, and what flows back into it per second. */
type Limit = readonly [burst: number, perSecond: number];

/** EC2 has a bucket per operation ("Request throttling for the Amazon EC2 API"). */
const EC2: Readonly<Record<string, Limit>> = {
  RunInstances: [5, 2],
  StartInstances: [5, 2],
  TerminateInstances: [100, 5],
  CreateTags: [100, 10],
  AssociateIamInstanceProfile: [100, 5],
  CreateDefaultVpc: [1, 1],
};
const EC2_READING: Limit = [100, 20];
const EC2_CHANGING: Limit = [50, 5];

/** Most other services publish none; these are wider than what a tool that behaves needs. One for reading, one for changing calls. */
const SHARED: Readonly<Record<string, readonly [reading: Limit, changing: Limit]>> = {
  iam: [
    [100, 20],
    [50, 10],
  ],
  sts: [
    [100, 50],
    [100, 50],
  ],
  ssm: [
    [100, 40],
    [50, 10],
  ],
  // Published: "CloudWatch Logs quotas"; those of most operations are 5 to 25 a second, in each region.
  logs: [
    [25, 10],
    [25, 5],
  ],
  // Published: "Request throttling for the Elastic Load Balancing API".
  elasticloadbalancing: [
    [40, 10],
    [20, 3],
  ],
};

/** Token buckets on the world's clock: what is too much for AWS is too much for the sandbox. */
export class ThrottleBuckets {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a token; false: there is none, and the call is to be throttled. */
  take(service: string, operation: string): boolean {
    const [name, limit] = bucketOf(service, operation);
    if (!limit) return true;
    const [burst, perSecond] = limit;
    const now = this.#clock.now().getTime();
    const bucket = this.#buckets.get(name) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    this.#buckets.set(name, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}

function bucketOf(service: string, operation: string): [name: string, limit: Limit | undefined] {
  // 5,000 a second.
  if (operation === "PutLogEvents") return [operation, undefined];
  const reading = isReading(operation);
  if (service === "ec2") return [`ec2:${operation}`, EC2[operation] ?? (reading ? EC2_READING : EC2_CHANGING)];
  return [`${service}:${reading ? "reading" : "changing"}`, SHARED[service]?.[reading ? 0 : 1]];
}
