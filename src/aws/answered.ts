/** Requests that took the same way within a while. Times are milliseconds, by the clock of the AWS that it was. */
export interface Answered {
  /** When the while began; since the epoch. */
  readonly at: number;
  readonly ms: number;
  /** The listener that they came to; absent: it is not told. */
  readonly listenerArn?: string;
  /** Of the listener's rule that decided, as AWS writes it: a number, or `default`. Absent: it is not told. */
  readonly priority?: string;
  /** Absent: the listener answered by itself, e.g. with a redirect. */
  readonly targetGroupArn?: string;
  /** Id and port of the target that answered, `i-0123:32768`; absent: it is not told, or there was none. */
  readonly target?: string;
  readonly count: number;
  /** Of these, how many clients were answered 5xx. */
  readonly failed: number;
}
