import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderContext } from "../../../src/sandbox/plane/image/context.ts";
import { parseDockerfile } from "../../../src/sandbox/plane/image/dockerfile.ts";
import { ImageError } from "../../../src/sandbox/plane/image/error.ts";
import { openImages } from "../../../src/sandbox/plane/image/store.ts";
import type { ImageStore } from "../../../src/sandbox/plane/image.ts";

let home: string;
let images: ImageStore;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "bia-dockerfiles-"));
  mkdirSync(join(home, "context"));
  writeFileSync(join(home, "context", "a"), "a");
  images = await openImages(join(home, "images"));
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

/** What the build of a Dockerfile says. */
async function failure(dockerfile: string): Promise<ImageError> {
  writeFileSync(join(home, "context", "Dockerfile"), dockerfile);
  return images.build({ context: folderContext(join(home, "context")), tags: ["app"] }).then(
    () => expect.unreachable(),
    (error: ImageError) => error,
  );
}

const parse = (line: number, words: string) => `dockerfile parse error on line ${line}: ${words}`;
const ONE = "requires exactly one argument";
const SOME = "requires at least one argument";
const NO_DESTINATION =
  "requires at least two arguments, but only one was provided. Destination could not be determined";

/** Mistakes in the second line, with the words of BuildKit's parser (moby/buildkit, frontend/dockerfile). */
const mistakes: readonly (readonly [line: string, words: string])[] = [
  ["FOO bar", "unknown instruction: FOO"],
  ["RUNN npm ci", "unknown instruction: RUNN"],
  ["npm ci", "unknown instruction: npm"],
  ["FROM", "FROM requires either one or three arguments"],
  ["FROM node AS", "FROM requires either one or three arguments"],
  ["FROM node build", "FROM requires either one or three arguments"],
  ["FROM node AS a b", "FROM requires either one or three arguments"],
  ["COPY", `COPY ${NO_DESTINATION}`],
  ["COPY a", `COPY ${NO_DESTINATION}`],
  ['COPY ["a"]', `COPY ${NO_DESTINATION}`],
  ["ADD", `ADD ${NO_DESTINATION}`],
  ["ADD a", `ADD ${NO_DESTINATION}`],
  ["COPY --form=build a b", "unknown flag: --form"],
  ["COPY --chmode=1 a b", "unknown flag: --chmode"],
  ["ADD --from=x a b", "unknown flag: --from"],
  ["RUN --cache npm ci", "unknown flag: --cache"],
  ["HEALTHCHECK --delay=3s CMD x", "unknown flag: --delay"],
  ["ENV", `ENV ${SOME}`],
  ["ENV A", "ENV must have two arguments"],
  ["ENV A=1 B", `Syntax error - can't find = in "B". Must be of the form: name=value`],
  ["LABEL", `LABEL ${SOME}`],
  ["LABEL a", "LABEL must have two arguments"],
  ["ARG", `ARG ${SOME}`],
  ["EXPOSE", `EXPOSE ${SOME}`],
  ["VOLUME", `VOLUME ${SOME}`],
  ["WORKDIR", `WORKDIR ${ONE}`],
  ["USER", `USER ${ONE}`],
  ["STOPSIGNAL", `STOPSIGNAL ${ONE}`],
  ["MAINTAINER", `MAINTAINER ${ONE}`],
  ["HEALTHCHECK", `HEALTHCHECK ${SOME}`],
  ["HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"],
  ["HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"],
  ["HEALTHCHECK curl localhost", 'Unknown type "CURL" in HEALTHCHECK (try CMD)'],
  ["HEALTHCHECK --interval=soon CMD x", 'time: invalid duration "soon"'],
  ["HEALTHCHECK --timeout=5 CMD x", 'time: missing unit in duration "5"'],
  ["HEALTHCHECK --retries=x CMD x", 'strconv.ParseInt: parsing "x": invalid syntax'],
  ["HEALTHCHECK --retries=-1 CMD x", "--retries cannot be negative (-1)"],
  ["SHELL", `SHELL ${SOME}`],
  ["SHELL bash -c", "SHELL requires the arguments to be in JSON form"],
  ["SHELL []", `SHELL ${SOME}`],
  ["RUN <<EOF\nls", "unterminated heredoc"],
  ["COPY <<EOF /x\nls", "unterminated heredoc"],
];

