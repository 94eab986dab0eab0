import { AwsError, notEmulated } from "../../wire/service.ts";

/** Refuses members of a structure that are not honoured, by name. */
export function honouring(structure: object | undefined, members: readonly string[], at: string): void {
  for (const [name, value] of Object.entries(structure ?? {})) {
    if (value !== undefined && !members.includes(name)) throw notEmulated(`the parameter ${at}.${name}`);
  }
}

export function invalidValue(message: string): AwsError {
  return new AwsError("InvalidParameterValue", message);
}

export function invalidCombination(message: string): AwsError {
  return new AwsError("InvalidParameterCombination", message);
}

export function missingParameter(name: string): AwsError {
  return new AwsError("MissingParameter", `The request must contain the parameter ${name}`);
}
