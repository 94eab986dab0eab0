/** How many AWS calls a run has made. Retries of one call count once, pages of one listing each. */
export class CallCount {
  reading = 0;
  changing = 0;
  /** Calls by service and operation, e.g. `ec2:DescribeInstances`. */
  readonly byOperation = new Map<string, number>();

  /** Counts a call, e.g. `ec2`, `DescribeInstances`. */
  count(service: string, operation: string): void {
    if (isReading(operation)) this.reading += 1;
    else this.changing += 1;
    const key = `${service}:${operation}`;
    this.byOperation.set(key, (this.byOperation.get(key) ?? 0) + 1);
  }
}

/** One call, its retries included. */
export interface Call {
  /** As its client is named here, e.g. `ec2`. */
  readonly service: string;
  readonly operation: string;
  /** When it was made; milliseconds since the epoch. */
  readonly at: number;
  readonly ms: number;
  readonly changing: boolean;
  /** AWS's error code, or the error's name; absent: it was answered. */
  readonly code?: string;
}

/** Whether an operation only reads, by AWS's own naming. */
export function isReading(operation: string): boolean {
  return /^(Describe|Get|List|Lookup|BatchGet|Search|Filter|Simulate)/.test(operation);
}
