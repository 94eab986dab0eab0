import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { pack as newTar } from "tar-stream";
import { beforeEach, describe, expect, it } from "vitest";
import { receiveScript, unpackScript } from "../../../src/remote/app/source-scripts.ts";
import type { Machine } from "../../../src/sandbox/machine/machine.ts";
import { boot, stdoutOf } from "../../sandbox/machine/workbench.ts";

const folder = "/home/ec2-user/bia";

/** The commands of one transfer; the last one puts everything together. */
async function transfer(files: Readonly<Record<string, string>>, attempt: string, parts = 2): Promise<string[]> {
  const tar = newTar();
  for (const [name, content] of Object.entries(files)) tar.entry({ name, mode: 0o644 }, content);
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar as AsyncIterable<Uint8Array>) chunks.push(chunk);
  const archive = gzipSync(Buffer.concat(chunks));
  const size = Math.ceil(archive.length / parts);
  const received = Array.from({ length: parts }, (_, index) =>
    receiveScript(attempt, index + 1, archive.subarray(index * size, (index + 1) * size).toString("base64")),
  );
  const hash = createHash("sha256").update(archive).digest("hex");
  const last = `${received.pop()}${unpackScript({ attempt, parts, hash, folder, user: "ec2-user" })}`;
  return [...received, `set -euo pipefail\n${last}`];
}

const version1 = { "compose.yml": "one\n", "server/main.js": "// 1\n", "old.js": "" };
const version2 = { "compose.yml": "two\n", "server/main.js": "// 2\n" };

let machine: Machine;

beforeEach(() => {
  machine = boot();
});

async function send(files: Readonly<Record<string, string>>, attempt: string): Promise<string> {
  let printed = "";
  for (const script of await transfer(files, attempt)) {
    const { stdout, stderr, exitCode } = await machine.run(script);
    expect({ stdout, stderr, exitCode }).toMatchObject({ stderr: "", exitCode: 0 });
    printed += stdout;
  }
  return printed;
}

describe("the app's source on a machine", () => {
  it("arrives whole and belongs to its user", async () => {
    await send(version1, "a-1");
    expect(
      await stdoutOf(machine, `cd ${folder} && cat compose.yml server/main.js && stat -c %U:%G . server/main.js`),
    ).toBe("one\n// 1\nec2-user:ec2-user\nec2-user:ec2-user");
  });

  it("is put together whatever part comes last", async () => {
    const [first = "", last = ""] = await transfer(version1, "a-1");
    const putting = machine.run(last);
    await machine.run(first);
    expect(await putting).toMatchObject({ exitCode: 0 });
    expect(await stdoutOf(machine, `cat ${folder}/compose.yml`)).toBe("one");
  });

  it("replaces the version before it, files that are gone included", async () => {
    await send(version1, "a-1");
    expect(await send(version2, "b-2")).not.toContain("kept");
    expect(await stdoutOf(machine, `cd ${folder} && find . -type f | sort && cat compose.yml`)).toBe(
      "./compose.yml\n./server/main.js\ntwo",
    );
    expect(await stdoutOf(machine, "ls /home/ec2-user")).toBe("bia");
  });

  it("is left alone when it is there already", async () => {
    await send(version1, "a-1");
    const before = await stdoutOf(
      machine,
      `ls -id ${folder}; echo made > ${folder}/node_modules 2>/dev/null; ls -id ${folder}`,
    );
    await machine.run(`rm -f ${folder}/node_modules`);
    expect(await send(version1, "a-2")).not.toContain("kept");
    expect(before).toContain((await stdoutOf(machine, `ls -id ${folder}`)).trim());
  });

  it("keeps what a person changed on the machine, and says where", async () => {
    await send(version1, "a-1");
    await machine.run(`echo mine >> ${folder}/server/main.js`);
    const printed = await send(version2, "b-2");
    const [, kept] = /kept what was changed on the machine: (\S+)/.exec(printed) ?? [];
    expect(kept).toMatch(/^\/home\/ec2-user\/bia\.before-\d{8}-\d{6}$/);
    expect(await stdoutOf(machine, `cat ${kept}/server/main.js ${folder}/server/main.js`)).toBe("// 1\nmine\n// 2");
  });

  it("keeps a folder that someone else made there", async () => {
    await machine.run(`mkdir ${folder}; echo theirs > ${folder}/notes`);
    const printed = await send(version1, "a-1");
    expect(await stdoutOf(machine, "cat /home/ec2-user/bia.before-*/notes")).toBe("theirs");
    expect(printed).toContain("kept what was changed");
  });

  it("takes the settings of the machine along, which never travel", async () => {
    await send(version1, "a-1");
    await machine.run(`echo SECRET=1 > ${folder}/.env`);
    expect(await send(version2, "b-2")).not.toContain("kept");
    expect(await stdoutOf(machine, `cat ${folder}/.env`)).toBe("SECRET=1");
  });

  it("stays as it was when a part arrives damaged", async () => {
    await send(version1, "a-1");
    const [first = "", last = ""] = await transfer(version2, "b-2");
    const damaged = first.replace(
      /(<<'END-OF-PART'.*\n)(.)/,
      (_, head, letter) => `${head}${letter === "A" ? "B" : "A"}`,
    );
    expect(await machine.run(damaged)).toMatchObject({ exitCode: 1 });
    const { exitCode, stdout } = await machine.run(last);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("Part 1 could not be written");
    expect(await stdoutOf(machine, `cat ${folder}/compose.yml; ls /home/ec2-user`)).toBe("one\nbia");
  });

  it("is done once when its last command runs twice", async () => {
    await send(version1, "a-1");
    await machine.run(`echo mine > ${folder}/compose.yml`);
    const [, last = ""] = await transfer(version1, "a-1");
    expect(await machine.run(last)).toMatchObject({ exitCode: 0, stdout: "this was done already\n" });
    expect(await stdoutOf(machine, `cat ${folder}/compose.yml`)).toBe("mine");
  });

  it("leaves nothing of a transfer behind", async () => {
    await machine.run((await transfer(version1, "never-ended"))[0] ?? "");
    await send(version2, "b-2");
    expect(await stdoutOf(machine, "ls -d /var/lib/bia-infra/app-source/*-* 2> /dev/null; ls /home/ec2-user")).toBe(
      "bia",
    );
  });
});
