import type { AppTraits } from "../../remote/app/compose.ts";
import type { AppSource } from "../../remote/app/source-check.ts";
import type { BiaVariables } from "../../variables/index.ts";
import { shippedApp } from "./shipped-app.ts";

/** Where the app comes from, as the variables say. */
export function sourceOf({ source }: BiaVariables["app"]): AppSource {
  if (source === undefined) return { folder: shippedApp() };
  if (typeof source === "string") return { folder: source };
  return { git: source.git, ...(source.ref === undefined ? {} : { ref: source.ref }) };
}

/** What the variables say of the app itself. */
export function traitsOf({ service, health, migrate }: BiaVariables["app"]): AppTraits {
  return { service, health, migrate: migrate || [] };
}
