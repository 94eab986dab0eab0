import { parseOptions } from "../../shell/options.ts";
import { rootUuid } from "../facts.ts";
import type { FileSystemError } from "../file-system.ts";
import { humanSize, memoryOf } from "../memory.ts";
import { fail, notEmulated, ok, type Process, type Programs, type Result } from "../program.ts";
import type { Swap, System } from "../system.ts";

/** What mkswap writes at the end of a swap area's first page. */
const SIGNATURE = "SWAPSPACE2";
const PAGE = 4096;
const SMALLEST_SWAP = 40 * 1024;

/** Exit code of swapon and swapoff where no area could be used. */
const SWAP_FAILURE = 255;

/** Fields of `swapon --show`. */
const columns: Readonly<Record<string, (swap: Swap) => string>> = {
  NAME: ({ path }) => path,
  TYPE: () => "file",
  SIZE: ({ bytes }) => humanSize(bytes),
  USED: () => "0B",
  PRIO: ({ priority }) => String(priority),
};

export const storagePrograms: Programs = {
  async mkswap(args, { fs, cwd, system }) {
    const { options, operands, unknown } = parseOptions(args, ["f|force", "L|label=", "U|uuid=", "q|quiet"]);
    const [path] = operands;
    if (unknown) return notEmulated(`the option ${unknown} of mkswap`);
    if (path === undefined) return fail("mkswap: error: Nowhere to set up swap on?\n");
    const full = fs.resolvePath(cwd, path);
    if (system.swaps.some((swap) => swap.path === full)) {
      return fail(`mkswap: error: ${path} is mounted; will not make swapspace\n`);
    }
    try {
      const { size, mode } = await fs.stat(full);
      if (size < SMALLEST_SWAP) return fail("mkswap: error: swap area needs to be at least 40 KiB\n");
      await fs.writeFile(full, Buffer.from(SIGNATURE.padStart(PAGE, "\0")));
      fs.resize(full, size);
      const usable = size - (size % PAGE) - PAGE;
      const report = `Setting up swapspace version 1, size = ${humanSize(size).replace(/([KMGT])$/, " $1iB")} (${usable} bytes)\n`;
      const label = options.get("L") ?? "";
      const uuid = `${label ? `LABEL=${label}` : "no label"}, UUID=${crypto.randomUUID()}\n`;
      return { stdout: options.has("q") ? "" : report + uuid, stderr: insecure("mkswap", path, mode), exitCode: 0 };
    } catch (error) {
      return fail(`mkswap: cannot open ${path}: ${(error as FileSystemError).reason}\n`);
    }
  },

  swapon(args, process) {
    const { system } = process;
    const known = [
      "s|summary",
      "show",
      "noheadings",
      "raw",
      "bytes",
      "a|all",
      "p|priority=",
      "v|verbose",
      "e|ifexists",
    ];
    const { options, operands, unknown } = parseOptions(args, known);
    if (unknown) return notEmulated(`the option ${unknown} of swapon`);
    if (options.has("s")) return ok(summary(system.swaps));
    if (options.has("show") || args.length === 0) return ok(table(system.swaps, options));
    if (process.user.uid !== 0)
      return fail(`swapon: ${operands[0] ?? ""}: swapon failed: Operation not permitted\n`, SWAP_FAILURE);
    if (options.has("a")) return swapOnAll(process);
    return swapOn(operands, Number(options.get("p") ?? Number.NaN), process);
  },

  swapoff(args, { system, user, fs, cwd }) {
    const { options, operands } = parseOptions(args, ["a|all", "v|verbose"]);
    if (user.uid !== 0) return fail("swapoff: Not superuser.\n", 1);
    const paths = options.has("a") ? system.swaps.map(({ path }) => path) : operands;
    for (const path of paths) {
      const full = fs.resolvePath(cwd, path);
      if (!system.swaps.some((swap) => swap.path === full))
        return fail(`swapoff: ${path}: swapoff failed: Invalid argument\n`, 4);
      system.swaps = system.swaps.filter((swap) => swap.path !== full);
    }
    return ok();
  },

  free(args, { system }) {
    const { options, operands, unknown } = parseOptions(args, ["b", "k", "m", "g", "h|human", "t", "w"]);
    if (unknown || operands.length > 0 || options.has("t") || options.has("w")) return notEmulated("this form of free");
    const { total, used, free, cached, available, swap } = memoryOf(system);
    const divisor = options.has("g") ? 2 ** 20 : options.has("m") ? 1024 : options.has("b") ? 1 / 1024 : 1;
    const shown = (kib: number) =>
      options.has("h") ? humanSize(kib * 1024).replace(/([KMG])$/, "$1i") : String(Math.floor(kib / divisor));
    const row = (name: string, values: readonly number[]) =>
      `${name.padEnd(8)}${values.map((value) => shown(value).padStart(12)).join("")}\n`;
    const titles = ["total", "used", "free", "shared", "buff/cache", "available"];
    return ok(
      `${" ".repeat(8)}${titles.map((title) => title.padStart(12)).join("")}\n` +
        row("Mem:", [total, used, free, 444, cached, available]) +
        row("Swap:", [swap, 0, swap]),
    );
  },

  df(args, { system, fs, cwd }) {
    const { options, operands, unknown } = parseOptions(args, [
      "h|human-readable",
      "T|print-type",
      "k",
      "m",
      "B|block-size=",
      "P|portability",
    ]);
    if (unknown || options.has("B") || options.has("m"))
      return notEmulated(`the option ${unknown ?? "-B or -m"} of df`);
    const missing = operands.find((path) => !exists(() => fs.node(fs.resolvePath(cwd, path))));
    if (missing !== undefined) return fail(`df: ${missing}: No such file or directory\n`);
    const human = options.has("h");
    const size = system.volumeBytes;
    const used = Math.min(imageBytes + system.disk.used, size);
    const shown = (bytes: number) => (human ? humanSize(bytes) : String(Math.ceil(bytes / 1024)));
    const types = options.has("T");
    const head = [
      "Filesystem",
      ...(types ? ["Type"] : []),
      human ? "Size" : "1K-blocks",
      "Used",
      human ? "Avail" : "Available",
      "Use%",
      "Mounted on",
    ];
    const root = [
      "/dev/nvme0n1p1",
      ...(types ? ["xfs"] : []),
      shown(size),
      shown(used),
      shown(size - used),
      `${Math.ceil((used / size) * 100)}%`,
      "/",
    ];
    const memory = memoryOf(system).total * 512;
    const temporary = ["tmpfs", ...(types ? ["tmpfs"] : []), shown(memory), "0", shown(memory), "0%", "/tmp"];
    const rows = operands.length > 0 ? operands.map(() => root) : [root, temporary];
    return ok(
      [head, ...rows]
        .map(
          (row) =>
            `${row.map((cell, index) => (index === 0 ? cell.padEnd(16) : index === row.length - 1 ? cell : cell.padStart(9))).join(" ")}\n`,
        )
        .join(""),
    );
  },

  mount(args, { user }) {
    if (args.length === 0)
      return ok(
        `/dev/nvme0n1p1 on / type xfs (rw,noatime,seclabel,attr2,inode64,logbufs=8,logbsize=32k,sunit=1024,swidth=1024,noquota)\n`,
      );
    if (args.length === 1 && args[0] === "-a" && user.uid === 0) return ok();
    return notEmulated("mounting volumes");
  },

  umount: ([path]) => fail(`umount: ${path ?? ""}: not mounted.\n`, 32),

  blkid: () => ok(`/dev/nvme0n1p1: LABEL="/" UUID="${rootUuid}" BLOCK_SIZE="4096" TYPE="xfs"\n`),
};

