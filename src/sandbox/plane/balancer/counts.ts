/** Requests that were answered since the last such count, by where they went and what came of it. */
export interface RequestCount {
  /** As metrics name it: `app/NAME/ID`. */
  readonly loadBalancer: string;
  /** Absent: the load balancer answered by itself. */
  readonly target?: string;
  /** What the client got; 460: it went away before. */
  readonly status: number;
  readonly requests: number;
  /** Milliseconds that the target took, of all these requests. */
  readonly time: number;
}
