import { fail } from "../../program.ts";
import { Refusal } from "../client.ts";
import { merge } from "./merge.ts";

type Content = Readonly<Record<string, unknown>>;

/** Reads another compose file, given its path as it is written. */
export type ReadOther = (path: string) => Promise<Content>;

/**
 * The services of a compose file with what they extend (compose file reference, "extends"): their own keys add to those of the
 * other service, or count in the place of these.
 *
 * @throws Refusal for a service that is not there, or that extends itself
 */
export async function extended(content: Content, read: ReadOther): Promise<Content> {
  const { services } = content;
  if (!isMapping(services)) return content;
  const whole: Record<string, unknown> = {};
  for (const name of Object.keys(services)) whole[name] = await withBase(name, services, read, []);
  return { ...content, services: whole };
}

async function withBase(name: string, services: Content, read: ReadOther, path: readonly string[]): Promise<unknown> {
  const own = services[name];
  if (!isMapping(own) || own.extends === undefined || own.extends === null) return own;
  const { extends: base, ...service } = own;
  const { service: other, file } = (typeof base === "string" ? { service: base } : base) as Record<string, unknown>;
  if (typeof other !== "string" || (file !== undefined && typeof file !== "string")) {
    throw new Refusal(fail(`services.${name}.extends must be a string\n`, 15));
  }
  const step = `${file ?? ""} ${other}`;
  if (path.includes(step) || path.length > 100) {
    throw new Refusal(fail(`circular reference: ${[...path, step].map((one) => one.trim()).join(" -> ")}\n`, 15));
  }
  const others = file === undefined ? services : (await read(file)).services;
  if (!isMapping(others) || others[other] === undefined) {
    const where = file === undefined ? "" : ` in file ${file}`;
    throw new Refusal(fail(`cannot extend service "${name}": service "${other}" not found${where}\n`, 15));
  }
  const whole = await withBase(other, others, read, [...path, step]);
  return isMapping(whole) ? merge(whole, service) : service;
}

function isMapping(value: unknown): value is Content {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
