import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Explained } from "../../engine/errors.ts";

/** How a program is called. */
interface Call {
  readonly env?: NodeJS.ProcessEnv;
  /** What it reads; absent: nothing. */
  readonly input?: string | Buffer;
  /** Receives each line that it prints. */
  readonly show?: (line: string) => void;
}

interface Ended {
  /** Undefined: there is no such program. */
  readonly code: number | undefined;
  /** All that it printed. */
  readonly output: string;
}

/** Lines of a failure that are told. */
const LAST_LINES = 12;
/** Milliseconds in which a daemon answers, if it does. */
const ANSWER_MS = 15_000;

/** What builds and pushes images on this computer. */
export type Program = "docker" | "podman";

/**
 * The first of docker and podman whose engine answers.
 *
 * @throws {Explained} neither is there, or does
 */
export async function containerProgram(): Promise<Program> {
  const docker = await run("docker", ["version", "--format", "{{.Server.Version}}"], { timeout: ANSWER_MS });
  if (docker.code === 0) return "docker";
  const podman = await run("podman", ["info", "--format", "{{.Host.Arch}}"], { timeout: ANSWER_MS });
  if (podman.code === 0) return "podman";
  const there =
    docker.code !== undefined ? ({ name: "docker", ...docker } as const) : ({ name: "podman", ...podman } as const);
  if (there.code === undefined) {
    throw new Explained(
      "there is neither docker nor podman on this computer's PATH",
      "Install one of them, or let the work machine build: --builder machine.",
    );
  }
  throw new Explained(
    `${there.name} is there, but its engine does not answer: ${lastLines(there.output, 1)}`,
    "Start it (Docker Desktop, `sudo systemctl start docker`, `podman machine start`), or let the work machine build: --builder machine.",
  );
}

/** Calls a program to its end. @throws {Explained} it failed; with its last lines and `next` */
export async function call(
  program: Program,
  args: readonly string[],
  { next, ...call }: Call & { readonly next: string },
): Promise<string> {
  const { code, output } = await run(program, args, call);
  if (code === 0) return output;
  throw new Explained(`${program} ${args[0]} failed:\n${lastLines(output, LAST_LINES)}`, next);
}

/** Lets `act` work in a folder of its own, which only this user can read and which is gone afterwards. */
export async function inPrivateFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), "bia-docker-"));
  try {
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(
  program: Program,
  args: readonly string[],
  { env = process.env, input, show, timeout }: Call & { readonly timeout?: number } = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"], ...(timeout && { timeout }) });
    let output = "";
    let line = "";
    const hear = (chunk: string) => {
      output += chunk;
      const lines = (line + chunk).split(/\r?\n|\r/);
      line = lines.pop() ?? "";
      for (const one of lines) if (one.trim() !== "") show?.(one);
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", hear);
    child.on("error", (error: NodeJS.ErrnoException) =>
      resolve({ code: error.code === "ENOENT" ? undefined : 1, output: error.message }),
    );
    child.on("close", (code, signal) =>
      resolve({ code: code ?? 1, output: signal ? `${output}\nended by ${signal}` : output }),
    );
    // One that ends before it has read all says why itself.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

function lastLines(output: string, count: number): string {
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== "");
  return lines.slice(-count).join("\n") || "it said nothing";
}
