import * as z from "zod";
import { ingress } from "../rules.ts";
import * as value from "../values.ts";

/** Variables of the load balancer, which the internet reaches. */
export const loadBalancer = z.strictObject({
  /** Default `retail-store-ecs-ui`. */
  name: value.balancerName().default("retail-store-ecs-ui"),
  /** Port of its HTTP listener. Default 80. */
  port: value.port().default(80),
  securityGroup: z
    .strictObject({
      /** Default `retail-store-ecs-alb`. */
      name: value.securityGroupName().default("retail-store-ecs-alb"),
      /** Cannot be changed once the group exists. */
      description: value.securityGroupDescription().default("Load balancer of the retail store"),
      /** Who may reach the load balancer. Default: everybody, on tcp 80. */
      ingress: ingress.default([{ protocol: "tcp", port: 80, cidr: "0.0.0.0/0", description: "Everybody" }]),
    })
    .prefault({}),
});
