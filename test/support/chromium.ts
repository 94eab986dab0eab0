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

/** Whether tests in a browser are left out: where there is none. In CI never: there a missing browser is a failure. */
export const skipBrowser = !executablePath && !process.env.CI;
if (skipBrowser)
  console.warn("Nothing is tested in a browser: no Chromium here. Install one, or name it in BIA_CHROMIUM.");

/** A browser that is closed when the test ends. */
export async function browserForTest(): Promise<Browser> {
  if (!executablePath) throw new Error("no Chromium: CI has to install one, or name it in BIA_CHROMIUM");
  const browser = await chromium.launch({ executablePath, args });
  onTestFinished(() => browser.close());
  return browser;
}
