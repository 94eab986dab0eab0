/** Where a stack is to stand. */
export interface Place {
  readonly region: string;
  /** The sandbox, where a name that nobody owns will do for a domain, or AWS itself. */
  readonly target: "sandbox" | "aws";
}
