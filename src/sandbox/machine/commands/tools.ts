import { versions } from "../packages.ts";
import { fail, notEmulated, ok, type Process, type Program, type Programs } from "../program.ts";

/** Commands that Amazon Linux 2023 has and this machine only knows by name. */
const refused = [
  "ip",
  "lsblk",
  "nano",
  "openssl",
  "ping",
  "python3",
  "rsync",
  "scp",
  "ss",
  "ssh",
  "ssh-keygen",
  "systemd-run",
  "vi",
  "vim",
  "wget",
  "htop",
  "make",
  "psql",
  "pigz",
  "python3.11",
  "python3.12",
  "pip3",
  "pip3.11",
  "gcc",
  "g++",
  "telnet",
  "nc",
  "ncat",
  "dig",
  "nslookup",
  "crontab",
  "nginx",
  "httpd",
];

export const toolPrograms: Programs = {
  ...Object.fromEntries(refused.map((name): [string, Program] => [name, () => notEmulated(name)])),
  ...Object.fromEntries(["node", "npm", "npx"].flatMap((name) => nodePrograms(name))),

  alternatives(args, { system, user }) {
    const [verb, name = "", target = ""] = args;
    if (verb === "--list") {
      const folder = system.disk.at("/etc/alternatives");
      const links = folder?.kind === "directory" ? [...folder.entries] : [];
      return ok(links.map(([link, node]) => `${link}\tauto\t${node.kind === "link" ? node.target : ""}\n`).join(""));
    }
    const [command, path] = verb === "--install" ? [target, args[3] ?? ""] : [name, target];
    if (verb !== "--set" && verb !== "--install") return notEmulated(`alternatives ${verb ?? ""}`.trim());
    if (user.uid !== 0) return fail("failed to create /var/lib/alternatives: Permission denied\n", 2);
    if (!system.disk.at(path)) return fail(`cannot access ${path}: No such file or directory\n`, 2);
    system.useAlternative(command, path);
    return ok();
  },
};

/** `node`, and `node-20`, `node-22` ... which stay what they are when `node` changes. */
function nodePrograms(name: string): [string, Program][] {
  const majors = Object.keys(versions.node);
  const program =
    (command: string): Program =>
    async (args, process) => {
      const text = await contentOf(`/usr/bin/${command}`, process);
      const version = / (v?[\d.]+)$/.exec(text)?.[1] ?? "";
      if (args[0] === "--version" || args[0] === "-v") return ok(`${version}\n`);
      return notEmulated(`running ${name} yet`);
    };
  return [name, ...majors.map((major) => `${name}-${major}`)].map((command) => [command, program(command)]);
}

function contentOf(path: string, { fs }: Process): Promise<string> {
  return fs.readFile(path);
}
