import { request } from "node:http";
import type { FileSystemError } from "../file-system.ts";
import { fetchKnown, type KnownResponse } from "../network.ts";
import { parseOptions } from "../options.ts";
import { fail, notEmulated, ok, type Process, type Programs, type Result } from "../program.ts";

/** Exit codes of curl(1). */
const CANNOT_RESOLVE = 6;
const CANNOT_CONNECT = 7;
const HTTP_ERROR = 22;
const CANNOT_WRITE = 23;
const TIMED_OUT = 28;
const EMPTY_REPLY = 52;

const known = [
  "f|fail",
  "fail-with-body",
  "s|silent",
  "S|show-error",
  "L|location",
  "o|output=",
  "O|remote-name",
  "X|request=",
  "H|header=",
  "I|head",
  "retry=",
  "retry-delay=",
  "retry-max-time=",
  "retry-all-errors",
  "retry-connrefused",
  "m|max-time=",
  "connect-timeout=",
  "w|write-out=",
  "k|insecure",
  "i|include",
  "create-dirs",
  "proto=",
  "tlsv1.2",
  "compressed",
  "A|user-agent=",
  "4|ipv4",
  "noproxy=",
  "g|globoff",
  "V|version",
  "no-progress-meter",
  "#|progress-bar",
];

/** curl, as far as the machine reaches: nothing it sends ever leaves the user's own computer. */
export const curlPrograms: Programs = {
  async curl(args, process) {
    const { options, operands, unknown } = parseOptions(args, known);
    if (options.has("V")) return ok("curl 8.15.0 (x86_64-amazon-linux-gnu) libcurl/8.15.0 OpenSSL/3.2.2\n");
    if (unknown) return notEmulated(`the option ${unknown} of curl`);
    const [url] = operands;
    if (url === undefined) return fail("curl: (2) no URL specified\n", 2);
    if (operands.length > 1) return notEmulated("curl with more than one URL");
    return fetchOne(url, options, process);
  },
};

async function fetchOne(url: string, options: ReadonlyMap<string, string>, process: Process): Promise<Result> {
  const loud = !options.has("s") || options.has("S");
  const refuse = (code: number, why: string) => fail(loud ? `curl: (${code}) ${why}\n` : "", code);
  const address = /^https?:\/\/([^/:]+)(?::(\d+))?/.exec(url) ?? /^([^/:]+)(?::(\d+))?/.exec(url);
  const host = address?.[1] ?? "";
  const method = options.get("X") ?? (options.has("I") ? "HEAD" : "GET");
  const headers = headersOf(options);
  let response: KnownResponse | undefined;
  if (host === "localhost" || host === "127.0.0.1" || host === process.system.facts.privateIp) {
    const port = Number(address?.[2] ?? (url.startsWith("https") ? 443 : 80));
    const path = url.replace(/^https?:\/\//, "").replace(/^[^/]*/, "") || "/";
    const timeout = Number(options.get("m") ?? 0) * 1000;
    const answer = await askContainer({ port, path, method, headers, timeout }, process);
    if (answer === "timeout") return refuse(TIMED_OUT, `Operation timed out after ${timeout} milliseconds`);
    if (answer === "empty") return refuse(EMPTY_REPLY, "Empty reply from server");
    if (answer === undefined)
      return refuse(
        CANNOT_CONNECT,
        `Failed to connect to ${host} port ${port} after 0 ms: Could not connect to server`,
      );
    response = answer;
  } else {
    response = fetchKnown({ url, method, headers, follow: options.has("L") }, process.system);
    if (!response) return refuse(CANNOT_RESOLVE, `Could not resolve host: ${host}`);
  }
  if (options.has("f") && response.status >= 400) {
    return refuse(HTTP_ERROR, `The requested URL returned error: ${response.status}`);
  }
  return deliver(url, response, options, process, refuse);
}

interface LocalRequest {
  readonly port: number;
  readonly path: string;
  readonly method: string;
  readonly headers: ReadonlyMap<string, string>;
  /** Milliseconds; 0: none. */
  readonly timeout: number;
}

/** Asks the container behind a port of the machine. Undefined: nothing listens there. */
async function askContainer(
  { port, path, method, headers, timeout }: LocalRequest,
  { system, signal }: Process,
): Promise<KnownResponse | "timeout" | "empty" | undefined> {
  const engine = await system.docker.engine;
  const bound = engine?.containers.list().flatMap(({ ports }) => ports) ?? [];
  const localPort = bound.find(({ hostPort }) => hostPort === port)?.localPort;
  if (localPort === undefined) return undefined;
  return new Promise((resolve) => {
    const call = request(
      { host: "127.0.0.1", port: localPort, path, method, headers: Object.fromEntries(headers), agent: false, timeout },
      (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
        response.on("error", () => resolve("empty"));
      },
    );
    const stop = () => call.destroy();
    call.on("timeout", () => {
      resolve("timeout");
      call.destroy();
    });
    call.on("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED" ? undefined : "empty"));
    call.on("close", () => signal?.removeEventListener("abort", stop));
    signal?.addEventListener("abort", stop, { once: true });
    call.end();
  });
}

async function deliver(
  url: string,
  { status, body }: KnownResponse,
  options: ReadonlyMap<string, string>,
  { fs, cwd }: Process,
  refuse: (code: number, why: string) => Result,
): Promise<Result> {
  const head = `HTTP/1.1 ${status} \r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  const content = options.has("I") ? head : options.has("i") ? head + body : body;
  const report = (options.get("w") ?? "").replaceAll("%{http_code}", String(status)).replaceAll("\\n", "\n");
  const target = options.get("o") ?? (options.has("O") ? url.slice(url.lastIndexOf("/") + 1) : undefined);
  if (target === undefined || target === "-") return ok(content + report);
  const path = fs.resolvePath(cwd, target);
  try {
    if (options.has("create-dirs")) await fs.mkdir(fs.resolvePath(path, ".."), { recursive: true });
    await fs.writeFile(path, content);
  } catch (error) {
    const { stderr, exitCode } = refuse(CANNOT_WRITE, "Failure writing output to destination, passed 0 returned 1");
    const warning = options.has("s")
      ? ""
      : `Warning: Failed to open the file ${target}: ${(error as FileSystemError).reason}\n`;
    return fail(warning + stderr, exitCode);
  }
  const quiet = options.has("s") || options.has("no-progress-meter");
  return { stdout: report, stderr: quiet ? "" : progress(content.length), exitCode: 0 };
}

function headersOf(options: ReadonlyMap<string, string>): Map<string, string> {
  const lines = (options.get("H") ?? "").split("\n").filter((line) => line.includes(":"));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.indexOf(":")).trim().toLowerCase(),
      line.slice(line.indexOf(":") + 1).trim(),
    ]),
  );
}

function progress(bytes: number): string {
  const size = String(bytes).padStart(5);
  return (
    "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n" +
    "                                 Dload  Upload   Total   Spent    Left  Speed\n" +
    `100 ${size}  100 ${size}    0     0  ${size}      0 --:--:-- --:--:-- --:--:-- ${size}\n`
  );
}
