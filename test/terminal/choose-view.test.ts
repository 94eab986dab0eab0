import { describe, expect, it } from "vitest";
import { chooseView } from "../../src/terminal/choose-view.ts";
import { styleFor } from "../../src/terminal/style.ts";
import { FakePipe, FakeTerminal } from "./fake-terminal.ts";

describe("the view", () => {
  const terminal = () => new FakeTerminal(80, 24);
  it.each([
    ["the live tree at a terminal", terminal(), {}, "TerminalView"],
    ["the live tree where colour is not wanted", terminal(), { NO_COLOR: "1" }, "TerminalView"],
    ["plain lines in a pipe", new FakePipe(), {}, "PlainView"],
    ["plain lines in a pipe where colour is forced", new FakePipe(), { FORCE_COLOR: "1" }, "PlainView"],
    ["plain lines at a terminal that cannot move its cursor", terminal(), { TERM: "dumb" }, "PlainView"],
    ["plain lines in CI, which records its terminal", terminal(), { CI: "true" }, "PlainView"],
  ])("is %s", async (_, stderr, env, name) => {
    expect((await chooseView({ stdout: new FakePipe(), stderr, env })).constructor.name).toBe(name);
  });

  it("is the live tree when only the result is piped", async () => {
    const view = await chooseView({ stdout: new FakePipe(), stderr: terminal(), env: {} });
    expect(view.constructor.name).toBe("TerminalView");
  });
});

describe("colour", () => {
  const colored = (isTerminal: boolean, env: Record<string, string>) =>
    styleFor(isTerminal, env).color.red("x") !== "x";

  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: "1" }, false],
    [true, { NO_COLOR: "" }, true],
    [true, { TERM: "dumb" }, false],
    [false, { FORCE_COLOR: "1" }, true],
    [false, { FORCE_COLOR: "" }, true],
    [true, { FORCE_COLOR: "0" }, false],
    [false, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
  ])("at a terminal: %s, with %j: %s", (isTerminal, env, expected) => {
    expect(colored(isTerminal, env)).toBe(expected);
  });
});

describe("signs beyond ASCII", () => {
  const unicode = (env: Record<string, string>, platform: NodeJS.Platform) =>
    styleFor(true, env, platform).symbols.done === "✔";

  it.each<[NodeJS.Platform, Record<string, string>, boolean]>([
    ["linux", {}, true],
    ["linux", { LANG: "pt_BR.UTF-8" }, true],
    ["linux", { LANG: "C.utf8" }, true],
    ["linux", { LANG: "pt_BR.ISO-8859-1" }, false],
    ["linux", { LC_ALL: "C", LANG: "pt_BR.UTF-8" }, false],
    ["linux", { TERM: "linux" }, false],
    ["darwin", { LC_CTYPE: "UTF-8" }, true],
    ["win32", {}, false],
    ["win32", { WT_SESSION: "1" }, true],
    ["win32", { TERM_PROGRAM: "vscode" }, true],
  ])("on %s with %j: %s", (platform, env, expected) => {
    expect(unicode(env, platform)).toBe(expected);
  });

  it("have ASCII stand-ins of one column, but for the ellipsis", () => {
    const { ellipsis, ...signs } = styleFor(true, { LANG: "C" }, "linux").symbols;
    for (const sign of Object.values(signs).flat()) expect(sign).toMatch(/^[\x20-\x7e]$/);
    expect(ellipsis).toBe("...");
  });
});
