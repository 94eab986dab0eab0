/** Writes one JSON line to stdout, the stream that `docker logs` and CloudWatch Logs collect. */
export function log(fields: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...fields })}\n`);
}
