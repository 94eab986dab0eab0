/** Requests that were answered within a while. Times are milliseconds, by the clock of the AWS that it was. */
export interface Answered {
  /** When the while began; since the epoch. */
  readonly at: number;
  readonly ms: number;
  readonly targetGroupArn: string;
  /** Id and port of the target that answered, `i-0123:32768`; absent: it is not told, or there was none. */
  readonly target?: string;
  readonly count: number;
  /** Of these, how many clients were answered 5xx. */
  readonly failed: number;
}
