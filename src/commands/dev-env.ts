import { text as textOf } from "node:stream/consumers";
import { isCode } from "../aws/errors.ts";
import { NOTHING_SET, putSecret, secretNamed } from "../aws/secrets.ts";
import { create } from "../engine/create.ts";
import { Explained } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import type { AnyTask } from "../engine/task.ts";
import { envLine, parseLines } from "../remote/app/environment.ts";
import { askSecret } from "../terminal/ask.ts";
import { inSession, tell } from "./in-session.ts";
import { type MachineOptions, machineNamed } from "./on-work-machine.ts";
import type { Surroundings } from "./run-on-stack.ts";
import type { Session } from "./session.ts";

/** Bytes of a standard parameter's value (SSM, "Managing parameter tiers"). */
const MOST_BYTES = 4096;

/** `bia-infra dev env set NAME`: keeps a secret of the app's environment, from the terminal or stdin. Answers the exit code. */
export async function devEnvSet(name: string, options: MachineOptions, surroundings: Surroundings): Promise<number> {
  if (isNoName(name, options)) return EXIT.usage;
  if (process.stdin.isTTY && !process.stderr.isTTY) {
    tell("there is no terminal to ask on: let stderr be one, or give the value on stdin", options);
    return EXIT.usage;
  }
  const value = await secretFor(name);
  if (value === undefined) {
    tell("nothing was set", options);
    return EXIT.failed;
  }
  if (value === "" || value.includes("\0")) {
    // Without the value itself: what is typed here is a secret.
    tell(`the value of ${name} cannot be kept; allowed: a text that is not empty`, options);
    return EXIT.usage;
  }
  return change("dev env set", options, surroundings, (lines) => {
    lines.set(name, envLine(name, value));
    return `${name} is set`;
  });
}

/** `bia-infra dev env unset NAME`: takes a secret away. Answers the exit code. */
export async function devEnvUnset(name: string, options: MachineOptions, surroundings: Surroundings): Promise<number> {
  if (isNoName(name, options)) return EXIT.usage;
  return change("dev env unset", options, surroundings, (lines) =>
    lines.delete(name) ? `${name} is not set any more` : undefined,
  );
}

/** `bia-infra dev env list`: prints the names that are set, and no values. Answers the exit code. */
export function devEnvList(options: MachineOptions, surroundings: Surroundings): Promise<number> {
  return inSession("dev env list", options, surroundings, async (session) => {
    const { parameter } = secretsOf(session);
    const lines = await linesIn(session, parameter);
    for (const name of [...lines.keys()].sort()) process.stdout.write(`${name}\n`);
    return EXIT.done;
  });
}

function isNoName(name: string, options: MachineOptions): boolean {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return false;
  const given = name.includes("=") ? "NAME=VALUE: the value is asked for, or read from stdin" : name;
  tell(`no name of a variable: ${given}; allowed: letters, digits and _, no digit first`, options);
  return true;
}

async function secretFor(name: string): Promise<string | undefined> {
  if (process.stdin.isTTY) return askSecret(`Value of ${name} (it is not shown)`);
  return (await textOf(process.stdin)).replace(/\r?\n$/, "");
}

/** @param apply changes the lines and says what it did; undefined: there was nothing to do */
function change(
  command: string,
  options: MachineOptions,
  surroundings: Surroundings,
  apply: (lines: Map<string, string>) => string | undefined,
): Promise<number> {
  return inSession(command, options, surroundings, async (session) => {
    const { task, parameter } = secretsOf(session);
    await session.run().lease.take();
    await made(session, task);
    const lines = await linesIn(session, parameter);
    const did = apply(lines);
    if (did === undefined) {
      tell("it is not set", options);
      return EXIT.done;
    }
    const Value = [...lines.values()].join("\n") || NOTHING_SET;
    if (Buffer.byteLength(Value) > MOST_BYTES) {
      throw new Explained(
        `all secrets together may have ${MOST_BYTES} bytes in Parameter Store; with this one it is more`,
        "Unset others, or put what is no secret into app.env of the variables.",
      );
    }
    await putSecret(session.clients.ssm, parameter, Value);
    tell(`${did}; \`bia-infra dev up\` tells the app`, options);
    return EXIT.done;
  });
}

/** The parameter is there and carries our tags, or is made. */
async function made(session: Session, task: AnyTask): Promise<void> {
  const outcomes = await create(session.run({ quiet: true }), { tasks: [task], findOnly: new Map(), adopt: false });
  const outcome = outcomes.get(task);
  if (outcome?.is === "failed") throw outcome.error;
}

/** @throws {Explained} the variables give the app no environment */
function secretsOf({ stack }: Session) {
  const { secrets } = machineNamed(stack, undefined);
  if (secrets) return secrets;
  throw new Explained(
    "the variables give the app no environment, so `dev up` would write no `.env`",
    "Add `env: {}` to app in the variables, then run the same command again.",
  );
}

async function linesIn({ clients }: Session, parameter: string): Promise<Map<string, string>> {
  try {
    return parseLines((await secretNamed(clients.ssm, parameter)) ?? "");
  } catch (error) {
    if (isCode(error, "ParameterNotFound")) return new Map();
    throw error;
  }
}
