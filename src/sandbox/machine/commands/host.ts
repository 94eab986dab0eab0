import { parseOptions } from "../../shell/options.ts";
import { sizeOf } from "../file-system.ts";
import { memoryOf } from "../memory.ts";
import { catalogue, versions } from "../packages.ts";
import { fail, notEmulated, ok, type Process, type Programs, type Result } from "../program.ts";
import type { System } from "../system.ts";
import { addSwap, swapsOfFstab } from "./storage.ts";

const build = "#1 SMP PREEMPT_DYNAMIC Mon Nov  3 18:21:36 UTC 2025";

export const hostPrograms: Programs = {
  uname(args, { system }) {
    const { options, operands, unknown } = parseOptions(args, [
      "a|all",
      "s",
      "n|nodename",
      "r|kernel-release",
      "v",
      "m|machine",
      "p",
      "i",
      "o",
    ]);
    if (unknown || operands.length > 0) return fail(`uname: invalid option -- '${unknown ?? operands[0]}'\n`);
    const arch = system.architecture;
    const fields: [string, string][] = [
      ["s", "Linux"],
      ["n", system.hostname],
      ["r", `${versions.kernel}.${arch}`],
      ["v", build],
      ["m", arch],
      ["p", arch],
      ["i", arch],
      ["o", "GNU/Linux"],
    ];
    const wanted = options.size === 0 ? ["s"] : [...options.keys()];
    const shown = fields.filter(([name]) => options.has("a") || wanted.includes(name));
    return ok(`${shown.map(([, value]) => value).join(" ")}\n`);
  },

  hostname([argument], process) {
    const { system } = process;
    if (argument === "-I" || argument === "-i") return ok(`${system.facts.privateIp} \n`);
    if (argument === "-s") return ok(`${system.hostname.split(".")[0]}\n`);
    if (argument === undefined || argument === "-f") return ok(`${system.hostname}\n`);
    if (argument.startsWith("-")) return notEmulated(`the option ${argument} of hostname`);
    return setHostname(argument, process, "hostname: you must be root to change the host name\n");
  },

  hostnamectl([verb = "status", name], process) {
    const { system } = process;
    if (verb === "hostname" && name === undefined) return ok(`${system.hostname}\n`);
    if ((verb === "set-hostname" || verb === "hostname") && name !== undefined) {
      system.disk.write("/etc/hostname", `${name}\n`);
      return setHostname(name, process, "Could not set property: Access denied\n");
    }
    if (verb !== "status") return notEmulated(`hostnamectl ${verb}`);
    const fields = {
      "Static hostname": system.hostname,
      "Icon name": "computer-vm",
      Chassis: "vm",
      Virtualization: "amazon",
      "Operating System": `Amazon Linux ${versions.release}`,
      "CPE OS Name": "cpe:2.3:o:amazon:amazon_linux:2023",
      Kernel: `Linux ${versions.kernel}.${system.architecture}`,
      Architecture: system.architecture === "x86_64" ? "x86-64" : "arm64",
      "Hardware Vendor": "Amazon EC2",
      "Hardware Model": system.facts.instanceType,
    };
    return ok(
      Object.entries(fields)
        .map(([field, value]) => `${field.padStart(16)}: ${value}\n`)
        .join(""),
    );
  },

  nproc: (_args, { system }) => ok(`${system.facts.vcpus}\n`),
  arch: (_args, { system }) => ok(`${system.architecture}\n`),

  uptime([option], { system }) {
    const minutes = Math.floor((Date.now() - system.bootedAt) / 60_000);
    const hours = Math.floor(minutes / 60);
    if (option === "-s") return ok(`${new Date(system.bootedAt).toISOString().slice(0, 19).replace("T", " ")}\n`);
    if (option === "-p") return ok(`up ${hours > 0 ? `${hours} hours, ` : ""}${minutes % 60} minutes\n`);
    const clock = new Date().toISOString().slice(11, 19);
    const up = hours > 0 ? `${hours}:${String(minutes % 60).padStart(2, "0")}` : `${minutes} min`;
    return ok(` ${clock} up ${up},  0 users,  load average: 0.00, 0.00, 0.00\n`);
  },

  ps(args, { system }) {
    const started = new Date(system.bootedAt).toISOString().slice(11, 16);
    const rows = processes(system);
    if (args.some((argument) => argument.replace("-", "").includes("u") || /^aux/.test(argument))) {
      const line = ({ pid, command }: Running) =>
        `root      ${String(pid).padStart(6)}  0.0  1.2 238712 12340 ?        Ss   ${started}   0:00 ${command}\n`;
      return ok(
        `USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n${rows.map(line).join("")}`,
      );
    }
    if (args.some((argument) => /^-?(e|A)f?$/.test(argument))) {
      const line = ({ pid, command }: Running) =>
        `root      ${String(pid).padStart(6)}       1  0 ${started} ?        00:00:00 ${command}\n`;
      return ok(`UID          PID    PPID  C STIME TTY          TIME CMD\n${rows.map(line).join("")}`);
    }
    return args.length === 0 ? ok("    PID TTY          TIME CMD\n") : notEmulated(`ps ${args.join(" ")}`);
  },

  top(args, { system }) {
    const once = args.some((argument) => /^-?\w*b/.test(argument)) && args.some((argument) => /n1$|^1$/.test(argument));
    if (!once) return notEmulated("top but for top -bn1");
    const rows = processes(system);
    const { total, free, used, cached, swap, available } = memoryOf(system);
    const mib = (kib: number) => (kib / 1024).toFixed(1).padStart(8);
    const clock = new Date().toISOString().slice(11, 19);
    const minutes = Math.floor((Date.now() - system.bootedAt) / 60_000);
    const line = ({ pid, command }: Running) =>
      `${String(pid).padStart(7)} root      20   0  238712  12340   8192 S   0.0   1.2   0:00.00 ${command.replace(/^\S*\//, "").split(" ")[0]}\n`;
    return ok(
      `top - ${clock} up ${minutes} min,  0 users,  load average: 0.00, 0.00, 0.00\n` +
        `Tasks: ${String(rows.length).padStart(3)} total,   1 running, ${String(rows.length - 1).padStart(3)} sleeping,   0 stopped,   0 zombie\n` +
        "%Cpu(s):  0.0 us,  0.0 sy,  0.0 ni,100.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st\n" +
        `MiB Mem : ${mib(total)} total, ${mib(free)} free, ${mib(used)} used, ${mib(cached)} buff/cache\n` +
        `MiB Swap: ${mib(swap)} total, ${mib(swap)} free, ${mib(0)} used. ${mib(available)} avail Mem\n\n` +
        `    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n${rows.map(line).join("")}`,
    );
  },

  kill(args, { system, user }) {
    const pids = args.filter((argument) => /^\d+$/.test(argument)).map(Number);
    for (const pid of pids) {
      const unit = [...system.services].find(([, service]) => service.pid === pid)?.[0];
      if (!unit && pid !== 1) return fail(`bash: kill: (${pid}) - No such process\n`);
      if (user.uid !== 0) return fail(`bash: kill: (${pid}) - Operation not permitted\n`);
      const known = unit === undefined ? undefined : system.unit(unit);
      if (known && !args.includes("-0")) system.stop(known);
    }
    return ok();
  },

  journalctl(args, { system }) {
    const { options, unknown } = parseOptions(args, [
      "u|unit=",
      "n|lines=",
      "no-pager",
      "x|catalog",
      "e|pager-end",
      "b|boot",
      "q|quiet",
      "f|follow",
      "r|reverse",
      "t|identifier=",
    ]);
    if (unknown || options.has("f")) return notEmulated(`the option ${unknown ?? "-f"} of journalctl`);
    const name = (options.get("u") ?? options.get("t") ?? "").replace(/\.service$/, "");
    const lines = (system.disk.text("/run/log/journal/system") ?? "")
      .split("\n")
      .filter((line) => line.includes(name) && line !== "");
    const shown = lines.slice(-Number(options.get("n") || lines.length || 1));
    if (options.has("r")) shown.reverse();
    return ok(shown.length === 0 ? "-- No entries --\n" : shown.map((line) => `${line}\n`).join(""));
  },

  logger(args, { system, user, stdin }) {
    const { options, operands } = parseOptions(args, ["t|tag=", "s|stderr", "p|priority=", "i"]);
    const message = operands.length > 0 ? operands.join(" ") : stdin.trimEnd();
    const tag = options.get("t") ?? user.name;
    for (const line of message.split("\n")) system.journal(tag, line);
    return { stdout: "", stderr: options.has("s") ? `${tag}: ${message}\n` : "", exitCode: 0 };
  },

  reboot: (_args, process) => restart(process),
  shutdown: (args, process) =>
    args.includes("-r") ? restart(process) : notEmulated("powering off from inside; stop the instance through EC2"),
  poweroff: () => notEmulated("powering off from inside; stop the instance through EC2"),
};

