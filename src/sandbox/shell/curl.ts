import { parseOptions } from "./options.ts";

/** A request as curl makes it. */
export interface CurlRequest {
  /** With its scheme. */
  readonly url: string;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array | undefined;
  /** Milliseconds; 0: no limit. */
  readonly timeout: number;
  /** Does any certificate do? */
  readonly insecure: boolean;
  /** Are redirects followed? */
  readonly follow: boolean;
}

export interface CurlResponse {
  readonly status: number;
  readonly reason?: string;
  /** Names as the server writes them. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

/** Where a curl is run: what it reaches and which files it sees. */
export interface CurlWorld {
  /** @throws CurlFailure */
  send(request: CurlRequest): Promise<CurlResponse>;
  read(path: string): Promise<Uint8Array>;
  /** @throws an error whose message is the system's word for it */
  write(path: string, content: Uint8Array, makeFolders: boolean): Promise<void>;
  input(): Promise<Uint8Array>;
  wait(milliseconds: number): Promise<void>;
}

export interface CurlResult {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Ends curl: its exit code (man curl, EXIT CODES) and what it says. */
export class CurlFailure extends Error {
  readonly code: number;
  constructor(code: number, why: string) {
    super(why);
    this.code = code;
  }
}

/** Exit codes of curl(1). */
export const CURL = {
  urlMalformed: 3,
  cannotResolve: 6,
  cannotConnect: 7,
  httpError: 22,
  cannotWrite: 23,
  cannotRead: 26,
  timedOut: 28,
  tooManyRedirects: 47,
  emptyReply: 52,
  badCertificate: 60,
} as const;

const KNOWN = (
  "f|fail fail-with-body s|silent S|show-error L|location o|output= O|remote-name X|request= H|header= I|head retry= retry-delay= " +
  "retry-max-time= retry-all-errors retry-connrefused m|max-time= connect-timeout= w|write-out= k|insecure i|include create-dirs " +
  "proto= tlsv1.2 tlsv1.3 compressed A|user-agent= e|referer= b|cookie= 4|ipv4 noproxy= g|globoff V|version no-progress-meter " +
  "#|progress-bar d|data= data-raw= data-binary= data-urlencode= json= G|get u|user= v|verbose N|no-buffer http1.1 max-redirs= url="
).split(" ");

const DATA = ["data", "data-raw", "data-binary", "data-urlencode", "json"];
const TRANSIENT = [408, 429, 500, 502, 503, 504];

type Options = ReturnType<typeof parseOptions>;

/** curl, as far as its world reaches. `unknown`: an option that this one has not. */
export async function curl(args: readonly string[], world: CurlWorld): Promise<CurlResult | { unknown: string }> {
  const parsed = parseOptions(args, KNOWN);
  const { options, operands, unknown } = parsed;
  if (options.has("V")) return said("curl 8.15.0 (x86_64-pc-linux-gnu) libcurl/8.15.0 OpenSSL/3.2.2\n");
  if (unknown) return { unknown };
  const urls = [...(parsed.values.get("url") ?? []), ...operands];
  if (urls.length === 0) return { ...said(""), stderr: "curl: (2) no URL specified\n", exitCode: 2 };
  const all = { stdout: [] as Buffer[], stderr: "", exitCode: 0 };
  for (const [at, url] of urls.entries()) {
    const { stdout, stderr, exitCode } = await transfer(url, at, parsed, world);
    all.stdout.push(stdout);
    all.stderr += stderr;
    all.exitCode = exitCode;
  }
  return { ...all, stdout: Buffer.concat(all.stdout) };
}

function said(text: string): CurlResult {
  return { stdout: Buffer.from(text), stderr: "", exitCode: 0 };
}

/** What curl does with one of its URLs; it is tried again as often as `--retry` says. */
async function transfer(url: string, at: number, parsed: Options, world: CurlWorld): Promise<CurlResult> {
  const { options } = parsed;
  const talk: string[] = [];
  const started = Date.now();
  for (let left = Number(options.get("retry") ?? 0), pause = 1; ; left--, pause = Math.min(pause * 2, 600)) {
    try {
      const answer = await follow(url, parsed, world, talk);
      const again = TRANSIENT.includes(answer.status) ? `HTTP error` : undefined;
      if (again === undefined || left <= 0) return await deliver(url, at, answer, parsed, { world, talk, started });
      await retry(again);
    } catch (error) {
      if (!(error instanceof CurlFailure)) throw error;
      const refused = error.code === CURL.cannotConnect && options.has("retry-connrefused");
      const again = error.code === CURL.timedOut || refused || options.has("retry-all-errors");
      if (!again || left <= 0) return failed(error, options, talk, "");
      await retry(refused ? "connection refused" : error.code === CURL.timedOut ? "timeout" : "(retrying all errors)");
    }
    async function retry(why: string): Promise<void> {
      const seconds = Number(options.get("retry-delay") ?? 0) || pause;
      if (isLoud(options)) {
        talk.push(
          `Warning: Problem: ${why}. Will retry in ${seconds} second${seconds === 1 ? "" : "s"}. ${left} retries left.\n`,
        );
      }
      await world.wait(seconds * 1000);
    }
  }
}

const isLoud = (options: Options["options"]) => !options.has("s") || options.has("S");

function failed(error: CurlFailure, options: Options["options"], talk: readonly string[], stdout: string): CurlResult {
  const words = isLoud(options) ? `curl: (${error.code}) ${error.message}\n` : "";
  const report = written(options.get("w"), { http_code: "000", response_code: "000", exitcode: String(error.code) });
  return { stdout: Buffer.from(stdout + report), stderr: talk.join("") + words, exitCode: error.code };
}

async function follow(url: string, parsed: Options, world: CurlWorld, talk: string[]): Promise<CurlResponse> {
  const { options } = parsed;
  let request = await requestFor(url, parsed, world);
  for (let redirects = 0; ; redirects++) {
    const answer = await world.send(request);
    if (options.has("v")) talk.push(conversation(request, answer));
    const target = [301, 302, 303, 307, 308].includes(answer.status) ? header(answer, "location") : undefined;
    if (!options.has("L") || target === undefined) return answer;
    const most = Number(options.get("max-redirs") ?? 50);
    if (redirects >= most) {
      throw new CurlFailure(CURL.tooManyRedirects, `Maximum (${most}) redirects followed`);
    }
    const keeps = answer.status > 303 || options.has("X") || request.method === "HEAD";
    const next = { ...request, url: new URL(target, request.url).href };
    request = keeps ? next : { ...next, method: "GET", body: undefined };
  }
}

async function requestFor(text: string, parsed: Options, world: CurlWorld): Promise<CurlRequest> {
  const { options, values } = parsed;
  const url = text.includes("://") ? text : `http://${text}`;
  if (!URL.canParse(url) || new URL(url).hostname === "") {
    throw new CurlFailure(CURL.urlMalformed, "URL using bad/illegal format or missing URL");
  }
  const scheme = new URL(url).protocol.slice(0, -1);
  if (scheme !== "http" && scheme !== "https") throw new CurlFailure(1, `Protocol "${scheme}" not supported`);
  const data = await dataOf(parsed, world);
  const query = options.has("G") && data !== undefined ? `${url.includes("?") ? "&" : "?"}${data}` : "";
  const body = options.has("G") ? undefined : data;
  const headers = new Map([["user-agent", options.get("A") ?? "curl/8.15.0"]]);
  headers.set("accept", options.has("json") ? "application/json" : "*/*");
  if (body) headers.set("content-type", options.has("json") ? "application/json" : "application/x-www-form-urlencoded");
  if (options.has("u")) headers.set("authorization", `Basic ${Buffer.from(options.get("u") ?? "").toString("base64")}`);
  if (options.has("b")) headers.set("cookie", options.get("b") ?? "");
  if (options.has("e")) headers.set("referer", options.get("e") ?? "");
  for (const line of values.get("H") ?? []) {
    const [, name = "", value = ""] = /^([^:;]+)[:;]\s*(.*)$/s.exec(line) ?? [];
    if (name !== "" && value === "" && line.includes(":")) headers.delete(name.toLowerCase());
    else if (name !== "") headers.set(name.trim().toLowerCase(), value);
  }
  return {
    url: url + query,
    method: options.get("X")?.split("\n").at(-1) ?? (options.has("I") ? "HEAD" : body ? "POST" : "GET"),
    headers,
    body,
    timeout: Math.round(Number(options.get("m") ?? options.get("connect-timeout") ?? 0) * 1000),
    insecure: options.has("k"),
    follow: options.has("L"),
  };
}

/** All data together, `&` between; undefined: there is none. */
async function dataOf({ values }: Options, world: CurlWorld): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  for (const kind of DATA) {
    for (const value of values.get(kind === "data" ? "d" : kind) ?? []) {
      const part = await dataPart(kind, value, world);
      if (parts.length > 0 && kind !== "json") parts.push(Buffer.from("&"));
      parts.push(part);
    }
  }
  return parts.length === 0 ? undefined : Buffer.concat(parts);
}

async function dataPart(kind: string, value: string, world: CurlWorld): Promise<Buffer> {
  if (kind === "data-urlencode") {
    const [, name = "", text = ""] = /^([^=@]*)=?(.*)$/s.exec(value) ?? [];
    return Buffer.from(
      value.includes("=") ? `${name && `${name}=`}${encodeURIComponent(text)}` : encodeURIComponent(value),
    );
  }
  if (kind === "data-raw" || !value.startsWith("@")) return Buffer.from(value);
  const path = value.slice(1);
  const content = await (path === "-" ? world.input() : world.read(path)).catch(() => {
    throw new CurlFailure(CURL.cannotRead, `Failed to open ${path}`);
  });
  return kind === "data"
    ? Buffer.from(
        Buffer.from(content)
          .toString("latin1")
          .replace(/[\r\n\0]/g, ""),
        "latin1",
      )
    : Buffer.from(content);
}

interface Delivery {
  readonly world: CurlWorld;
  readonly talk: readonly string[];
  /** Milliseconds since 1970. */
  readonly started: number;
}

async function deliver(
  url: string,
  at: number,
  answer: CurlResponse,
  { options, values }: Options,
  { world, talk, started }: Delivery,
): Promise<CurlResult> {
  const { status, body } = answer;
  const isBad = status >= 400 && (options.has("f") || options.has("fail-with-body"));
  const error = new CurlFailure(CURL.httpError, `The requested URL returned error: ${status}`);
  const head = Buffer.from(headOf(answer));
  const shown = options.has("I") ? head : options.has("i") ? Buffer.concat([head, body]) : Buffer.from(body);
  const content = isBad && options.has("f") ? Buffer.alloc(0) : shown;
  const report = written(options.get("w"), {
    http_code: String(status).padStart(3, "0"),
    response_code: String(status).padStart(3, "0"),
    size_download: String(body.length),
    content_type: header(answer, "content-type") ?? "",
    url_effective: url,
    time_total: ((Date.now() - started) / 1000).toFixed(6),
    num_redirects: "0",
    exitcode: isBad ? "22" : "0",
  });
  const target = values.get("o")?.[at] ?? (options.has("O") ? url.slice(url.lastIndexOf("/") + 1) : undefined);
  const stderr = talk.join("") + (isBad && isLoud(options) ? `curl: (22) ${error.message}\n` : "");
  const exitCode = isBad ? CURL.httpError : 0;
  if (target === undefined || target === "-") {
    return { stdout: Buffer.concat([content, Buffer.from(report)]), stderr, exitCode };
  }
  try {
    if (!isBad || content.length > 0) await world.write(target, content, options.has("create-dirs"));
  } catch (problem) {
    const warning = options.has("s")
      ? ""
      : `Warning: Failed to open the file ${target}: ${(problem as Error).message}\n`;
    const cannot = new CurlFailure(CURL.cannotWrite, "Failure writing output to destination, passed 0 returned 1");
    return failed(cannot, options, [...talk, warning], "");
  }
  const isQuiet = options.has("s") || options.has("no-progress-meter");
  return { stdout: Buffer.from(report), stderr: stderr + (isQuiet ? "" : progress(content.length)), exitCode };
}

function headOf({ status, reason = "", headers, body }: CurlResponse): string {
  const length = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  const lines = [...headers, ...(length ? [] : [["content-length", String(body.length)] as const])];
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

function header({ headers }: CurlResponse, name: string): string | undefined {
  return headers.find(([one]) => one.toLowerCase() === name)?.[1];
}

function conversation({ url, method, headers }: CurlRequest, answer: CurlResponse): string {
  const { host, pathname, search } = new URL(url);
  const asked = [`${method} ${pathname}${search} HTTP/1.1`, `Host: ${host}`];
  for (const [name, value] of headers) asked.push(`${name}: ${name === "authorization" ? "[not shown]" : value}`);
  const answered = headOf(answer).trimEnd().split("\r\n");
  return [...asked, ""].map((line) => `> ${line}\n`).join("") + [...answered, ""].map((line) => `< ${line}\n`).join("");
}

/** What `--write-out` asks for. */
function written(format = "", values: Readonly<Record<string, string>>): string {
  return format
    .replace(/%\{(\w+)\}/g, (_, name: string) => values[name] ?? "")
    .replaceAll("\\n", "\n")
    .replaceAll("\\t", "\t")
    .replaceAll("\\r", "\r");
}

function progress(bytes: number): string {
  const size = String(bytes).padStart(5);
  return (
    "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n" +
    "                                 Dload  Upload   Total   Spent    Left  Speed\n" +
    `100 ${size}  100 ${size}    0     0  ${size}      0 --:--:-- --:--:-- --:--:-- ${size}\n`
  );
}
