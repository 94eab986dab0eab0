import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { PutRetentionPolicyCommand } from "@aws-sdk/client-cloudwatch-logs";
import { chromium, type Page } from "playwright-core";
import { runCli } from "../test/support/cli.ts";
import { stackUp, takeDown } from "../test/support/stack-up.ts";

/**
 * Makes the pictures of the console that are in the README, of the whole stack on a sandbox of its own:
 * `npm run build && npm run screenshots`. Needs Chromium, at BIA_CHROMIUM or /usr/bin/chromium.
 */

const ROOT = path.resolve(import.meta.dirname, "..");
const IMAGES = path.join(ROOT, "docs", "images");
const VIEWPORT = { width: 1280, height: 720 };

const up = await stackUp();
const env = { ...up.env, XDG_STATE_HOME: path.join(up.folder, "state") };
await runCli(["restart"], env, up.folder);
await runCli(["create", "--all"], env, up.folder);
const served = spawn(process.execPath, [path.join(ROOT, "dist", "main.js"), "console", "--no-open"], {
  cwd: up.folder,
  env,
});
const url = await new Promise<string>((resolve) => {
  let said = "";
  served.stderr.setEncoding("utf8").on("data", (text) => {
    said += text;
    const found = /http:\S+/.exec(said)?.[0];
    if (found) resolve(found);
  });
});
const browser = await chromium.launch({
  executablePath: process.env.BIA_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
await mkdir(IMAGES, { recursive: true });
/** Resolves when the terminal waits for a line. */
const prompted = (page: Page) => page.locator(".xterm-rows", { hasText: /\]\$\s*$/ }).waitFor();
const shot = async (view: string, ready: string, name = view, act?: (page: Page) => Promise<void>) => {
  const page = await browser.newPage({
    viewport: VIEWPORT,
    colorScheme: "light",
    locale: "en-US",
    reducedMotion: "reduce",
  });
  await page.goto(`${url}#${view}`);
  await page.locator(ready).first().waitFor();
  await act?.(page);
  await page.screenshot({ path: path.join(IMAGES, `console-${name}.png`) });
  await page.close();
};
const logGroupName = "/aws/ecs/containerinsights/cluster-bia-alb/performance";
await up.aws.logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 3 }));
await shot("stack", "[data-look=differs]", "stack", async (page) => {
  await page.locator("[data-look=differs]").press("Enter");
  await page.locator("[data-change]").waitFor();
});
await shot("network", "[data-target=healthy]");
await shot("machines", "[data-machine]", "machines", async (page) => {
  await page.getByRole("link", { name: "Terminal" }).click();
  for (const line of ["docker ps", "cat /etc/system-release"]) {
    await prompted(page);
    await page.keyboard.type(`${line}\n`);
    await page.getByText(line).waitFor();
  }
  await prompted(page);
});
await shot("deploy", "[data-status=RUNNING]");
await shot("runs/1", ".lane", "run");
await browser.close();
served.kill("SIGINT");
await once(served, "exit");
await takeDown(up);
