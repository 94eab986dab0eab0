import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { validate } from "../../src/commands/validate.ts";

let folder: string;
let out: string;
let err: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "bia-validate-"));
  vi.stubEnv("XDG_CACHE_HOME", folder);
  out = "";
  err = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += text;
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    err += text;
    return true;
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function file(values: object): Promise<string> {
  const config = path.join(folder, "vars.json");
  await writeFile(config, JSON.stringify(values));
  return config;
}

it("valid variables are said to be so, with those that differ from the defaults", async () => {
  const config = await file({ region: "sa-east-1", devMachine: { instanceType: "t3.small", name: "bia-dev" } });
  expect(await validate({ config })).toBe(0);
  expect(out).toBe(
    [
      `valid: ${config}`,
      "stack bia, 2 values differ from the defaults:",
      '  region = "sa-east-1"',
      '  devMachine.instanceType = "t3.small"  (default "t3.micro")',
      "",
    ].join("\n"),
  );
  expect(err).toBe("");
});

it("problems go to stderr and end the command with 2", async () => {
  expect(await validate({ config: await file({ devMachine: { appPort: 70_000 } }) })).toBe(2);
  expect(out).toBe("");
  expect(err).toContain("devMachine.appPort\n    is 70000; allowed: a port from 1 to 65535");
});

it("--json gives the whole of the variables to a program", async () => {
  const config = await file({ devMachine: { swapSize: 2 } });
  expect(await validate({ config, json: true })).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    valid: true,
    path: config,
    variables: { stack: "bia", devMachine: { swapSize: 2, name: "bia-dev" } },
    differences: [{ path: "devMachine.swapSize", value: 2, default: 4 }],
  });
});

it("--json gives the problems to a program", async () => {
  const config = await file({ devMachine: { appport: 1 } });
  expect(await validate({ config, json: true })).toBe(2);
  expect(JSON.parse(out)).toEqual({
    valid: false,
    file: config,
    problems: [{ path: "devMachine.appport", problem: "unknown name", didYouMean: "appPort" }],
  });
});

it("--schema prints the JSON schema and reads no file", async () => {
  expect(await validate({ schema: true, config: path.join(folder, "gone.ts") })).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ title: "Variables of bia-infra" });
});
