import { expect, it, vi } from "vitest";
import { isTrusted } from "../../src/commands/trusted.ts";
import { makeAuthority } from "../../src/sandbox/plane/certificate.ts";
import { trust } from "../support/certutil.ts";
import { temporaryFolder } from "../support/folder.ts";

it.runIf(process.platform === "linux")(
  "trusts an authority once it is in the browsers' store, under whatever name, and no other",
  async ({ skip }) => {
    const home = await temporaryFolder("bia-trusted-");
    vi.stubEnv("HOME", home);
    const [{ root }, other] = await Promise.all([makeAuthority(["localhost"]), makeAuthority(["localhost"])]);
    expect(await isTrusted(root)).toBe(false);
    trust(home, root, skip);
    expect(await isTrusted(root)).toBe(true);
    expect(await isTrusted(other.root)).toBe(false);
  },
);
