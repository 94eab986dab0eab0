import type { ServiceNetwork } from "../../aws/service-network.ts";

/** The network as the server tells it. */
export interface NetworkTold {
  readonly at: number;
  readonly now: ServiceNetwork;
  /** Of the last full minute that CloudWatch knows of; absent: of none. */
  readonly requests?: number;
}
