import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const SRC = path.resolve(import.meta.dirname, "../src");

/** What each part may import: parts of src by folder or file, `sdk` for the AWS SDK, `*` for any other package. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  engine: ["engine"],
  aws: ["aws", "version", "sdk"],
  kinds: ["kinds/same-service", "engine", "aws", "sdk"],
  remote: ["remote", "engine", "aws", "sdk", "*"],
  release: ["release", "load", "kinds/ecs", "engine", "aws", "sdk"],
  stacks: ["stacks", "kinds", "remote", "release/verify", "engine", "variables", "doctor/requirements"],
  doctor: ["doctor", "aws", "sdk"],
  load: ["load", "*"],
  runs: ["runs", "engine/event", "aws/answered", "aws/service-lives", "*"],
  console: ["console"],
  "console/terminal": ["console", "*"],
  /** What runs in a browser. */
  "console/page": [
    "console/page",
    "aws/answered",
    "aws/service-lives",
    "aws/service-network",
    "aws/service-usage",
    "aws/stack-machines",
    "runs/kept",
    "runs/requests",
    "runs/timeline",
    "engine/event",
    "engine/wanted",
    "graph/layout",
    "terminal/duration",
    "console/log-part",
    "*",
  ],
  graph: ["graph", "engine/event", "engine/graph", "*"],
  variables: ["variables", "*"],
  terminal: ["terminal", "engine/event", "runs/timeline", "*"],
  commands: [
    "commands",
    "doctor",
    "engine",
    "aws",
    "console",
    "graph",
    "load",
    "release",
    "remote",
    "runs",
    "stacks",
    "terminal",
    "variables",
    "target",
    "version",
    "*",
  ],
  "commands/sandbox": ["commands", "engine", "terminal", "sandbox/daemon", "sandbox/home", "*"],
  target: ["aws/answered", "engine/errors", "sandbox/daemon", "variables", "sdk"],
  cli: ["commands", "version", "*"],
  main: ["cli", "version"],
  version: [],
  "sandbox/wire": ["sandbox/wire", "sdk"],
  "sandbox/world": ["sandbox/world", "sandbox/wire/fault", "sandbox/wire/service", "sdk", "*"],
  "sandbox/services": [
    "sandbox/services/same-service",
    "sandbox/services/merged-tags",
    "sandbox/services/page",
    "sandbox/wire/coral",
    "sandbox/wire/service",
    "sandbox/world",
    "sdk",
  ],
  /** The list of all services. */
  "sandbox/services/index": ["sandbox/services", "sandbox/wire/service", "sandbox/world"],
  "sandbox/controllers": ["sandbox/controllers", "sandbox/world", "sandbox/plane", "sandbox/machine", "sdk"],
  "sandbox/machine": ["sandbox/machine", "sandbox/shell", "*"],
  // The `aws` command reads its options out of the SDK's schemas.
  "sandbox/machine/aws": ["sandbox/machine", "sdk"],
  "sandbox/machine/aws-access": ["sdk"],
  "sandbox/plane": ["sandbox/plane", "sandbox/shell", "*"],
  // A program of its own, which calls AWS as its task.
  "sandbox/plane/public-images/retail-store/cart": ["sandbox/plane", "sdk"],
  /** What the shells of machines and of containers share. */
  "sandbox/shell": ["sandbox/shell", "*"],
  /** What puts the parts of the sandbox together and runs them. */
  sandbox: ["sandbox", "version", "sdk", "*"],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => path.join(folder, name));
}

