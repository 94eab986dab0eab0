import { get } from "node:http";

/** What came of asking an address over HTTP. */
export type Answer =
  | { readonly is: "answer"; readonly status: number; readonly body: string }
  /** The machine is there and nothing listens on the port, or what listens hangs up. */
  | { readonly is: "refused"; readonly why: string }
  /** Something listens and says nothing. */
  | { readonly is: "silent" }
  /** Nobody has asked, because the app is only being brought up. */
  | { readonly is: "unasked" }
  /** No connection at all: a security group that does not let us in drops packets without a word. */
  | { readonly is: "unreachable" };

/** Milliseconds for a connection, and then for an answer. */
const CONNECT_MS = 2_500;
const ANSWER_MS = 4_000;
/** Characters of an answer that are kept. */
const LONGEST = 10_000;

/** Asks `http://address:port/path` once. Never throws. */
export function ask(address: string, port: number, path: string): Promise<Answer> {
  return new Promise((resolve) => {
    let connected = false;
    const call = get({ host: address, port, path, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        if (body.length < LONGEST) body += chunk;
      });
      response.on("end", () => finish({ is: "answer", status: response.statusCode ?? 0, body }));
      response.on("error", () => finish({ is: "silent" }));
    });
    const finish = (answer: Answer) => {
      clearTimeout(limit);
      call.destroy();
      resolve(answer);
    };
    let limit = setTimeout(() => finish({ is: "unreachable" }), CONNECT_MS);
    call.on("socket", (socket) =>
      socket.on("connect", () => {
        connected = true;
        clearTimeout(limit);
        limit = setTimeout(() => finish({ is: "silent" }), ANSWER_MS);
      }),
    );
    call.on("error", (error: NodeJS.ErrnoException) => {
      const refused = connected || error.code === "ECONNREFUSED";
      finish(refused ? { is: "refused", why: error.code ?? error.message } : { is: "unreachable" });
    });
  });
}

/** An answer in a few words, e.g. `503 a tabela ainda não existe`. */
export function describeAnswer(answer: Answer): string {
  if (answer.is === "refused") return `no answer (${answer.why})`;
  if (answer.is === "silent") return "no answer in time";
  if (answer.is === "unasked") return "not asked yet";
  if (answer.is === "unreachable") return "not reachable from here";
  return `${answer.status} ${messageOf(answer.body)}`.trim();
}

function messageOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // Not JSON: its first line says enough.
  }
  return body.trim().split("\n")[0]?.slice(0, 80) ?? "";
}
