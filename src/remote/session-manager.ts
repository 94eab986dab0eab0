import { spawn, spawnSync } from "node:child_process";
import { type SSMClient, StartSessionCommand, TerminateSessionCommand } from "@aws-sdk/client-ssm";
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
  checkPlugin();
  const request = {
    Target: instanceId,
    DocumentName: "AWS-StartInteractiveCommand",
    Parameters: { command: [`sudo -iu ${user}`] },
  };
  const { SessionId, TokenValue, StreamUrl } = await ssm.send(new StartSessionCommand(request));
  const endpoint = process.env.AWS_ENDPOINT_URL || `https://ssm.${region}.amazonaws.com`;
  const args = [
    RESPONSE_VARIABLE,
    region,
    "StartSession",
    process.env.AWS_PROFILE ?? "",
    JSON.stringify({ Target: instanceId }),
    endpoint,
  ];
  const env = { ...process.env, [RESPONSE_VARIABLE]: JSON.stringify({ SessionId, TokenValue, StreamUrl }) };
  try {
    return await run(args, env);
  } finally {
    // A shell that was left in order has ended its session already.
    await ssm.send(new TerminateSessionCommand({ SessionId })).catch(() => {});
  }
}

function checkPlugin(): void {
  const { error, stdout } = spawnSync(PLUGIN, ["--version"], { encoding: "utf8" });
  if (error) {
    throw new Explained(
      `a shell on a machine of AWS needs AWS's ${PLUGIN}, which is not installed here`,
      `Install it (${INSTALL}), or run single commands without it: \`bia-infra ssh -- docker ps\``,
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

function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
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
