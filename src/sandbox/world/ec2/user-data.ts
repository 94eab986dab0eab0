import { invalidValue } from "./refusals.ts";

/** Bytes of a script, before it is encoded (EC2, "Run commands when you launch an EC2 instance"). */
const LARGEST = 16 * 1024;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** User data as given. @throws AwsError if it is not base64 or too long */
export function checkedUserData(given: string | undefined): string | undefined {
  if (given === undefined || given === "") return undefined;
  const compact = given.replace(/\s+/g, "");
  if (!BASE64.test(compact)) throw invalidValue("Invalid BASE64 encoding of user data.");
  if (Buffer.from(compact, "base64").length > LARGEST) {
    throw invalidValue(`User data is limited to ${LARGEST} bytes`);
  }
  return compact;
}
