/** Columns as docker's tabwriter sets them: at least 10 wide, 3 blanks between, the last one as it is. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(10, ...rows.map((row) => [...(row[column] ?? "")].length + 3)),
  );
  return rows.map((row) => `${row.map((cell, at) => pad(cell, row, widths, at)).join("")}\n`).join("");
}

function pad(cell: string, row: readonly string[], widths: readonly number[], column: number): string {
  if (column === row.length - 1) return cell;
  return cell + " ".repeat((widths[column] ?? 0) - [...cell].length);
}

/** Twelve digits of an id. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, 12);
}

/** As docker's `units.HumanDuration`: `5 seconds`, `About a minute`, `3 hours`. */
export function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.round(seconds / 3600);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < 60) return `${seconds} seconds`;
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 14) return `${Math.floor(hours / 24)} days`;
  if (hours < 24 * 60) return `${Math.floor(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
  return `${Math.floor(hours / 24 / 365)} years`;
}

/** `5 seconds ago` of an ISO time. */
export function ago(time: string): string {
  return `${duration(Date.now() - Date.parse(time))} ago`;
}

/** `214MB`, `1.2GB`: three digits, in powers of 1000. */
export function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let step = 0;
  while (value >= 1000 && step < units.length - 1) {
    value /= 1000;
    step++;
  }
  return `${Number(value.toPrecision(3))}${units[step]}`;
}

/** `2026-11-22 04:01:27 +0000 UTC`. */
export function createdAt(time: string): string {
  return `${time.slice(0, 19).replace("T", " ")} +0000 UTC`;
}

/** At most `length` characters, the last one an ellipsis where more are cut off. */
export function cut(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}
