import type { Stack } from "../../engine/task.ts";
import type { RetailVariables } from "../../variables/index.ts";
import type { Place } from "../place.ts";
import { network } from "./network.ts";

/** The stack of the ECS and Fargate workshop: a shop in a network of its own. */
export function retail(variables: RetailVariables, place: Place): Stack {
  return { name: "retail", stages: [network(variables, place)] };
}
