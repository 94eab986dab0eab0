/** One call of a run: the nth of its operation. */
export interface NumberedCall {
  readonly operation: string;
  readonly nth: number;
}

/**
 * The calls of a run, each counted among those of its operation: what other calls came before it depends on how fast the
 * computer is, e.g. renewals of the lock and looks at the output of scripts.
 */
export function numberedCalls(calls: readonly string[]): NumberedCall[] {
  return calls.map((operation, index) => ({
    operation,
    nth: calls.slice(0, index + 1).filter((earlier) => earlier === operation).length,
  }));
}
