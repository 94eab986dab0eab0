import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Machine } from "../../../src/sandbox/machine/machine.ts";
import { serveRepository } from "../../support/git-server.ts";
import { boot, stdoutOf } from "./workbench.ts";

let repository: Awaited<ReturnType<typeof serveRepository>>;
let url = "";
let first = "";
let second = "";

beforeAll(async () => {
  repository = await serveRepository();
  ({ url } = repository);
  first = await repository.commit("Dockerfile", "FROM node:24\n");
  repository.git("tag", "-a", "v1", "-m", "one");
  repository.git("checkout", "-qb", "other");
  await repository.commit("other.txt", "other\n");
  repository.git("checkout", "-q", "main");
  second = await repository.commit("main.js", "main\n");
});

afterAll(() => repository.close());

async function bootWithGit(): Promise<Machine> {
  const machine = boot();
  await machine.run("dnf install -y git");
  return machine;
}

describe("git clone", () => {
  it("brings a repository onto the machine, owned by who asked for it", async () => {
    const machine = await bootWithGit();
    const { stderr, exitCode } = await machine.run(`cd ~ && git clone ${url} bia`, {
      user: "ec2-user",
      env: { HOME: "/home/ec2-user" },
    });
    expect({ stderr, exitCode }).toEqual({ stderr: "Cloning into 'bia'...\n", exitCode: 0 });
    const script = `cd /home/ec2-user/bia; ls; cat Dockerfile; stat -c %U main.js .git/HEAD; git rev-parse HEAD; git rev-parse --abbrev-ref HEAD
      git status --porcelain; git remote get-url origin; git log --oneline`;
    expect(await stdoutOf(machine, script)).toBe(
      `Dockerfile\nmain.js\nFROM node:24\nec2-user\nec2-user\n${second}\nmain\n${url}\n${second.slice(0, 7)} change main.js\n${first.slice(0, 7)} change Dockerfile`,
    );
  });

  it("takes a branch or a tag, and no more commits than are asked for", async () => {
    const machine = await bootWithGit();
    const script = `git clone -q -b other --depth 1 ${url} /srv/other; cat /srv/other/other.txt; git -C /srv/other log --format=%s
      git clone -q -b v1 ${url} /srv/one; git -C /srv/one rev-parse HEAD; ls /srv/one`;
    expect(await stdoutOf(machine, script)).toBe(`other\nchange other.txt\n${first}\nDockerfile`);
  });

  it.each([
    ["git clone URL/nosuch", /fatal: repository '.*\/nosuch\/' not found\n$/, 128],
    ["git clone -b nosuch URL", /fatal: Remote branch nosuch not found in upstream origin\n$/, 128],
    ["git clone URL /etc", /fatal: destination path '\/etc' already exists and is not an empty directory.\n$/, 128],
    [
      "git clone http://127.0.0.1:1/app",
      /fatal: unable to access 'http:\/\/127.0.0.1:1\/app\/': Failed to connect/,
      128,
    ],
    [
      "git clone git@github.com:x/y.git",
      /does not emulate git from git@github.com:x\/y.git; http and https URLs are/,
      125,
    ],
    ["git bisect start", /does not emulate git bisect/, 125],
    ["git clone --mirror URL", /does not emulate the option --mirror of git clone/, 125],
    ["git log", /^fatal: not a git repository \(or any of the parent directories\): .git\n$/, 128],
    ["git -C /nowhere status", /^fatal: cannot change to '\/nowhere': No such file or directory\n$/, 128],
  ])("refuses: %s", async (command, words, code) => {
    const machine = await bootWithGit();
    const { stderr, exitCode } = await machine.run(`cd /tmp; ${command.replace("URL", url)}`);
    expect(stderr).toMatch(words);
    expect(exitCode).toBe(code);
    expect(await stdoutOf(machine, "ls /tmp")).toBe("");
  });

  it("says that a repository is not open to everybody", async () => {
    const machine = await bootWithGit();
    const { stderr } = await machine.run(`cd /tmp; git clone ${url.replace("/app", "/private/app")}`);
    expect(stderr).toMatch(/fatal: could not read Username for 'http:\/\/127.0.0.1:\d+': No such device or address\n$/);
  });
});

