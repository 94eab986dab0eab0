import { existsSync } from "node:fs";

const CANDIDATES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** The Chromium or Chrome of this machine: the one that BIA_CHROMIUM names, else the first that is installed. */
export const chromiumPath = process.env.BIA_CHROMIUM || CANDIDATES.find(existsSync);

/** Offline and quiet; the sandbox is left out because it does not start as root, where CI containers run. */
export const chromiumFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const noChromium =
  "The page is not tested: no Chromium here. Install one (Debian, Ubuntu: apt-get install chromium; macOS: brew install " +
  "--cask chromium), or name one in BIA_CHROMIUM.";

/** Whether the browser tests are left out. In CI never: there a missing browser is a failure. */
export const skipBrowser = !chromiumPath && !process.env.CI;
