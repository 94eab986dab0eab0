import { type AddressInfo, createServer } from "node:net";
import { ContainerError } from "./error.ts";

/** A free port of 127.0.0.1. */
export async function freePort(): Promise<number> {
  const found = await tryPort(0);
  if (typeof found === "number") return found;
  throw new ContainerError("port-taken", `there is no free port on 127.0.0.1: ${found.message}`);
}

/** @throws ContainerError if the port of 127.0.0.1 cannot be had; `asked` is how docker's user knows it */
export async function checkPort(port: number, asked: number, container: string): Promise<void> {
  const found = await tryPort(port);
  if (typeof found === "number") return;
  const why = found.code === "EACCES" ? "permission denied" : "port is already allocated";
  const where = port === asked ? "" : ` (port ${port} of your computer)`;
  throw new ContainerError(
    "port-taken",
    `driver failed programming external connectivity on endpoint ${container}: Bind for 0.0.0.0:${asked} failed: ${why}${where}`,
  );
}

function tryPort(port: number): Promise<number | NodeJS.ErrnoException> {
  const probe = createServer();
  return new Promise((done) => {
    probe.once("error", done);
    probe.listen(port, "127.0.0.1", () => {
      const { port: found } = probe.address() as AddressInfo;
      probe.close(() => done(found));
    });
  });
}
