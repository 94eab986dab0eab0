import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { StartSessionCommand, TerminateSessionCommand } from "@aws-sdk/client-ssm";
import { describe, expect, it, onTestFinished } from "vitest";
import { forwardPort } from "../../src/remote/session-manager.ts";

const WANTED = { region: "us-east-1", instanceId: "i-1", host: "bia.example.rds.amazonaws.com", port: 5432 };

/** A program in the place of AWS's plugin; answers the file in which it notes how it was called. */
async function plugin(body: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bia-plugin-"));
  const file = join(folder, "session-manager-plugin");
  const noted = join(folder, "called.json");
  const called = `require("node:fs").writeFileSync(${JSON.stringify(noted)}, JSON.stringify({ args: process.argv.slice(2), env: process.env.AWS_SSM_START_SESSION_RESPONSE }));`;
  const version = `if (process.argv[2] === "--version") { console.log("1.2.707.0"); process.exit(0); }`;
  await writeFile(file, `#!/usr/bin/env node\n${version}\n${called}\n${body}\n`);
  await chmod(file, 0o755);
  onPath([folder, dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return noted;
}

function onPath(path: string): void {
  const { PATH } = process.env;
  process.env.PATH = path;
  onTestFinished(() => {
    process.env.PATH = PATH;
  });
}

/** An SSM that starts sessions. */
function ssm() {
  const sent: unknown[] = [];
  const send = async (command: { input: unknown }) => {
    sent.push(command);
    return { SessionId: "s-1", TokenValue: "secret-token", StreamUrl: "wss://example" };
  };
  return { client: { send } as never, sent };
}

const OPENS = `const server = require("node:net").createServer((socket) => socket.end("hello"));
server.listen(0, "127.0.0.1", () => {
  console.log("Starting session with SessionId: s-1");
  console.log("Port " + server.address().port + " opened for sessionId s-1.");
  console.log("Waiting for connections...");
});`;

describe("a port that a machine of AWS reaches", () => {
  it("is one of this computer until it is closed, and the session's token is in no argument", async () => {
    const noted = await plugin(OPENS);
    const { client, sent } = ssm();
    const forwarded = await forwardPort(client, WANTED);
    expect(await hear(forwarded)).toBe("hello");
    const { args, env } = JSON.parse(await readFile(noted, "utf8")) as { args: string[]; env: string };
    expect(args.join(" ")).not.toContain("secret-token");
    expect(env).toContain("secret-token");
    expect((sent[0] as StartSessionCommand).input).toEqual({
      Target: "i-1",
      DocumentName: "AWS-StartPortForwardingSessionToRemoteHost",
      Parameters: { host: [WANTED.host], portNumber: ["5432"] },
    });
    await forwarded.close();
    await expect(hear(forwarded)).rejects.toThrow("ECONNREFUSED");
    expect(sent.map((command) => (command as object).constructor)).toEqual([
      StartSessionCommand,
      TerminateSessionCommand,
    ]);
  });

  it("is none where the plugin ends instead, whose words are told", async () => {
    await plugin(`console.error("Cannot perform start session: EOF"); process.exit(1);`);
    const { client, sent } = ssm();
    await expect(forwardPort(client, WANTED)).rejects.toMatchObject({
      message: "session-manager-plugin ended: Cannot perform start session: EOF",
      next: expect.stringContaining("bia-infra ssh"),
    });
    expect(sent).toHaveLength(2);
  });

  it("is none where the plugin is missing, and no session is started", async () => {
    onPath("/nowhere");
    const { client, sent } = ssm();
    await expect(forwardPort(client, WANTED)).rejects.toMatchObject({
      message: expect.stringContaining("session-manager-plugin, which is not installed here"),
      next: expect.stringContaining("session-manager-working-with-install-plugin.html"),
    });
    expect(sent).toEqual([]);
  });
});

function hear({ host, port }: { host: string; port: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = "";
    connect({ host, port })
      .on("data", (chunk) => {
        heard += chunk;
      })
      .on("error", reject)
      .on("end", () => resolve(heard));
  });
}
