import { AwsError, notEmulated } from "../../wire/service.ts";
import { isInstanceType } from "../catalogue/aws-names.ts";

/** Refuses members of a structure that are not honoured, by name. */
export function honouring(structure: object | undefined, members: readonly string[], at: string): void {
  for (const [name, value] of Object.entries(structure ?? {})) {
    if (value !== undefined && !members.includes(name)) throw notEmulated(`the parameter ${at}.${name}`);
  }
}

/** What EC2 says to a value that it does not take. */
export function invalidValue(message: string): AwsError {
  return new AwsError("InvalidParameterValue", message);
}

/** What EC2 says to parameters that do not fit each other. */
export function invalidCombination(message: string): AwsError {
  return new AwsError("InvalidParameterCombination", message);
}

/** What EC2 says where a parameter is missing. */
export function missingParameter(name: string): AwsError {
  return new AwsError("MissingParameter", `The request must contain the parameter ${name}`);
}

/** The refusal of an instance type that the sandbox does not have. */
export function missingType(name: string | undefined): AwsError {
  if (isInstanceType(name ?? "")) return notEmulated(`the instance type ${name}`);
  return invalidValue(`Invalid value '${name}' for InstanceType.`);
}
