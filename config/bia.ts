import { defineVariables } from "bia-infra";

/**
 * The variables of the bia stack. Whatever is not written here has its default, the course's wherever that is safe and quick: hover over a name to read
 * what it means, press Ctrl+Space for the names that there are, run `bia-infra validate` to see what differs.
 */
export default defineVariables({
  // Where to build: "sandbox" (this machine, free; the default) or "aws" (your account, costs money).
  // target: "aws",
  // region: "sa-east-1",
  //
  // devMachine: {
  //   instanceType: "t3.small",
  //   // Open the app to your own address instead of everybody's.
  //   securityGroup: { ingress: [{ port: 3001, cidr: "203.0.113.7/32" }] },
  // },
  //
  // The course's figures for a roll, which then takes 185 s and not 115 s (`bia-infra deploy-version --explain`).
  // targetGroup: {
  //   deregistrationDelay: 30,
  //   healthCheck: { healthyThreshold: 5, unhealthyThreshold: 2, timeout: 5, interval: 15 },
  // },
  // taskDefinition: { container: { stopTimeout: 30 } },
  //
  // A domain that you own: gives a hosted zone, a certificate and https://www.example.com.br.
  // domain: { name: "example.com.br" },
});
