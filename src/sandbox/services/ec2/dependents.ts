import { AwsError } from "../../wire/service.ts";

/** How EC2 refuses to delete what others need; it never says who. */
export function inUse(thing: "vpc" | "subnet" | "routeTable" | "internetGateway", id: string): AwsError {
  return new AwsError("DependencyViolation", `The ${thing} '${id}' has dependencies and cannot be deleted.`);
}
