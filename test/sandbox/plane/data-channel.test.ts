import { describe, expect, it } from "vitest";
import { Terminal } from "../../../src/sandbox/plane/data-channel/terminal.ts";
import { wordsOf } from "../../../src/sandbox/plane/data-channel/words.ts";

describe("a terminal", () => {
  function opened() {
    const screen: string[] = [];
    const terminal = new Terminal((text) => screen.push(text));
    const ended = new AbortController();
    return { terminal, read: () => terminal.readLine("# ", ended.signal), ended, screen: () => screen.join("") };
  }

  it("shows what is typed, and gives it line by line", async () => {
    const { terminal, read, screen } = opened();
    terminal.type("early\r");
    expect(await read()).toBe("early");
    const line = read();
    for (const key of ["l", "é", "\x7f", "s", "\x1b[A", "\r"]) terminal.type(key);
    expect(await line).toBe("ls");
    expect(screen()).toBe("# early\r\n# lé\b \bs\r\n");
  });

  it("ends what runs by Ctrl-C, a line too, and itself by Ctrl-D", async () => {
    const { terminal, read } = opened();
    const running = terminal.interruptible(
      (interrupted) => new Promise((resolve) => interrupted.addEventListener("abort", () => resolve("ended"))),
    );
    terminal.type("\x03");
    expect(await running).toBe("ended");
    const line = read();
    terminal.type("half\x03");
    expect(await line).toBe("");
    const next = read();
    terminal.type("x\x04\x7f\x04");
    expect(await next).toBeUndefined();
  });

  it("ends with its session", async () => {
    const { read, ended } = opened();
    const line = read();
    ended.abort();
    expect(await line).toBeUndefined();
    expect(await read()).toBeUndefined();
  });
});

it("a command is split as a shell would, with nothing expanded", () => {
  expect(wordsOf(`sh -c 'it'\\''s "$@"' a\\ b "c \\" $d \\x" e""f`)).toEqual([
    "sh",
    "-c",
    `it's "$@"`,
    "a b",
    'c " $d \\x',
    "ef",
  ]);
  expect(wordsOf("  ")).toEqual([]);
  expect(wordsOf("a '' b")).toEqual(["a", "", "b"]);
});
