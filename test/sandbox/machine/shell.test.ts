import { describe, expect, it } from "vitest";
import { boot, stdoutOf } from "./workbench.ts";

describe("a script on the machine", () => {
  it("stops at the first failure under set -e and ends with its exit code", async () => {
    const result = await boot().run("set -euo pipefail\necho one\n(exit 7)\necho two");
    expect(result).toEqual({ stdout: "one\n", stderr: "", exitCode: 7 });
  });

  it("fails with 127 and bash's words for an unknown command", async () => {
    const result = await boot().run("nosuch --thing");
    expect(result).toEqual({ stdout: "", stderr: "bash: nosuch: command not found\n", exitCode: 127 });
  });

  it("knows functions, arrays, tests, heredocs, here strings, arithmetic and process substitution", async () => {
    const script = `
      greet() { local name=$1; echo "hello $name"; }
      greet world
      list=(a b c); echo "\${#list[@]} \${list[1]}"
      [[ file.txt == *.txt && 3 -gt 2 ]] && echo matches
      cat <<END
$((6 * 7))
END
      read -r first rest <<< "x y z"; echo "$first-$rest"
      cat <(echo substituted)`;
    expect(await stdoutOf(boot(), script)).toBe("hello world\n3 b\nmatches\n42\nx-y z\nsubstituted");
  });

  it("sees an assignment as a success, whatever came before it", async () => {
    const script =
      "set -e\nif false; then :; else x=1; fi\ncode=$?\nfalse || code=$?\necho $x $code; y=$(exit 3) || echo $?";
    expect(await stdoutOf(boot(), script)).toBe("1 1\n3");
  });

  it("goes on after a redirection that cannot be opened, unless set -e says otherwise", async () => {
    const machine = boot();
    const missing = await machine.run("echo x > /nowhere/file; echo $?");
    expect(missing).toMatchObject({ stdout: "1\n", stderr: "bash: /nowhere/file: No such file or directory\n" });
    const denied = await machine.run("echo x > /etc/hostname; echo $?", { user: "ec2-user" });
    expect(denied).toMatchObject({ stdout: "1\n", stderr: "bash: /etc/hostname: Permission denied\n" });
    expect((await machine.run("set -e; echo x > /nowhere/file; echo no")).stdout).toBe("");
  });

  it("captures commands and pipes after exec has moved the output to a file", async () => {
    const machine = boot();
    const { stdout } = await machine.run("exec > /var/log/setup.log 2>&1\nyear=$(echo 2026)\necho $year | cat\nnosuch");
    expect(stdout).toBe("");
    expect(await stdoutOf(machine, "cat /var/log/setup.log")).toBe("2026\nbash: nosuch: command not found");
  });

  it("feeds exec > >(tee file) with all that follows", async () => {
    const machine = boot();
    const { stdout } = await machine.run("exec > >(tee /var/log/user-data.log) 2>&1\necho hello\necho oops >&2");
    expect(stdout).toBe("hello\noops\n");
    expect(await stdoutOf(machine, "cat /var/log/user-data.log")).toBe("hello\noops");
  });

  it.each([
    ["grep -s x /none; echo $?", "2"],
    ["grep -qs b /tmp/f /none && echo found", "found"],
    ["grep --no-messages -e s /tmp/f", "s"],
    ["grep -e -s /tmp/f", "-s"],
    ["grep -sm 1 . /tmp/f", "b"],
    ["grep -s -- -s /tmp/f", "-s"],
  ])("says nothing of files that are not there: %s", async (script, stdout) => {
    const { stdout: said, stderr } = await boot().run(`printf 'b\\ns\\n-s\\n' > /tmp/f\n${script}`);
    expect([said.trimEnd().split("\n")[0], stderr]).toEqual([stdout, ""]);
  });

  it("does not go on after exec command", async () => {
    expect(await stdoutOf(boot(), "exec echo last\necho never")).toBe("last");
  });

  it.each([
    ['C="echo a b"; $C c', "a b c"],
    ['run() { "$@"; }; hello() { echo "hello $1"; }; run hello you', "hello you"],
    [`a=(echo "x y" z); "\${a[@]}"`, "x y z"],
    ['set -- hostname -s; V=$("$@"); echo "v $V"', "v ip-172-31-0-10"],
    ['C="cd /tmp"; $C; pwd; $NOTHING', "/tmp"],
    ["printf 'echo \"path $1\"' > /tmp/p; chmod +x /tmp/p; C='/tmp/p 1'; $C", "path 1"],
    ["bash -c 'exec \"$@\"' x echo one two; echo no", "one two\nno"],
  ])("takes words that come out of expansions for commands: %s", async (script, output) => {
    expect(await stdoutOf(boot(), script)).toBe(output);
  });

  it("runs the EXIT trap with the functions, variables and exit code of the script", async () => {
    const script = `cleanup() { echo "$1 $name"; }\ntrap 'echo code $?; cleanup bye' EXIT\nname=bia\nset -e\nfalse`;
    expect(await boot().run(script)).toEqual({ stdout: "code 1\nbye bia\n", stderr: "", exitCode: 1 });
  });

  it.each([
    ["exit 3", 3],
    ["leave() { exit 3; }; leave", 3],
    ["(name=inner; exit 2) || true; exit", 0],
    ["false || exit 3", 3],
    ["if true; then exit 4; fi", 4],
    ["(name=inner; exit 1) || true; exit 5", 5],
    ["set +e; false; exit", 1],
    ["set +e; false; exit $?", 1],
  ])("runs the EXIT trap with the variables of a script that ends with: %s", async (end, exitCode) => {
    const script = `set -e\nname=$(echo bia)\ntrap 'echo "bye $name"' EXIT\n${end}`;
    expect(await boot().run(script)).toEqual({ stdout: "bye bia\n", stderr: "", exitCode });
  });

  it("redirects what a function wrote before set -e ended it", async () => {
    const fails = "set -e\nfails() { echo out; nosuch; }\n";
    const said = `${fails}said=$(fails 2>&1) || echo "$said"`;
    expect(await boot().run(said)).toMatchObject({ stdout: "out\nbash: nosuch: command not found\n", stderr: "" });
    const machine = boot();
    expect(await machine.run(`${fails}fails > /tmp/log 2>&1`)).toEqual({ stdout: "", stderr: "", exitCode: 127 });
    expect(await stdoutOf(machine, "cat /tmp/log")).toBe("out\nbash: nosuch: command not found");
  });

  it("does not take an empty name for the working directory, nor delete where it is, nor everything", async () => {
    const script = `mkdir /tmp/work && cd /tmp/work && touch kept
rm -rf "$unset" && echo silent
rm "" || rm -rf . || rm -r .. || rm -rf / || chmod -R 000 "" || mv "" /tmp/gone || cp -r "" /tmp/copy || ls /tmp /tmp/work
rm -rf -- kept "" && ls /tmp/work`;
    const { stdout, stderr, exitCode } = await boot().run(script);
    expect({ stdout, exitCode }).toEqual({ stdout: "silent\n/tmp:\nwork\n\n/tmp/work:\nkept\n", exitCode: 0 });
    expect(stderr.split("\n")).toEqual([
      "rm: cannot remove '': No such file or directory",
      "rm: refusing to remove '.' or '..' directory: skipping '.'",
      "rm: refusing to remove '.' or '..' directory: skipping '..'",
      "rm: it is dangerous to operate recursively on '/'",
      "rm: use --no-preserve-root to override this failsafe",
      "chmod: cannot access '': No such file or directory",
      "mv: cannot stat '': No such file or directory",
      "cp: cannot stat '': No such file or directory",
      "",
    ]);
  });

  it("refuses by name what it does not emulate", async () => {
    const { stderr, exitCode } = await boot().run("trap 'echo failed' ERR");
    expect(exitCode).toBe(125);
    expect(stderr).toContain("does not emulate trap ... ERR");
  });

  it("traces a command before its output", async () => {
    const seen: string[] = [];
    await boot().run("set -x\nsize=1\nfor i in a b; do echo $i; done", {
      onOutput: (_stream, chunk) => seen.push(chunk),
    });
    expect(seen.join("")).toBe("+ size=1\n+ echo a\na\n+ echo b\nb\n");
  });

  it("shows output while it runs, also that of a script inside and of one that writes to a file", async () => {
    const machine = boot();
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const script =
      "bash -c 'echo first; cloud-init status --wait >/dev/null; echo last' > /tmp/log\nsudo -iu ec2-user bash -c 'echo inner; cloud-init status'";
    const running = machine.run(script, { onOutput: () => release() });
    const poll = async (): Promise<string> => (await stdoutOf(machine, "cat /tmp/log 2>/dev/null")) || poll();
    expect(await poll()).toBe("first");
    await machine.runUserData("");
    await released;
    expect((await running).stdout).toBe("inner\nstatus: done\n");
    expect(await stdoutOf(machine, "cat /tmp/log")).toBe("first\nlast");
  });

  it("ends at once when it is cancelled, with what it had written", async () => {
    const cancel = new AbortController();
    const onOutput = () => cancel.abort();
    const result = await boot().run("echo started\nsleep 3600\necho no", { signal: cancel.signal, onOutput });
    expect(result).toEqual({ stdout: "started\n", stderr: "", exitCode: 143 });
  });

  it("can be cancelled in a loop that never waits, and lets the process breathe", async () => {
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), 30);
    expect((await boot().run("while true; do :; done", { signal: cancel.signal })).exitCode).toBe(143);
  });

  it("keeps its variables, folder and umask to itself", async () => {
    const machine = boot();
    await machine.run("export LEFT=1; cd /etc; umask 077");
    expect(await stdoutOf(machine, 'echo "[$LEFT]"; pwd; umask')).toBe("[]\n/usr/bin\n0022");
  });

  it("starts as SSM's agent starts it: as root, without HOME", async () => {
    expect(await stdoutOf(boot(), 'whoami; echo "[$HOME]"')).toBe("root\n[]");
  });
});

