import { type Parsed, parseOptions } from "../../shell/options.ts";
import { type AwsAccess, AwsRefusal } from "../aws-access.ts";
import { versions } from "../packages.ts";
import { fail, notEmulated, ok, type Process, type Programs, type Result } from "../program.ts";

/** Exit codes of the AWS CLI (User Guide, "Return codes"): an error of AWS, of the configuration, of the command line. */
const SERVICE_ERROR = 254;
const NO_CREDENTIALS = 253;
const WRONG_USAGE = 252;

/** What a command asks AWS, with its options. */
interface Command {
  /** Operation of the API, as error messages name it. */
  readonly operation: string;
  /** Beside those that every command has; see `parseOptions`. */
  readonly options: readonly string[];
  readonly required?: string;
  /** A text is printed as it is; anything else as `--query` and `--output` say. */
  run(aws: AwsAccess, region: string, options: Parsed["options"]): unknown;
}

const commands: Readonly<Record<string, Command>> = {
  "ecr get-login-password": {
    operation: "GetAuthorizationToken",
    options: [],
    run: (aws, region) => `${aws.registryPassword(region)}\n`,
  },
  "ssm get-parameter": {
    operation: "GetParameter",
    options: ["name=", "with-decryption", "no-with-decryption"],
    required: "name",
    run: (aws, region, options) => ({
      Parameter: aws.parameter(region, options.get("name") ?? "", options.has("with-decryption")),
    }),
  },
  "sts get-caller-identity": {
    operation: "GetCallerIdentity",
    options: [],
    run: (aws) => aws.callerIdentity(),
  },
};

const common = ["region=", "output=", "query=", "no-cli-pager"];
const all = [...common, ...Object.values(commands).flatMap(({ options }) => options)];

export const awsPrograms: Programs = {
  aws(args, process) {
    const { system } = process;
    if (args[0] === "--version") {
      const source = `source/${system.architecture}.amzn.2023`;
      return ok(`aws-cli/${versions.aws} Python/3.9.24 Linux/${versions.kernel}.${system.architecture} ${source}\n`);
    }
    const { operands, options, unknown } = parseOptions(args, all);
    const [service = "", operation = "", ...rest] = operands;
    const command = commands[`${service} ${operation}`];
    if (!command) return notEmulated(`aws ${service} ${operation}`.trimEnd() + known);
    if (unknown) return notEmulated(`the option ${unknown} of aws ${service} ${operation}`);
    const mine = new Set([...common, ...command.options].map((option) => option.replace("=", "")));
    const odd = [...[...options.keys()].filter((name) => !mine.has(name)).map((name) => `--${name}`), ...rest];
    if (odd.length > 0) return usage(`Unknown options: ${odd.join(", ")}`);
    if (command.required !== undefined && !options.get(command.required)) {
      return usage(`the following arguments are required: --${command.required}`);
    }
    return call(command, options, process);
  },
};

const known = ` (it has aws ${Object.keys(commands).join(", aws ")}; more is done from your own computer)`;

function call(command: Command, options: Parsed["options"], { system, env }: Process): Result {
  // The region comes from the metadata service where nothing else names one (AWS CLI User Guide, "Precedence").
  const region = options.get("region") ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? system.facts.region;
  if (env.AWS_ACCESS_KEY_ID || env.AWS_PROFILE)
    return notEmulated("credentials other than those of the machine's role");
  const { aws } = system;
  if (!aws?.hasCredentials) {
    const message = 'Unable to locate credentials. You can configure credentials by running "aws configure".';
    return fail(`\n${message}\n`, NO_CREDENTIALS);
  }
  try {
    const answer = command.run(aws, region, options);
    return typeof answer === "string" ? ok(answer) : printed(answer, options);
  } catch (error) {
    if (!(error instanceof AwsRefusal)) throw error;
    const { operation } = command;
    return fail(
      `\nAn error occurred (${error.code}) when calling the ${operation} operation: ${error.message}\n`,
      SERVICE_ERROR,
    );
  }
}

/** Prints what `--query` leaves of an answer. Of JMESPath only names with dots between them are known. */
function printed(answer: unknown, options: Parsed["options"]): Result {
  const query = options.get("query");
  if (query !== undefined && !/^\w+(\.\w+)*$/.test(query)) return notEmulated(`aws --query ${query}`);
  const names = query?.split(".") ?? [];
  const value = names.reduce<unknown>((part, name) => (isObject(part) ? part[name] : undefined), answer) ?? null;
  const output = options.get("output") ?? "json";
  if (output === "json") return ok(`${JSON.stringify(value, null, 4)}\n`);
  return output === "text" ? ok(`${text(value)}\n`) : notEmulated(`aws --output ${output}`);
}

/** An object's own values on one line in the order of their names, then one line for each object inside it. */
function text(value: unknown, name?: string): string {
  if (!isObject(value)) return value === null ? "None" : String(value);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  const plain = entries.flatMap(([, part]) => (isObject(part) ? [] : [String(part)]));
  const line = [...(name === undefined ? [] : [name.toUpperCase()]), ...plain].join("\t");
  const inside = entries.flatMap(([key, part]) => (isObject(part) ? [text(part, key)] : []));
  return [...(plain.length > 0 ? [line] : []), ...inside].join("\n");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function usage(problem: string): Result {
  const synopsis = "usage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]";
  return fail(`\n${synopsis}\n\naws: error: ${problem}\n`, WRONG_USAGE);
}
