import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCommand } from "../../../src/sandbox/plane/process/command.ts";
import { ProcessHost } from "../../../src/sandbox/plane/process/process-host.ts";
import { RootFolder } from "../../../src/sandbox/plane/process/root-folder.ts";

let home: string;
let host: ProcessHost;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "bia-plane-scripts-"));
  for (const folder of ["root/tmp", "root/root"]) mkdirSync(join(home, folder), { recursive: true });
  host = await ProcessHost.open(join(home, "processes"));
});

afterAll(async () => {
  await host.close();
  rmSync(home, { recursive: true, force: true });
});

/** Starts a script in a container's folder; `written` is what it has written so far. */
async function start(script: string, args: readonly string[] = []) {
  writeFileSync(join(home, "root/entry.sh"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const scope = await host.openScope();
  let written = "";
  const waiting: { text: string; found: () => void }[] = [];
  const command = startCommand({
    scope,
    root: new RootFolder(join(home, "root")),
    argv: ["/entry.sh", ...args],
    env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    cwd: "/",
    user: "",
    onOutput: (chunk) => {
      written += chunk;
      for (const { text, found } of waiting) if (written.includes(text)) found();
    },
  });
  const exited = command.exited.finally(() => scope.end());
  const says = (text: string) => new Promise<void>((found) => waiting.push({ text, found }));
  return { command, exited, says, written: () => written };
}

async function run(script: string, ...args: string[]) {
  const { exited, written } = await start(script, args);
  const exitCode = await exited;
  return { exitCode, output: written() };
}

describe("a script of a container", () => {
  it("runs what it is given, as every entrypoint ends", async () => {
    expect(await run('exec "$@"', "node", "-p", "6 * 7")).toEqual({ exitCode: 0, output: "42\n" });
  });

  it.each([
    ['C="node -p 1"; $C', "1\n"],
    ['C="echo a b"; $C c', "a b c\n"],
    ['run() { "$@"; }; hello() { echo "hello $1"; }; run hello you; run node -p 2', "hello you\n2\n"],
    ['V=$(set -- node -p 3; "$@"); echo "v$V"', "v3\n"],
    [`a=(echo "x y" z); "\${a[@]}"`, "x y z\n"],
    ['if "$@"; then echo yes; fi', "yes\n"],
    ["$NOTHING; echo $?", "0\n"],
    ['C="cd /tmp"; $C; pwd', "/tmp\n"],
    ['C="printf %s"; echo q | tr q p; $C end', "p\nend"],
    ["C=nosuch; $C; echo $?", "/bin/sh: 1: nosuch: not found\n127\n"],
  ])("takes words that come out of expansions for commands: %s", async (script, output) => {
    expect(await run(script)).toEqual({ exitCode: 0, output });
  });

  it("does at its end what a trap says, however it ends", async () => {
    expect(await run("trap 'echo end $?' EXIT; echo work; exit 3")).toEqual({ exitCode: 3, output: "work\nend 3\n" });
    expect(await run("set -e; trap 'echo end $?' 0; node -e 'process.exit(4)'; echo no")).toEqual({
      exitCode: 4,
      output: "end 4\n",
    });
  });

  it("writes in the order of its commands, here-documents and pipes among them", async () => {
    const script = "cat <<END\nhello $1\nEND\nnode -p 1\necho two | tr a-z A-Z\nnode -p 3 | cat\necho 4 >&2";
    expect((await run(script, "you")).output).toBe("hello you\n1\nTWO\n3\n4\n");
  });

  it("fails with a pipe of which a part has failed, if it is told to", async () => {
    expect((await run("node -e 'process.exit(3)' | cat")).exitCode).toBe(0);
    expect((await run("set -o pipefail; node -e 'process.exit(3)' | cat")).exitCode).toBe(3);
  });

  it("goes on beside a program in the background, waits for it when told to, and ends it with itself", async () => {
    expect(await run("node -e 'setTimeout(() => console.log(2), 200)' & echo 1; wait; echo 3")).toMatchObject({
      output: "1\n2\n3\n",
    });
    expect(await run("node -e 'setInterval(() => {}, 1000)' & echo over")).toMatchObject({ output: "over\n" });
  });

  it("lets the program that it has become tidy up when it is stopped", async () => {
    const program = `
      process.on("SIGTERM", () => setTimeout(() => { console.log("tidied"); process.exit(7); }, 50));
      setInterval(() => {}, 1000);
      console.log("up");`;
    const { command, exited, says, written } = await start('exec "$@"', ["node", "-e", program]);
    await says("up");
    command.signal("SIGTERM");
    expect(await exited).toBe(7);
    expect(written()).toContain("tidied");
  });
});
