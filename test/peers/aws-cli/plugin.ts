import { openChannel } from "../../../src/remote/data-channel.ts";

/**
 * Stands for AWS's session-manager-plugin, which the `aws` CLI calls with nothing to see that it is there, and then with the answer of
 * ExecuteCommand: shows the session and types what is in stdin.
 */
const [answer, , operation, , target] = process.argv.slice(2);
if (answer !== undefined) {
  const { streamUrl, tokenValue } = JSON.parse(answer);
  console.log(operation, target);
  const channel = await openChannel({ url: streamUrl, token: tokenValue }, (text) => process.stdout.write(text));
  process.stdin.setEncoding("utf8").on("data", (text: string) => channel.type(text));
  console.log(await channel.closed);
}
process.exit();
