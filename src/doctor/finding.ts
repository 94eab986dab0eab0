import type { Clients } from "../aws/clients.ts";
import { explain } from "../aws/errors.ts";
import type { Requirements } from "./requirements.ts";

/** What a check came to. */
export interface Finding {
  /**
   * `ok`; `note`: worth knowing; `problem`: a create would fail, or do something else than meant; `unknown`: it could not
   * be looked at.
   */
  readonly level: "ok" | "note" | "problem" | "unknown";
  /** What was looked at, e.g. `default VPC`. */
  readonly subject: string;
  readonly text: string;
  /** What to do about it; absent: nothing. */
  readonly next?: string;
}

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

/** The findings of a check. What AWS refuses to tell is a finding too, in AWS's words. */
export async function examine(check: Check, examined: Examined): Promise<Finding[]> {
  try {
    return await check.look(examined);
  } catch (error) {
    const { why, next } = explain(error, undefined);
    return [{ level: "unknown", subject: check.subject, text: why, next }];
  }
}
