import { defineVariables } from "bia-infra";

/**
 * The variables of the retail stack: `bia-infra create --stack retail --stage network`. Whatever is not written here has the
 * default of the workshop: hover over a name to read what it means, run `bia-infra validate --stack retail` to see what differs.
 */
export default defineVariables({
  stack: "retail",
  // Where to build: "sandbox" (this machine, free; the default) or "aws" (your account, costs money).
  // target: "aws",
  // region: "sa-east-1",
  //
  // A NAT gateway for each zone ("per-zone") instead of one for all ("one"), or none at all ("none").
  // network: { nat: "none" },
});
