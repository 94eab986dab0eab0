import type { Process } from "../program.ts";

/** Settings of `~/.gitconfig`, by `section.key`. */
export async function readConfig(process: Process): Promise<Map<string, string>> {
  const text = await process.fs.readFile(placeOf(process)).catch(() => "");
  const settings = new Map<string, string>();
  let section = "";
  for (const line of text.split("\n")) {
    section = /^\s*\[([^\]]+)\]/.exec(line)?.[1] ?? section;
    const [, key, value] = /^\s*([\w-]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (key !== undefined) settings.set(`${section}.${key}`, value ?? "");
  }
  return settings;
}

/** @param value undefined: the setting goes */
export async function writeConfig(process: Process, key: string, value: string | undefined): Promise<void> {
  const settings = await readConfig(process);
  if (value === undefined) settings.delete(key);
  else settings.set(key, value);
  const sections = new Map<string, string[]>();
  for (const [name, text] of settings) {
    const at = name.lastIndexOf(".");
    const lines = sections.get(name.slice(0, at)) ?? [];
    sections.set(name.slice(0, at), [...lines, `\t${name.slice(at + 1)} = ${text}\n`]);
  }
  const content = [...sections].map(([section, lines]) => `[${section}]\n${lines.join("")}`).join("");
  await process.fs.writeFile(placeOf(process), content);
}

function placeOf({ env, user, fs }: Process): string {
  return fs.resolvePath(env.HOME ?? user.home, ".gitconfig");
}
