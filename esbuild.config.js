import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";

/** What just-bash loads for commands that no simulated machine has: sqlite3, js-exec, html-to-markdown, xz and zstd. */
const unusedByJustBash = ["sql.js", "quickjs-emscripten", "turndown", "node-liblzma", "@mongodb-js/zstd"];

/**
 * Four builds: the command line, split so that each command loads only what it needs, the sandbox's daemon, what the daemon
 * starts in processes and threads of their own, and the pages for a browser.
 * What stays outside (`external`) either carries data files of its own, or is of no use to an installation.
 */
const shared = {
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  outdir: "dist",
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: false,
  legalComments: "none",
  // Some dependencies are CommonJS and call require for Node's own modules.
  banner: { js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);" },
  // The ES modules of the SDK, from which only the operations that are called are kept.
  mainFields: ["module", "main"],
  conditions: ["module"],
  external: ["jiti", "esbuild", ...unusedByJustBash],
  metafile: true,
  logLevel: "warning",
};

/**
 * Lets the schemas of operations that are never called be left out of the bundle (of EC2 nine tenths, 0.7 MB, close to
 * 0.1 s of every command).
 */
const plainSchemaKeys = {
  name: "plain-schema-keys",
  setup({ onLoad }) {
    onLoad({ filter: SCHEMAS }, async ({ path }) => ({
      contents: withPlainKeys(await readFile(path, "utf8")),
      loader: "js",
    }));
  },
};

const SCHEMAS = /[/\\]dist-es[/\\]schemas[/\\]schemas_\d+\.js$/;

/**
 * Schemas are object literals whose keys are constants, `{ [_hE]: 404 }`, and a computed key might do anything, so esbuild
 * keeps them; with the constants' values as keys it sees that nothing can happen.
 */
function withPlainKeys(source) {
  const values = new Map(
    [...source.matchAll(/^const (_\w+) = ("[^"\n]*");$/gm)].map(([, name, value]) => [name, value]),
  );
  return source.replace(/\[(_\w+)\]:/g, (key, name) => (values.has(name) ? `${values.get(name)}:` : key));
}

/**
 * Makes the SDK's 700 classes of errors, of 300 bytes each, calls of one function. What else an error says (`Message`, and what few
 * have beside it) the SDK sets on what it has constructed.
 */
const shortErrors = {
  name: "short-errors",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]dist-es[/\\]models[/\\]errors\.js$/ }, async ({ path }) => ({
      contents: `${await withoutClasses(path)}\n${ERROR_CLASS}`,
      loader: "js",
    }));
  },
};

async function withoutClasses(file) {
  const source = await readFile(file, "utf8");
  return source.replace(PLAIN_ERROR, (_, name, fault) => `export const ${name} = errorClass("${name}", "${fault}");`);
}

/** A class with nothing but its name, whose fault it is, and fields that its constructor takes over. */
const PLAIN_ERROR = new RegExp(
  [
    String.raw`^export class (\w+) extends __BaseException \{(?:\s+static shapeId = "[^"]*";)?\s+name = "\1";`,
    String.raw`\s+\$fault = "(client|server)";(?:\s+\w+;)*`,
    String.raw`\s+constructor\(opts\) \{\s+super\(\{\s+name: "\1",\s+\$fault: "\2",\s+\.\.\.opts,\s+\}\);`,
    String.raw`\s+Object\.setPrototypeOf\(this, \1\.prototype\);(?:\s+this\.(\w+) = opts\.\w+;)*\s+\}\n\}$`,
  ].join(""),
  "gm",
);

const ERROR_CLASS = `function errorClass(name, $fault) {
  return class extends __BaseException {
    constructor(opts) {
      super({ ...opts, name, $fault });
      Object.setPrototypeOf(this, new.target.prototype);
    }
  };
}`;

/**
 * Leaves out of the SDK's packages what only callers need (commands, paginators, waiters), and what the operations that are not
 * served take and answer: the sandbox reads the client's protocol, the names of all operations, and the schemas of its own.
 */
