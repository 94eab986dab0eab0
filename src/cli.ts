import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { QueryLogsOptions } from "./commands/query-logs.ts";
import type { Surroundings } from "./commands/run-on-stack.ts";
import type { ShowRunOptions } from "./commands/runs.ts";
import { withCommands } from "./commands/self.ts";
import { HOW_TO_TRUST } from "./commands/trust.ts";
import { VERSION } from "./version.ts";

/** Exit code of wrong usage. */
const USAGE = 2;

/**
 * The command line: every command and flag. Each action imports its command when it is called, so that none pays for
 * the others. Answers the exit code.
 */
export async function runCli(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  let exitCode = 0;
  const finish = (code: number) => {
    exitCode = code;
  };
  const program = programOf(argv, surroundings, finish);
  try {
    refuseBeginning(program, argv);
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : USAGE;
  }
  return exitCode;
}

/**
 * How a command's name begins is nearest to that command, whatever is alike letter by letter: `deploy` to `deploy-version`, and not
 * to `destroy`.
 */
function refuseBeginning(program: Command, [typed = ""]: readonly string[]): void {
  const names = program.commands.map((command) => command.name());
  const begun = names.filter((name) => typed !== "" && name.startsWith(typed));
  if (begun.length === 0 || begun.includes(typed)) return;
  program.error(`error: unknown command '${typed}'\n(Did you mean ${begun.join(" or ")}?)`, { exitCode: USAGE });
}

