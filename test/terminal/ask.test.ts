import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { askSecret, confirm, confirmByName, NobodyToAsk, type Terminal } from "../../src/terminal/ask.ts";

/** A terminal with a person at it who types `keys` once something is asked. */
function personTyping(...keys: string[]) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin });
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  let screen = "";
  stderr.on("data", (text: Buffer) => {
    screen += text.toString();
    const key = screen.length > 0 ? keys.shift() : undefined;
    if (key !== undefined) setImmediate(() => stdin.write(key));
  });
  return { terminal: { stdin, stderr } as unknown as Terminal, seen: () => stripVTControlCharacters(screen) };
}

const ENTER = "\r";
const CTRL_C = "\x03";

describe("a yes-or-no question", () => {
  it("is asked on stderr and answered with y", async () => {
    const { terminal, seen } = personTyping("y");
    expect(await confirm("Create 5 things in account 123456789012?", terminal)).toBe(true);
    expect(seen()).toContain("Create 5 things in account 123456789012?");
  });

  it("means no when only Enter is pressed", async () => {
    expect(await confirm("Go on?", personTyping(ENTER).terminal)).toBe(false);
  });

  it("means no when Ctrl-C is pressed", async () => {
    expect(await confirm("Go on?", personTyping(CTRL_C).terminal)).toBe(false);
  });
});

describe("a name that must be typed", () => {
  it("is accepted when it is typed as it is", async () => {
    expect(await confirmByName("This deletes everything.", "bia", personTyping("b", "i", "a", ENTER).terminal)).toBe(
      true,
    );
  });

  it("stops when nothing is typed", async () => {
    expect(await confirmByName("This deletes everything.", "bia", personTyping(ENTER).terminal)).toBe(false);
  });

  it("is asked for again when it is another", async () => {
    const { terminal, seen } = personTyping("b", "i", ENTER, "a", ENTER);
    expect(await confirmByName("This deletes everything.", "bia", terminal)).toBe(true);
    expect(seen()).toContain("This is not bia.");
  });

  it("stops at Ctrl-C", async () => {
    expect(await confirmByName("This deletes everything.", "bia", personTyping(CTRL_C).terminal)).toBe(false);
  });
});

describe("a secret", () => {
  it("is asked for without showing any of it", async () => {
    const { terminal, seen } = personTyping(`pq7${ENTER}`);
    expect(await askSecret("Value of API_KEY", terminal)).toBe("pq7");
    expect(seen()).toContain("Value of API_KEY");
    expect(seen()).not.toMatch(/[pq7]\b|[*•▪]/);
  });

  it("is none after Ctrl-C", async () => {
    expect(await askSecret("Value of API_KEY", personTyping("p", CTRL_C).terminal)).toBeUndefined();
  });
});

it("where nobody can answer, nothing is asked: the error says how to answer beforehand", async () => {
  const stdin = Object.assign(new PassThrough(), { isTTY: false });
  const stderr = Object.assign(new PassThrough(), { isTTY: true });
  for (const asking of [confirm("Go on?", { stdin, stderr }), confirmByName("Gone?", "bia", { stdin, stderr })]) {
    const error = await asking.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NobodyToAsk);
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining("Add --yes") });
  }
  expect(stderr.read()).toBeNull();
});
