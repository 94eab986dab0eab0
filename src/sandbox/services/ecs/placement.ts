import type { PlacementConstraint, PlacementStrategy } from "@aws-sdk/client-ecs";
import { notEmulated } from "../../wire/service.ts";
import { readExpression } from "../../world/ecs/placement.ts";
import { invalid } from "./operation.ts";

/** @throws AwsError if it is an expression that the sandbox does not understand */
export function checkExpression(expression: string): void {
  if (!readExpression(expression)) throw notEmulated(`the placement expression '${expression}'`);
}

/** @throws AwsError */
export function checkConstraints(constraints: readonly PlacementConstraint[]): void {
  for (const { type, expression } of constraints) {
    if (type === "distinctInstance" && expression !== undefined) {
      throw invalid("The placement constraint distinctInstance does not take an expression.");
    }
    if (type === "memberOf") checkExpression(expression ?? "");
  }
}

/** @throws AwsError */
export function checkStrategy(strategy: readonly PlacementStrategy[]): void {
  for (const { type, field = "" } of strategy) {
    const isField =
      type === "random"
        ? field === ""
        : type === "binpack"
          ? /^(?:cpu|memory)$/i.test(field)
          : /^(?:instanceId|host|attribute:.+)$/.test(field);
    if (!isField) throw invalid(`Invalid field '${field}' of the placement strategy ${type}.`);
  }
}
