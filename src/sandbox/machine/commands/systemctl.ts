import { parseOptions } from "../../shell/options.ts";
import type { Unit } from "../packages.ts";
import { fail, notEmulated, ok, type Process, type Programs, type Result } from "../program.ts";
import type { System } from "../system.ts";

/** Exit codes of systemctl(1). */
const NOT_RUNNING = 3;
const NO_SUCH_UNIT = 4;
const NOT_FOUND = 5;

const changes = new Set([
  "start",
  "stop",
  "restart",
  "reload",
  "try-restart",
  "reload-or-restart",
  "enable",
  "disable",
]);

export const systemctlPrograms: Programs = {
  async systemctl(args, process) {
    const result = control(args, process);
    await process.system.docker.settled();
    return result;
  },

  service([name = "", verb = "status"], process) {
    const systemctl = systemctlPrograms.systemctl;
    return systemctl ? systemctl([verb, name], process) : notEmulated("service");
  },
};

function control(args: readonly string[], process: Process): Result {
  const known = ["now", "no-pager", "quiet|q", "full|l", "lines|n=", "no-block", "force|f", "user", "no-reload"];
  const { options, operands, unknown } = parseOptions(args, known);
  if (unknown || options.has("user")) return notEmulated(`the option ${unknown ?? "--user"} of systemctl`);
  const [verb = "list-units", ...names] = operands;
  const { system, user } = process;
  if (verb === "daemon-reload" || verb === "reset-failed") return ok();
  if (verb === "is-system-running") return ok("running\n");
  if (names.length === 0)
    return names.length === 0 && changes.has(verb) ? fail("Too few arguments.\n") : notEmulated(`systemctl ${verb}`);
  if (changes.has(verb) && user.uid !== 0) return refused(verb, fullName(names[0] ?? ""));
  const quiet = options.has("quiet");
  if (verb === "status") return all(names, (name) => status(name, system));
  if (verb === "is-active") return all(names, (name) => isActive(name, system, quiet));
  if (verb === "is-enabled") return all(names, (name) => isEnabled(name, system, quiet));
  if (verb === "enable" || verb === "disable") {
    return all(names, (name) => enable(name, verb === "enable", options.has("now"), system));
  }
  if (changes.has(verb)) return all(names, (name) => run(verb, name, system));
  return notEmulated(`systemctl ${verb}`);
}

function all(names: readonly string[], act: (name: string) => Result): Result {
  const results = names.map(act);
  return {
    stdout: results.map(({ stdout }) => stdout).join(""),
    stderr: results.map(({ stderr }) => stderr).join(""),
    exitCode: results.find(({ exitCode }) => exitCode !== 0)?.exitCode ?? 0,
  };
}

function fullName(name: string): string {
  return name.includes(".") ? name : `${name}.service`;
}

function refused(verb: string, unit: string): Result {
  const action = verb === "enable" || verb === "disable" ? `${verb} unit` : `${verb} ${unit}`;
  return fail(
    `Failed to ${action}: Interactive authentication required.\nSee system logs and 'systemctl status ${unit}' for details.\n`,
  );
}

/** A unit file that someone wrote on the machine; what it starts cannot be run here. */
function written(name: string, { disk }: System): boolean {
  return disk.at(`/etc/systemd/system/${fullName(name)}`) !== undefined;
}

function run(verb: string, name: string, system: System): Result {
  const unit = system.unit(name);
  const full = fullName(name);
  if (!unit && written(name, system)) return notEmulated(`services of unit files written on the machine (${full})`);
  if (!unit && verb === "stop") return fail(`Failed to stop ${full}: Unit ${full} not loaded.\n`, NOT_FOUND);
  if (!unit) return fail(`Failed to ${verb} ${full}: Unit ${full} not found.\n`, NOT_FOUND);
  if (verb === "stop" || verb === "restart") system.stop(unit);
  if (verb !== "stop") system.start(unit);
  return ok();
}

function enable(name: string, wanted: boolean, now: boolean, system: System): Result {
  const unit = system.unit(name);
  const full = fullName(name);
  if (!unit && written(name, system)) return notEmulated(`services of unit files written on the machine (${full})`);
  if (!unit) return fail(`Failed to ${wanted ? "enable" : "disable"} unit: Unit file ${full} does not exist.\n`);
  const link = `/etc/systemd/system/${unit.wantedBy}.wants/${unit.name}`;
  const changed = system.isEnabled(unit) !== wanted;
  system.setEnabled(unit, wanted);
  if (now && wanted) system.start(unit);
  if (now && !wanted) system.stop(unit);
  const message = wanted ? `Created symlink ${link} → /usr/lib/systemd/system/${unit.name}.\n` : `Removed "${link}".\n`;
  return { stdout: "", stderr: changed ? message : "", exitCode: 0 };
}

function isActive(name: string, system: System, quiet: boolean): Result {
  const unit = system.unit(name);
  const active = unit !== undefined && system.services.has(unit.name);
  const stdout = quiet ? "" : `${active ? "active" : "inactive"}\n`;
  return { stdout, stderr: "", exitCode: active ? 0 : unit ? NOT_RUNNING : NO_SUCH_UNIT };
}

function isEnabled(name: string, system: System, quiet: boolean): Result {
  const unit = system.unit(name);
  if (!unit) return fail(`Failed to get unit file state for ${fullName(name)}: No such file or directory\n`);
  const enabled = system.isEnabled(unit);
  return { stdout: quiet ? "" : `${enabled ? "enabled" : "disabled"}\n`, stderr: "", exitCode: enabled ? 0 : 1 };
}

function status(name: string, system: System): Result {
  const unit = system.unit(name);
  if (!unit) return fail(`Unit ${fullName(name)} could not be found.\n`, NO_SUCH_UNIT);
  const service = system.services.get(unit.name);
  const preset = unit.preset ? "enabled" : "disabled";
  const state = system.isEnabled(unit) ? "enabled" : "disabled";
  const head = `${service ? "●" : "○"} ${unit.name} - ${unit.description}\n     Loaded: loaded (/usr/lib/systemd/system/${unit.name}; ${state}; preset: ${preset})\n`;
  if (!service) return fail("", NOT_RUNNING, `${head}     Active: inactive (dead)\n`);
  return ok(`${head}${running(unit, service)}`);
}

function running({ name, command }: Unit, { pid, since }: { pid: number; since: number }): string {
  const [program = ""] = command.split(" ");
  const time = new Date(since);
  const day = time.toUTCString().slice(0, 3);
  const moment = `${day} ${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
  return (
    `     Active: active (running) since ${moment}; ${ago(Date.now() - since)} ago\n` +
    `   Main PID: ${pid} (${program.slice(program.lastIndexOf("/") + 1)})\n` +
    `     CGroup: /system.slice/${name}\n             └─${pid} ${command}\n`
  );
}

function ago(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}min ${seconds % 60}s`;
  return `${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}min`;
}
