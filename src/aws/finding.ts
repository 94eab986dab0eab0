import { explain } from "./errors.ts";

/** What a check came to. */
export interface Finding {
  /**
   * `ok`; `note`: worth knowing; `problem`: what is about to be done would fail, or do something else than meant; `unknown`: it
   * could not be looked at.
   */
  readonly level: "ok" | "note" | "problem" | "unknown";
  /** What was looked at, e.g. `default VPC`. */
  readonly subject: string;
  readonly text: string;
  /** What to do about it; absent: nothing. */
  readonly next?: string;
}

/** The findings of a check. What AWS refuses to tell is a finding too, in AWS's words. */
export async function findingsOn(subject: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    const { why, next } = explain(error, undefined);
    return [{ level: "unknown", subject, text: why, next }];
  }
}
