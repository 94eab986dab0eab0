import * as z from "zod";
import { autoscaling } from "./retail/autoscaling.ts";
import { assets, carts, catalog, serviceConnect } from "./retail/back-ends.ts";
import { loadBalancer } from "./retail/load-balancer.ts";
import { network } from "./retail/network.ts";
import { observability } from "./retail/observability.ts";
import { cluster, logs, roles, ui } from "./retail/service.ts";
import { evenIfWrong } from "./rules.ts";
import { shared } from "./shared.ts";

/**
 * The variables of the retail stack, the shop of the ECS and Fargate workshop. Every one has a default, the workshop's own value
 * wherever it has one, so that a file that says no more than its stack is a working one. An unknown name is an error everywhere.
 */

/** The schema of a variables file of the retail stack. */
export const retailSchema = z
  .strictObject({
    /** Which stack this file is about: `retail`. */
    stack: z.literal("retail").describe("retail").default("retail"),
    ...shared,
    /** The VPC that everything of the stack is in. */
    network: network.prefault({}),
    /** What the internet reaches. */
    loadBalancer: loadBalancer.prefault({}),
    /** The ECS cluster. */
    cluster: cluster.prefault({}),
    /** What tasks may do. */
    roles: roles.prefault({}),
    /** What tasks print. */
    logs: logs.prefault({}),
    /** The shop's user interface. */
    ui: ui.prefault({}),
    /** The names by which the shop's services call each other. */
    serviceConnect: serviceConnect.prefault({}),
    /** The shop's pictures. */
    assets: assets.prefault({}),
    /** The shop's goods. */
    catalog: catalog.prefault({}),
    /** The shop's carts. */
    carts: carts.prefault({}),
    /** How many tasks of the user interface there are, once stage `autoscaling` is up. */
    autoscaling: autoscaling.prefault({}),
    /** What is measured of the cluster, once stage `observability` is up. */
    observability: observability.prefault({}),
  })
  .refine(({ roles }) => roles?.execution !== roles?.task, {
    path: ["roles", "task"],
    error: "another role than roles.execution",
    when: evenIfWrong,
  })
  .refine(({ roles }) => ![roles?.execution, roles?.task, roles?.catalogExecution].includes(roles?.cartsTask), {
    path: ["roles", "cartsTask"],
    error: "another role than the others of roles",
    when: evenIfWrong,
  })
  .refine(({ roles }) => ![roles?.execution, roles?.task].includes(roles?.catalogExecution), {
    path: ["roles", "catalogExecution"],
    error: "another role than roles.execution and roles.task",
    when: evenIfWrong,
  })
  .refine(({ ui, assets, catalog, carts }) => differ([ui, assets, catalog, carts].map((one) => one?.name)), {
    path: ["catalog", "name"],
    error: "names of services that differ",
    when: evenIfWrong,
  })
  .refine(({ ui, assets, catalog, carts }) => differ([ui, assets, catalog, carts].map((one) => one?.family)), {
    path: ["catalog", "family"],
    error: "families of task definitions that differ",
    when: evenIfWrong,
  })
  .refine(
    (all) =>
      differ(
        [all.loadBalancer, all.ui, all.assets, all.catalog, all.catalog?.database, all.carts].map(
          (one) => one?.securityGroup?.name,
        ),
      ),
    {
      path: ["ui", "securityGroup", "name"],
      error: "names of security groups that differ, whatever their capitals",
      when: evenIfWrong,
    },
  );

/** Whether no two names are the same, whatever their capitals; what is no name is told elsewhere. */
function differ(names: readonly unknown[]): boolean {
  const written = names.filter((name) => typeof name === "string").map((name) => name.toLowerCase());
  return new Set(written).size === written.length;
}

/** What a person may write: everything is optional. */
export type RetailInput = z.input<typeof retailSchema>;

/** The variables of the retail stack, complete: what was written, and the defaults for the rest. */
export type RetailVariables = z.output<typeof retailSchema>;
