/** Loaded into a process of the command line: leaves its peak memory (KiB) in the file that BENCH_PEAK names. */
import { writeFileSync } from "node:fs";

process.on("exit", () => writeFileSync(process.env.BENCH_PEAK ?? "", `${process.resourceUsage().maxRSS}`));
