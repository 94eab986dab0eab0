import { awsClients } from "../aws/clients.ts";
import { classify, explain } from "../aws/errors.ts";
import { type Finding, findingsOf } from "../doctor/index.ts";
import { RunStopped } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import { checkedPack, envNotice, troubleWith } from "../remote/app/source-check.ts";
import { appSourceOf, requirementsOf } from "../stacks/index.ts";
import { resolveTarget, type Target } from "../target.ts";
import { findingLines } from "../terminal/findings.ts";
import { styleFor } from "../terminal/style.ts";
import { checkForTarget, load, type Variables, VariablesError } from "../variables/index.ts";
import { type Called, withCommands, withCommandsIn } from "./self.ts";

/** Options of `bia-infra doctor`. */
export interface DoctorOptions {
  readonly config?: string;
  readonly stack?: string;
  readonly target?: string;
  /** Print the findings as one JSON object. */
  readonly json?: boolean;
}

/**
 * Looks whether a create would succeed: credentials, region, network, types, versions, quotas, domain. Changes nothing.
 * Answers the exit code: 0 no problem found, 1 some, 2 wrong variables, 4 no usable credentials.
 */
export async function doctorCommand(options: DoctorOptions): Promise<number> {
  try {
    const { variables, path } = await load(options.config, undefined, options.stack);
    const target = await resolveTarget({ flag: options.target, env: process.env, variables });
    checkForTarget(variables, target.name, path);
    const findings = await examineTarget(target, variables);
    print(withCommandsIn(findings, options), target, options);
    if (findings.some(({ subject, level }) => subject === CREDENTIALS && level === "problem")) return EXIT.credentials;
    return findings.some(({ level }) => level === "problem") ? EXIT.failed : EXIT.done;
  } catch (error) {
    if (error instanceof VariablesError) return say(error.message, EXIT.usage, options);
    if (error instanceof RunStopped) return say(`${error.message}\n${error.next}`, error.exitCode, options);
    throw error;
  }
}

const CREDENTIALS = "credentials";

async function examineTarget(target: Target, variables: Variables): Promise<Finding[]> {
  const aws = awsClients(target);
  try {
    const text = `account ${await aws.account()}`;
    const needs = requirementsOf(variables, { region: target.region, target: target.name });
    const examined = { aws, region: target.region, sandbox: target.name === "sandbox", needs };
    const findings = [...(await sourceFindings(variables)), ...(await findingsOf(examined))];
    return [{ level: "ok", subject: CREDENTIALS, text }, ...findings];
  } catch (error) {
    const { why, next } = explain(error, target.endpoint ?? (process.env.AWS_ENDPOINT_URL || undefined), target.region);
    const level = classify(error) === "credentials" ? "problem" : "unknown";
    return [{ level, subject: CREDENTIALS, text: why, next }];
  } finally {
    aws.close();
  }
}

/** Whether the app can be built from what the variables name: a folder of this computer can be looked at here. */
async function sourceFindings(variables: Variables): Promise<Finding[]> {
  const source = appSourceOf(variables);
  if (source === undefined) return [];
  const trouble = await troubleWith(source);
  const subject = "app source";
  if (trouble) return [{ level: "problem", subject, text: trouble.message, next: trouble.next }];
  if ("git" in source) return [];
  const notice = await envNotice(await checkedPack(source.folder));
  return [
    { level: "ok", subject, text: `${source.folder} can travel to the work machine` },
    ...(notice === undefined ? [] : [{ level: "note" as const, subject, text: notice }]),
  ];
}

function print(findings: readonly Finding[], { name, region }: Target, { json = false }: DoctorOptions): void {
  if (json) process.stdout.write(`${JSON.stringify({ target: name, region, findings }, null, 2)}\n`);
  else
    process.stdout.write(
      `${findingLines(findings, styleFor(process.stdout.isTTY === true, process.env)).join("\n")}\n`,
    );
}

function say(message: string, exitCode: number, called: Called): number {
  process.stderr.write(`${withCommands(message, called)}\n`);
  return exitCode;
}
