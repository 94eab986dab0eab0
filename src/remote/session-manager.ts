import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import type { Readable } from "node:stream";
import {
  type SSMClient,
  StartSessionCommand,
  type StartSessionCommandInput,
  TerminateSessionCommand,
} from "@aws-sdk/client-ssm";
import { Explained } from "../engine/errors.ts";

const PLUGIN = "session-manager-plugin";
const INSTALL =
  "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html";
/** The variable that the plugin reads a session's token from, and the first version that does: the `aws` CLI uses both. */
const RESPONSE_VARIABLE = "AWS_SSM_START_SESSION_RESPONSE";
const READS_VARIABLE = [1, 2, 497];

/** Whose shell to open where. */
export interface ShellWanted {
  readonly region: string;
  readonly instanceId: string;
  readonly user: string;
}

/**
 * Opens a Session Manager session in this terminal. The plugin that AWS makes for it does the rest.
 *
 * @throws {Explained} the plugin is not installed, or too old to be given a token that no other process can read
 */
export async function openSession(ssm: SSMClient, { region, instanceId, user }: ShellWanted): Promise<number> {
  checkPlugin("a shell on a machine of AWS", "run single commands without it: `bia-infra ssh -- docker ps`");
  const session = await startSession(ssm, region, {
    Target: instanceId,
    DocumentName: "AWS-StartInteractiveCommand",
    Parameters: { command: [`sudo -iu ${user}`] },
  });
  try {
    return await run(session);
  } finally {
    // A shell that was left in order has ended its session already.
    await session.end();
  }
}

/** A port that only a machine of AWS reaches, and that machine. */
export interface ForwardWanted {
  readonly region: string;
  readonly instanceId: string;
  readonly host: string;
  readonly port: number;
}

/** A port of this computer behind which is another's. */
export interface Forwarded {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Milliseconds that the plugin may take to open its port. */
const OPENS_WITHIN = 30_000;

/**
 * Makes a port that a machine reaches one of this computer, until it is closed.
 *
 * @throws {Explained} as `openSession`; or the plugin did not open the port, in its own words
 */
export async function forwardPort(ssm: SSMClient, wanted: ForwardWanted): Promise<Forwarded> {
  const { region, instanceId, host, port } = wanted;
  checkPlugin(
    "the way to a database of AWS leads over the work machine and",
    "see `bia-infra db --print` for what it is to connect with",
  );
  const session = await startSession(ssm, region, {
    Target: instanceId,
    DocumentName: "AWS-StartPortForwardingSessionToRemoteHost",
    // Without a local port the plugin takes one that is free.
    Parameters: { host: [host], portNumber: [`${port}`] },
  });
  // In a group of its own: the terminal's Ctrl-C is for the program that uses the port.
  const child = spawn(PLUGIN, session.args, { stdio: ["ignore", "pipe", "pipe"], env: session.env, detached: true });
  const kill = () => void child.kill();
  process.on("exit", kill);
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()).on("error", () => resolve()));
  const close = async () => {
    kill();
    await ended;
    process.off("exit", kill);
    await session.end();
  };
  try {
    return { host: "127.0.0.1", port: await openedPort(child), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The port that the plugin says it has opened: `Port 54321 opened for sessionId ...`. */
function openedPort({ stdout, stderr }: ChildProcessByStdio<null, Readable, Readable>): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = "";
    const fail = (why: string) =>
      reject(
        new Explained(
          `${PLUGIN} ${why}: ${said.trim() || "it said nothing"}`,
          "Look whether the work machine's agent is online (`bia-infra ssh -- true`), then run the same command again.",
        ),
      );
    const limit = setTimeout(() => fail("opened no port in time"), OPENS_WITHIN);
    const read = (chunk: Buffer) => {
      said += chunk;
      const [, port] = /Port (\d+) opened for session/i.exec(said) ?? [];
      if (port === undefined) return;
      clearTimeout(limit);
      resolve(Number(port));
    };
    stdout.on("data", read);
    stderr.on("data", read);
    stdout.on("close", () => {
      clearTimeout(limit);
      fail("ended");
    });
  });
}

/** A session that was started, and how the plugin is called for it. */
interface Started {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  end(): Promise<void>;
}

async function startSession(ssm: SSMClient, region: string, request: StartSessionCommandInput): Promise<Started> {
  const { SessionId, TokenValue, StreamUrl } = await ssm.send(new StartSessionCommand(request));
  const endpoint = process.env.AWS_ENDPOINT_URL || `https://ssm.${region}.amazonaws.com`;
  const profile = process.env.AWS_PROFILE ?? "";
  return {
    args: [RESPONSE_VARIABLE, region, "StartSession", profile, JSON.stringify({ Target: request.Target }), endpoint],
    env: { ...process.env, [RESPONSE_VARIABLE]: JSON.stringify({ SessionId, TokenValue, StreamUrl }) },
    end: async () => {
      await ssm.send(new TerminateSessionCommand({ SessionId })).catch(() => {});
    },
  };
}

function checkPlugin(what: string, instead: string): void {
  const { error, stdout } = spawnSync(PLUGIN, ["--version"], { encoding: "utf8" });
  if (error) {
    throw new Explained(
      `${what} needs AWS's ${PLUGIN}, which is not installed here`,
      `Install it (${INSTALL}), or ${instead}`,
    );
  }
  const version = stdout.trim().split(".").map(Number);
  const difference = READS_VARIABLE.map((part, index) => (version[index] ?? 0) - part).find((one) => one !== 0) ?? 0;
  if (difference >= 0) return;
  throw new Explained(
    `${PLUGIN} ${stdout.trim()} is older than ${READS_VARIABLE.join(".")}: it takes the session's token as an argument, which others can read`,
    `Install a newer one: ${INSTALL}`,
  );
}

function run({ args, env }: Started): Promise<number> {
  return new Promise((resolve, reject) => {
    // Ctrl-C belongs to the shell on the machine, not to us.
    const leave = () => {};
    process.on("SIGINT", leave);
    const child = spawn(PLUGIN, args, { stdio: "inherit", env });
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("SIGINT", leave);
      resolve(code ?? 1);
    });
  });
}
