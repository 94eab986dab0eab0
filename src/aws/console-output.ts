import { GetConsoleOutputCommand } from "@aws-sdk/client-ec2";
import type { Clients } from "./clients.ts";
import { isCode } from "./errors.ts";

/**
 * What a machine's serial console has shown, the last 64 KB: its start, and what its user data printed. Nitro instances tell what is
 * newest; others what EC2 kept some minutes after they were started. (GetConsoleOutput) Empty: nothing is known yet.
 */
export async function consoleOutputOf({ ec2 }: Pick<Clients, "ec2">, InstanceId: string): Promise<string> {
  const read = async (Latest: boolean) => (await ec2.send(new GetConsoleOutputCommand({ InstanceId, Latest }))).Output;
  const encoded = await read(true).catch((error) => {
    if (!isCode(error, "UnsupportedOperation")) throw error;
    return read(false);
  });
  return Buffer.from(encoded ?? "", "base64").toString("utf8");
}
