// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${...} is how compose files and scripts mention variables
/** A small app after a pattern that many real ones follow, and what it answers once it is up. */
export interface PatternApp {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** What port 3000 of the machine answers at `path`. */
  readonly path?: string;
  readonly answers: string;
}

/** A server that answers what an expression says. */
const server = (expression: string) =>
  `require("http").createServer(async (request, answer) => answer.end(String(await (${expression})))).listen(process.env.PORT || 3000);\n`;
const json = (value: unknown) => JSON.stringify(value);
const one = (service: string) => `services:\n  web:\n    build: .\n    ports: ["3000:3000"]\n${service}`;
const COPY_ALL = 'WORKDIR /usr/src/app\nCOPY . .\nCMD ["node", "server.js"]\n';

/** Packages without a registry: `npm ci` links them from the app's own folder. */
const withTool = (name: string, program: string, scripts: Readonly<Record<string, string>>) => ({
  "package.json": json({ name: "app", version: "1.0.0", scripts, dependencies: { [name]: "file:tools" } }),
  "tools/package.json": json({ name, version: "1.0.0", bin: "tool.js" }),
  "tools/tool.js": `#!/usr/bin/env node\n${program}`,
});

export const patterns: readonly PatternApp[] = [
  {
    name: "Express with views in a folder",
    files: {
      "compose.yml": one(""),
      "views/index.ejs": "<h1>Bia</h1>",
      "server.js": server('require("fs").readFileSync(require("path").join(__dirname, "views/index.ejs"), "utf8")'),
      Dockerfile: `FROM node:20\n${COPY_ALL}`,
    },
    answers: "<h1>Bia</h1>",
  },
  {
    name: "Create React App with openssl-legacy-provider, served by a second stage",
    files: {
      "docker-compose.yml": one("    stdin_open: true\n    tty: true\n"),
      ...withTool(
        "react-scripts",
        'require("fs").mkdirSync("build"); require("fs").writeFileSync("build/index.html", "react " + process.env.NODE_OPTIONS.includes("legacy") + process.env.REACT_APP_API);\n',
        {
          build: "react-scripts build",
        },
      ),
      "server.js": server('require("fs").readFileSync("build/index.html", "utf8")'),
      Dockerfile:
        "FROM node:18 AS build\nWORKDIR /app\nENV NODE_OPTIONS=--openssl-legacy-provider\nARG REACT_APP_API=/api\nENV REACT_APP_API=$REACT_APP_API\n" +
        "COPY . .\nRUN npm install --no-audit && npm run build\nFROM node:18-alpine\nWORKDIR /app\nCOPY --from=build /app/build ./build\nCOPY server.js .\nEXPOSE 3000\nCMD node server.js\n",
    },
    answers: "react true/api",
  },
  {
    name: "Vite with build arguments of the compose file",
    files: {
      "compose.yml":
        'services:\n  web:\n    build: { context: ., args: { VITE_API_URL: "http://localhost:3000" } }\n    ports: ["${APP_PORT:-3000}:8080"]\n',
      ...withTool("vite", 'require("fs").writeFileSync("index.html", process.env.VITE_API_URL);\n', {
        build: "vite build",
      }),
      "server.js": server('require("fs").readFileSync("index.html", "utf8")'),
      Dockerfile: `FROM node:24-slim\nARG VITE_API_URL\nENV PORT=8080\n${COPY_ALL.replace("CMD", "RUN npm install --no-audit --loglevel=error && VITE_API_URL=$VITE_API_URL npm run build\nCMD")}EXPOSE 8080\n`,
    },
    answers: "http://localhost:3000",
  },
  {
    name: "Next, standalone, for a user of its own on Alpine",
    files: {
      "compose.yml": one("    restart: unless-stopped\n"),
      ".next/standalone/server.js": server('"next as " + process.env.NODE_ENV'),
      Dockerfile:
        "FROM node:22-alpine AS base\nFROM base AS builder\nRUN apk add --no-cache libc6-compat\nWORKDIR /app\nCOPY . .\nFROM base AS runner\nWORKDIR /app\nENV NODE_ENV=production\n" +
        "RUN addgroup --system --gid 1001 nodejs\nRUN adduser --system --uid 1001 nextjs\nCOPY --from=builder --chown=nextjs:nodejs /app/.next/standalone ./\n" +
        'USER nextjs\nEXPOSE 3000\nENV PORT=3000 HOSTNAME="0.0.0.0"\nCMD ["node", "server.js"]\n',
    },
    answers: "next as production",
  },
  {
    name: "an entrypoint that waits with psql, and a database that init.sql fills",
    files: {
      "compose.yml": one(
        "    environment: { PGHOST: db, PGUSER: postgres, PGPASSWORD: secret, PGDATABASE: app }\n    depends_on: [db]\n  db:\n    image: postgres:16-alpine\n    command: postgres -c max_connections=50\n    environment: [POSTGRES_PASSWORD=secret, POSTGRES_DB=app]\n    volumes:\n      - ./init.sql:/docker-entrypoint-initdb.d/init.sql:ro\n      - data:/var/lib/postgresql/data\nvolumes:\n  data: { driver: local }\n",
      ),
      "init.sql": "CREATE TABLE tasks (title text);\nINSERT INTO tasks VALUES ('learn');\n",
      "docker-entrypoint.sh":
        '#!/bin/sh\nset -e\nuntil psql -c "\\q" 2>/dev/null; do\n  echo "waiting"\n  sleep 0.2\ndone\npsql -tAc "SELECT title FROM tasks" > title\nexec "$@"\n',
      "server.js": server('require("fs").readFileSync("title", "utf8").trim()'),
      Dockerfile:
        'FROM node:20-slim\nRUN apt-get update && apt-get install -y --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/*\nWORKDIR /app\nCOPY . .\nRUN chmod +x docker-entrypoint.sh\nENTRYPOINT ["./docker-entrypoint.sh"]\nCMD ["node", "server.js"]\n',
    },
    answers: "learn",
  },
  {
    name: "a database of its own version, whose image it builds",
    files: {
      "compose.yml": one(
        "    depends_on: { db: { condition: service_healthy } }\n    command: sh -c 'psql -h db -U postgres -tAc \"SELECT v FROM versions\" > v && node server.js'\n    environment: { PGPASSWORD: secret }\n  db:\n    build: ./db\n    environment: { POSTGRES_PASSWORD_FILE: /run/secrets/password }\n    secrets: [password]\n    healthcheck: { test: pg_isready -U postgres, interval: 1s, retries: 30 }\n    volumes: [data:/var/lib/postgresql]\nvolumes: { data: }\nsecrets: { password: { file: ./db/password.txt } }\n",
      ),
      "db/password.txt": "secret\n",
      "db/Dockerfile": "FROM postgres:18-alpine\nENV POSTGRES_DB=postgres\nCOPY *.sql /docker-entrypoint-initdb.d/\n",
      "db/1.sql": "CREATE TABLE versions AS SELECT split_part(current_setting('server_version'), '.', 1) AS v;\n",
      "server.js": server('require("fs").readFileSync("v", "utf8").trim() > "15"'),
      Dockerfile: `FROM node:22-slim\nRUN apt-get update && apt-get install -y postgresql-client\n${COPY_ALL}`,
    },
    answers: "true",
  },
  {
    name: "React built in one stage, served by nginx, with an API behind it",
    files: {
      "compose.yml":
        'services:\n  web:\n    build: .\n    ports: ["3000:80"]\n    depends_on: [api]\n  api:\n    build: { context: ., dockerfile: api.Dockerfile }\n',
      ...withTool(
        "vite",
        'require("fs").mkdirSync("dist"); require("fs").writeFileSync("dist/index.html", "<div id=root>");\n',
        { build: "vite build" },
      ),
      "nginx.conf":
        "server {\n  listen 80;\n  root /usr/share/nginx/html;\n  location / {\n    try_files $uri $uri/ /index.html;\n  }\n  location /api/ {\n    proxy_pass http://api:3000/;\n    proxy_set_header Host $host;\n    proxy_set_header X-Real-IP $remote_addr;\n  }\n}\n",
      "server.js": server('"api says " + request.url'),
      "api.Dockerfile": `FROM node:22-alpine\n${COPY_ALL}`,
      Dockerfile:
        'FROM node:22-alpine AS build\nWORKDIR /app\nCOPY . .\nRUN npm install --no-audit && npm run build\n\nFROM nginx:1.27-alpine\nRUN rm -rf /usr/share/nginx/html/*\nCOPY --from=build /app/dist /usr/share/nginx/html\nCOPY nginx.conf /etc/nginx/conf.d/default.conf\nEXPOSE 80\nCMD ["nginx", "-g", "daemon off;"]\n',
    },
    path: "/api/tasks?a=1",
    answers: "api says /tasks?a=1",
  },
  {
    name: "a counter in redis, which has to be healthy first",
    files: {
      "compose.yml": one(
        "    depends_on: { cache: { condition: service_healthy } }\n  cache:\n    image: redis:7-alpine\n    command: redis-server --save 60 1 --requirepass s3nha\n    volumes: [cache:/data]\n    healthcheck: { test: ['CMD', 'redis-cli', '-a', 's3nha', 'ping'], interval: 1s, retries: 30 }\nvolumes: { cache: }\n",
      ),
      "server.js": server(
        'new Promise((done) => { const c = require("net").connect(6379, "cache", () => c.write("AUTH s3nha\\r\\nSET views 41\\r\\nINCR views\\r\\n")); let said = ""; c.on("data", (d) => (said += d).endsWith(":42\\r\\n") && done("views 42")) })',
      ),
      Dockerfile: `FROM node:22-slim\n${COPY_ALL}`,
    },
    answers: "views 42",
  },
  {
    name: "a cache beside it that the sandbox has not",
    files: {
      "compose.yml": one(
        "    depends_on: [redis]\n    environment: { REDIS_URL: 'redis://redis:6379' }\n  redis:\n    image: memcached:1.6-alpine\n    sysctls: { net.core.somaxconn: 1024 }\n  adminer:\n    image: adminer\n    ports: [8080:8080]\n",
      ),
      "server.js": server('require("dns").promises.lookup("redis").then(() => "cache", () => "no cache")'),
      Dockerfile: `FROM node:22-slim\n${COPY_ALL}`,
    },
    answers: "no cache",
  },
  {
    name: "the project's folder mounted for development, but for its packages",
    files: {
      "compose.yml": one(
        "    volumes:\n      - .:/usr/src/app\n      - /usr/src/app/node_modules\n    command: npm run dev\n",
      ),
      ".dockerignore": "node_modules\n",
      "package.json": json({ name: "app", scripts: { dev: "node server.js" } }),
      "server.js": server('require("greeting") + require("fs").existsSync("made-in-image")'),
      Dockerfile: `FROM node:22\n${COPY_ALL}RUN mkdir -p node_modules/greeting && echo 'module.exports = "hi "' > node_modules/greeting/index.js && touch made-in-image\n`,
    },
    answers: "hi false",
  },
  {
    name: "two services on networks of their own, one asking the other",
    files: {
      "compose.yml":
        'services:\n  web:\n    build: ./web\n    ports: ["3000:3000"]\n    networks: [front, back]\n    depends_on: { api: { condition: service_healthy } }\n  api:\n    build: { context: ./api, dockerfile: Dockerfile.prod }\n    expose: ["4000"]\n    networks: { back: { aliases: [backend] } }\nnetworks:\n  front:\n  back: { driver: bridge, internal: true }\n',
      "web/server.js": server('fetch("http://backend:4000/").then((r) => r.text())'),
      "web/Dockerfile": `FROM node:22\n${COPY_ALL}`,
      "api/server.js": server('"from the api"'),
      "api/Dockerfile.prod": `FROM node:22-slim\nRUN apt-get update -qq && apt-get install -yqq curl\nENV PORT=4000\nHEALTHCHECK --interval=1s --retries=20 CMD curl -fsS http://localhost:4000/ || exit 1\n${COPY_ALL}`,
    },
    answers: "from the api",
  },
  {
    name: "variables from an env_file and from .env",
    files: {
      "compose.yml": one(
        `    env_file: [app.env, { path: none.env, required: false }]\n    environment:\n      MODE: \${MODE:?}\n      EMPTY:\n`,
      ),
      "app.env": "# a comment\nDB_HOST=elsewhere\n",
      ".env": 'MODE="test"\n',
      "server.js": server("process.env.DB_HOST + process.env.MODE"),
      Dockerfile: `FROM node:22\n${COPY_ALL}`,
    },
    answers: "elsewheretest",
  },
  {
    name: "TypeScript that is built in the image",
    files: {
      "compose.yml": one("    build: { context: ., target: production }\n").replace("    build: .\n", ""),
      ...withTool(
        "typescript",
        'require("fs").mkdirSync("dist"); require("fs").copyFileSync("src/server.ts", "dist/server.js");\n',
        {
          build: "typescript",
          start: "node dist/server.js",
        },
      ),
      "src/server.ts": server('"typed"'),
      Dockerfile:
        "FROM node:22 AS build\nWORKDIR /app\nCOPY package.json ./\nCOPY tools tools\nRUN npm install --no-audit\nCOPY src src\nRUN npm run build\n\nFROM node:22 AS production\nWORKDIR /app\nCOPY --from=build /app ./\nCMD npm start\n\nFROM production AS debug\nRUN exit 1\n",
    },
    answers: "typed",
  },
  {
    name: "Alpine with tini, a shell script and a user",
    files: {
      "compose.yml": one(
        "    init: true\n    logging: { driver: json-file, options: { max-size: 10m } }\n    deploy: { resources: { limits: { cpus: '0.5', memory: 256M } } }\n",
      ),
      "start.sh": '#!/bin/bash\nset -euo pipefail\nargs=(server.js)\nexec node "${args[@]}"\n',
      "server.js": server("require('os').userInfo() && process.env.HOME.endsWith('node')"),
      Dockerfile:
        'FROM node:22-alpine\nRUN apk add --no-cache tini bash tzdata\nENV TZ=America/Sao_Paulo\nWORKDIR /app\nCOPY --chown=node:node --chmod=755 . .\nUSER node\nENTRYPOINT ["/sbin/tini", "--"]\nCMD ["./start.sh"]\n',
    },
    answers: "true",
  },
  {
    name: "what docker init writes",
    files: {
      "compose.yaml":
        "services:\n  server:\n    build:\n      context: .\n    environment:\n      NODE_ENV: production\n    ports:\n      - 3000:3000\n",
      "package.json": json({ name: "app", version: "1.0.0" }),
      "package-lock.json": json({
        name: "app",
        version: "1.0.0",
        lockfileVersion: 3,
        packages: { "": { name: "app", version: "1.0.0" } },
      }),
      "server.js": server("process.env.NODE_ENV"),
      Dockerfile:
        "# syntax=docker/dockerfile:1\nARG NODE_VERSION=22.14.0\nFROM node:${NODE_VERSION}-alpine\nENV NODE_ENV production\nWORKDIR /usr/src/app\n" +
        "RUN --mount=type=bind,source=package.json,target=package.json \\\n    --mount=type=bind,source=package-lock.json,target=package-lock.json \\\n    --mount=type=cache,target=/root/.npm \\\n    npm ci --omit=dev\nUSER node\nCOPY . .\nEXPOSE 3000\nCMD node server.js\n",
    },
    answers: "production",
  },
  {
    name: "a compose file of the old kind: version, links, extends, names",
    files: {
      "docker-compose.yml":
        'version: "3.8"\nx-common: &common\n  restart: always\nservices:\n  web:\n    <<: *common\n    extends: { file: common.yml, service: base }\n    container_name: web\n    hostname: web\n    ports: ["127.0.0.1:3000:3000"]\n    links: ["api:backend"]\n  api:\n    <<: *common\n    build: .\n    command: ["node", "api.js"]\n  docs:\n    image: nginx\n    profiles: [docs]\n',
      "common.yml": "services:\n  base:\n    build: .\n    environment: { NAME: base }\n",
      "server.js": server('fetch("http://backend:5000/").then((r) => r.text())'),
      "api.js": server("process.env.NAME || 'none'").replace("process.env.PORT || 3000", "5000"),
      Dockerfile: `FROM node:22\nMAINTAINER ana@example.org\nADD . /usr/src/app/\n${COPY_ALL.replace("COPY . .\n", "")}`,
    },
    answers: "none",
  },
  {
    name: "a script that waits for a port, and one that runs before the app",
    files: {
      "compose.yml": one(
        '    depends_on:\n      prepare: { condition: service_completed_successfully }\n    volumes: [shared:/data]\n  prepare:\n    build: .\n    entrypoint: sh -c\n    command: ["echo prepared > /data/x"]\n    volumes: [shared:/data]\nvolumes: { shared: }\n',
      ),
      "wait-for-it.sh":
        '#!/bin/sh\nhost=$1; shift\nuntil nc -z "${host%:*}" "${host#*:}"; do sleep 0.2; done\n[ "$1" = "--" ] && shift\nexec "$@"\n',
      "other.js": server('"up"').replace("process.env.PORT || 3000", "7000"),
      "server.js": server(
        'require("fs").readFileSync(require("path").relative(".", "data/x"), "utf8").trim()',
      ).replaceAll('require("path").relative(".", "data/x")', '"../../../data/x"'),
      Dockerfile: `FROM node:22\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN apt-get update && apt-get install -y netcat-openbsd\nWORKDIR /usr/src/app\nCOPY . .\nRUN chmod +x wait-for-it.sh\nCMD node other.js & ./wait-for-it.sh localhost:7000 -- node server.js\n`,
    },
    answers: "prepared",
  },
  {
    name: "npm start, with files that a volume keeps",
    files: {
      "compose.yml": one(
        "    volumes: [uploads:/usr/src/app/uploads]\n    user: node\n    working_dir: /usr/src/app\nvolumes:\n  uploads:\n    name: my-uploads\n",
      ),
      "package.json": json({ name: "app", scripts: { prestart: "node -e 1", start: "node server.js" } }),
      "uploads/first.txt": "from the image",
      "server.js": server('require("fs").readFileSync("uploads/first.txt", "utf8")'),
      Dockerfile: `FROM public.ecr.aws/docker/library/node:22-slim\n${COPY_ALL.replace('["node", "server.js"]', '["npm", "start"]')}`,
    },
    answers: "from the image",
  },
  {
    name: "a monorepo with workspaces, a .dockerignore with exceptions, a file of another image, and wget for its health",
    files: {
      "compose.yml": one(
        "    depends_on: { api: { condition: service_healthy } }\n  api:\n    build: { context: ., dockerfile: packages/api/Dockerfile }\n",
      ),
      ".dockerignore": "**\n!package.json\n!packages\npackages/*/secret\n",
      "package.json": json({ name: "mono", private: true, workspaces: ["packages/*"] }),
      "packages/lib/package.json": json({ name: "@mono/lib", version: "1.0.0" }),
      "packages/lib/index.js": "module.exports = 'lib';\n",
      "packages/api/package.json": json({ name: "@mono/api", version: "1.0.0", dependencies: { "@mono/lib": "*" } }),
      "packages/api/secret": "not in the image",
      "packages/api/server.js": server('require("@mono/lib") + require("fs").existsSync(__dirname + "/secret")'),
      "packages/api/Dockerfile":
        'FROM node:22-alpine\nWORKDIR /repo\nCOPY . .\nRUN npm install --no-audit\nENV PORT=4000\nHEALTHCHECK --interval=1s --retries=30 CMD wget -qO- http://localhost:4000/ || exit 1\nCMD ["node", "packages/api/server.js"]\n',
      "packages/web/server.js": server(
        'fetch("http://api:4000/").then((r) => r.text()).then((t) => t + require("fs").readFileSync(__dirname + "/index.html", "utf8").includes("nginx"))',
      ),
      Dockerfile:
        'FROM node:22-alpine\nWORKDIR /app\nCOPY packages/web .\nCOPY --from=nginx:1.27-alpine /usr/share/nginx/html/index.html .\nCMD ["node", "server.js"]\n',
    },
    answers: "libfalsetrue",
  },
  {
    name: "files that are included and overridden, with configs and secrets that stand in them",
    files: {
      "compose.yml":
        "include: [cache/compose.yml]\nservices:\n  web:\n    build:\n      context: .\n      dockerfile_inline: |\n        FROM node:22\n        WORKDIR /usr/src/app\n        COPY . .\n        COPY --from=extra word .\n        CMD node server.js\n      additional_contexts: { extra: ./extra }\n    secrets: [token]\n    configs: [{ source: motd, target: /usr/src/app/motd }]\n    depends_on: [cache]\nsecrets: { token: { environment: TOKEN } }\nconfigs: { motd: { content: 'port ${PORT_OF_CACHE:-none}' } }\n",
      "compose.override.yml": 'services: { web: { ports: ["3000:3000"] } }\n',
      ".env": "TOKEN='it\\'s'\nPORT_OF_CACHE=\"6379\" # redis's\n",
      "extra/word": "extra",
      "cache/compose.yml": "services: { cache: { build: ., environment: { PORT: '${PORT_OF_CACHE}' } } }\n",
      "cache/Dockerfile": 'FROM node:22\nCOPY s.js /\nCMD ["node", "/s.js"]\n',
      "cache/s.js": server('"cache"'),
      "server.js": server(
        '(async () => { const read = (f) => require("fs").readFileSync(f, "utf8"); return [read("../../../run/secrets/token"), read("motd"), read("word")].join() })()',
      ),
    },
    answers: "it's,port 6379,extra",
  },
];
