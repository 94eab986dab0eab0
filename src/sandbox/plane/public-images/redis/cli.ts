import { connect } from "node:net";
import { decode, encode, Failure, type Reply, Simple } from "./protocol.ts";

/** redis-cli, as health checks and scripts use it: one command, or one a line of its standard input. */
export async function runCli(args: readonly string[]): Promise<number> {
  const values = new Map([
    ["-h", "127.0.0.1"],
    ["-p", "6379"],
  ]);
  let at = 0;
  for (; args[at]?.startsWith("-"); at++) {
    const option = args[at] ?? "";
    if (/^(-h|-p|-a|-n|-u|--user|--pass)$/.test(option))
      values.set(option === "--pass" ? "-a" : option, args[++at] ?? "");
    else if (!/^(--raw|--no-raw|--no-auth-warning|-3|-2|-x|-e|--csv)$/.test(option)) {
      process.stderr.write(
        `bia-infra sandbox: it does not emulate the option ${option} of redis-cli. On AWS it exists.\n`,
      );
      return 125;
    }
  }
  const url = values.has("-u") ? new URL(values.get("-u") ?? "") : undefined;
  const host = url?.hostname ?? values.get("-h") ?? "";
  const port = Number(url?.port || values.get("-p"));
  const password = url?.password || values.get("-a") || process.env.REDISCLI_AUTH;
  const before = [
    ...(password ? [["AUTH", password]] : []),
    ...(values.has("-n") ? [["SELECT", values.get("-n") ?? ""]] : []),
  ];
  const command = args.slice(at);
  const commands =
    command.length > 0
      ? [command]
      : (await input()).map((line) => line.match(/"[^"]*"|\S+/g)?.map((word) => word.replace(/^"|"$/g, "")) ?? []);
  try {
    const replies = await talk(host, port, [...before, ...commands.filter((one) => one.length > 0)]);
    for (const reply of replies.slice(before.length)) process.stdout.write(`${text(reply)}\n`);
    return 0;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === "ECONNREFUSED" ? "Connection refused" : code === "ENOTFOUND" ? "Name or service not known" : message;
    process.stderr.write(`Could not connect to Redis at ${host}:${port}: ${why}\n`);
    return 1;
  }
}

async function input(): Promise<string[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString().split("\n");
}

function talk(host: string, port: number, commands: readonly (readonly string[])[]): Promise<Reply[]> {
  return new Promise((done, fail) => {
    const replies: Reply[] = [];
    let received = Buffer.alloc(0);
    const socket = connect({ host, port });
    socket.once("error", fail);
    socket.once("connect", () => {
      for (const command of commands) socket.write(encode(command.map(String), 2));
      if (commands.length === 0) socket.end();
    });
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      for (let found = decode(received); found; found = decode(received)) {
        replies.push(found.reply);
        received = received.subarray(found.size);
      }
      if (replies.length >= commands.length) socket.end();
    });
    socket.once("close", () => done(replies));
  });
}

/** As redis-cli prints it where nobody looks at a terminal. */
function text(reply: Reply): string {
  if (reply === null) return "";
  if (reply instanceof Simple) return reply.text;
  if (reply instanceof Failure) return `${reply.message}\n`;
  return Array.isArray(reply) ? reply.map(text).join("\n") : String(reply);
}