function programOf(argv: readonly string[], surroundings: Surroundings, finish: (code: number) => void): Command {
  const program = new Command("bia-infra")
    .description(
      "Provision the stacks of the course on AWS, or on the AWS sandbox on this machine (the default, and free).",
    )
    .version(VERSION, "-V, --version")
    .exitOverride()
    // What stands after a command is that command's: `deploy-version --version v2` is a mistake, and asks for no version of ours.
    .enablePositionalOptions()
    .showHelpAfterError("Run it with --help to see what it takes.")
    .showSuggestionAfterError();

  onStack(program, "create", "make the stages true, from whatever is there already")
    .option("--yes", "do not ask before changing an aws account")
    .option("--replace <name>", REPLACE, collect)
    .option("--adopt", "take over things of the same name that were made by someone else")
    .action(async (options) => {
      const { createCommand } = await import("./commands/create.ts");
      finish(await createCommand({ ...options, ...(await chosen(options, "create")) }, surroundings));
    });

  onStack(program, "plan", "show what create would do; changes nothing")
    .option("--replace <name>", "show the plan with that made anew; may be given again", collect)
    .option("--exit-code", "exit with 3 when there is something to do")
    .action(async (options) => {
      const { planCommand } = await import("./commands/plan.ts");
      finish(await planCommand(options, surroundings));
    });

  onStack(program, "status", "show what is there, whether it is ready and what has drifted")
    .option("--watch", "go on showing the service, its tasks and targets and the database; Ctrl-C ends it")
    .action(async ({ watch, ...options }) => {
      if (watch && options.stage) throw usage("status", "--watch shows the whole stack: it takes no --stage");
      if (watch) return finish(await (await import("./commands/watch.ts")).watchCommand(options, surroundings));
      const { statusCommand } = await import("./commands/status.ts");
      finish(await statusCommand(options, surroundings));
    });

  program
    .command("outputs")
    .description("print urls, addresses, ids and name servers of what is up")
    .option("--stage <name>", "a stage of the stack, e.g. 1; may be given again", collect)
    .addOption(config())
    .addOption(target())
    .option("--json", "print them as a JSON object")
    .action(async (options) => {
      const { outputsCommand } = await import("./commands/outputs.ts");
      finish(await outputsCommand(options, surroundings));
    });

  addReleases(program, surroundings, finish);
  addReleased(program, surroundings, finish);
  addCiRole(program, surroundings, finish);

  onStack(program, "destroy", "delete what create made; asks for the stack's name first")
    .option("--yes", "do not ask")
    .action(async (options) => {
      const { destroyCommand } = await import("./commands/destroy.ts");
      finish(await destroyCommand({ ...options, ...(await chosen(options, "destroy")) }, surroundings));
    });

  program
    .command("validate")
    .description("check the variables file and show what differs from the defaults")
    .addOption(config())
    .option("--json", "print the result as JSON")
    .option("--schema", "print the JSON schema of the variables")
    .action(async (options) => {
      const { validate } = await import("./commands/validate.ts");
      finish(await validate(options));
    });

  program
    .command("cost")
    .description("what the stack costs on AWS while it is up, by part")
    .option("--stage <name>", "a stage of the stack, e.g. 1; may be given again", collect)
    .option("--all", "every stage of the stack (the default)")
    .addOption(config())
    .option("--json", "print it as JSON")
    .action(async (options) => {
      const { costCommand } = await import("./commands/cost.ts");
      finish(await costCommand(options));
    });

  program
    .command("doctor")
    .description("look whether a create would succeed: credentials, network, types, versions, quotas, domain")
    .addOption(config())
    .addOption(target())
    .option("--json", "print the findings as JSON")
    .action(async (options) => {
      const { doctorCommand } = await import("./commands/doctor.ts");
      finish(await doctorCommand(options));
    });

  program
    .command("permissions")
    .description("print the least IAM policy for a command, or for all of them")
    .argument("[command]", "plan, create, dev, deploy-version, rollback, destroy, doctor, unlock ...")
    .addOption(config())
    .option("--json", "print the policies as one JSON object")
    .action(async (command: string | undefined, options) => {
      const { permissionsCommand } = await import("./commands/permissions.ts");
      finish(await permissionsCommand(command, options));
    });

  program
    .command("open")
    .description("open the site, or another url of the stack, in the browser")
    .argument("[name]", "site, shop, app, or another name that `bia-infra outputs` shows with a url")
    .addOption(config())
    .addOption(target())
    .action(async (name: string | undefined, options) => {
      const { openCommand } = await import("./commands/open.ts");
      finish(await openCommand(name, options, surroundings));
    });

  program
    .command("console")
    .description("open a page on this computer that shows the stack, its deploys and its runs, live")
    .option("--port <number>", "where it is served (default: any free port)", port)
    .option("--no-open", "do not open the browser, only say where the page is")
    .addOption(config())
    .addOption(target())
    .action(async (options) => {
      const { consoleCommand } = await import("./commands/console.ts");
      finish(await consoleCommand(options, surroundings));
    });

  program
    .command("unlock")
    .description("remove the lock that a killed run left behind")
    .addOption(config())
    .addOption(target())
    .option("--yes", "do not ask")
    .action(async (options) => {
      const { unlockCommand } = await import("./commands/unlock.ts");
      finish(await unlockCommand(options));
    });

  program
    .command("logs")
    .description("show what the tasks of the service print")
    .argument("[service]", "another service of the cluster (default: the stack's own)")
    .option("--follow", "go on with what comes; Ctrl-C ends it")
    .option("--since <time>", "how far back to begin, e.g. 30s, 10m, 2h, 1d (default 1h)", span)
    .option("--previous", "of tasks that have stopped, instead of those that run")
    .option("--grep <pattern>", "only lines that match this regular expression", pattern)
    .option(
      "--query <query>",
      "ask CloudWatch Logs Insights: bia-infra logs --query 'fields @message | limit 5'",
      words,
    )
    .option("--group <name>", "with --query: another log group than the service's", words)
    .addOption(config())
    .addOption(target())
    .option("--json", "print each line, or the result of the query, as a JSON object")
    .action(async (service: string | undefined, options) => {
      if (options.query !== undefined) return finish(await queryLogs(service, options, surroundings));
      if (options.group !== undefined)
        throw usage("logs", "--group says where a --query looks: it goes with that only");
      if (options.follow && options.previous)
        throw usage("logs", "a stopped task prints nothing more: --follow and --previous exclude each other");
      const { logsCommand } = await import("./commands/logs.ts");
      finish(await logsCommand(service, options, surroundings));
    });

  program
    .command("metrics")
    .description("show what the service's tasks use, and its requests, latency and healthy targets, over time")
    .argument("[service]", "another service of the cluster (default: the stack's own)")
    .option("--since <time>", "how far back to begin, e.g. 30m, 6h, 3d (default 1h)", span)
    .option("--watch", "go on looking; Ctrl-C ends it")
    .addOption(config())
    .addOption(target())
    .option("--json", "print them as a JSON object, with --watch each change as one")
    .action(async (service: string | undefined, options) => {
      const { metricsCommand } = await import("./commands/metrics.ts");
      finish(await metricsCommand(service, options, surroundings));
    });

  addExec(program, argv, surroundings, finish);
  addRun(program, argv, surroundings, finish);
  addDev(program, surroundings, finish);

  program
    .command("ssh")
    .description("open a shell on a machine, or run one command there: bia-infra ssh bia-dev -- docker ps")
    .usage("[options] [machine] [-- command...]")
    .argument("[words...]", "the machine's name (default: the work machine); after --, a command to run there")
    .addOption(config())
    .addOption(target())
    .action(async (words: string[], options) => {
      const { sshCommand } = await import("./commands/ssh.ts");
      const command = afterDashes(argv);
      const [machine, ...rest] = words.slice(0, words.length - command.length);
      finish(await sshCommand(machine, { ...options, command: [...rest, ...command] }, surroundings));
    });

  program
    .command("db")
    .description("open psql on the stack's database: bia-infra db -- -c 'select 1'")
    .usage("[options] [-- psql arguments...]")
    .argument("[words...]", "after --, what psql is called with")
    .option("--print", "only say how to connect; the password is not shown")
    .addOption(config())
    .addOption(target())
    .action(async (args: string[], options) => {
      const { dbCommand } = await import("./commands/db.ts");
      finish(await dbCommand({ ...options, args }, surroundings));
    });

  program
    .command("stacks")
    .description("list the stacks that there are, and what of each is up")
    .addOption(target())
    .option("--json", "print them as JSON")
    .action(async (options) => {
      const { stacksCommand } = await import("./commands/stacks.ts");
      finish(await stacksCommand(options));
    });

  addGraph(program, finish);
  addRuns(program, finish);
  addLoad(program, surroundings, finish);
  addWatch(program, surroundings, finish);
  addSandbox(program, finish);
  giveStack(program);
  return program;
}

