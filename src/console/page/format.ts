/** A moment by the clock of this computer, with the day where it is not today. */
export function moment(at: number): string {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? date.toLocaleTimeString() : date.toLocaleString();
}

/** Requests a second, `12 /s`, in one piece. */
export function perSecond(rate: number): string {
  return `${rate.toLocaleString(undefined, { maximumFractionDigits: rate < 10 ? 1 : 0 })}\u00a0/s`;
}
