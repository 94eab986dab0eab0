const LONGEST_NAME = 255;
const LONGEST_LABEL = 63;

/**
 * A domain name as Route 53 keeps it: lower case, a trailing dot, and every character but letters, digits, `-` and `_` as
 * an octal escape (`\052` for an asterisk). Undefined: it is no domain name. (Route 53, "DNS domain name format")
 */
export function normalName(name: string): string | undefined {
  const lower = name.toLowerCase();
  const labels = (lower.endsWith(".") ? lower.slice(0, -1) : lower).split(".");
  const normal = labels.map((label) => escaped(unescaped(label)));
  const isName = labels.every((label) => label !== "" && unescaped(label).length <= LONGEST_LABEL);
  const isAscii = /^[\x21-\x7e]+$/.test(lower);
  return isName && isAscii && lower.length <= LONGEST_NAME ? `${normal.join(".")}.` : undefined;
}

/** Whether a name is that of the zone or one below it; both as kept. */
export function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** Order of listings: by labels from the right. (route53:ListResourceRecordSets) */
export function compareNames(one: string, other: string): number {
  const left = reversed(one);
  const right = reversed(other);
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const order = compareText(left[index] ?? "", right[index] ?? "");
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** An order of texts that is the same wherever the sandbox runs. */
export function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function reversed(name: string): string[] {
  return name.slice(0, -1).split(".").reverse();
}

function unescaped(label: string): string {
  return label.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function escaped(label: string): string {
  return label.replace(/[^a-z0-9_-]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`);
}
