/** Lines that a machine or a container has printed. */
export interface LogPart {
  /** True: instead of those that were told before. */
  readonly anew: boolean;
  /** The time is in milliseconds since the epoch; absent: nobody knows it. */
  readonly lines: readonly { readonly at?: number; readonly text: string }[];
}
