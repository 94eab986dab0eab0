import { request } from "node:https";

/** What a request came to. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * A request as a browser that trusts the sandbox's authority makes it: a name below localhost is this computer's.
 *
 * @param authority PEM
 */
export function ask(site: URL, authority: string, pathname: string): Promise<Answer> {
  const { hostname: servername, host, port } = site;
  const options = {
    host: "127.0.0.1",
    port,
    path: pathname,
    headers: { host },
    servername,
    ca: authority,
    agent: false,
  };
  return new Promise((resolve, reject) => {
    const call = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", reject).on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    call.on("error", reject).end();
  });
}
