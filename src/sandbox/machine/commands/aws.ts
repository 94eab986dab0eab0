import { type Client, call, callAllPages, itemsBefore, waitFor } from "../aws/calls.ts";
import {
  type CommandLine,
  type Given,
  inputFrom,
  optionsOf,
  readOptions,
  splitCommandLine,
  UsageError,
} from "../aws/command-line.ts";
import { customizationOf, withoutPath } from "../aws/customizations.ts";
import { commandName, signingName } from "../aws/names.ts";
import { type Json, textOf } from "../aws/output.ts";
import { tableOf } from "../aws/table.ts";
import { ParameterError } from "../aws/values.ts";
import { type AwsOperation, AwsRefusal, type AwsWaiter } from "../aws-access.ts";
import { FileSystemError } from "../file-system.ts";
import { versions } from "../packages.ts";
import { fail, notEmulated, ok, type Process, type Programs, type Result } from "../program.ts";

/** Exit codes of the AWS CLI (User Guide, "Return codes"): an error of AWS, of the configuration, of the command line. */
const SERVICE_ERROR = 254;
const NO_CREDENTIALS = 253;
const WRONG_USAGE = 252;
const OTHER_ERROR = 255;

/** Commands that are no operations of AWS's. */
const OWN_COMMANDS = ["configure", "s3", "s3api", "help", "ecs execute-command", "ssm start-session", "logs tail"];

/** Options that only somebody with credentials or endpoints of his own needs. */
const REFUSED = [
  "profile",
  "endpoint-url",
  "ca-bundle",
  "no-sign-request",
  "debug",
  "cli-input-yaml",
  "generate-cli-skeleton",
];

export const awsPrograms: Programs = {
  async aws(args, process) {
    try {
      return await run(splitCommandLine(args), process);
    } catch (error) {
      return failure(error);
    }
  },
};

async function run(line: CommandLine, process: Process): Promise<Result> {
  const { system, env } = process;
  const { words, options } = line;
  if (options.has("version")) {
    const source = `source/${system.architecture}.amzn.2023`;
    return ok(`aws-cli/${versions.aws} Python/3.9.24 Linux/${versions.kernel}.${system.architecture} ${source}\n`);
  }
  const refused = REFUSED.find((name) => options.has(name));
  if (refused !== undefined) return notEmulated(`the option --${refused} of aws`);
  if (env.AWS_ACCESS_KEY_ID || env.AWS_PROFILE) {
    return notEmulated("credentials other than those of the machine's role");
  }
  const [command = "", operation = ""] = words;
  if (command === "") throw new UsageError("the following arguments are required: command");
  const own = OWN_COMMANDS.find((name) => [command, `${command} ${operation}`].includes(name));
  if (own !== undefined || operation === "help") return notEmulated(`aws ${own ?? words.join(" ")}`);
  const { aws } = system;
  // The region comes from the metadata service where nothing else names one (AWS CLI User Guide, "Precedence").
  const region = options.get("region") ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? system.facts.region;
  const name = signingName(command) ?? "";
  const service = await aws?.service(name);
  if (aws && !service) return notEmulated(`aws ${command}`);
  if (!aws?.hasCredentials || !service) {
    const message = 'Unable to locate credentials. You can configure credentials by running "aws configure".';
    return fail(`\n${message}\n`, NO_CREDENTIALS);
  }
  return execute({ aws, service, name, region }, line, process);
}

async function execute(client: Client, line: CommandLine, process: Process): Promise<Result> {
  const [command, name, ...more] = line.words;
  if (`${command} ${name}` === "ecr get-login-password") return loginPassword(client, line);
  if (name === "wait") {
    const [state, ...odd] = more;
    const waiters = Object.entries(client.service.waiters);
    const [title, waiter] = waiters.find(([each]) => commandName(each) === state) ?? [];
    if (!title || !waiter)
      return invalidChoice(
        "subcommand",
        waiters.map(([each]) => each),
      );
    return wait(
      client,
      title,
      waiter,
      await inputOf(client, waiter.operation, { ...line, words: odd }, process),
      process,
    );
  }
  const operations = [...client.service.operations.values()];
  const operation = operations.find((each) => commandName(each.name) === name);
  if (!operation)
    return invalidChoice(
      "operation",
      operations.map((each) => each.name),
    );
  // That it is not emulated is what there is to say of it, whatever its options are.
  const input = operation.isServed ? await inputOf(client, operation.name, { ...line, words: more }, process) : {};
  return print(operation, await answerTo(client, operation, input, line), line, process);
}

/** What the options of an operation say. @throws UsageError, ParameterError */
async function inputOf(client: Client, operation: string, line: CommandLine, process: Process): Promise<object> {
  const model = operationOf(client, operation);
  const custom = customizationOf(`${client.name} ${commandName(operation)}`);
  const known = new Map([...optionsOf(model.input), ...Object.entries(custom?.options ?? {})]);
  if (line.words.length > 0) throw new UsageError(`Unknown options: ${line.words.join(", ")}`);
  const given = new Map(await withFiles(readOptions(line.rest, known), process));
  custom?.apply(given);
  const json = line.options.get("cli-input-json");
  const text = json === undefined ? undefined : await fileOr(json, "cli-input-json", process);
  return inputFrom(model.input, model.required, client.name === "route53" ? withoutPath(given) : given, text);
}