/** `--stack` wherever there is `--config`: what has variables is about a stack. */
function giveStack(command: Command): void {
  for (const one of command.commands) giveStack(one);
  if (command.options.some(({ long }) => long === "--config")) {
    command.option("--stack <name>", "which stack (default: the one that the variables file names, else bia)");
  }
}

async function queryLogs(
  service: string | undefined,
  { follow, previous, grep, ...options }: { follow?: true; previous?: true; grep?: RegExp } & QueryLogsOptions,
  surroundings: Surroundings,
): Promise<number> {
  const [other] = Object.entries({ follow, previous, grep }).flatMap(([name, given]) => (given ? name : []));
  if (other !== undefined) throw usage("logs", `--query and --${other} exclude each other`);
  if (options.group !== undefined && service !== undefined)
    throw usage("logs", "--group says where to look: a service does not go with it");
  const { queryLogsCommand } = await import("./commands/query-logs.ts");
  return queryLogsCommand(service, options, surroundings);
}

const REPLACE = "let what AWS cannot change be deleted and made anew, with all that needs it; may be given again";

/** A command that works on a stack, with the options that all of them have. */
function onStack(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option("--stage <name>", "a stage of the stack, e.g. 1; may be given again", collect)
    .option("--all", "every stage of the stack")
    .addOption(config())
    .addOption(target())
    .option("--concurrency <calls>", "AWS calls under way at once (default 48)", positive)
    .option("--json", "print events as NDJSON; the last line is the report");
}

/** Which stages a command that changes something works on: it has to be said. */
async function chosen(
  { stage, all, ...of }: { stage?: string[]; all?: boolean; config?: string; stack?: string },
  command: string,
): Promise<{ stage?: string[] }> {
  if (stage && all) throw usage(command, "--stage and --all exclude each other");
  if (!stage && !all) {
    const { stageNames } = await import("./commands/stage-names.ts");
    // What is wrong with the variables is told once there is something to work on.
    const names = await stageNames(of).catch(() => ["NAME"]);
    throw usage(command, `say what to work on: ${names.map((name) => `--stage ${name}`).join(", ")}, or --all`);
  }
  return stage ? { stage } : {};
}

function usage(command: string, problem: string): CommanderError {
  process.stderr.write(`error: ${problem}\nRun \`bia-infra ${command} --help\` to see what it takes.\n`);
  return new CommanderError(USAGE, "bia-infra.usage", problem);
}

function config(): Option {
  return new Option(
    "--config <path>",
    "the variables file (default: config/STACK.ts if it is there, else the defaults)",
  );
}

