/** How many AWS calls a run has made. Retries of one call count once. */
export class CallCount {
  reading = 0;
  changing = 0;

  /** Counts a call by the name of its operation, e.g. `DescribeInstances`. */
  count(operation: string): void {
    if (isReading(operation)) this.reading += 1;
    else this.changing += 1;
  }
}

/** Whether an operation only reads, by AWS's own naming. */
export function isReading(operation: string): boolean {
  return /^(Describe|Get|List|Lookup|BatchGet|Search)/.test(operation);
}
