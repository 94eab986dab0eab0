import { coralError } from "../../wire/coral.ts";
import type { Violations } from "../../wire/service.ts";
import { AwsError, type Operations } from "../../wire/service.ts";

/** Operations of CloudWatch; each file declares some. */
export type CloudWatchOperations = Operations<typeof import("@aws-sdk/client-cloudwatch")>;

/** The refusal of an input that the service's model does not allow. */
export function refuses(violations: Violations): AwsError {
  return coralError("ValidationError", violations);
}

export function invalidValue(message: string): AwsError {
  return new AwsError("InvalidParameterValue", message);
}

export function invalidCombination(message: string): AwsError {
  return new AwsError("InvalidParameterCombination", message);
}

export function validationError(message: string): AwsError {
  return new AwsError("ValidationError", message);
}
