import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { CURL, CurlFailure, type CurlRequest, type CurlResponse, type CurlWorld, curl } from "../../shell/curl.ts";
import { FileSystemError } from "../file-system.ts";
import { fetchKnown } from "../network.ts";
import { notEmulated, type Process, type Programs } from "../program.ts";
import type { Place } from "../vpc.ts";

/** curl, as far as the machine reaches: nothing it sends ever leaves the user's own computer. */
export const curlPrograms: Programs = {
  async curl(args, process) {
    const result = await curl(args, worldOf(process));
    if ("unknown" in result) return notEmulated(`the option ${result.unknown} of curl`);
    return { ...result, stdout: result.stdout.toString() };
  },
};

function worldOf(process: Process): CurlWorld {
  const { fs, cwd, signal } = process;
  return {
    send: (request) => send(request, process),
    read: async (path) => Buffer.from(await fs.readFile(fs.resolvePath(cwd, path))),
    async write(path, content, makeFolders) {
      const full = fs.resolvePath(cwd, path);
      try {
        if (makeFolders) await fs.mkdir(fs.resolvePath(full, ".."), { recursive: true });
        await fs.writeFile(full, content);
      } catch (error) {
        throw error instanceof FileSystemError ? new Error(error.reason) : error;
      }
    },
    input: async () => Buffer.from(process.stdin),
    wait: (milliseconds) => sleep(milliseconds, undefined, { ...(signal && { signal }) }).catch(() => {}),
  };
}

async function send(request: CurlRequest, process: Process): Promise<CurlResponse> {
  const { hostname: host, port: given, protocol } = new URL(request.url);
  const port = Number(given) || (protocol === "https:" ? 443 : 80);
  const { facts, vpc } = process.system;
  if (["localhost", "127.0.0.1", facts.privateIp, facts.publicIp].includes(host)) {
    return ask(await containerAt(port, process), request, process);
  }
  const known = await fetchKnown(request, process.system);
  if (known) return { status: known.status, headers: [], body: Buffer.from(known.body) };
  const place = protocol === "http:" ? vpc?.place(host, port) : undefined;
  if (place) return ask(place, request, process);
  throw new CurlFailure(CURL.cannotResolve, `Could not resolve host: ${host}`);
}

/** Where the container behind a port of the machine is. */
async function containerAt(port: number, { system }: Process): Promise<Place | "refused"> {
  const engine = await system.docker.engine;
  const bound = engine?.containers.list().flatMap(({ ports }) => ports) ?? [];
  const localPort = bound.find(({ hostPort }) => hostPort === port)?.localPort;
  return localPort === undefined ? "refused" : { host: "127.0.0.1", port: localPort };
}

async function ask(place: Place | "refused", asked: CurlRequest, { signal }: Process): Promise<CurlResponse> {
  const { url, method, headers, body, timeout } = asked;
  const { hostname, host, port, protocol, pathname, search } = new URL(url);
  const asking = port || (protocol === "https:" ? 443 : 80);
  const refused = new CurlFailure(
    CURL.cannotConnect,
    `Failed to connect to ${hostname} port ${asking} after 0 ms: Could not connect to server`,
  );
  if (place === "refused") throw refused;
  return new Promise((resolve, reject) => {
    const fail = (code: number, why: string) => reject(new CurlFailure(code, why));
    const options = { ...place, path: pathname + search, method, agent: false as const };
    const call = request({ ...options, headers: { host, ...Object.fromEntries(headers) }, timeout }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const pairs = response.rawHeaders.flatMap((name, at, all): [string, string][] =>
          at % 2 === 0 ? [[name, all[at + 1] ?? ""]] : [],
        );
        const { statusCode: status = 0, statusMessage: reason = "" } = response;
        resolve({ status, reason, headers: pairs, body: Buffer.concat(chunks) });
      });
      response.on("error", () => fail(CURL.emptyReply, "Empty reply from server"));
    });
    const stop = () => call.destroy();
    call.on("timeout", () => {
      fail(CURL.timedOut, `Operation timed out after ${timeout} milliseconds`);
      call.destroy();
    });
    call.on("error", ({ code }: NodeJS.ErrnoException) => {
      if (code === "ECONNREFUSED") reject(refused);
      else fail(CURL.emptyReply, "Empty reply from server");
    });
    call.on("close", () => signal?.removeEventListener("abort", stop));
    signal?.addEventListener("abort", stop, { once: true });
    call.end(body);
  });
}
