import { expect, it } from "vitest";
import { aws, describeOnAwsCli, look } from "./aws.ts";

const ID = ["--secret-id", "by-hand/db"];

describeOnAwsCli("the aws CLI on Secrets Manager of the sandbox", () => {
  it("makes a secret, reads it by its ARN, changes it, and finds the former value", () => {
    const value = '{"username":"root","password":"one"}';
    const made = look("secretsmanager", "create-secret", "--name", "by-hand/db", "--secret-string", value);
    const get = (...more: string[]) => look("secretsmanager", "get-secret-value", ...more).SecretString;
    expect(get("--secret-id", made.ARN)).toBe(value);
    look("secretsmanager", "put-secret-value", ...ID, "--secret-string", "two");
    expect(get(...ID)).toBe("two");
    expect(get(...ID, "--version-stage", "AWSPREVIOUS")).toBe(value);
    expect(look("secretsmanager", "describe-secret", ...ID).Name).toBe("by-hand/db");
    expect(look("secretsmanager", "get-random-password", "--password-length", "12").RandomPassword).toHaveLength(12);
  });

  it("deletes it, restores it, and deletes it at once", () => {
    expect(look("secretsmanager", "delete-secret", ...ID, "--recovery-window-in-days", "7").Name).toBe("by-hand/db");
    expect(aws("secretsmanager", "get-secret-value", ...ID)).toMatchObject({
      code: "InvalidRequestException",
      message: expect.stringContaining("marked for deletion"),
    });
    expect(aws("secretsmanager", "create-secret", "--name", "by-hand/db")).toMatchObject({
      code: "InvalidRequestException",
      message: "You can't create this secret because a secret with this name is already scheduled for deletion.",
    });
    look("secretsmanager", "restore-secret", ...ID);
    look("secretsmanager", "delete-secret", ...ID, "--force-delete-without-recovery");
  });

  it.each([
    [["get-secret-value", "--secret-id", "nothing"], "ResourceNotFoundException"],
    [["get-secret-value", "--secret-id", "what?"], "ValidationException"],
    [["rotate-secret", "--secret-id", "nothing"], "SandboxNotEmulated"],
  ])("is told what AWS says of %s", (args, code) => {
    expect(aws("secretsmanager", ...args).code).toBe(code);
  });
});
