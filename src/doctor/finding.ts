import type { Clients } from "../aws/clients.ts";
import type { Finding } from "../aws/finding.ts";
import type { Requirements } from "./requirements.ts";

export type { Finding } from "../aws/finding.ts";

/** What checks look at. */
export interface Examined {
  readonly aws: Clients;
  readonly region: string;
  /** True when the target is the sandbox. */
  readonly sandbox: boolean;
  readonly needs: Requirements;
}

/** One check. It only reads. */
export interface Check {
  readonly subject: string;
  look(examined: Examined): Promise<Finding[]>;
}