const servedOnly = {
  name: "served-only",
  async setup({ onLoad }) {
    const served = await servedOperations();
    onLoad({ filter: /[/\\]client-[^/\\]+[/\\]dist-es[/\\]index\.js$/ }, async ({ path: file }) => {
      const client = (await readFile(file, "utf8")).split("\n").filter((line) => /"\.\/\w+Client"/.test(line));
      const schemas = await readFile(path.join(path.dirname(file), "schemas/schemas_0.js"), "utf8");
      const operations = [...schemas.matchAll(/^export var (\w+\$) = \[9,/gm)].map(([, name]) => name);
      return { contents: [...client, `export { ${operations} } from "./schemas/schemas_0";`].join("\n"), loader: "js" };
    });
    onLoad({ filter: SCHEMAS }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = source.replace(OPERATION, (all, head, name) =>
        served.has(name) ? all : `${head} "unit", "unit"\n];`,
      );
      return { contents: withPlainKeys(contents), loader: "js" };
    });
  },
};

/** `export var RunInstances$ = [9, n0, _RI,\n    0, () => RunInstancesRequest$, () => Reservation$\n];`, without input and output. */
const OPERATION = /^(export var (\w+)\$ = \[9, [^\n]*\n {4}.*,) \(\) => \w+\$?, \(\) => \w+\$?\n\];$/gm;

/** Names of the operations that the sandbox serves, of whatever service. */
async function servedOperations() {
  const folder = "src/sandbox/services/models";
  const files = (await readdir(folder)).map((name) => readFile(path.join(folder, name), "utf8"));
  return new Set((await Promise.all(files)).flatMap((text) => Object.keys(JSON.parse(text).operations)));
}

/** Leaves out LevelDB, which dynalite loads whether or not it is told to keep tables in files: it has a native library. */
const withoutLevelDb = {
  name: "without-leveldb",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^level$/ }, ({ path }) => ({ path, namespace: "nothing" }));
    onLoad({ filter: /.*/, namespace: "nothing" }, () => ({ contents: "exports.Level = undefined;", loader: "js" }));
  },
};

const results = await Promise.all([
  build({
    ...shared,
    entryPoints: { main: "src/main.ts" },
    splitting: true,
    chunkNames: "cli/[name]-[hash]",
    plugins: [plainSchemaKeys, shortErrors],
  }),
  // Apart from the first: it loads whole SDK clients, of which the command line shall carry only what it calls.
  build({
    ...shared,
    entryPoints: { "sandbox-daemon": "src/sandbox/daemon-main.ts" },
    splitting: true,
    chunkNames: "sandbox/[name]-[hash]",
    plugins: [servedOnly, shortErrors, withoutLevelDb],
  }),
  // What runs beside the daemon (src/sandbox/plane/bundled.ts): first in the processes of containers, and in the thread
  // of the load balancers.
  build({
    bundle: true,
    platform: "node",
    target: "node20.19",
    format: "cjs",
    metafile: true,
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    entryPoints: {
      "container-programs": "src/sandbox/plane/packages/programs/main.ts",
      "container-jq": "src/sandbox/plane/packages/programs/jq.ts",
      "container-inside": "src/sandbox/plane/process/inside/main.ts",
      "load-balancers": "src/sandbox/plane/balancer/thread/main.ts",
      nginx: "src/sandbox/plane/public-images/nginx/main.ts",
      redis: "src/sandbox/plane/public-images/redis/main.ts",
      "retail-store-assets": "src/sandbox/plane/public-images/retail-store/assets/main.ts",
      "retail-store-cart": "src/sandbox/plane/public-images/retail-store/cart/main.ts",
      "retail-store-catalog": "src/sandbox/plane/public-images/retail-store/catalog/main.ts",
      "retail-store-ui": "src/sandbox/plane/public-images/retail-store/ui/main.ts",
    },
    // Not without its lines: what Node prints of an error in the middle of a learner's log is the line.
    minifySyntax: true,
  }),
  build({
    bundle: true,
    platform: "browser",
    target: "es2023",
    format: "iife",
    metafile: true,
    outdir: "dist/pages",
    entryPoints: { console: "src/console/page/console.tsx", run: "src/console/page/run.tsx" },
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    minify: true,
  }),
]);

// What an earlier build left goes last, so that a command line which runs meanwhile finds its parts.
const written = new Set(
  results.flatMap(({ metafile }) => Object.keys(metafile.outputs).map((file) => path.normalize(file))),
);
for (const name of await readdir("dist", { recursive: true })) {
  const file = path.join("dist", name);
  if (/\.js$/.test(name) && !written.has(file)) await rm(file);
}
