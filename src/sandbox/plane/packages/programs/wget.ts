import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CURL, CurlFailure } from "../../../shell/curl.ts";
import { parseOptions } from "../../../shell/options.ts";
import { onThisComputer, refuseOption } from "./files.ts";
import { sendRequest } from "./http.ts";

const KNOWN = (
  "q|quiet nv|no-verbose v|verbose O|output-document= P|directory-prefix= S|server-response spider T|timeout= t|tries= no-check-certificate " +
  "header= U|user-agent= post-data= c|continue Y|proxy= content-on-error max-redirect= method= body-data= connect-timeout= read-timeout= " +
  "waitretry= retry-connrefused no-proxy no-cache 4|inet4-only progress= show-progress"
).split(" ");

/** Exit codes of GNU's wget; that of busybox, which Alpine has, knows 1 alone. */
const NETWORK = 4;
const TLS = 5;
const SERVER = 8;

export async function runWget(args: readonly string[]): Promise<number> {
  const isBusybox = existsSync(onThisComputer("/etc/alpine-release"));
  const { options, values, operands, unknown } = parseOptions(
    args.map((one) => (one === "-nv" ? "--nv" : one)),
    KNOWN,
  );
  if (unknown !== undefined) return refuseOption(unknown, "wget");
  const isQuiet = options.has("q");
  const say = (text: string) => {
    if (!isQuiet) process.stderr.write(text);
  };
  if (operands.length === 0) {
    process.stderr.write("wget: missing URL\nUsage: wget [OPTION]... [URL]...\n");
    return 1;
  }
  for (const operand of operands) {
    const url = operand.includes("://") ? operand : `http://${operand}`;
    const failure = await fetchOne(url, { options, values, say, isBusybox });
    if (failure !== undefined) return isBusybox ? 1 : failure;
  }
  return 0;
}

interface Fetch {
  readonly options: ReadonlyMap<string, string>;
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly say: (text: string) => void;
  readonly isBusybox: boolean;
}

/** Undefined: it was fetched. */
async function fetchOne(url: string, { options, values, say, isBusybox }: Fetch): Promise<number | undefined> {
  const headers = new Map([
    ["user-agent", options.get("U") ?? "Wget"],
    ["accept", "*/*"],
  ]);
  for (const line of values.get("header") ?? []) {
    headers.set(line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim());
  }
  const data = options.get("post-data") ?? options.get("body-data");
  const { host, hostname, port, protocol } = new URL(url);
  say(
    isBusybox
      ? `Connecting to ${host}\n`
      : `Connecting to ${hostname}:${port || (protocol === "https:" ? 443 : 80)}... `,
  );
  try {
    let target = url;
    for (let redirects = 0; ; redirects++) {
      const answer = await sendRequest({
        url: target,
        method:
          options.get("method") ?? (data !== undefined ? "POST" : options.has("spider") && !isBusybox ? "HEAD" : "GET"),
        headers,
        body: data === undefined ? undefined : Buffer.from(data),
        timeout: Number(options.get("T") ?? options.get("connect-timeout") ?? 0) * 1000,
        insecure: options.has("no-check-certificate"),
        follow: true,
      });
      const location = answer.headers.find(([name]) => name.toLowerCase() === "location")?.[1];
      if (answer.status >= 300 && answer.status < 400 && location !== undefined && redirects < 20) {
        target = new URL(location, target).href;
        continue;
      }
      if (answer.status >= 400) {
        const line = `HTTP/1.1 ${answer.status} ${answer.reason ?? ""}`.trim();
        process.stderr.write(isBusybox ? `wget: server returned error: ${line}\n` : "");
        if (!isBusybox) say(`connected.\nHTTP request sent, awaiting response... ${answer.status} ${answer.reason}\n`);
        if (!isBusybox) process.stderr.write(options.has("q") ? "" : `ERROR ${answer.status}: ${answer.reason}.\n`);
        return SERVER;
      }
      if (!isBusybox) say(`connected.\nHTTP request sent, awaiting response... ${answer.status} ${answer.reason}\n`);
      if (options.has("spider")) say("Remote file exists.\n");
      else await save(target, answer.body, options);
      return undefined;
    }
  } catch (error) {
    if (!(error instanceof CurlFailure)) throw error;
    const why = wordsOf(error, hostname);
    if (isBusybox) process.stderr.write(`wget: ${why}\n`);
    else say(`failed: ${why}.\n`);
    return error.code === CURL.badCertificate ? TLS : NETWORK;
  }
}

function wordsOf({ code, message }: CurlFailure, host: string): string {
  if (code === CURL.cannotConnect) return `can't connect to remote host (${host}): Connection refused`;
  if (code === CURL.cannotResolve) return `bad address '${host}'`;
  if (code === CURL.timedOut) return "download timed out";
  return message;
}

async function save(url: string, body: Uint8Array, options: ReadonlyMap<string, string>): Promise<void> {
  const name = new URL(url).pathname.split("/").at(-1) || "index.html";
  const target = options.get("O") ?? join(options.get("P") ?? ".", name);
  if (target === "-") return void process.stdout.write(body);
  const file = onThisComputer(target);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, body);
}
