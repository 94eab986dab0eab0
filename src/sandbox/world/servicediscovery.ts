import { randomInt } from "node:crypto";

const SIGNS = "abcdefghijklmnopqrstuvwxyz234567";

/** An id as Cloud Map gives them: `ns-466r45pf7y2kd3pb`. */
export function newDiscoveryId(prefix: "ns-" | "srv-" | ""): string {
  return `${prefix}${Array.from({ length: 16 }, () => SIGNS[randomInt(SIGNS.length)]).join("")}`;
}
