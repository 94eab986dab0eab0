import { expect, it } from "vitest";
import { consoleOutputOf } from "../../src/aws/console-output.ts";
import { clientsOf } from "../sandbox/services/clients.ts";
import { launch } from "../sandbox/services/ec2/fixtures.ts";

it("a machine's console is read whether or not its type tells of it at once", async () => {
  const { ec2, world } = await clientsOf({ delays: "none" });
  const UserData = Buffer.from("#!/bin/bash\necho preparing\n").toString("base64");
  for (const InstanceType of ["t3.micro", "t2.micro"] as const) {
    const id = await launch(ec2, { InstanceType, UserData });
    expect(await consoleOutputOf({ ec2 }, id)).toBe("");
    await world.clock.advance(200_000);
    await expect.poll(() => consoleOutputOf({ ec2 }, id), { message: InstanceType }).toContain("preparing\n");
  }
});