/** Bytes of the AMI's own files, which the simulated disk does not hold. */
const imageBytes = 1.6 * 2 ** 30;

function swapOn(paths: readonly string[], priority: number, { system, fs, cwd }: Process): Result {
  let stderr = "";
  let failed = false;
  for (const path of paths) {
    const full = fs.resolvePath(cwd, path);
    const node = exists(() => fs.node(full));
    if (node?.kind !== "file") {
      stderr += `swapon: cannot open ${path}: No such file or directory\n`;
      failed = true;
      continue;
    }
    stderr += insecure("swapon", path, node.mode);
    const problem = system.swaps.some((swap) => swap.path === full)
      ? "swapon failed: Device or resource busy"
      : node.content.includes(SIGNATURE)
        ? undefined
        : "read swap header failed";
    if (problem) stderr += `swapon: ${path}: ${problem}\n`;
    else addSwap(system, full, node.size - PAGE, priority);
    failed ||= problem !== undefined;
  }
  return { stdout: "", stderr, exitCode: failed ? SWAP_FAILURE : 0 };
}

/** `swapon -a`: the swap areas of /etc/fstab that are not in use yet. */
function swapOnAll(process: Process): Result {
  const { system } = process;
  const used = new Set(system.swaps.map(({ path }) => path));
  return swapOn(
    swapsOfFstab(system).filter((path) => !used.has(path)),
    Number.NaN,
    process,
  );
}

/** Paths of the swap areas that /etc/fstab names. */
export function swapsOfFstab({ disk }: System): string[] {
  const lines = (disk.text("/etc/fstab") ?? "").split("\n").filter((line) => !line.startsWith("#"));
  return lines.flatMap((line) => {
    const [path, , type] = line.trim().split(/\s+/);
    return type === "swap" && path ? [path] : [];
  });
}

/** Puts a swap area to use. The kernel gives those without a priority -2, -3 ... */
export function addSwap(system: System, path: string, bytes: number, priority = Number.NaN): void {
  system.swaps.push({ path, bytes, priority: Number.isNaN(priority) ? -2 - system.swaps.length : priority });
}

function insecure(program: string, path: string, mode: number): string {
  if ((mode & 0o077) === 0) return "";
  return `${program}: ${path}: insecure permissions ${mode.toString(8).padStart(4, "0")}, 0600 suggested.\n`;
}

function summary(swaps: readonly Swap[]): string {
  if (swaps.length === 0) return "";
  const rows = swaps.map(
    ({ path, bytes, priority }) => `${path.padEnd(39)} file\t\t${bytes / 1024}\t\t0\t\t${priority}\n`,
  );
  return `Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n${rows.join("")}`;
}

function table(swaps: readonly Swap[], options: ReadonlyMap<string, string>): string {
  if (swaps.length === 0) return "";
  const names = (options.get("show") || "NAME,TYPE,SIZE,USED,PRIO").toUpperCase().split(",");
  const rows = swaps.map((swap) =>
    names.map((name) => (name === "SIZE" && options.has("bytes") ? String(swap.bytes) : (columns[name]?.(swap) ?? ""))),
  );
  const all = options.has("noheadings") ? rows : [names, ...rows];
  const widths = names.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const cell = (text: string, column: number) =>
    /SIZE|USED|PRIO/.test(names[column] ?? "") ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0);
  return all.map((row) => `${row.map(cell).join(" ").trimEnd()}\n`).join("");
}

function exists<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
