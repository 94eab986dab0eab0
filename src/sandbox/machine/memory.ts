import type { System } from "./system.ts";

/** Memory and swap in KiB, as the kernel counts them: about 8 % of the instance's memory is its own. */
export function memoryOf({ facts, swaps, services }: System) {
  const total = Math.round(facts.memoryMiB * 1024 * 0.92);
  const used = 110_000 + services.size * 14_000;
  const cached = Math.min(Math.round(total * 0.3), 350_000);
  const swap = Math.floor(swaps.reduce((sum, { bytes }) => sum + bytes, 0) / 1024);
  return { total, used, cached, free: Math.max(total - used - cached, 0), available: total - used, swap };
}

/** `1.5G`, `512M`: the short form of `-h`. */
export function humanSize(bytes: number, unit = 1024): string {
  const units = ["B", "K", "M", "G", "T"];
  let value = bytes;
  let step = 0;
  while (value >= unit && step < units.length - 1) {
    value /= unit;
    step++;
  }
  const shown = value < 10 && step > 0 ? (Math.ceil(value * 10) / 10).toFixed(1).replace(/\.0$/, "") : Math.ceil(value);
  return `${shown}${units[step]}`;
}

/** Bytes of `128M`, `4G`, `1kB`, `512`; undefined where it is none. */
export function parseSize(text: string): number | undefined {
  const [, digits, unit = "", decimal] = /^(\d+)([kKMGT]?)(B|iB)?$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) * (decimal === "B" ? 1000 : 1024) ** " kMGT".indexOf(unit.replace("K", "k") || " ");
}
