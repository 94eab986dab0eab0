import { stackOf } from "../stacks/index.ts";
import { load } from "../variables/index.ts";

/**
 * The names of a stack's stages. Calls no AWS.
 *
 * @throws {VariablesError} the variables cannot be used
 */
export async function stageNames({ config, stack }: { readonly config?: string; readonly stack?: string }) {
  const { variables } = await load(config, undefined, stack);
  const { stages } = stackOf(variables, { region: variables.region ?? "us-east-1", target: "aws" });
  return stages.map(({ name }) => name);
}
