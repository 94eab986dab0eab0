import { fail } from "../../program.ts";
import { Refusal } from "../client.ts";
import { isPath, type WrittenMount } from "../mounts.ts";
import type { Place } from "./place.ts";
import type { ServiceFile } from "./project.ts";
import type { Content } from "./yaml.ts";

/**
 * Secrets and configs of a service: those of files are mounted, the others copied into its containers.
 * (https://docs.docker.com/reference/compose-file/services/#secrets)
 */
export function placedFiles(
  source: Content,
  service: string,
  { files, values, project }: Place,
): { mount?: WrittenMount; content?: ServiceFile }[] {
  return (["secrets", "configs"] as const).flatMap((kind) =>
    ((source[kind] ?? []) as unknown[]).map((one) => {
      const { source: key = "", target, mode } = (typeof one === "string" ? { source: one } : one) as Content;
      const name = String(key);
      const of = files[kind].get(name);
      const word = kind.slice(0, -1);
      if (!of) {
        const why = `service "${service}" refers to undefined ${word} ${name}: invalid compose project`;
        throw new Refusal(fail(`${why}\n`, 15));
      }
      const place = typeof target === "string" ? target : name;
      const path = place.startsWith("/") ? place : `${kind === "secrets" ? "/run/secrets/" : "/"}${place}`;
      const { file, content, environment } = of;
      if (file !== undefined) {
        return { mount: { source: isPath(file) ? file : `./${file}`, target: path, isReadOnly: true } };
      }
      const missing =
        environment === undefined
          ? `unsupported external ${word} ${name}`
          : `environment variable "${environment}" required by ${word} "${project}_${name}" is not set`;
      const text = content ?? (environment === undefined ? undefined : values[environment]);
      return { content: { target: path, mode: modeOf(mode), ...(text === undefined ? { missing } : { text }) } };
    }),
  );
}

/** Of a file that is copied. `0440` is octal for compose, and has lost its first digit here. */
function modeOf(mode: unknown): number {
  const text = String(mode ?? "");
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8) & 0o777;
  return typeof mode === "number" ? mode & 0o777 : 0o444;
}
