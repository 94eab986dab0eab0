import { spawn } from "node:child_process";

/** Runs node to its end. Rejects with what it printed when it fails. */
export async function runNode(args: string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  const code = await new Promise((done) => child.once("close", done));
  if (code !== 0) throw new Error(`node ${args.join(" ")} ended with ${code}:\n${output}`);
  return output;
}
