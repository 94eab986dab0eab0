/** A locally administered address, made from the private one. */
export function macOf(address: string): string {
  const bytes = [0x0a, 0xff, ...address.split(".").map(Number)];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
