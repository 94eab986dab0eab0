import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";

/** A repository that git itself serves over HTTP. */
export interface ServedRepository {
  readonly url: string;
  /** Commits a file. Answers the commit's id. */
  commit(file: string, text: string): Promise<string>;
  git(...args: string[]): string;
}

/** A new repository of the running test's own, on branch `main`. */
export async function repositoryForTest(): Promise<ServedRepository> {
  const repository = await serveRepository();
  onTestFinished(() => repository.close());
  return repository;
}

/** A new repository on branch `main`; under `/private` of its server nobody is let in. */
export async function serveRepository(): Promise<ServedRepository & { close(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), "bia-git-"));
  const repository = path.join(folder, "app");
  const server = createServer((request, response) => serve(folder, request, response)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const git = (...args: string[]) => {
    const identity = ["-c", "user.name=Bia", "-c", "user.email=bia@example.com"];
    return execFileSync("git", ["-C", repository, ...identity, ...args], { encoding: "utf8" }).trim();
  };
  execFileSync("git", ["init", "--quiet", "--initial-branch", "main", repository]);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/app`,
    git,
    async commit(file, text) {
      await writeFile(path.join(repository, file), text);
      git("add", "-A");
      git("commit", "-qm", `change ${file}`);
      return git("rev-parse", "HEAD");
    },
    async close() {
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Lets git's own CGI program answer. */
function serve(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const [PATH_INFO = "", QUERY_STRING = ""] = (request.url ?? "").split("?");
  if (PATH_INFO.startsWith("/private")) {
    response.writeHead(401).end();
    return;
  }
  const env = {
    ...process.env,
    GIT_PROJECT_ROOT: folder,
    GIT_HTTP_EXPORT_ALL: "1",
    PATH_INFO,
    QUERY_STRING,
    REQUEST_METHOD: request.method,
    CONTENT_TYPE: request.headers["content-type"],
    HTTP_CONTENT_ENCODING: request.headers["content-encoding"],
  };
  const backend = spawn("git", ["http-backend"], { env });
  request.pipe(backend.stdin);
  const chunks: Buffer[] = [];
  backend.stdout.on("data", (chunk) => chunks.push(chunk));
  backend.on("close", () => {
    const whole = Buffer.concat(chunks);
    const end = whole.indexOf("\r\n\r\n");
    for (const line of whole.subarray(0, end).toString().split("\r\n")) {
      const [name = "", value = ""] = line.split(": ");
      if (name === "Status") response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.end(whole.subarray(end + 4));
  });
}
