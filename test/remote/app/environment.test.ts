// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${...} is how an env file mentions a variable
import fc from "fast-check";
import { expect, it } from "vitest";
import { envLine, parseLines } from "../../../src/remote/app/environment.ts";
import { envFileOfCompose } from "../../../src/sandbox/machine/docker/compose/env-file.ts";
import type { Process } from "../../../src/sandbox/machine/program.ts";

/** What docker compose makes of a `.env` with this text. */
function read(text: string) {
  const fs = { readFile: async () => text };
  return envFileOfCompose("/.env", { fs } as unknown as Process, { A: "of the environment" });
}

const value = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc
    .array(fc.constantFrom("'", '"', "\\", "$", "${A}", "\n", "#", " ", "a", "$$", "\\n", "="))
    .map((parts) => parts.join("")),
);

it("any value comes out of the `.env` as it went in, and its line is known again by its name", async () => {
  await fc.assert(
    fc.asyncProperty(value, value, async (first, second) => {
      const lines = [envLine("FIRST", first), envLine("SECOND", second)];
      expect(await read(lines.join("\n"))).toEqual({ FIRST: first, SECOND: second });
      expect([...parseLines(lines.join("\n"))]).toEqual([
        ["FIRST", lines[0]],
        ["SECOND", lines[1]],
      ]);
    }),
  );
});

it("a value that needs it stands between double quotes, without a backslash before the last of them", () => {
  expect(envLine("A", "it's $1\nC:\\")).toBe(String.raw`A="it's $$1\nC:\0134"`);
  expect(envLine("A", 'C:\\"x" $1')).toBe(`A='C:\\"x" $1'`);
});
