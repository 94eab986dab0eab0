import { awsClients } from "../aws/clients.ts";
import { explain } from "../aws/errors.ts";
import { taggedWith } from "../aws/tagged/index.ts";
import { RunStopped } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import { stackOf } from "../stacks/index.ts";
import { resolveTarget } from "../target.ts";
import { table } from "../terminal/columns.ts";
import { load, STACKS, type StackName, VariablesError } from "../variables/index.ts";
import { type Called, withCommands } from "./self.ts";

/** Options of `bia-infra stacks`. */
export interface StacksOptions {
  readonly target?: string;
  readonly json?: boolean;
}

/** A stack, and how much of it is up where its variables put it. */
interface Known {
  readonly stack: StackName;
  readonly stages: readonly string[];
  readonly target: "sandbox" | "aws";
  readonly region: string;
  /** How many things of EC2, of which every stack has some, carry its tag. Absent: nobody could look. */
  readonly things?: number;
  /** Why nobody could look, in AWS's words. */
  readonly unseen?: string;
}

/**
 * Lists every stack with its stages, and what of it is up where `config/STACK.ts`, or the defaults, put it. Changes nothing.
 * Answers the exit code: 1 where it could not be looked.
 */
export async function stacksCommand(options: StacksOptions): Promise<number> {
  try {
    const known: Known[] = [];
    // One after the other: the first may have to start the sandbox.
    for (const stack of STACKS) known.push(await lookAt(stack, options));
    if (options.json) process.stdout.write(`${JSON.stringify(known, null, 2)}\n`);
    else for (const line of table(known.map(row))) process.stdout.write(`${line}\n`);
    return known.some(({ unseen }) => unseen !== undefined) ? EXIT.failed : EXIT.done;
  } catch (error) {
    if (error instanceof VariablesError) return say(error.message, EXIT.usage, options);
    if (error instanceof RunStopped) return say(`${error.message}\n${error.next}`, error.exitCode, options);
    throw error;
  }
}

async function lookAt(stack: StackName, options: StacksOptions): Promise<Known> {
  const { variables } = await load(undefined, undefined, stack);
  const target = await resolveTarget({ flag: options.target, env: process.env, variables });
  const { stages } = stackOf(variables, { region: target.region, target: target.name });
  const known = { stack, stages: stages.map(({ name }) => name), target: target.name, region: target.region };
  const clients = awsClients(target);
  try {
    const { things, unseen } = await taggedWith(clients, stack, { services: ["ec2"] });
    const [refused] = unseen;
    return refused ? { ...known, unseen: refused.why } : { ...known, things: things.length };
  } catch (error) {
    return { ...known, unseen: explain(error, target.endpoint, target.region).why };
  } finally {
    clients.close();
  }
}

function row({ stack, stages, target, region, things, unseen }: Known): string[] {
  const where = `${target}, ${region}`;
  const count = things === 1 ? "1 thing of EC2" : `${things} things of EC2`;
  const up = unseen ?? (things === 0 ? "not up" : `up: ${count}`);
  return [stack, `stages ${stages.join(", ")}`, where, up];
}

function say(message: string, exitCode: number, called: Called): number {
  process.stderr.write(`${withCommands(message, called)}\n`);
  return exitCode;
}