function target(): Option {
  return new Option("--target <name>", "where to build; BIA_TARGET and the variables file can say it too").choices([
    "sandbox",
    "aws",
  ]);
}

function collect(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

function positive(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("It must be a whole number, 1 or more.");
  return number;
}

/** Milliseconds. */
function span(value: string): number {
  const [, number, unit = ""] = /^(\d+)(s|m|h|d)$/.exec(value) ?? [];
  if (!(Number(number) > 0))
    throw new InvalidArgumentError("It must be a number above 0 with s, m, h or d, such as 10m.");
  return Number(number) * { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit as "s" | "m" | "h" | "d"];
}

function words(value: string): string {
  if (value.trim() !== "") return value;
  throw new InvalidArgumentError("It must not be empty.");
}

function pattern(value: string): RegExp {
  try {
    return new RegExp(value, "u");
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function addReleases(program: Command, surroundings: Surroundings, finish: (code: number) => void): void {
  onService(program, "deploy-version", "build a version, put the service on it, and watch until it alone serves")
    .option("--tag <tag>", "what the version and its image are called", imageTag)
    .option(
      "--env <name=value>",
      "of a service whose image is not built here: a variable of its container, over those of the stack's variables, until the next create; may be given again",
      assignment,
    )
    .option("--explain", "only say how long a roll takes at its shortest, and which settings make it so")
    .addOption(
      new Option(
        "--builder <who>",
        "who builds the image; docker: this computer's docker or podman; none: it is in the repository already (default: machine)",
      ).choices(["machine", "docker", "none"]),
    )
    .option("--build-arg <name=value>", "an ARG of the Dockerfile; may be given again", assignment)
    .addOption(
      new Option(
        "--wait <until>",
        "deployed: it alone serves; stable: nothing is left to do; none (default: deployed)",
      ).choices(["deployed", "stable", "none"]),
    )
    .option("--timeout <seconds>", "how long the roll-out may stand still (default 900)", positive)
    .option("--migrate", "run the app's migrations with the new image first; where they fail nothing is rolled out")
    .option(
      "--probe [rate]",
      "request the public url throughout, so many times a second (default 10), and say what came of it",
      positive,
    )
    .option("--no-rollback", "leave a version that fails as it is, instead of taking it back")
    .option("--yes", "do not ask before changing an aws account")
    .action(async (service: string | undefined, options) => {
      if (options.explain) {
        const { explainDeploy } = await import("./commands/explain-deploy.ts");
        return finish(await explainDeploy({ ...options, service }));
      }
      if (!options.tag && !options.env)
        throw usage("deploy-version", "say what the version is called: --tag v2; or what is changed: --env NAME=VALUE");
      const building = ["tag", "builder", "buildArg", "migrate"].find((name) => options[name]);
      if (options.env && building) {
        const flag = building.replace("buildArg", "build-arg");
        throw usage("deploy-version", `--env changes a service whose image is not built here: it takes no --${flag}`);
      }
      const { deployVersionCommand } = await import("./commands/deploy-version.ts");
      finish(await deployVersionCommand({ ...options, service }, surroundings));
    });
  program
    .command("verify")
    .description("look what would keep a version from serving: image, roles, secrets, logs, network, room")
    .argument("[service]", WHICH_SERVICE)
    .option(
      "--tag <tag>",
      "also whether its image is there for the machines (default: the image that serves)",
      imageTag,
    )
    .addOption(config())
    .addOption(target())
    .option("--json", "print the findings as JSON")
    .action(async (service: string | undefined, options) => {
      const { verifyCommand } = await import("./commands/verify.ts");
      finish(await verifyCommand({ ...options, service }, surroundings));
    });
}

function addReleased(program: Command, surroundings: Surroundings, finish: (code: number) => void): void {
  onService(program, "versions", "the revisions of the service, newest first, and which of them serves")
    .option("--last <count>", "how many (default 10)", positive)
    .action(async (service: string | undefined, options) => {
      const { versionsCommand } = await import("./commands/versions.ts");
      finish(await versionsCommand({ ...options, service }, surroundings));
    });
  const putOn = (name: string, description: string) =>
    onService(program, name, description)
      .option("--timeout <seconds>", "how long the roll-out may stand still (default 900)", positive)
      .option("--yes", "do not ask before changing an aws account");
  putOn("rollback", "put the service on the version that served before")
    .option("--to <revision>", "a revision's number, or a version")
    .action(async (service: string | undefined, options) => {
      const { rollbackCommand } = await import("./commands/rollback.ts");
      finish(await rollbackCommand({ ...options, service }, surroundings));
    });
  putOn("restart", "start the service's tasks anew, one after the other").action(
    async (service: string | undefined, options) => {
      const { restartCommand } = await import("./commands/rollback.ts");
      finish(await restartCommand({ ...options, service }, surroundings));
    },
  );
}

function addGraph(program: Command, finish: (code: number) => void): void {
  program
    .command("graph")
    .description("print the graph of the stack: what it is made of, and what waits for what")
    .option("--stage <name>", "a stage of the stack, with what it needs of others; may be given again", collect)
    .addOption(
      new Option("--format <format>", "a picture, or text that GitHub (mermaid) or Graphviz (dot) draws")
        .choices(["svg", "mermaid", "dot"])
        .default("mermaid"),
    )
    .addOption(config())
    .action(async (options) => {
      const { graphCommand } = await import("./commands/graph.ts");
      finish(await graphCommand(options));
    });
}

function addRuns(program: Command, finish: (code: number) => void): void {
  const runs = program
    .command("runs")
    .description("list what was created, destroyed and deployed from here, newest first")
    .option("--json", "print them as JSON")
    .action(async (options) => {
      const { runsCommand } = await import("./commands/runs.ts");
      finish(await runsCommand(options));
    });
  runs
    .command("show")
    .description("show a run as a time line: what took how long, what it waited for, what it called")
    .argument("<run>", "its number, or a file that --json was written to")
    .option("--html <file>", "write a page with the time line, in one file")
    .option("--json", "print what the run said, as NDJSON")
    .action(async (which: string, _, command: Command) => {
      const options = command.optsWithGlobals<ShowRunOptions>();
      if (options.json && options.html !== undefined)
        throw usage("runs show", "--html writes a page and --json prints: choose one");
      const { showRunCommand } = await import("./commands/runs.ts");
      finish(await showRunCommand(which, options));
    });
}

function addCiRole(program: Command, surroundings: Surroundings, finish: (code: number) => void): void {
  program
    .command("ci-role")
    .description("make the role with which a repository's jobs on GitHub Actions deploy without a key")
    .option("--repo <owner/name>", "the repository", repository)
    .option("--branch <name>", "whose jobs may deploy (default: main)", exactly)
    .option("--environment <name>", "jobs of which environment of the repository may, instead", exactly)
    .option("--print", "only print what would be made, as JSON")
    .option("--delete", "delete it")
    .addOption(config())
    .addOption(target())
    .option("--json", "print events as NDJSON; the last line is the report")
    .option("--yes", "do not ask before changing an aws account")
    .action(async (options) => {
      const { repo, branch, environment, delete: gone, print } = options;
      if (!repo && !gone) throw usage("ci-role", "say whose jobs may deploy: --repo owner/name");
      if (branch && environment) throw usage("ci-role", "--branch and --environment exclude each other");
      if (gone && print) throw usage("ci-role", "--print and --delete exclude each other");
      const { ciRoleCommand } = await import("./commands/ci-role.ts");
      finish(await ciRoleCommand(options, surroundings));
    });
}

/** A port to listen on; 0 is any free one. */
function port(value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number <= 65_535) return number;
  throw new InvalidArgumentError("It must be a port: a whole number from 0 to 65535.");
}

/** A repository on GitHub. */
function repository(value: string): string {
  if (/^[A-Za-z\d](?:[A-Za-z\d-]*[A-Za-z\d])?\/[\w.-]+$/.test(value)) return value;
  throw new InvalidArgumentError("It must be OWNER/NAME, as in https://github.com/OWNER/NAME.");
}

/** A name that is compared letter by letter: what looks like a pattern would let nobody in. */
function exactly(value: string): string {
  if (value.trim() !== "" && !/[*?]/.test(value)) return value;
  throw new InvalidArgumentError("It must be one name, without * and ?.");
}

const WHICH_SERVICE = "which service, where the stack has several (default: the one that people reach)";

/** A command about one of the stack's services. */
function onService(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .argument("[service]", WHICH_SERVICE)
    .addOption(config())
    .addOption(target())
    .option("--json", "print events as NDJSON; the last line is the report");
}

/** A tag as docker takes it (distribution's reference grammar). */
function imageTag(value: string): string {
  if (!/^\w[\w.-]{0,127}$/.test(value)) {
    throw new InvalidArgumentError("A tag has 1 to 128 letters, digits, _ . and -, and does not start with . or -");
  }
  return value;
}

function assignment(value: string, earlier: Record<string, string> | undefined): Record<string, string> {
  const [, name, given] = /^([A-Za-z_]\w*)=(.*)$/s.exec(value) ?? [];
  if (name === undefined || given === undefined) throw new InvalidArgumentError("It must be NAME=VALUE.");
  return { ...earlier, [name]: given };
}

function addLoad(program: Command, surroundings: Surroundings, finish: (code: number) => void): void {
  program
    .command("load")
    .description("ask for a url at a steady pace, and say what came of it: bia-infra load URL --rate 200 --for 5m")
    .argument("<url>", "what is asked for, by GET; `bia-infra outputs` has the stack's", webUrl)
    .option("--rate <requests>", "how many a second, evenly spaced, whether or not answers come (default 10)", positive)
    .option("--for <time>", "how long, e.g. 30s, 5m, 1h (default 30s)", span)
    .option("--json", "print the numbers as NDJSON; the last line is the report")
    .action(async (url: URL, options) => {
      if (url.username || url.password) throw usage("load", "the url must be without a user and a password");
      const { loadCommand } = await import("./commands/load.ts");
      finish(await loadCommand(url, options, surroundings));
    });
}

function addWatch(program: Command, surroundings: Surroundings, finish: (code: number) => void): void {
  program
    .command("watch")
    .description("look at something of the stack again and again")
    .command("scaling")
    .description("the requests of each task beside their target, alarms, tasks and what scaled them; Ctrl-C ends it")
    .option("--for <time>", "how long, e.g. 30s, 5m, 1h (default: until Ctrl-C)", span)
    .addOption(config())
    .addOption(target())
    .option("--json", "print each change as a JSON object")
    .action(async (options) => {
      const { watchScalingCommand } = await import("./commands/watch-scaling.ts");
      finish(await watchScalingCommand(options, surroundings));
    });
}

function webUrl(value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new InvalidArgumentError("It must be a url such as https://www.bia.localhost:8443/");
  return url;
}

/** Commands in tasks. */
function addExec(
  program: Command,
  argv: readonly string[],
  surroundings: Surroundings,
  finish: (code: number) => void,
): void {
  program
    .command("exec")
    .description("run a command in a container of the service: bia-infra exec -- ls")
    .usage("[options] [service] -- command...")
    .argument("[words...]", "a service of the cluster (default: the stack's own); after --, the command")
    .option("--container <name>", "which container, where a task has several")
    .option("--task <id>", "in which task (default: the one that started last)")
    .addOption(config())
    .addOption(target())
    .action(async (words: string[], options) => {
      const command = afterDashes(argv);
      if (command.length === 0) throw usage("exec", "say what to run, after --: bia-infra exec -- ls");
      const [service, more] = words.slice(0, words.length - command.length);
      if (more !== undefined) throw usage("exec", `the command stands after --: bia-infra exec -- ${more}`);
      const { execCommand } = await import("./commands/exec.ts");
      finish(await execCommand(service, { ...options, command }, surroundings));
    });
}

function addRun(
  program: Command,
  argv: readonly string[],
  surroundings: Surroundings,
  finish: (code: number) => void,
): void {
  program
    .command("run")
    .description("run a command in a task of its own: bia-infra run -- npx sequelize db:seed:all")
    .usage("[options] [service] -- command...")
    .argument("[words...]", "a service of the stack (default: the one that people reach); after --, the command")
    .option("--tag <version>", "of which version, or revision (default: the one that serves)")
    .option("--memory <MiB>", "how much it gets (default: as the service's, or what a machine has left)", positive)
    .option("--cpu <units>", "how many CPU units it gets, 1024 to a vCPU (default: as with --memory)", positive)
    .addOption(config())
    .addOption(target())
    .action(async (words: string[], options) => {
      const command = afterDashes(argv);
      if (command.length === 0)
        throw usage("run", "say what to run, after --: bia-infra run -- npx sequelize db:migrate:status");
      const [service, more] = words.slice(0, words.length - command.length);
      if (more !== undefined) throw usage("run", `the command stands after --: bia-infra run -- ${more}`);
      const { runCommand } = await import("./commands/run.ts");
      finish(await runCommand({ ...options, service, command }, surroundings));
    });
}

function afterDashes(argv: readonly string[]): string[] {
  return argv.includes("--") ? argv.slice(argv.indexOf("--") + 1) : [];
}

function addDev(program: Command, surroundings: Surroundings, finish: (code: number) => void): void {
  const dev = program.command("dev").description("the app on the work machine");
  const actions = () => import("./commands/dev.ts");
  const onMachine = (name: string, description: string) =>
    dev.command(name).description(description).addOption(config()).addOption(target());
  onMachine("up", "send the app's source, build and start it, migrate its database")
    .option("--again", "do all of it anew, whatever was done before")
    .addOption(
      new Option("--database <which>", "use RDS's database of stage 2-3 from now on, or the machine's own").choices([
        "local",
        "rds",
      ]),
    )
    .option("--json", "print events as NDJSON; the last line is the report")
    .action(async (options) => finish(await (await actions()).devUp(options, surroundings)));
  onMachine("down", "stop the app and remove its containers")
    .option("--volumes", "delete its database too; asks first")
    .option("--yes", "do not ask")
    .action(async (options) => finish(await (await actions()).devDown(options, surroundings)));
  onMachine("logs", "show what the app's containers print")
    .option("--follow", "go on showing new lines")
    .option("--lines <count>", "how many of the last lines of each container (default 50)", positive)
    .action(async (options) => finish(await (await actions()).devLogs(options, surroundings)));
  const env = dev.command("env").description("secrets of the app's environment; `dev up` puts them into its `.env`");
  const envActions = () => import("./commands/dev-env.ts");
  const onSecrets = (name: string, description: string) =>
    env.command(name).description(description).addOption(config()).addOption(target());
  onSecrets("set", "set one; its value is asked for, or read from stdin")
    .argument("<NAME>", "name of the variable")
    .action(async (name, options) => finish(await (await envActions()).devEnvSet(name, options, surroundings)));
  onSecrets("list", "print the names that are set").action(async (options) =>
    finish(await (await envActions()).devEnvList(options, surroundings)),
  );
  onSecrets("unset", "take one away")
    .argument("<NAME>", "name of the variable")
    .action(async (name, options) => finish(await (await envActions()).devEnvUnset(name, options, surroundings)));
}

function addSandbox(program: Command, finish: (code: number) => void): void {
  const sandbox = program.command("sandbox").description("the AWS that runs on this machine");
  const actions = () => import("./commands/sandbox.ts");
  sandbox
    .command("start")
    .description("start it (every command does so by itself)")
    .action(async () => finish(await (await actions()).start()));
  sandbox
    .command("stop")
    .description("stop it; what is in it is kept for the next start")
    .action(async () => finish(await (await actions()).stop()));
  sandbox
    .command("status")
    .description("say whether it runs, where, and what it holds")
    .option("--json", "print it as JSON")
    .action(async (options) => finish(await (await actions()).status(options)));
  sandbox
    .command("machines")
    .description("list its machines, what runs on them and where that is reached")
    .option("--json", "print it as JSON")
    .action(async (options) => finish(await (await actions()).machines(options)));
  sandbox
    .command("reset")
    .description("delete everything in it")
    .option("--yes", "do not ask")
    .action(async (options) => finish(await (await actions()).reset(options)));
  sandbox
    .command("logs")
    .description("show the requests that it answered")
    .option("--follow", "go on showing new ones")
    .option("--lines <count>", "how many of the last ones (default 50)", positive)
    .action(async (options) => finish(await (await actions()).logs(options)));
  sandbox
    .command("env")
    .description('print what points any AWS client at it: eval "$(bia-infra sandbox env)"')
    .option("--shell <name>", "bash, zsh, fish, powershell or cmd (default: bash, powershell on Windows)")
    .action(async (options) => finish(await (await actions()).env(options)));
  sandbox
    .command("ca")
    .description("print the certificate that makes a program trust its servers, in PEM")
    .option("--domain <name>", "the one for the certificate of this domain")
    .addHelpText("after", () => withCommands(HOW_TO_TRUST))
    .action(async (options) => finish(await (await actions()).ca(options)));
}
