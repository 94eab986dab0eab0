import { type DockerCommand, engineOf, parse, refuse } from "../docker/client.ts";
import { type DockerEngine, isDockerError } from "../docker/engine.ts";
import { forgetLogin, hostOf, keepLogin, loginOf, pullImage } from "../docker/registry-logins.ts";
import { splitName } from "../docker/rows.ts";
import { fail, ok } from "../program.ts";

const login: DockerCommand = async (args, process) => {
  const known = ["u|username=", "p|password=", "password-stdin"];
  const { options, operands } = parse("docker login", args, known, { most: 1 });
  const host = serverOf(operands[0]);
  const username = options.get("u");
  const fromStdin = options.has("password-stdin");
  if (fromStdin && options.has("p")) return fail("--password and --password-stdin are mutually exclusive\n");
  if (fromStdin && !username) return fail("Must provide --username with --password-stdin\n");
  const warning = options.has("p") ? "WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n" : "";
  const password = fromStdin ? process.stdin.replace(/\r?\n$/, "") : options.get("p");
  if (!username || !password) return fail("Error: Cannot perform an interactive login from a non TTY device\n");
  const engine = await engineOf(process, "auth");
  checkHost(engine, host, "docker login to");
  await engine.registries.login(host, { username, password });
  const file = await keepLogin(host, { username, password }, process);
  const kept =
    `WARNING! Your password will be stored unencrypted in ${file}.\n` +
    "Configure a credential helper to remove this warning. See\n" +
    "https://docs.docker.com/engine/reference/commandline/login/#credentials-store\n\n";
  return { stdout: "Login Succeeded\n", stderr: warning + kept, exitCode: 0 };
};

const logout: DockerCommand = async (args, process) => {
  const { operands } = parse("docker logout", args, [], { most: 1 });
  const host = serverOf(operands[0]);
  const had = await forgetLogin(host, process);
  return ok(had ? `Removing login credentials for ${host}\n` : `Not logged in to ${host}\n`);
};

/** Docker's `push`. What a registry refuses is printed as the registry says it. */
export const push: DockerCommand = async (args, process) => {
  const { operands, options } = parse("docker push", args, ["q|quiet", "a|all-tags"], { least: 1, most: 1 });
  if (options.has("a")) refuse("the option --all-tags of docker push");
  const [name = ""] = operands;
  const engine = await engineOf(process, "images/push");
  const host = hostOf(name);
  checkHost(engine, host, "docker push to");
  const quiet = options.has("q");
  const print = (line: string) => {
    if (!quiet) process.print("stdout", `${line}\n`);
  };
  const { repository, tag } = splitName(name);
  if (!hasTag(name)) print("Using default tag: latest");
  print(`The push refers to repository [${repository}]`);
  try {
    if (!(await engine.images.find(name))) return fail(`An image does not exist locally with the tag: ${repository}\n`);
    await engine.registries.push(`${repository}:${tag}`, await loginOf(host, process), print);
    return ok(quiet ? `${repository}:${tag}\n` : "");
  } catch (error) {
    if (!isDockerError(error)) throw error;
    return fail(`${error.message}\n`);
  }
};

/** Docker's `pull`. */
export const pull: DockerCommand = async (args, process) => {
  const { operands, options } = parse("docker pull", args, ["q|quiet", "platform="], { least: 1, most: 1 });
  if (options.has("platform")) refuse("the option --platform of docker pull");
  const [name = ""] = operands;
  const engine = await engineOf(process, "images/create");
  const print = (line: string) => {
    if (!options.has("q")) process.print("stdout", `${line}\n`);
  };
  if (!hasTag(name)) print("Using default tag: latest");
  await pullImage(engine, name, process, print);
  return ok(`${hasTag(name) ? name : `${name}:latest`}\n`);
};

export const registryManagement: Readonly<Record<string, DockerCommand>> = { login, logout, pull, push };

/** The host that a login is for, which may be written as a URL. */
function serverOf(server = "docker.io"): string {
  return server.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}

function hasTag(name: string): boolean {
  return /[:@][^/]*$/.test(name);
}

/** @throws Refusal if the sandbox has no such registry */
function checkHost({ registries }: DockerEngine, host: string, what: string): void {
  if (!registries.has(host))
    refuse(`${what} ${host}: it has the registries of ECR alone, so nothing leaves the computer`);
}
