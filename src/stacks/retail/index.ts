import type { Stack } from "../../engine/task.ts";
import type { RetailVariables } from "../../variables/index.ts";
import type { Place } from "../place.ts";
import { autoscaling } from "./autoscaling.ts";
import { fundamentals } from "./fundamentals.ts";
import { network } from "./network.ts";
import { observability } from "./observability.ts";
import { security } from "./security.ts";
import { serviceConnect } from "./service-connect.ts";

/** The stack of the ECS and Fargate workshop: a shop in a network of its own. */
export function retail(variables: RetailVariables, place: Place): Stack {
  const { made, ...first } = network(variables, place);
  const { made: shop, ...second } = fundamentals(variables, place, made);
  const { made: links, ...mesh } = serviceConnect(variables, place, made, shop);
  return {
    name: "retail",
    stages: [
      first,
      second,
      autoscaling(variables, shop),
      mesh,
      observability(variables, shop),
      security(variables, place, made, shop, links),
    ],
  };
}
