import { execFileSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort } from "../../support/free-port.ts";

/** nginx as a proxy with connections that are kept, one process, as the load balancers are. Undefined: it is not installed. */
export async function startNginx(
  folder: string,
  targets: readonly number[],
): Promise<{ url: string; stop: () => void } | undefined> {
  try {
    execFileSync("nginx", ["-v"], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  const port = await freePort();
  const config = join(folder, "nginx.conf");
  writeFileSync(config, configFor(folder, port, targets));
  const nginx = spawn("nginx", ["-c", config, "-p", folder, "-e", join(folder, "error.log")], { stdio: "inherit" });
  await answered(port);
  return { url: `http://127.0.0.1:${port}/`, stop: () => void nginx.kill() };
}

function configFor(folder: string, port: number, targets: readonly number[]): string {
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
    listen 127.0.0.1:${port} backlog=4096;
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