function importsOf(file: string): Import[] {
  const source = readFileSync(file, "utf8");
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s+(?:type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"|import\(\s*"([^"]+)"\s*\)/g;
  const from = path
    .relative(SRC, file)
    .replaceAll(path.sep, "/")
    .replace(/\.tsx?$/, "");
  return [...source.matchAll(pattern)].map((match) => {
    const to = match[1] ?? match[2] ?? "";
    return { from, to: to.startsWith(".") ? inSrc(file, to) : to };
  });
}

function inSrc(file: string, to: string): string {
  return path
    .relative(SRC, path.resolve(path.dirname(file), to))
    .replaceAll(path.sep, "/")
    .replace(/\.tsx?$/, "");
}

/** The most specific entry of the table that a file belongs to. */
function partOf(from: string): string {
  const parts = Object.keys(MAY_IMPORT).filter((part) => from === part || from.startsWith(`${part}/`));
  return parts.sort((a, b) => b.length - a.length)[0] ?? "";
}

function allowed({ from, to }: Import): boolean {
  if (to.startsWith("node:") || to === "../package.json") return true;
  const may = MAY_IMPORT[partOf(from)] ?? [];
  if (/^@(aws-sdk|smithy)\//.test(to)) return may.includes("sdk");
  const inside = to.split("/")[0] ?? "";
  const known = Object.keys(MAY_IMPORT).some((part) => part.split("/")[0] === inside);
  if (!known) return may.includes("*");
  return may.some((part) => {
    if (part.endsWith("/same-service")) return sameService(part.replace("/same-service", ""), from, to);
    return to === part || to.startsWith(`${part}/`);
  });
}

/** `kinds/ec2/instance` may import `kinds/ec2/launch`, not `kinds/iam/role`. */
function sameService(part: string, from: string, to: string): boolean {
  const service = (name: string) => name.slice(part.length + 1).split("/")[0];
  return to.startsWith(`${part}/`) && service(from) === service(to);
}

/** Groups of files that import each other, each way round, type imports included (Tarjan's strongly connected components). */
function cyclesIn(all: readonly Import[]): string[][] {
  const files = new Set(all.map(({ from }) => from));
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const path: string[] = [];
  const cycles: string[][] = [];
  const visit = (file: string): number => {
    const at = order.size;
    order.set(file, at);
    lowest.set(file, at);
    path.push(file);
    for (const { to } of all.filter(({ from }) => from === file)) {
      const reached = order.has(to) ? (path.includes(to) ? (order.get(to) ?? at) : at) : visit(to);
      lowest.set(file, Math.min(lowest.get(file) ?? at, reached));
    }
    if (lowest.get(file) === at) {
      const together = path.splice(path.indexOf(file));
      if (together.length > 1 || all.some(({ from, to }) => from === file && to === file)) cycles.push(together.sort());
    }
    return lowest.get(file) ?? at;
  };
  for (const file of files) if (!order.has(file)) visit(file);
  return cycles;
}

const imports = filesIn(SRC).flatMap(importsOf);

describe("the architecture", () => {
  it("is read from the imports of every file", () => {
    expect(imports).toContainEqual({ from: "target", to: "sandbox/daemon" });
    expect(new Set(imports.map(({ from }) => from)).size).toBeGreaterThan(40);
  });

  it("has a place for every file", () => {
    const homeless = filesIn(SRC)
      .map((file) => inSrc(file, `./${path.basename(file)}`))
      .filter((name) => partOf(name) === "");
    expect(homeless).toEqual([]);
  });

  it("lets each part import only what the table allows", () => {
    const wrong = imports.filter((one) => !allowed(one)).map(({ from, to }) => `${from} imports ${to}`);
    expect(wrong).toEqual([]);
  });

  it("keeps the sandbox away from everything but the target and its own command", () => {
    const users = imports.filter(({ from, to }) => to.startsWith("sandbox/") && !from.startsWith("sandbox/"));
    expect(new Set(users.map(({ from }) => from))).toEqual(new Set(["target", "commands/sandbox"]));
  });

  it("keeps the sandbox and the kinds from sharing code, or the one would agree with the other's mistakes", () => {
    const shared = imports.filter(
      ({ from, to }) => from.startsWith("sandbox/") && /^(kinds|engine|stacks|aws|remote)\//.test(to),
    );
    expect(shared).toEqual([]);
  });

  it("keeps kinds, stacks and the engine silent: they speak in events", () => {
    const speaking = ["kinds", "remote", "release", "stacks", "engine", "aws"]
      .flatMap((part) => filesIn(path.join(SRC, part)))
      .filter((file) => /\bconsole\.\w+\(|process\.std(out|err)/.test(readFileSync(file, "utf8")));
    expect(speaking).toEqual([]);
  });

  it("has no files that import each other in a circle, not even for their types", () => {
    expect(cyclesIn(imports)).toEqual([]);
  });

  it("would see such a circle", () => {
    const one = (from: string, to: string) => ({ from, to });
    const circle = [one("a", "b"), one("b", "c"), one("c", "b"), one("a", "d"), one("d", "c")];
    expect(cyclesIn(circle)).toEqual([["b", "c"]]);
  });

  it("listens on ports in two places: the sandbox where strangers are kept short, and the console", () => {
    const listening = filesIn(SRC).filter((file) => /\.listen\(|node:dgram/.test(readFileSync(file, "utf8")));
    // What stands for a public image is an app: it runs in containers, which see to where it listens.
    const ours = listening.filter((file) => !file.includes(path.join("plane", "public-images")));
    expect(ours.map((file) => path.relative(SRC, file)).sort()).toEqual([
      // Of this computer's own browser, which nothing of the sandbox need be running for.
      path.join("console", "server.ts"),
      path.join("sandbox", "plane", "listen.ts"),
    ]);
  });

  it("imports SDK packages from their roots only", () => {
    const deep = imports.filter(({ to }) => /^@aws-sdk\/[^/]+\/./.test(to));
    expect(deep).toEqual([]);
  });
});
