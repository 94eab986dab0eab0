import type { AwsClients } from "../clients.ts";
import type { Tags } from "../tags.ts";

/** A thing and its tags. Tombstones (terminated instances, INACTIVE clusters) are no things. */
export interface Tagged {
  /** In AWS's own words, e.g. `target group`. */
  readonly type: string;
  /** Name, id or ARN: what a person finds it by. */
  readonly id: string;
  readonly tags: Tags;
  /** Id or name of what it goes with: a volume with its instance, an instance with its scaling group. */
  readonly partOf?: string;
}

/** What of a service may carry our tags. Lists may hold things without them. */
export type Scan = (clients: AwsClients, stack: string) => Promise<Tagged[]>;

/** What of these things is there, for services whose listing of tags goes on for a while with what is gone. */
export type Confirm = <Thing extends Tagged>(clients: AwsClients, things: readonly Thing[]) => Promise<Thing[]>;