interface Running {
  pid: number;
  command: string;
}

function processes(system: System): Running[] {
  const services = [...system.services].map(([name, { pid }]) => ({
    pid,
    command: system.unit(name)?.command ?? name,
  }));
  const init = { pid: 1, command: "/usr/lib/systemd/systemd --switched-root --system --deserialize=32" };
  return [init, ...services].sort((a, b) => a.pid - b.pid);
}

function setHostname(name: string, { system, user }: Process, refusal: string): Result {
  if (user.uid !== 0) return fail(refusal);
  system.hostname = name;
  return ok();
}

/** Restarts at once: only what is enabled runs again, only what /etc/fstab names is swap again, /tmp and /run are empty. */
function restart({ system, user }: Process): Result {
  if (user.uid !== 0)
    return fail(
      "Failed to set wall message, ignoring: Interactive authentication required.\nCall to Reboot failed: Interactive authentication required.\n",
    );
  const units = [...system.installed].flatMap((name) => catalogue[name]?.units ?? []);
  for (const unit of units) system.stop(unit);
  system.bootedAt = Date.now();
  system.growRoot();
  system.swaps = [];
  for (const unit of units) if (system.isEnabled(unit)) system.start(unit);
  for (const path of swapsOfFstab(system)) {
    const node = system.disk.at(path);
    if (node?.kind === "file") addSwap(system, path, sizeOf(node) - 4096);
  }
  return ok();
}
