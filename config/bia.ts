import { defineVariables } from "bia-infra";

/**
 * The variables of the bia stack. Whatever is not written here has the default of the course: hover over a name to read
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
  // A domain that you own: gives a hosted zone, a certificate and https://www.example.com.br.
  // domain: { name: "example.com.br" },
});
