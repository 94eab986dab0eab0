import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { onTestFinished } from "vitest";

const CANDIDATES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

const executablePath = process.env.BIA_CHROMIUM || CANDIDATES.find(existsSync);

/** Offline and quiet; Chromium's own sandbox does not start as root, as whom CI containers run. */
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const MISSING =
  "no Chromium here, so nothing was tried in a browser. Install one (Debian, Ubuntu: apt-get install chromium; " +
  "macOS: brew install --cask chromium), or name one in BIA_CHROMIUM";

/** @throws Error where there is none */
export function launchChromium(env: NodeJS.ProcessEnv = process.env): Promise<Browser> {
  if (!executablePath) throw new Error(MISSING);
  return chromium.launch({ executablePath, args, env: env as Record<string, string> });
}

/**
 * A browser that is closed when the test ends. Where there is none the test is skipped, which is said at the end of the
 * run; in CI never: there a missing browser is a failure.
 *
 * @param env of the browser, whose HOME says whom it trusts. Default: this process's
 */
export async function browserForTest(
  skip: (reason: string) => never,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Browser> {
  if (!executablePath && process.env.CI) throw new Error(MISSING);
  if (!executablePath) return skip(MISSING);
  const browser = await launchChromium(env);
  onTestFinished(() => browser.close());
  return browser;
}
