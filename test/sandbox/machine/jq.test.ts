import { describe, expect, it } from "vitest";
import { boot } from "./workbench.ts";

async function jq(script: string) {
  const machine = boot();
  await machine.run("dnf install -y jq");
  return machine.run(`cd /tmp; echo '{"a":1,"b":[2,3],"c":null}' > in.json; ${script}`);
}

describe("jq on a machine", () => {
  it.each([
    ["jq -c 'del(.a, .c) | .d.e = 5' in.json", '{"b":[2,3],"d":{"e":5}}\n'],
    ["cat in.json | jq -r '.b[] | \"n\\(.)\"'", "n2\nn3\n"],
    ["jq -n --arg x 1 --argjson y 2 -c '[$x, $y]'", '["1",2]\n'],
    ["X=5 jq -nr 'env.X, $ENV.X'", "5\n5\n"],
    ["jq -c --slurpfile all in.json -n '$all[0].b'", "[2,3]\n"],
    ["jq -s length in.json in.json", "2\n"],
  ])("%s", async (script, stdout) => {
    expect(await jq(script)).toEqual({ stdout, stderr: "", exitCode: 0 });
  });

  it("tells by its exit code what it found, and what is wrong", async () => {
    expect((await jq("jq -e .c in.json")).exitCode).toBe(1);
    expect((await jq("jq . none.json")).stderr).toBe(
      "jq: error: Could not open none.json: No such file or directory\n",
    );
    expect((await jq("jq '.[' in.json")).stderr).toContain("jq: 1 compile error");
  });
});
