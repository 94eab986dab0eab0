import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { bundled } from "../../../src/sandbox/plane/bundled.ts";
import { anyPort } from "../../../src/sandbox/plane/container/ports.ts";
import { packLayer, unpackLayer } from "../../../src/sandbox/plane/image/layer.ts";
import { nginxFiles } from "../../../src/sandbox/plane/public-images/nginx/image.ts";

/*
 * What is expected here is what nginx does: where one is installed, it is asked the same.
 */

const REAL = "/usr/sbin/nginx";
let home: string;
let behind: Server;
let behindPort: number;
let closedPort: number;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "bia-nginx-"));
  const found = await bundled("nginx.cjs", "public-images/nginx/main.ts");
  const code = "code" in found ? found.code : readFileSync(found.file, "utf8");
  await unpackLayer(packLayer(nginxFiles(code)), "application/x-tar", home);
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(home, "site", path)), { recursive: true });
    writeFileSync(join(home, "site", path), text);
  }
  behind = createServer((message, response) => {
    if (message.url === "/moved") response.writeHead(302, { location: `http://127.0.0.1:${behindPort}/there` });
    if (message.url === "/missing") response.writeHead(404);
    const { host, connection, "x-real-ip": ip, "x-forwarded-for": all, "x-empty": empty } = message.headers;
    const chunks: Buffer[] = [];
    message.on("data", (chunk) => chunks.push(chunk));
    message.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const text = JSON.stringify({ url: message.url, host, connection, ip, all, empty, body });
      response.end(text);
    });
  });
  behind.on("upgrade", (message, socket) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n${message.url} `);
    socket.pipe(socket);
  });
  await new Promise<void>((done) => behind.listen(0, "127.0.0.1", done));
  behindPort = (behind.address() as AddressInfo).port;
  closedPort = await anyPort();
});

afterAll(() => {
  behind.close();
  behind.closeAllConnections();
  rmSync(home, { recursive: true, force: true });
});

const FILES = {
  "index.html": "home",
  "app.js": "js",
  "docs/index.html": "docs",
  "empty/keep.txt": "kept",
  "404.html": "lost",
  "with space.html": "blank",
};

const configuration = (port: number) => `
daemon off; master_process off;
pid ${home}/run/${port}.pid; error_log stderr notice;
events {}
http {
  access_log off;
  include ${home}/etc/nginx/mime.types;
  default_type application/octet-stream;
  client_body_temp_path ${home}/run/body; proxy_temp_path ${home}/run/proxy; fastcgi_temp_path ${home}/run/f; uwsgi_temp_path ${home}/run/u; scgi_temp_path ${home}/run/s;
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  map $arg_lang $language { default en; ~^pt pt; }
  upstream api { server 127.0.0.1:${closedPort}; server 127.0.0.1:${behindPort}; }
  server {
    listen ${port} default_server;
    server_name localhost;
    root ${home}/site;
    add_header X-Site one;
    location / { try_files $uri $uri/ /index.html; }
    location = /exact { return 200 "exact $args"; }
    location /strict/ { alias ${home}/site/; }
    location ~* \\.(js|css)$ { expires 1h; add_header Cache-Control "public, immutable"; }
    location ^~ /final/ { return 200 final; }
    location /only/ { try_files $uri =404; error_page 404 /404.html; }
    location /api/ { proxy_pass http://127.0.0.1:${behindPort}/v1/; proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Empty ""; proxy_set_header Host $host; }
    location /same { proxy_pass http://127.0.0.1:${behindPort}; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }
    location /moved { proxy_pass http://127.0.0.1:${behindPort}; }
    location /balanced { proxy_pass http://api; }
    location /down { proxy_pass http://127.0.0.1:${closedPort}; }
    location /fallback { error_page 502 = @static; proxy_pass http://127.0.0.1:${closedPort}; }
    location @static { return 200 "from static"; }
    location /intercepted { proxy_intercept_errors on; error_page 404 =200 /404.html; proxy_pass http://127.0.0.1:${behindPort}/missing; }
    location /socket { proxy_pass http://127.0.0.1:${behindPort}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; }
    location /old { rewrite ^/old/(.*)$ /$1 last; }
    location /gone { return 301 https://$host$request_uri; }
    location /lang { return 200 $language; }
    location /if { if ($request_method = POST) { return 405; } if ($http_x_secret = "") { return 403; } return 200 "$http_x_secret $cookie_a"; }
    location ~ ^/user/(?<name>\\w+)/(\\d+)$ { default_type text/plain; return 200 "$name $2"; }
    location /small { client_max_body_size 1k; proxy_pass http://127.0.0.1:${behindPort}; }
    location /nested/ { location /nested/in/ { return 200 in; } return 200 out; }
  }
  server { listen ${port}; server_name other.example *.wild.example; location / { return 200 other; } }
}
`;

interface Answer {
  status: number | undefined;
  body: string;
  headers: Record<string, unknown>;
}

function ask(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
) {
  return new Promise<Answer>((done, fail) => {
    const { method = "GET", headers = {}, body } = options;
    const asked = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        done({ status: response.statusCode, body: Buffer.concat(chunks).toString(), headers: response.headers });
      });
    });
    asked.on("error", fail);
    asked.end(body);
  });
}

const servers = [
  { name: "ours", command: () => [process.execPath, join(home, "usr/lib/bia-infra-sandbox/nginx.cjs")] },
  { name: "the real one", command: () => [REAL] },
];

describe.each(servers)("nginx, $name", ({ name, command }) => {
  const isThere = name === "ours" || existsSync(REAL);
  let port: number;
  let running: ChildProcess | undefined;

  const start = (file: string, ...args: string[]) => {
    const [program = "", ...first] = command();
    return spawn(program, [...first, "-c", file, ...args], { env: { ...process.env, NGINX_VERSION: "1.27.5" } });
  };

  beforeAll(async () => {
    if (!isThere) return;
    port = await anyPort();
    const file = join(home, "etc/nginx", `${name.split(" ")[0]}.conf`);
    writeFileSync(file, configuration(port));
    let said = "";
    running = start(file);
    running.stderr?.on("data", (chunk) => {
      said += chunk;
    });
    await vi.waitFor(() => ask(port, "/").catch(() => Promise.reject(new Error(said))), { timeout: 10_000 });
  });

  afterAll(() => void running?.kill("SIGKILL"));

  const host = (value: string) => ({ headers: { host: value } });

  it.skipIf(!isThere).each<[string, Parameters<typeof ask>[2], Partial<Answer>]>([
    [
      "/",
      {},
      { status: 200, body: "home", headers: { "content-type": "text/html", "content-length": "4", "x-site": "one" } },
    ],
    ["/any/route/of/the/app", {}, { status: 200, body: "home" }],
    [
      "/docs",
      host("localhost"),
      { status: 301, headers: { location: expect.stringMatching(/^http:\/\/localhost:\d+\/docs\/$/) } },
    ],
    ["/docs/", {}, { status: 200, body: "docs" }],
    ["/empty/", {}, { status: 403, body: expect.stringContaining("<h1>403 Forbidden</h1>") }],
    ["/with%20space.html", {}, { status: 200, body: "blank" }],
    ["/%2e%2e/%2e%2e/etc/passwd", {}, { status: 400 }],
    [
      "/docs/../app.js",
      {},
      {
        body: "js",
        headers: { "cache-control": expect.stringContaining("max-age=3600"), expires: expect.any(String) },
      },
    ],
    [
      "/app.js",
      {},
      { headers: { "content-type": "application/javascript", etag: expect.stringMatching(/^"[0-9a-f]+-2"$/) } },
    ],
    ["/", { method: "POST" }, { status: 405 }],
    ["/", { method: "HEAD" }, { status: 200, body: "", headers: { "content-length": "4" } }],
    ["/exact?a=1", {}, { status: 200, body: "exact a=1", headers: { "content-type": "application/octet-stream" } }],
    ["/exact/", {}, { body: "home" }],
    ["/strict/app.js", {}, { body: expect.any(String), status: 404 }],
    ["/strict/404.html", {}, { body: "lost" }],
    ["/strict/nothing.html", {}, { status: 404, body: expect.stringContaining("<center>nginx/") }],
    ["/final/x.js", {}, { body: "final" }],
    ["/only/nothing", {}, { status: 404, body: "lost" }],
    [
      "/api/tasks?x=1",
      host("app.example:81"),
      {
        body: expect.stringContaining(
          '"url":"/v1/tasks?x=1","host":"app.example","connection":"close","ip":"127.0.0.1"',
        ),
      },
    ],
    ["/api/tasks", { headers: { "x-empty": "full" } }, { body: expect.not.stringContaining("empty") }],
    [
      "/api/tasks",
      { method: "POST", body: "sent", headers: { "content-length": "4" } },
      { body: expect.stringContaining('"body":"sent"') },
    ],
    [
      "/same/a%20b",
      { headers: { "x-forwarded-for": "1.2.3.4" } },
      { body: expect.stringMatching(/"url":"\/same\/a%20b","host":"127.0.0.1:\d+".*"all":"1.2.3.4, 127.0.0.1"/) },
    ],
    ["/moved", host("localhost"), { status: 302, headers: { location: expect.stringMatching(/\/there$/) } }],
    ["/balanced", {}, { status: 200, body: expect.stringContaining('"host":"api"') }],
    ["/balanced", {}, { status: 200, body: expect.stringContaining('"url":"/balanced"') }],
    ["/down", {}, { status: 502, body: expect.stringContaining("502 Bad Gateway") }],
    ["/fallback", {}, { status: 200, body: "from static" }],
    ["/intercepted", {}, { status: 200, body: "lost" }],
    ["/old/docs/", {}, { body: "docs" }],
    ["/gone?x=1", host("app.example"), { status: 301, headers: { location: "https://app.example/gone?x=1" } }],
    ["/lang?lang=pt-BR", {}, { body: "pt" }],
    ["/lang", {}, { body: "en" }],
    ["/if", {}, { status: 403 }],
    ["/if", { method: "POST" }, { status: 405 }],
    ["/if", { headers: { "x-secret": "s", cookie: "b=1; a=2" } }, { status: 200, body: "s 2" }],
    ["/user/ana/7", {}, { body: "ana 7", headers: { "content-type": "text/plain" } }],
    ["/small", { method: "POST", body: "x".repeat(2000), headers: { "content-length": "2000" } }, { status: 413 }],
    ["/nested/in/x", {}, { body: "in" }],
    ["/nested/x", {}, { body: "out" }],
    ["/", host("other.example"), { body: "other" }],
    ["/", host("a.wild.example"), { body: "other" }],
    ["/", host("unknown.example"), { body: "home" }],
  ])("%s %j", async (path, options, { headers = {}, ...expected }) => {
    const found = await ask(port, path, options);
    expect(found).toMatchObject({ ...expected, headers: expect.objectContaining(headers) });
  });

  it.skipIf(!isThere)("knows what a client has already, and leads other protocols through", async () => {
    const { headers } = await ask(port, "/app.js");
    expect(await ask(port, "/app.js", { headers: { "if-none-match": String(headers.etag) } })).toMatchObject({
      status: 304,
      body: "",
    });
    const echoed = await new Promise<string>((done, fail) => {
      const asked = request({
        host: "127.0.0.1",
        port,
        path: "/socket?a",
        headers: { connection: "Upgrade", upgrade: "echo" },
      });
      asked.once("upgrade", (_, socket, head) => {
        let said = head.toString();
        socket.on("data", (chunk) => {
          said += chunk;
          if (said.endsWith("hello")) {
            socket.destroy();
            done(said);
          }
        });
        socket.write("hello");
      });
      asked.once("error", fail);
      asked.once("response", ({ statusCode }) => fail(new Error(`no upgrade: ${statusCode}`)));
      asked.end();
    });
    expect(echoed).toBe("/socket?a hello");
  });

  it.skipIf(!isThere).each([
    ["http { server { listen 80 } }", 'unexpected "}"'],
    ["http { server { listen 80; ", 'unexpected end of file, expecting "}"'],
    ["http { server { lisen 80; } }", 'unknown directive "lisen"'],
    ["server { listen 80; }", '"server" directive is not allowed here'],
    ["http { server { location / { proxy_pass api:3000; } } }", "invalid URL prefix"],
    [
      "http { server { location / { proxy_pass http://nowhere.invalid:3000; } } }",
      'host not found in upstream "nowhere.invalid"',
    ],
    ["http { server { root; } }", 'invalid number of arguments in "root" directive'],
  ])("says what is wrong with %s", (text, words) => {
    const file = join(home, "etc/nginx/wrong.conf");
    writeFileSync(file, `pid ${home}/run/x.pid;\nevents {}\n${text}\n`);
    const [program = "", ...first] = command();
    const { status, stderr } = spawnSync(program, [...first, "-t", "-c", file], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/\[emerg\] /) });
    expect(stderr).toContain(`${words} in ${file}:${words.includes("end of file") ? 4 : 3}`);
  });
});
