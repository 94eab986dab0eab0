import { fail } from "../../program.ts";
import { Refusal } from "../client.ts";
import { merge } from "./merge.ts";
import { type Content, isMapping } from "./yaml.ts";

/** A compose file with its variables filled in. */
export interface ComposeFile {
  readonly path: string;
  readonly content: Content;
  /** Reads another one, given its path as it is written in this one. @throws Refusal */
  open(path: string): Promise<ComposeFile>;
}

/**
 * The services of a compose file with what they extend (compose file reference, "extends"): their own keys add to those of the
 * other service, or count in the place of these.
 *
 * @throws Refusal for a service that is not there, or that extends itself
 */
export async function extended(file: ComposeFile): Promise<Content> {
  const { services } = file.content;
  if (!isMapping(services)) return file.content;
  const whole: Record<string, unknown> = {};
  for (const name of Object.keys(services)) whole[name] = await withBase(name, file, []);
  return { ...file.content, services: whole };
}

/** @param path services that have led here, each with its file unless that is the one before */
async function withBase(
  name: string,
  file: ComposeFile,
  path: readonly { readonly at: string; readonly shown: string }[],
): Promise<unknown> {
  const own = (file.content.services as Content)[name];
  if (!isMapping(own) || own.extends === undefined || own.extends === null) return own;
  const { extends: base, ...service } = own;
  const { service: other, file: place } = (typeof base === "string" ? { service: base } : base) as Content;
  if (typeof other !== "string" || (place !== undefined && typeof place !== "string")) {
    throw new Refusal(fail(`services.${name}.extends must be a string\n`, 15));
  }
  const from = place === undefined ? file : await file.open(place);
  const step = { at: `${from.path} ${other}`, shown: place === undefined ? other : `${place} ${other}` };
  if (path.some(({ at }) => at === step.at)) {
    throw new Refusal(fail(`circular reference: ${[...path, step].map(({ shown }) => shown).join(" -> ")}\n`, 15));
  }
  const { services } = from.content;
  if (!isMapping(services) || services[other] === undefined) {
    const where = place === undefined ? "" : ` in file ${place}`;
    throw new Refusal(fail(`cannot extend service "${name}": service "${other}" not found${where}\n`, 15));
  }
  const whole = await withBase(other, from, [...path, step]);
  return isMapping(whole) ? merge(whole, service) : service;
}
