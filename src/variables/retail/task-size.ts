import * as z from "zod";
import * as value from "../values.ts";

/** MiB that go with CPU units on Fargate: least, most, step. (ECS Developer Guide, "Task size") */
const SIZES: Readonly<Record<number, readonly [least: number, most: number, step: number]>> = {
  256: [512, 2048, 512],
  512: [1024, 4096, 1024],
  1024: [2048, 8192, 1024],
  2048: [4096, 16_384, 1024],
  4096: [8192, 30_720, 1024],
  8192: [16_384, 61_440, 4096],
  16384: [32_768, 122_880, 8192],
};

/** CPU units of a task on Fargate, 1024 to a vCPU. */
export function cpuUnits() {
  return z
    .literal([256, 512, 1024, 2048, 4096, 8192, 16_384])
    .describe(`a number of CPU units that Fargate has: ${Object.keys(SIZES).join(", ")}`);
}

/** MiB of a task on Fargate. Which of them go with its CPU units `isSize` says. */
export function memory() {
  return value.whole(512, 122_880, "MiB");
}

/** Whether Fargate has tasks of this size; also true of what is no size at all, which is told elsewhere. */
export function isSize({ cpu, memory }: { readonly cpu: number; readonly memory: number }): boolean {
  if (typeof cpu !== "number" || typeof memory !== "number") return true;
  const [least, most, step] = SIZES[cpu] ?? [0, Number.POSITIVE_INFINITY, 1];
  return memory >= least && memory <= most && memory % step === 0;
}
