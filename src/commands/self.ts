/**
 * The command as the person has to type it: who came by `npx bia-infra` has no `bia-infra` on the path
 * (npm sets `npm_command` to `exec` for what npx runs).
 */
export const SELF = process.env.npm_command === "exec" ? "npx bia-infra" : "bia-infra";
