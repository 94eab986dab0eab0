import type { Stack } from "../../engine/task.ts";
import type { BiaVariables } from "../../variables/index.ts";
import type { Place } from "../place.ts";
import { aula1 } from "./aula1.ts";
import { aula23 } from "./aula2-3.ts";

/** The stack of the course: a work machine, then the app in high availability. */
export function bia(variables: BiaVariables, place: Place): Stack {
  const { made, ...first } = aula1(variables, place.region);
  return { name: "bia", stages: [first, aula23(variables, place, made)] };
}
