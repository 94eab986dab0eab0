import { posix } from "node:path";
import type { LayerEntry } from "../../image/layer.ts";
import { FOLDER } from "../../packages/places.ts";

const INDEX = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, nginx is successfully installed and working.
Further configuration is required.</p>
</body>
</html>
`;

const ERROR =
  "<!DOCTYPE html>\n<html>\n<head><title>Error</title></head>\n<body>\n<h1>An error occurred.</h1>\n</body>\n</html>\n";

/** As in the image, in its own words. */
const NGINX_CONF = `user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;

events {
    worker_connections  1024;
}

http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;

    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for"';

    access_log  /var/log/nginx/access.log  main;

    sendfile        on;
    #tcp_nopush     on;

    keepalive_timeout  65;

    #gzip  on;

    include /etc/nginx/conf.d/*.conf;
}
`;

const DEFAULT_CONF = `server {
    listen       80;
    listen  [::]:80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
`;

/** Runs the scripts of /docker-entrypoint.d, as the image's does. Templates are nginx's own business here. */
const ENTRYPOINT = `#!/bin/sh
set -e
if [ "$1" = "nginx" ] || [ "$1" = "nginx-debug" ]; then
  for f in /docker-entrypoint.d/*.sh; do
    if [ -f "$f" ]; then
      echo "/docker-entrypoint.sh: Launching $f"
      sh "$f"
    fi
  done
  echo "/docker-entrypoint.sh: Configuration complete; ready for start up"
fi
exec "$@"
`;

const TYPES: Readonly<Record<string, string>> = {
  "text/html": "html htm shtml",
  "text/css": "css",
  "text/xml": "xml",
  "text/plain": "txt",
  "text/markdown": "md",
  "text/csv": "csv",
  "application/javascript": "js mjs",
  "application/json": "json map",
  "application/manifest+json": "webmanifest",
  "application/wasm": "wasm",
  "application/pdf": "pdf",
  "application/zip": "zip",
  "application/atom+xml": "atom",
  "application/rss+xml": "rss",
  "application/vnd.ms-fontobject": "eot",
  "application/octet-stream": "bin exe dll deb dmg iso img",
  "image/gif": "gif",
  "image/jpeg": "jpeg jpg",
  "image/png": "png",
  "image/svg+xml": "svg svgz",
  "image/webp": "webp",
  "image/avif": "avif",
  "image/x-icon": "ico",
  "image/bmp": "bmp",
  "font/woff": "woff",
  "font/woff2": "woff2",
  "font/ttf": "ttf",
  "font/otf": "otf",
  "audio/mpeg": "mp3",
  "audio/ogg": "ogg",
  "video/mp4": "mp4",
  "video/webm": "webm",
};

/** The files of the image, which are those of nginx, given the code of the program that stands for it. */
export function nginxFiles(program: string): LayerEntry[] {
  const types = Object.entries(TYPES).map(([type, names]) => `    ${type.padEnd(40)} ${names};\n`);
  const texts: Readonly<Record<string, string>> = {
    "etc/nginx/nginx.conf": NGINX_CONF,
    "etc/nginx/mime.types": `\ntypes {\n${types.join("")}}\n`,
    "etc/nginx/conf.d/default.conf": DEFAULT_CONF,
    "usr/share/nginx/html/index.html": INDEX,
    "usr/share/nginx/html/50x.html": ERROR,
  };
  const script = `${FOLDER}/nginx.cjs`;
  const folders = [
    "docker-entrypoint.d",
    "etc/nginx",
    "etc/nginx/conf.d",
    "run",
    "usr/lib",
    FOLDER,
    "usr/sbin",
    "usr/share",
  ];
  const more = ["usr/share/nginx", "usr/share/nginx/html", "var/cache", "var/cache/nginx", "var/log", "var/log/nginx"];
  const file = (path: string, text: string, mode: number): LayerEntry => {
    return { path, type: "file", mode, content: Buffer.from(text) };
  };
  return [
    ...[...folders, ...more].map((path): LayerEntry => ({ path, type: "directory", mode: 0o755 })),
    ...Object.entries(texts).map(([path, text]) => file(path, text, 0o644)),
    file("docker-entrypoint.sh", ENTRYPOINT, 0o755),
    file(script, `#!/usr/bin/env node\n${program}`, 0o755),
    { path: "usr/sbin/nginx", type: "symlink", target: posix.relative("usr/sbin", script) },
  ];
}
