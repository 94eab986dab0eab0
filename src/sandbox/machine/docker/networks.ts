import { createHash } from "node:crypto";

/** The networks that every docker has. */
export const BUILT_IN_NETWORKS = ["bridge", "host", "none"].map((name) => ({
  name,
  id: createHash("sha256").update(`network ${name}`).digest("hex"),
  driver: name === "none" ? "null" : name,
  labels: {},
  created: "0001-01-01T00:00:00Z",
}));
