import { EXIT } from "../engine/outcome.ts";
import { permissionsOf } from "../stacks/index.ts";
import { COMMANDS, type Policy, policiesFor } from "../stacks/permissions.ts";
import { closest } from "../variables/closest.ts";
import { load, VariablesError } from "../variables/index.ts";
import { withCommands } from "./self.ts";

/** Options of `bia-infra permissions`. */
export interface PermissionsOptions {
  readonly config?: string;
  readonly stack?: string;
  /** Print the names and the policies as one JSON object. */
  readonly json?: boolean;
}

/**
 * Prints the least policies that a command needs, or all commands together, ready to be pasted into IAM. Calls no AWS. Answers
 * the exit code: 0, or 2 for a command that there is not or wrong variables.
 */
export async function permissionsCommand(command: string | undefined, options: PermissionsOptions): Promise<number> {
  const commands = COMMANDS.filter((one) => command === undefined || one === command);
  if (commands.length === 0) return refuse(unknown(command ?? ""));
  try {
    const { variables } = await load(options.config, undefined, options.stack);
    const region = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION || variables.region;
    print(command, policiesFor(permissionsOf(variables, region), commands), options);
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof VariablesError)) throw error;
    return refuse(withCommands(error.message));
  }
}

function print(command: string | undefined, policies: readonly Policy[], { json = false }: PermissionsOptions): void {
  const names = policies.map((_, index) => ["bia-infra", command, index + 1].filter(Boolean).join("-"));
  if (json) {
    const named = policies.map((document, index) => ({ name: names[index], document }));
    process.stdout.write(`${JSON.stringify({ command: command ?? "all", policies: named }, null, 2)}\n`);
    return;
  }
  const about = command === undefined ? "All commands need" : `${command} needs`;
  const count =
    policies.length === 1 ? "one policy" : `${policies.length} policies, because a managed one holds 6,144 characters`;
  process.stderr.write(policies.length === 0 ? `${about} no permission: it calls no AWS.\n` : `${about} ${count}:\n`);
  for (const policy of policies) process.stdout.write(`${JSON.stringify(policy, null, 2)}\n`);
}

function unknown(command: string): string {
  const near = closest(command, [...COMMANDS]);
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  return `There are no permissions of ${JSON.stringify(command)}.${hint}\nThe commands: ${COMMANDS.join(", ")}; without one, all of them.`;
}

function refuse(message: string): number {
  process.stderr.write(`${message}\n`);
  return EXIT.usage;
}