/** What only shows when it is built. */
const later: readonly (readonly [dockerfile: string, words: string])[] = [
  ["", "file with no instructions"],
  ["# nothing\n\n", "file with no instructions"],
  ["RUN x\nFROM node\n", "no build stage in current context"],
  ["ARG X=1\n", "no build stage in current context"],
  [`FROM \${NONE}\n`, `base name (\${NONE}) should not be blank`],
  [
    "FROM Node:20\n",
    'failed to parse stage name "Node:20": invalid reference format: repository name (library/Node) must be lowercase',
  ],
  ["FROM node:\n", 'failed to parse stage name "node:": invalid reference format'],
  ["FROM node\nCOPY none /\n", '"/none": not found'],
  [
    "FROM node\nCOPY a Dockerfile x\n",
    "When using COPY with more than one source file, the destination must be a directory and end with a /",
  ],
  [
    "FROM node\nCOPY --chmod=rw a /\n",
    "invalid chmod parameter: 'rw'. it should be octal string and between 0 and 07777",
  ],
  ["FROM node\nCOPY --chown=nobody-here a /\n", "unable to find user nobody-here: no matching entries in passwd file"],
  ["FROM node\nEXPOSE web\n", "invalid containerPort: web"],
  ["FROM node\nEXPOSE 70000\n", "invalid containerPort: 70000"],
  [`FROM node\nENV X=\${A:=b}\n`, "unsupported modifier"],
  [`FROM node\nWORKDIR \${A:?which folder}\n`, "A: which folder"],
  ["FROM node\nRUN false\n", 'process "/bin/sh -c false" did not complete successfully: exit code: 1'],
  ['FROM node\nRUN ["nosuch"]\n', 'process "nosuch" did not complete successfully: exit code: 127'],
];

describe("a Dockerfile that is wrong", () => {
  it.each(mistakes)("is told so in docker's words: %j", async (line, words) => {
    const error = await failure(`FROM node:24\n${line}\n`);
    expect(error.message).toBe(parse(2, words));
    expect(error.line).toBe(2);
  });

  it.each(later)("is told so when it is built: %j", async (dockerfile, words) => {
    expect((await failure(dockerfile)).message).toContain(words);
  });
});

describe("any text", () => {
  const word = fc.constantFrom(
    "a",
    "=",
    '"',
    "'",
    "[",
    "]",
    '["x"]',
    "<<EOF",
    "EOF",
    "\\",
    "$",
    "${",
    "}",
    "--from=x",
    "--mount=",
    "\n",
    "#",
    "`",
  );
  const keyword = fc.constantFrom(
    ..."FROM ARG ENV RUN COPY ADD CMD ENTRYPOINT SHELL LABEL HEALTHCHECK EXPOSE VOLUME USER WORKDIR NOPE".split(" "),
  );
  const line = fc
    .tuple(keyword, fc.array(fc.oneof(word, fc.string({ maxLength: 5 })), { maxLength: 6 }))
    .map(([name, words]) => [name, ...words].join(" "));

  it("is read, or refused in words", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        try {
          parseDockerfile(["FROM node", ...lines].join("\n"), "Dockerfile");
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError);
          expect((error as Error).message).not.toMatch(/undefined|\[object|is not a function|Cannot read/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("is built, or refused in words, in a bounded time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 3 }), async (lines) => {
        writeFileSync(join(home, "context", "Dockerfile"), ["FROM node", ...lines].join("\n"));
        const built = images.build({ context: folderContext(join(home, "context")), tags: ["app"] });
        const error = await built.then(
          () => undefined,
          (reason: Error) => reason,
        );
        if (!error) return;
        expect(error).toBeInstanceOf(ImageError);
        expect(error.message).not.toMatch(/undefined|\[object|is not a function|Cannot read/);
      }),
      { numRuns: 40, timeout: 20_000 },
    );
  }, 60_000);
});
