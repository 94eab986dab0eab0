import { type Parsed, parseOptions } from "../../shell/options.ts";
import { fail, notEmulated, type Process, type Result } from "../program.ts";
import { type DockerEngine, isDockerError } from "./engine.ts";
import { TemplateError } from "./go-template.ts";

/** A command of docker or compose. It ends with a `Refusal` or an error of the engine as well as with a result. */
export type DockerCommand = (args: readonly string[], process: Process) => Result | Promise<Result>;

/** Ends a command from anywhere inside it. */
export class Refusal extends Error {
  readonly result: Result;
  /** It is the sandbox that cannot do it, and not docker. */
  readonly isGap: boolean;

  constructor(result: Result, isGap = false) {
    super(result.stderr);
    this.result = result;
    this.isGap = isGap;
  }
}

const SOCKET = "/run/docker.sock";
const API = "v1.44";

/** Exit code of a command that was cancelled. */
export const TERMINATED = 143;

/** Runs a command; what the engine refuses is worded as docker's client words it. */
export async function runCommand(run: DockerCommand, args: readonly string[], process: Process): Promise<Result> {
  const result = await outcome(run, args, process);
  // The commands after it see what it has had a container write.
  await process.system.docker.refresh();
  return result;
}

async function outcome(run: DockerCommand, args: readonly string[], process: Process): Promise<Result> {
  try {
    return await run(args, process);
  } catch (error) {
    if (process.signal?.aborted) return fail("", TERMINATED);
    if (error instanceof Refusal) return error.result;
    if (error instanceof TemplateError) return fail(`${error.message}\n`, 64);
    const refused = refusalOf(error);
    if (refused === undefined) throw error;
    return fail(refused);
  }
}

/** What docker's client prints of what the engine or its computer refuses; undefined: it is neither. */
function refusalOf(error: unknown): string | undefined {
  if (isDockerError(error)) return `Error response from daemon: ${error.message}\n`;
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  return `Error response from daemon: ${code === "ENOSPC" ? `no space left on device (${message})` : message}\n`;
}

/**
 * The engine behind the daemon.
 *
 * @param endpoint what the real client would ask, which it names when it may not
 * @throws Refusal
 */
export async function engineOf(process: Process, endpoint: string): Promise<DockerEngine> {
  const refused = unreachable(process, endpoint);
  if (refused !== undefined) throw new Refusal(fail(refused));
  const opened = process.system.docker.engine;
  if (!opened) throw new Refusal(notEmulated("containers, because it was started without an engine for them"));
  return await opened;
}

/** Why the daemon cannot be asked; undefined: it can. Its socket belongs to root and group docker. */
export function unreachable({ system, fs }: Process, endpoint: string): string | undefined {
  const socket = system.disk.at(SOCKET);
  if (!socket)
    return "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n";
  if (fs.may(socket, 6)) return undefined;
  return (
    `permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: ` +
    `Get "http://%2Fvar%2Frun%2Fdocker.sock/${API}/${endpoint}": dial unix /var/run/docker.sock: connect: permission denied\n`
  );
}

/**
 * Takes the arguments of a command apart, see `parseOptions`.
 *
 * @param command as it is typed, e.g. `docker run`
 * @param least number of operands
 * @throws Refusal
 */
export function parse(
  command: string,
  args: readonly string[],
  known: readonly string[],
  { least = 0, most = Number.POSITIVE_INFINITY, stopAtOperand = false } = {},
): Parsed {
  const parsed = parseOptions(args, known, stopAtOperand);
  if (parsed.unknown) throw new Refusal(notEmulated(`the option ${parsed.unknown} of ${command}`));
  const count = parsed.operands.length;
  if (count >= least && count <= most) return parsed;
  const wanted =
    most === 0
      ? "accepts no arguments"
      : least === most
        ? `requires exactly ${least} argument${least === 1 ? "" : "s"}`
        : `requires at least ${least} argument${least === 1 ? "" : "s"}`;
  throw new Refusal(fail(`"${command}" ${wanted}.\nSee '${command} --help'.\n`));
}

/** @throws Refusal naming what docker can and this machine cannot do */
export function refuse(what: string): never {
  throw gapOf(what);
}

/** The refusal of what docker can and this machine cannot do. */
export function gapOf(what: string): Refusal {
  return new Refusal(notEmulated(what), true);
}

/** Does something with each of the names, goes on after a failure, and prints the texts that came back, or the names. */
export async function forEach(names: readonly string[], act: (name: string) => Promise<unknown>): Promise<Result> {
  let stdout = "";
  let stderr = "";
  for (const name of names) {
    try {
      const said = await act(name);
      stdout += `${typeof said === "string" ? said : name}\n`;
    } catch (error) {
      const refused = refusalOf(error);
      if (refused === undefined) throw error;
      stderr += refused;
    }
  }
  return { stdout, stderr, exitCode: stderr === "" ? 0 : 1 };
}

/** Variables of an env file: `KEY=value` lines, comments, and names alone, which take the value of the environment. */
export async function envFile(path: string, process: Process): Promise<Record<string, string>> {
  let text: string;
  try {
    text = await process.fs.readFile(process.fs.resolvePath(process.cwd, path));
  } catch {
    throw new Refusal(fail(`docker: open ${path}: no such file or directory.\nSee 'docker run --help'.\n`, 125));
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return variables(lines, process);
}

/** `KEY=value` each; a name alone takes its value from the environment, or is left out. */
export function variables(lines: readonly string[], { env }: Process): Record<string, string> {
  return Object.fromEntries(
    lines.flatMap((line): [string, string][] => {
      const at = line.indexOf("=");
      if (at > 0) return [[line.slice(0, at), line.slice(at + 1)]];
      const value = env[line];
      return value === undefined ? [] : [[line, value]];
    }),
  );
}

/** Bytes of `512m`, `1g`, `1073741824`. */
export function bytes(text: string): number | undefined {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([bkmgt]?)(?:i?b)?$/i.exec(text.trim()) ?? [];
  return number === undefined
    ? undefined
    : Math.round(Number(number) * 1024 ** Math.max(0, "bkmgt".indexOf(unit.toLowerCase() || "b")));
}
