import { parseOptions } from "../../shell/options.ts";
import { versions } from "../packages.ts";
import { fail, notEmulated, ok, type Programs } from "../program.ts";

/** cloud-init looks four times a second while it waits, and prints a dot each time. */
const DOTS_PER_SECOND = 4;

export const cloudInitPrograms: Programs = {
  async "cloud-init"(args, { system, signal }) {
    const [command, ...rest] = args;
    if (command === "--version" || command === "-v") return ok(`/usr/bin/cloud-init ${versions.cloudInit}\n`);
    if (command !== "status") return notEmulated(`cloud-init ${command ?? ""}`.trim());
    const { options, unknown } = parseOptions(rest, ["w|wait", "l|long"]);
    if (unknown)
      return fail(
        `usage: cloud-init status [-h] [-l] [-w]\ncloud-init: error: unrecognized arguments: ${unknown}\n`,
        2,
      );
    let dots = "";
    if (options.has("w")) {
      const started = Date.now();
      await system.cloudInitEnded(signal);
      dots = `${".".repeat(Math.floor(((Date.now() - started) / 1000) * DOTS_PER_SECOND))}\n`;
    }
    const { status, endedAt, errors } = system.cloudInit;
    const exitCode = status === "error" ? 1 : 0;
    if (!options.has("l")) return { stdout: `${dots}status: ${status}\n`, stderr: "", exitCode };
    const time = endedAt === 0 ? "" : `time: ${new Date(endedAt).toUTCString().replace("GMT", "+0000")}\n`;
    const detail = errors.length > 0 ? errors.join("\n") : "DataSourceEc2Local";
    return { stdout: `${dots}status: ${status}\n${time}detail:\n${detail}\n`, stderr: "", exitCode };
  },
};