describe("standard input", () => {
  it("is left to a loop by the commands in it that do not read", async () => {
    const script = "printf 'a\\nb\\n' | while read -r name; do sudo bash -c \"echo got $name\"; id -u >/dev/null; done";
    expect(await stdoutOf(boot(), script)).toBe("got a\ngot b");
  });

  it("reaches the commands that do, through sudo and bash", async () => {
    const machine = boot();
    expect(
      await stdoutOf(machine, "echo line | sudo tee /etc/line; echo 'echo $1' | bash -s word; cat /etc/line"),
    ).toBe("line\nword\nline");
    expect(await machine.run("cat; read -r x", { stdin: "given\n" })).toMatchObject({ stdout: "given\n" });
  });
});

describe("a script file", () => {
  const write = `cat > /tmp/job.sh <<'END'
#!/bin/bash -e
trap 'echo job over' EXIT
echo "job $1 [$shared] [$kept]"
if false; then :; else x=1; fi
false
echo never
END
chmod +x /tmp/job.sh`;

  it("called by its path is a process of its own, with its interpreter's options", async () => {
    const script = `${write}\ncd /tmp; kept=1; export shared=2; set -x; ./job.sh a; echo $?`;
    expect(await boot().run(script)).toEqual({
      stdout: "job a [2] []\njob over\n1\n",
      stderr: "+ ./job.sh a\n+ echo 1\n",
      exitCode: 0,
    });
  });

  it.each([
    ["chmod -x /tmp/job.sh; /tmp/job.sh", 126, "bash: /tmp/job.sh: Permission denied\n"],
    ["/tmp/nosuch.sh", 127, "bash: /tmp/nosuch.sh: No such file or directory\n"],
    [
      "/usr/bin/whoami >/dev/null; /usr/sbin/mkswap /nosuch",
      1,
      "mkswap: cannot open /nosuch: No such file or directory\n",
    ],
  ])("that cannot be run: %s", async (script, exitCode, stderr) => {
    expect(await boot().run(`${write}\n${script}`)).toMatchObject({ exitCode, stderr });
  });
});

describe("tar", () => {
  it.each(["xzf", "-xzf", "-x -z -f"])(
    "%s unpacks files with the modes of the archive, whatever the umask says",
    async (options) => {
      const script = `mkdir a && cd a && echo 1 > run.sh && chmod 755 run.sh && echo 2 > plain && chmod 644 plain && cd ..
      tar czf a.tgz a && rm -r a && umask 077 && tar ${options} a.tgz && stat -c '%a %n' a/run.sh a/plain`;
      expect(await stdoutOf(boot(), script)).toBe("755 a/run.sh\n644 a/plain");
    },
  );
});
