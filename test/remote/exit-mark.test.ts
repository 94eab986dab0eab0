import fc from "fast-check";
import { expect, it } from "vitest";
import { ExitMark } from "../../src/remote/exit-mark.ts";

const NAME = "bia-infra-exit-1234";

/** What is shown of output that comes in these pieces, and the exit code found. */
function shown(pieces: readonly string[], isTerminal = false) {
  const mark = new ExitMark(NAME, isTerminal);
  return { text: pieces.map((piece) => mark.read(piece)).join("") + mark.rest(), code: mark.exitCode };
}

function cut(text: string, places: readonly number[]): string[] {
  const at = [...new Set([0, ...places.map((place) => place % (text.length + 1)), text.length])].sort((a, b) => a - b);
  return at.slice(1).map((end, index) => text.slice(at[index], end));
}

it("the exit code is found and left out, and all else is shown, however the output is cut", () => {
  const output = fc.array(fc.constantFrom("a", "é", "\r\n", "\n", "bia-infra", NAME.slice(0, 9), " "));
  fc.assert(
    fc.property(output, fc.nat(255), fc.array(fc.nat()), (parts, code, places) => {
      const text = parts.join("");
      const { text: rest, code: found } = shown(cut(`${text}${NAME} ${code}\r\n`, places));
      expect({ rest, found }).toEqual({ rest: text.replaceAll("\r\n", "\n"), found: code });
    }),
  );
});

it("output without it is shown whole, also what looks like its beginning", () => {
  expect(shown(["ab", `c\r\n${NAME.slice(0, 5)}`])).toEqual({ text: "abc\nbia-i", code: undefined });
  expect(shown([`${NAME} x`])).toEqual({ text: `${NAME} x`, code: undefined });
});

it("a terminal gets the line breaks of terminals", () => {
  expect(shown(["a\r", "\nb"], true).text).toBe("a\r\nb");
});
