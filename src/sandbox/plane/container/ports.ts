import { freePort } from "../listen.ts";
import { ContainerError } from "./error.ts";

/** A free port of 127.0.0.1, for a container. */
export async function anyPort(): Promise<number> {
  try {
    return await freePort();
  } catch (error) {
    throw new ContainerError("port-taken", `there is no free port on 127.0.0.1: ${(error as Error).message}`);
  }
}

/** @throws ContainerError if the port of 127.0.0.1 cannot be had; `asked` is how docker's user knows it */
export async function checkPort(port: number, asked: number, container: string): Promise<void> {
  try {
    await freePort("127.0.0.1", port);
  } catch (error) {
    const denied = (error as NodeJS.ErrnoException).code === "EACCES";
    const why = denied ? "permission denied" : "port is already allocated";
    const where = port === asked ? "" : ` (port ${port} of your computer)`;
    throw new ContainerError(
      "port-taken",
      `driver failed programming external connectivity on endpoint ${container}: Bind for 0.0.0.0:${asked} failed: ${why}${where}`,
    );
  }
}