function operationOf({ service }: Client, name: string): AwsOperation {
  const operation = service.operations.get(name);
  if (!operation) throw new Error(`there is no operation ${name}`);
  return operation;
}

async function withFiles(given: Given, process: Process): Promise<[string, string[]][]> {
  return Promise.all(
    [...given].map(async ([name, texts]): Promise<[string, string[]]> => {
      return [name, await Promise.all(texts.map((text) => fileOr(text, name, process)))];
    }),
  );
}

/** `file://PATH` stands for what is in the file. */
async function fileOr(text: string, option: string, { fs, cwd }: Process): Promise<string> {
  const [, binary, path] = /^file(b?):\/\/(.*)$/s.exec(text) ?? [];
  if (path === undefined) return text;
  try {
    const full = fs.resolvePath(cwd, path.replace(/^~(?=\/)/, "/home/ec2-user"));
    return binary ? Buffer.from(await fs.readFileBuffer(full)).toString("base64") : await fs.readFile(full);
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
    const problem = `Unable to load paramfile ${text}: [Errno 2] ${error.reason}: '${path}'`;
    throw new ParameterError(`Error parsing parameter '--${option}': ${problem}`);
  }
}

/** All pages, unless the command line says how many items it wants or pages by itself. */
function answerTo(client: Client, operation: AwsOperation, input: object, { options }: CommandLine) {
  const byHand = Object.keys(input).some(
    (name) => operation.pages?.input.includes(name) || /^max(Results|Records)$/i.test(name),
  );
  if (options.has("no-paginate") || byHand) return call(client, operation, input);
  const token = options.get("starting-token");
  const skipped = token === undefined ? 0 : itemsBefore(token);
  if (skipped === undefined) throw new UsageError(`Bad starting token: ${token}`);
  const most = options.get("max-items");
  return callAllPages(client, operation, input, { most: most === undefined ? undefined : Number(most), skipped });
}

async function print(
  operation: AwsOperation,
  answer: Json,
  { options }: CommandLine,
  { env }: Process,
): Promise<Result> {
  const query = options.get("query");
  const found = query === undefined ? answer : (await searcher())(query, answer);
  const output = options.get("output") ?? env.AWS_DEFAULT_OUTPUT ?? "json";
  if (output === "text") return ok(textOf(found));
  if (output === "table") return ok(tableOf(operation.name, found));
  if (output !== "json")
    return ["yaml", "yaml-stream", "off"].includes(output)
      ? notEmulated(`aws --output ${output}`)
      : unknownOutput(output);
  const isNothing =
    typeof found === "object" && found !== null && !Array.isArray(found) && Object.keys(found).length === 0;
  return ok(isNothing ? "" : `${JSON.stringify(found, null, 4)}\n`);
}

function unknownOutput(output: string): never {
  throw new UsageError(
    `argument --output: Invalid choice, valid choices are:\n\njson | text | table\n\nInvalid choice: '${output}'`,
  );
}

/** @throws UsageError for an expression that is none */
async function searcher(): Promise<(expression: string, answer: Json) => Json> {
  const { search } = await import("@aws-lambda-powertools/jmespath");
  return (expression, answer) => {
    try {
      return (search(expression, answer) ?? null) as Json;
    } catch (error) {
      throw new UsageError(`Bad value for --query ${expression}: ${(error as Error).message}`);
    }
  };
}

async function wait(
  client: Client,
  title: string,
  waiter: AwsWaiter,
  input: object,
  { signal }: Process,
): Promise<Result> {
  const operation = operationOf(client, waiter.operation);
  const look = () => callAllPages(client, operation, input, { most: undefined, skipped: 0 });
  const problem = await waitFor(waiter, look, await searcher(), signal);
  return problem === undefined ? ok() : fail(`\nWaiter ${title} failed: ${problem}\n`, OTHER_ERROR);
}

async function loginPassword(client: Client, { words, rest }: CommandLine): Promise<Result> {
  const odd = [...words.slice(2), ...rest];
  if (odd.length > 0) throw new UsageError(`Unknown options: ${odd.join(", ")}`);
  const answer = await call(client, operationOf(client, "GetAuthorizationToken"), {});
  const [data] = answer.authorizationData as { authorizationToken: string }[];
  const [, password = ""] = Buffer.from(data?.authorizationToken ?? "", "base64")
    .toString()
    .split(":");
  return ok(`${password}\n`);
}

function invalidChoice(argument: string, names: readonly string[]): never {
  const choices = names.map(commandName).sort();
  throw new UsageError(`argument ${argument}: Invalid choice, valid choices are:\n\n${choices.join("\n")}`);
}

function failure(error: unknown): Result {
  if (error instanceof ParameterError) return fail(`\n${error.message}\n`, WRONG_USAGE);
  if (error instanceof UsageError) {
    const synopsis = "usage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]";
    const help =
      "To see help text, you can run:\n\n  aws help\n  aws <command> help\n  aws <command> <subcommand> help\n";
    return fail(`\n${synopsis}\n${help}\naws: error: ${error.message}\n`, WRONG_USAGE);
  }
  if (!(error instanceof AwsRefusal)) throw error;
  if (error.code === undefined) return fail(`\n${error.message}\n`, OTHER_ERROR);
  if (error.code === "SandboxNotEmulated") return fail(`bia-infra sandbox: ${error.message}\n`, 125);
  return fail(
    `\nAn error occurred (${error.code}) when calling the ${error.operation} operation: ${error.message}\n`,
    SERVICE_ERROR,
  );
}
