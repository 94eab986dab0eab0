import { describe, expect, it } from "vitest";
import { catalogue } from "../../../src/sandbox/machine/packages.ts";
import { boot, stdoutOf } from "./workbench.ts";

describe("packages", () => {
  it.each(["docker", "git", "node", "npm", "jq"])("has no %s before something installs it", async (command) => {
    const machine = boot();
    expect((await machine.run(`${command} --version`)).exitCode).toBe(127);
    expect((await machine.run(`command -v ${command}`)).exitCode).toBe(1);
  });

  it("brings commands, with what they need, in the script that installs them", async () => {
    const script =
      "set -e\ndnf install -y -q git docker nodejs22\ngit --version\ndocker --version\nnode --version\nnpm --version";
    const lines = (await stdoutOf(boot(), script)).split("\n");
    expect(lines).toEqual([
      expect.stringMatching(/^git version 2\.\d+/),
      expect.stringMatching(/^Docker version 25\./),
      expect.stringMatching(/^v22\./),
      expect.stringMatching(/^10\./),
    ]);
  });

  it("brings no command that the machine does not know", async () => {
    const machine = boot();
    await machine.run(`dnf install -y ${Object.keys(catalogue).join(" ")}`);
    const script =
      "for name in $(ls /usr/bin | grep -v -e '^sleep$' -e ^reboot); do $name --version </dev/null 2>&1 | grep ELF && echo $name; done";
    expect(await stdoutOf(machine, script)).toBe("");
    expect(await stdoutOf(machine, "mkdir -p /srv/a/b; tar cf /tmp/a.tar -C /srv a; tar tf /tmp/a.tar | wc -l")).toBe(
      "2",
    );
  });

  it("says in dnf's words that a package does not exist, and installs nothing then", async () => {
    const machine = boot();
    const { stderr, exitCode } = await machine.run("dnf install -y git nosuch");
    expect(exitCode).toBe(1);
    expect(stderr).toBe("No match for argument: nosuch\nError: Unable to find a match: nosuch\n");
    expect(await stdoutOf(machine, "rpm -q git")).toBe("package git is not installed");
  });

  it("says that there is nothing to do the second time", async () => {
    const machine = boot();
    await machine.run("yum install -y git");
    expect(await stdoutOf(machine, "yum install -y git")).toContain("Nothing to do.\nComplete!");
  });

  it("needs root, and -y or a yes", async () => {
    const machine = boot();
    const refused = await machine.run("dnf install -y git", { user: "ec2-user" });
    expect(refused.stderr).toBe(
      "Error: This command has to be run with superuser privileges (under the root user on most systems).\n",
    );
    const asked = await machine.run("dnf install git");
    expect(asked).toMatchObject({ exitCode: 1, stderr: "Operation aborted.\n" });
    expect((await machine.run("echo y | dnf install git")).exitCode).toBe(0);
  });

  it("removes what it installed", async () => {
    const machine = boot();
    await machine.run("dnf install -y docker && systemctl start docker && dnf remove -y docker");
    expect((await machine.run("docker --version")).exitCode).toBe(127);
    expect((await machine.run("systemctl status docker")).exitCode).toBe(4);
  });

  it("keeps versions of Node.js apart and lets alternatives choose", async () => {
    const machine = boot();
    await machine.run("dnf install -y nodejs20 nodejs22");
    expect(await stdoutOf(machine, "node -v; node-22 -v")).toMatch(/^v20\..*\nv22\./);
    expect(await stdoutOf(machine, "alternatives --set node /usr/bin/node-22; node -v")).toMatch(/^v22\./);
  });

  it("installs Node.js of nodesource after its set-up script", async () => {
    const script =
      "curl -fsSL https://rpm.nodesource.com/setup_20.x | bash - && dnf install -y -q nodejs && node -v && npm -v";
    expect(await stdoutOf(boot(), script)).toMatch(/v20\.\d+\.\d+\n10\./);
  });
});
