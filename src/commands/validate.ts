import { type Difference, differences } from "../variables/differences.ts";
import { type Loaded, load, VariablesError } from "../variables/index.ts";
import { show } from "../variables/problems.ts";
import { withCommands } from "./self.ts";

/** Options of `bia-infra validate`. */
export interface ValidateOptions {
  /** Path of the variables file; absent: `config/STACK.ts` of the working directory, or the defaults. */
  readonly config?: string;
  /** Which stack; absent: the one that the file names. */
  readonly stack?: string;
  /** Print one JSON object for a program instead of lines for a person. */
  readonly json?: boolean;
  /** Print the JSON schema of a variables file, and check nothing. */
  readonly schema?: boolean;
}

/**
 * Checks the variables and says which of them differ from the defaults. Calls no AWS.
 *
 * @returns the exit code: 0 valid, 2 not
 */
export async function validate(options: ValidateOptions): Promise<number> {
  if (options.schema) return printSchema();
  try {
    const loaded = await load(options.config, undefined, options.stack);
    const changed = differences(loaded.variables);
    process.stdout.write(
      options.json ? asJson({ valid: true, ...loaded, differences: changed }) : say(loaded, changed),
    );
    return 0;
  } catch (error) {
    if (!(error instanceof VariablesError)) throw error;
    const { file, problems } = error;
    if (options.json) process.stdout.write(asJson({ valid: false, file, problems }));
    else process.stderr.write(`${withCommands(error.message)}\n`);
    return 2;
  }
}

async function printSchema(): Promise<number> {
  const { jsonSchema } = await import("../variables/json-schema.ts");
  process.stdout.write(asJson(jsonSchema()));
  return 0;
}

function say({ path, variables }: Loaded, changed: readonly Difference[]): string {
  const source = path === undefined ? "no variables file: every value is the default" : path;
  const values = changed.map((one) => `  ${one.path} = ${show(one.value)}${wasDefault(one)}`);
  const count = changed.length === 1 ? "1 value differs" : `${changed.length} values differ`;
  const summary = changed.length === 0 ? "every value is the default" : `${count} from the defaults:`;
  return `${[
    `valid: ${source}`,
    ...(path === undefined ? [] : [`stack ${variables.stack}, ${summary}`, ...values]),
  ].join("\n")}\n`;
}

function wasDefault(difference: Difference): string {
  return "default" in difference ? `  (default ${show(difference.default)})` : "";
}

function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
