import type { DnsRecord } from "../plane/dns-server.ts";

/** A value of a record set, as Route 53 has it in text, as a record that is sent. */
export function recordOf(name: string, type: string, ttl: number, value: string): DnsRecord {
  return { name, type, ttl, class: "IN", data: dataOf(type, value) } as DnsRecord;
}

function dataOf(type: string, value: string): unknown {
  const words = value.trim().split(/\s+/);
  const [first = "", second = "", third = "", fourth = ""] = words;
  switch (type) {
    case "MX":
      return { preference: Number(first), exchange: plain(second) };
    case "SRV":
      return { priority: Number(first), weight: Number(second), port: Number(third), target: plain(fourth) };
    case "SOA": {
      const [serial, refresh, retry, expire, minimum] = words.slice(2).map(Number);
      return { mname: plain(first), rname: plain(second), serial, refresh, retry, expire, minimum };
    }
    case "CAA": {
      const [, flags = "0", tag = "", text = ""] = /^(\d+)\s+(\S+)\s+(".*")$/.exec(value.trim()) ?? [];
      return { flags: Number(flags), tag, value: Buffer.concat(textsIn(text)).toString("latin1") };
    }
    case "TXT":
      return textsIn(value);
    // The wire format's library knows it by its number alone.
    case "SPF":
      return Buffer.concat(textsIn(value).flatMap((text) => [Buffer.from([text.length]), text]));
    case "CNAME":
    case "NS":
    case "PTR":
      return plain(value);
    default:
      return value.trim();
  }
}

/** The strings between quotation marks, without their escapes. (Route 53, "TXT record type") */
function textsIn(value: string): Buffer[] {
  return [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => {
    const octal = text.replace(/\\([0-3][0-7]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
    return Buffer.from(octal.replace(/\\(.)/g, "$1"), "latin1");
  });
}

/** Without the last dot, and with what Route 53 escapes as it is. */
export function plain(name: string): string {
  return name
    .replace(/\.$/, "")
    .replace(/\\([0-3][0-7]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
}
