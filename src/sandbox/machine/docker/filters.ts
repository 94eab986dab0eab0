import { refuse } from "./client.ts";

/** Whether there is a label of that name, or with `NAME=VALUE` one of that name and value. */
export function hasLabel(labels: Readonly<Record<string, string>> | undefined, wanted: string): boolean {
  const at = wanted.indexOf("=");
  const name = at < 0 ? wanted : wanted.slice(0, at);
  const value = labels?.[name];
  return value !== undefined && (at < 0 || value === wanted.slice(at + 1));
}

/** Whether it is one of what `--filter` wants of a volume or a network. @throws Refusal */
export function isWanted(
  { name, labels }: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
  filters: readonly string[],
  isDangling: boolean,
  what: string,
): boolean {
  return filters.every((filter) => {
    const [key = "", ...rest] = filter.split("=");
    const value = rest.join("=");
    if (key === "name") return name.includes(value);
    if (key === "label") return hasLabel(labels, value);
    if (key === "dangling" && what === "volume") return isDangling === (value !== "false" && value !== "0");
    if (key === "driver") return value === (what === "volume" ? "local" : "bridge");
    return refuse(`the filter ${key} of docker ${what} ls`);
  });
}
