import { existsSync } from "node:fs";
import path from "node:path";

/**
 * The folder of the bia app that comes with this package: `app` of the nearest folder above that has one, from the
 * sources and from the bundle alike.
 */
export function shippedApp(from = import.meta.dirname): string {
  const folder = path.join(from, "app");
  if (existsSync(path.join(folder, "compose.yml"))) return folder;
  const above = path.dirname(from);
  if (above === from) throw new Error("the app that belongs to bia-infra is missing from its package");
  return shippedApp(above);
}
