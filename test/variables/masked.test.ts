import { expect, it } from "vitest";
import { maskedVariable } from "../../src/variables/masked.ts";

it("a variable that is called after a secret is not told, nor what lets somebody in by a url", () => {
  const names = ["ADMIN_TOKEN", "DB_PASSWORD", "db_pwd", "API_KEY", "STRIPE_SECRET", "SMTP_PASS", "AWS_ACCESS_KEY_ID"];
  for (const name of names) expect(maskedVariable(name, "hunter2"), name).toBe("***");
  expect(maskedVariable("REDIS", "redis://me:hunter2@cache:6379")).toBe("redis://***@cache:6379");
  for (const name of ["MONKEY", "AUTHOR", "BYPASS_MODE", "LOG_LEVEL"])
    expect(maskedVariable(name, "x"), name).toBe("x");
});
