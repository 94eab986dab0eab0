/** Makes parameters in a kept world for ever, and prints how many are flushed after each. */
import { World } from "../../../src/sandbox/world/world.ts";

const [folder = ""] = process.argv.slice(2);
const world = await World.open({ folder });
const { parameters } = world.region("us-east-1").ssm;
for (let count = 1; ; count++) {
  const versions = [{ Version: 1, Value: "x".repeat(100), LastModifiedDate: world.now() }];
  parameters.put({ Name: `/p${count}`, Type: "String", Tier: "Standard", DataType: "text", Tags: [], versions });
  await world.flush();
  process.stdout.write(`${count}\n`);
}
