import { execFileSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort } from "../../support/free-port.ts";

/** PEM. */
interface TlsFiles {
  readonly key: string;
  readonly certificate: string;
}

/** nginx as a proxy with connections that are kept, one process, as the load balancers are. Undefined: it is not installed. */
export async function startNginx(
  folder: string,
  targets: readonly number[],
  tls: TlsFiles,
): Promise<{ http: number; https: number; stop: () => void } | undefined> {
  try {
    execFileSync("nginx", ["-v"], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  const [http, https] = [await freePort(), await freePort()];
  const config = join(folder, "nginx.conf");
  writeFileSync(config, configFor(folder, { http, https }, targets, tls));
  const nginx = spawn("nginx", ["-c", config, "-p", folder, "-e", join(folder, "error.log")], { stdio: "inherit" });
  await answered(http);
  return { http, https, stop: () => void nginx.kill() };
}

function configFor(
  folder: string,
  { http, https }: { http: number; https: number },
  targets: readonly number[],
  { key, certificate }: TlsFiles,
): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
daemon off;
worker_processes 1;
pid ${join(folder, "nginx.pid")};
events { worker_connections 8192; }
http {
  access_log off;
  keepalive_requests 1000000;
  ${temporary.map((name) => `${name}_temp_path ${join(folder, name)};`).join("\n  ")}
  upstream targets { ${targets.map((target) => `server 127.0.0.1:${target};`).join(" ")} keepalive 1024; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${http} backlog=4096;
    listen 127.0.0.1:${https} ssl backlog=4096;
    ssl_certificate ${certificate};
    ssl_certificate_key ${key};
    location / {
      proxy_pass http://targets;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`;
}

async function answered(port: number): Promise<void> {
  for (;;) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
