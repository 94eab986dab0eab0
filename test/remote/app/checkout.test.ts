import { beforeEach, describe, expect, it } from "vitest";
import { checkoutScript } from "../../../src/remote/app/source-scripts.ts";
import type { Machine } from "../../../src/sandbox/machine/machine.ts";
import { boot, stdoutOf } from "../../sandbox/machine/workbench.ts";
import { repositoryForTest, type ServedRepository } from "../../support/git-server.ts";

const folder = "/home/ec2-user/bia";
const user = "ec2-user";

let machine: Machine;
let repository: ServedRepository;

beforeEach(async () => {
  machine = boot();
  await machine.run("dnf install -y git");
  repository = await repositoryForTest();
});

async function checkout(ref?: string): Promise<string> {
  const script = checkoutScript({ git: repository.url, folder, user, ...(ref === undefined ? {} : { ref }) });
  const { stdout, stderr, exitCode } = await machine.run(`set -euo pipefail\n${script}`);
  expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
  return stdout;
}

const version = () => stdoutOf(machine, `cat ${folder}/version`);

describe("the app's source from a git repository", () => {
  it("is cloned at its default branch, as its user's own", async () => {
    await repository.commit("version", "1");
    expect(await checkout()).toContain(
      `the app's source is in ${folder}: ${repository.git("rev-parse", "--short", "HEAD")}`,
    );
    expect(await version()).toBe("1");
    expect(await stdoutOf(machine, `stat -c %U ${folder} ${folder}/version`)).toBe("ec2-user\nec2-user");
  });

  it.each(["a branch", "a tag", "a commit"])("is taken at %s", async (what) => {
    const first = await repository.commit("version", "1");
    repository.git("tag", "v1");
    repository.git("branch", "one");
    await repository.commit("version", "2");
    await checkout({ "a branch": "one", "a tag": "v1", "a commit": first }[what]);
    expect(await version()).toBe("1");
  });

  it("is brought to the newest commit of its branch when it is there already", async () => {
    await repository.commit("version", "1");
    await checkout("main");
    await repository.commit("version", "2");
    expect(await checkout("main")).not.toContain("kept");
    expect(await version()).toBe("2");
    expect(await stdoutOf(machine, "ls /home/ec2-user")).toBe("bia");
  });

  it("keeps what somebody else had put in its place", async () => {
    await repository.commit("version", "1");
    await machine.run(`mkdir ${folder}; echo theirs > ${folder}/notes`);
    expect(await checkout()).toContain("kept what was changed on the machine");
    expect(await version()).toBe("1");
    expect(await stdoutOf(machine, "cat /home/ec2-user/bia.before-*/notes")).toBe("theirs");
  });

  it("refuses to lose what was changed in the clone", async () => {
    await repository.commit("version", "1");
    await checkout("main");
    await machine.run(`echo mine > ${folder}/version`);
    await repository.commit("version", "2");
    const script = checkoutScript({ git: repository.url, ref: "main", folder, user });
    const { stdout, stderr, exitCode } = await machine.run(`set -euo pipefail\n${script}`);
    expect(exitCode).not.toBe(0);
    expect(stdout + stderr).toContain("would be overwritten by checkout");
    expect(await version()).toBe("mine");
  });
});
