import { fail, type Process } from "../../program.ts";
import { Refusal } from "../client.ts";

/** What stands in a compose file, as YAML or JSON. */
export type Content = Readonly<Record<string, unknown>>;

export function isMapping(value: unknown): value is Content {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads a compose file of the machine.
 *
 * @throws Refusal in compose's words for one that is not there, is no YAML or holds no mapping
 */
export async function readYaml(path: string, { fs }: Process): Promise<Content> {
  if (!(await fs.exists(path))) throw new Refusal(fail(`open ${path}: no such file or directory\n`, 14));
  const text = await fs.readFile(path);
  // Its default export, because a bundle of a CommonJS module has no other.
  const { parseDocument } = (await import("yaml")).default;
  const document = parseDocument(text, { merge: true, logLevel: "error" });
  const [error] = document.errors;
  if (error?.code === "DUPLICATE_KEY")
    throw new Refusal(fail(`yaml: unmarshal errors:\n  ${twice(text, error.pos[0])}\n`, 15));
  if (error)
    throw new Refusal(fail(`yaml: line ${error.linePos?.[0].line ?? 1}: ${error.message.split("\n")[0]}\n`, 15));
  const content = contentOf(document);
  if (isMapping(content)) return content;
  throw new Refusal(fail(content === null ? "empty compose file\n" : "Top-level object must be a mapping\n", 15));
}

/** In the words of Go's yaml, about the key of a mapping that stands at `at` for the second time. */
function twice(text: string, at: number): string {
  const lines = text.slice(0, at).split("\n");
  const indent = lines.at(-1) ?? "";
  const [, key = ""] = /^(["']?[^:"']+)["']?\s*:/.exec(text.slice(at)) ?? [];
  const first = lines.slice(0, -1).findLastIndex((line) => line.startsWith(`${indent}${key}`));
  return `line ${lines.length}: mapping key ${JSON.stringify(key.replace(/^["']/, ""))} already defined at line ${first + 1}`;
}

/** An alias that leads to nothing, or aliases that grow without end, are found only now. */
function contentOf(document: { toJS(): unknown }): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new Refusal(fail(`yaml: ${(error as Error).message.split("\n")[0]}\n`, 15));
  }
}
