import { parseOptions } from "../../../shell/options.ts";
import { refuseOption } from "./files.ts";

const HOGS = ["cpu", "io", "vm", "hdd"] as const;
/** Milliseconds of work between two looks at the clock. */
const SPELL = 50;

/**
 * stress(1): keeps processors busy. However many workers it is told to have they get one processor of this computer, as those of a
 * task of 1 vCPU get no more.
 */
export async function runStress(args: readonly string[]): Promise<number> {
  const { options, unknown } = parseOptions(args, ["c|cpu=", "t|timeout=", "q|quiet", "v|verbose"]);
  if (unknown !== undefined) return refuseOption(unknown, "stress");
  const workers = Number(options.get("c"));
  if (!(workers > 0)) {
    process.stdout.write("Usage: stress [OPTION [ARG]] ...\nExample: stress --cpu 8 --timeout 10s\n");
    return options.has("c") ? 1 : 0;
  }
  const say = (words: string) => {
    if (!options.has("q")) process.stdout.write(`stress: info: [${process.pid}] ${words}\n`);
  };
  const given = options.get("t");
  const seconds = given === undefined ? Number.POSITIVE_INFINITY : secondsOf(given);
  if (Number.isNaN(seconds)) {
    process.stderr.write(`stress: FAIL: [${process.pid}] unrecognized suffix: ${given}\n`);
    return 1;
  }
  say(`dispatching hogs: ${HOGS.map((hog) => `${hog === "cpu" ? workers : 0} ${hog}`).join(", ")}`);
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    spin(SPELL);
    // Signals are heard in between.
    await new Promise((resolve) => setImmediate(resolve));
  }
  say(`successful run completed in ${seconds}s`);
  return 0;
}

function spin(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) Math.sqrt(Math.random());
}

/** `120`, `120s`, `2m`, `1h`, `1d` (stress(1)). NaN: none of these. */
function secondsOf(text: string): number {
  const [, number, unit = "s"] = /^(\d+)([smhd]?)$/.exec(text) ?? [];
  const seconds = { s: 1, m: 60, h: 3600, d: 86_400 }[unit || "s"];
  return Number(number) * (seconds ?? Number.NaN);
}
