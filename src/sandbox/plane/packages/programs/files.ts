import { join, resolve, sep } from "node:path";

/** Root folder of the container, seen from `usr/lib/bia-infra-sandbox/<program>.cjs`. */
const ROOT = resolve(process.argv[1] ?? "", "../../../..");

/** Where a path that a program was given is on this computer. */
export function onThisComputer(path: string): string {
  if (!path.startsWith("/")) return path;
  const isThere = path === ROOT || path.startsWith(ROOT + sep);
  return isThere || /^\/dev\/(null|std(in|out|err)|fd\/\d)$/.test(path) ? path : join(ROOT, path);
}

export async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function refuseOption(option: string, program: string): number {
  process.stderr.write(
    `bia-infra sandbox: it does not emulate the option ${option} of ${program}. On AWS it exists.\n`,
  );
  return 125;
}