describe("git", () => {
  it("lists branches, here and at the origin, and makes new ones", async () => {
    const machine = await bootWithGit();
    const script = `git clone -q ${url} /srv/b; cd /srv/b; git branch; git branch new; git branch -a; git branch --show-current
      git checkout -q v1; git branch --list; git branch new`;
    const { stdout, stderr } = await machine.run(script);
    expect(stdout).toBe(
      `* main\n* main\n  new\n  remotes/origin/HEAD -> origin/main\n  remotes/origin/main\n  remotes/origin/other\nmain\n* (HEAD detached at ${first.slice(0, 7)})\n  main\n  new\n`,
    );
    expect(stderr).toBe("fatal: a branch named 'new' already exists\n");
  });

  it("fetches one commit into a repository that was begun by hand", async () => {
    const machine = await bootWithGit();
    const script = `git init -q /srv/app; cd /srv/app; git remote add origin ${url}
      git fetch --depth 1 origin ${first}; git checkout --quiet --detach FETCH_HEAD; ls; git rev-parse HEAD
      git fetch --depth 1 origin HEAD; git checkout -q --detach FETCH_HEAD; git rev-parse --short HEAD; ls
      git fetch origin nosuch || echo $?`;
    expect(await stdoutOf(machine, script)).toBe(
      `Dockerfile\n${first}\n${second.slice(0, 7)}\nDockerfile\nmain.js\n128`,
    );
  });

  it("does not throw away what was changed on the machine", async () => {
    const machine = await bootWithGit();
    await machine.run(
      `git clone -q ${url} /srv/app; cd /srv/app; git checkout -q v1; echo mine > Dockerfile; echo new > new.txt`,
    );
    expect(await stdoutOf(machine, "cd /srv/app; git status -s")).toBe(" M Dockerfile\n?? new.txt");
    await repository.commit("Dockerfile", "FROM node:26\n");
    const { stderr, exitCode } = await machine.run("cd /srv/app; git fetch origin main; git checkout FETCH_HEAD");
    expect(stderr).toContain(
      "error: Your local changes to the following files would be overwritten by checkout:\n\tDockerfile\n",
    );
    expect(exitCode).toBe(1);
    expect(await stdoutOf(machine, "cat /srv/app/Dockerfile")).toBe("mine");
  });

  it("pulls what is new", async () => {
    const machine = await bootWithGit();
    await machine.run(`git clone -q ${url} /srv/app`);
    expect(await stdoutOf(machine, "cd /srv/app; git pull")).toBe("Already up to date.");
    const next = await repository.commit("more.js", "more\n");
    expect(
      await stdoutOf(machine, "cd /srv/app; git pull -q; git rev-parse HEAD; cat more.js; git status --porcelain"),
    ).toBe(`${next}\nmore`);
  });

  it("commits what the course changes on the machine, and takes it back", async () => {
    const machine = boot();
    await machine.run("dnf install -y git");
    const nobody = await machine.run("mkdir /tmp/n; cd /tmp/n; git init -q; echo a > f; git add .; git commit -m one");
    expect(nobody.stderr).toContain("*** Please tell me who you are.");
    const script = `cd /tmp/n; git config --global user.name Ana; git config --global user.email ana@example.org
      git commit -qm one; git log --format='%an %s'; echo b > f; git checkout f 2>&1; cat f; git checkout -q -b dev
      echo c > f; git commit -qam two; git branch; git reset -q --hard master; cat f; git status --short; git rev-parse --short=9 HEAD | wc -c`;
    expect(await stdoutOf(machine, script)).toBe("Ana one\nUpdated 1 path from the index\na\n* dev\n  master\na\n10");
  });
});
