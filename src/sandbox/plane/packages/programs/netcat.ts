import { connect } from "node:net";
import { parseOptions } from "../../../shell/options.ts";
import { refuseOption } from "./files.ts";

/** nc, as scripts use it: to see whether somebody listens (`-z`), or to send what is on stdin. */
export async function runNetcat(args: readonly string[]): Promise<number> {
  const { options, operands, unknown } = parseOptions(args, ["z", "v", "w=", "n", "4", "q=", "N", "i="]);
  if (unknown !== undefined) return refuseOption(unknown, "nc");
  const [host = "", port = ""] = operands;
  if (!/^\d+$/.test(port)) {
    process.stderr.write("usage: nc [-nvz] [-w timeout] [destination] [port]\n");
    return 1;
  }
  const socket = connect({ host, port: Number(port) });
  const seconds = Number(options.get("w") ?? 0);
  return new Promise((done) => {
    const end = (exitCode: number, words: string) => {
      if (options.has("v")) process.stderr.write(`${words}\n`);
      socket.destroy();
      done(exitCode);
    };
    if (seconds > 0)
      socket.setTimeout(seconds * 1000, () => end(1, `nc: connect to ${host} port ${port} (tcp) timed out`));
    socket.once("error", ({ code }: NodeJS.ErrnoException) => {
      const why = code === "ENOTFOUND" || code === "EAI_AGAIN" ? "Name or service not known" : "Connection refused";
      end(1, `nc: connect to ${host} port ${port} (tcp) failed: ${why}`);
    });
    socket.once("connect", () => {
      if (options.has("z")) return end(0, `Connection to ${host} ${port} port [tcp/*] succeeded!`);
      process.stdin.pipe(socket);
      socket.pipe(process.stdout);
      socket.once("close", () => done(0));
    });
  });
}
