import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { started } from "../aws-cli/started.ts";
import { type Terraform, terraformIn, terraformIsHere } from "./terraform.ts";

/** Files that are applied, with as many resources and another value for each of their variables. */
const STACKS = {
  "stack.tf": {
    resources: 34,
    replaced: 0,
    changed: /2\d/,
    changes: { owner: "second", instance_type: "t3.small", allocated_storage: "25", ttl: "60", desired_count: "1" },
  },
  "retail.tf": {
    resources: 39,
    // A secret's version and a task definition are replaced, never changed.
    replaced: 2,
    changed: /2\d/,
    changes: { owner: "second", most_tasks: "5", banner: "hello", secret: '{"username":"root","password":"second"}' },
  },
};

/** What our create makes, as Terraform's provider calls it, and by what it finds it. */
const OURS: Readonly<Record<string, string>> = {
  aws_ecr_repository: "bia",
  aws_ecs_cluster: "cluster-bia-alb",
  aws_iam_role: "role-acesso-ssm",
  aws_iam_instance_profile: "role-acesso-ssm",
  aws_cloudwatch_log_group: "/ecs/task-def-bia-alb",
};

describe.skipIf(!terraformIsHere())("Terraform's AWS provider", () => {
  it.each(Object.entries(STACKS))(
    "makes all of %s, finds nothing to change, changes what is asked for, and deletes it",
    async (file, { resources, replaced, changed, changes }) => {
      const { env, stop } = await started({ BIA_SANDBOX_DELAYS: "none" });
      onTestFinished(stop);
      const { terraform } = await terraformIn(["provider.tf", file], env);
      const others = Object.entries(changes).map(([name, value]) => `-var=${name}=${value}`);
      const apply = ["apply", "-auto-approve", "-parallelism=20"];

      await ends(terraform, apply, new RegExp(`Resources: ${resources} added, 0 changed, 0 destroyed`));
      await ends(terraform, ["plan", "-detailed-exitcode"], /No changes/);
      const came = `Resources: ${replaced} added, ${changed.source} changed, ${replaced} destroyed`;
      await ends(terraform, [...apply, ...others], new RegExp(came));
      await ends(terraform, ["plan", "-detailed-exitcode", ...others], /No changes/);
      const all = new RegExp(`Resources: ${resources} destroyed`);
      await ends(terraform, ["destroy", "-auto-approve", "-parallelism=20", ...others], all);
    },
    900_000,
  );

  it("takes over what our create made, and would change nothing of it", async () => {
    const { env, run, stop } = await started({ BIA_SANDBOX_DELAYS: "none" });
    onTestFinished(stop);
    const { code, stderr } = await run("create", "--all");
    expect(code, stderr).toBe(0);
    const { folder, terraform } = await terraformIn(["provider.tf"], env);
    const imports = Object.entries(OURS).map(([type, id]) => `import {\n  to = ${type}.ours\n  id = "${id}"\n}\n`);
    await writeFile(path.join(folder, "imports.tf"), imports.join("\n"));

    await ends(
      terraform,
      ["plan", "-generate-config-out=ours.tf"],
      /Plan: 5 to import, 0 to add, 0 to change, 0 to destroy/,
    );
    await ends(terraform, ["apply", "-auto-approve"], /Resources: 5 imported, 0 added, 0 changed, 0 destroyed/);
    await ends(terraform, ["plan", "-detailed-exitcode"], /No changes/);
  }, 300_000);

  it("is ended, and what it started with it, when it hangs", async () => {
    const sockets: Socket[] = [];
    const hung = new AbortController();
    const server = createServer((socket) => {
      sockets.push(socket.on("error", () => {}).resume());
      hung.abort();
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const env = {
      PATH: process.env.PATH ?? "",
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    };
    const { terraform } = await terraformIn(["provider.tf", "stack.tf"], env);

    const { code } = await terraform(["plan"], hung.signal);

    expect(code).toBeNull();
    // The provider's connections end with it.
    await expect.poll(() => sockets.every((socket) => socket.destroyed), { timeout: 10_000 }).toBe(true);
  }, 60_000);
});

async function ends(terraform: Terraform, args: readonly string[], words: RegExp): Promise<void> {
  const { code, output } = await terraform(args);
  expect(output).toMatch(words);
  expect(code).toBe(0);
}
