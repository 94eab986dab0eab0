import * as z from "zod";
import { evenIfWrong, ingress } from "../rules.ts";
import * as value from "../values.ts";

/** Variables of the load balancer. */
export const loadBalancer = z.strictObject({
  /** Default `bia-alb`. */
  name: value.balancerName().default("bia-alb"),
  /** Port of the HTTP listener. Default 80. */
  httpPort: value.port().default(80),
  /** Port of the HTTPS listener, which is there when `domain.name` is. Default 443. */
  httpsPort: value.port().default(443),
  securityGroup: z
    .strictObject({
      /** Default `bia-alb-teste`. */
      name: value.securityGroupName().default("bia-alb-teste"),
      /** Cannot be changed once the group exists. */
      description: value.securityGroupDescription().default("SG do ALB da Bia"),
      /** Who may reach the load balancer. Default: everybody, on tcp 80 and 443. */
      ingress: ingress.default([
        { protocol: "tcp", port: 80, cidr: "0.0.0.0/0", description: "Liberado para o Mundo" },
        { protocol: "tcp", port: 443, cidr: "0.0.0.0/0", description: "Liberado para o Mundo" },
      ]),
    })
    .prefault({}),
});

/** Variables of what it sends requests to. */
export const targetGroup = z.strictObject({
  /** Default `tg-bia`. */
  name: value.balancerName().default("tg-bia"),
  /** The port that targets are registered with when they name none; ECS names the container's own. Default 80. */
  port: value.port().default(80),
  /**
   * Seconds that a leaving target may finish its requests in. Default 5, AWS's advice for requests that take less than one (the
   * course has 30, AWS's own is 300): give it more for uploads and streams.
   */
  deregistrationDelay: value.whole(0, 3600, "seconds").default(5),
  healthCheck: z
    .strictObject({
      /** The path that must answer. Default `/`. */
      path: value.urlPath().default("/"),
      /** Good answers in a row that make an unhealthy target healthy again; a new one needs a single one. Default 2 (course: 5). */
      healthyThreshold: value.whole(2, 10).default(2),
      /** Bad answers in a row that make a target unhealthy. Default 3, with `interval` 15 seconds (course: 2, and 30). */
      unhealthyThreshold: value.whole(2, 10).default(3),
      /** Seconds that an answer may take; less than `interval`. Default 4 (course: 5). */
      timeout: value.whole(2, 120, "seconds").default(4),
      /** Seconds between two checks. Default 5: a new task waits for one of them (course: 15). */
      interval: value.whole(5, 300, "seconds").default(5),
      /** The HTTP codes that count as healthy. Default `200-299`. */
      successCodes: value.statusCodes().default("200-299"),
    })
    .refine(({ timeout, interval }) => !(timeout >= interval), {
      path: ["timeout"],
      error: "fewer seconds than healthCheck.interval",
      when: evenIfWrong,
    })
    .prefault({}),
});

/** Variables of the name under which it is reached. */
export const domain = z.strictObject({
  /** A domain that you own, e.g. `example.com.br`. Absent: `bia.localhost` on the sandbox; no zone and no HTTPS on aws. */
  name: value.domainName().optional(),
  /** The host in front of the domain under which the app answers. Default `www`. */
  host: value.hostLabel().default("www"),
  /** Seconds that resolvers may keep the records. Default 300. */
  ttl: value.whole(1, 2_147_483_647, "seconds").default(300),
});
