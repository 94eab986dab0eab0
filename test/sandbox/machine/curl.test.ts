import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Container } from "../../../src/sandbox/machine/docker/engine.ts";
import { FakeEngine } from "./fake-engine.ts";
import { boot, stdoutOf } from "./workbench.ts";

/** A machine on whose port 3001 a real server answers. */
async function bootServing() {
  const server = createServer((request, response) => {
    if (request.url === "/slow") return;
    response.writeHead(request.url === "/api/versao" ? 200 : 404).end(`Bia ${request.method}`);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  const engine = new FakeEngine();
  const { port } = server.address() as AddressInfo;
  const ports = [{ containerPort: 8080, hostPort: 3001, localPort: port }];
  engine.containers.list = () => [{ ports } as unknown as Container];
  const machine = boot({}, engine, undefined, {
    place(name, asked) {
      if (name !== "bia-alb-1.us-east-1.elb.amazonaws.com") return undefined;
      return asked === 80 ? { host: "127.0.0.1", port } : "refused";
    },
  });
  await machine.run("dnf install -y docker && systemctl enable --now docker");
  return machine;
}

describe("curl on a machine", () => {
  it("reaches the containers behind the machine's ports, by every name that the machine has for itself", async () => {
    const machine = await bootServing();
    const urls = [
      "http://localhost:3001/api/versao",
      "127.0.0.1:3001/api/versao",
      "http://172.31.0.10:3001/api/versao",
      "http://198.51.100.7:3001/api/versao",
    ];
    for (const url of urls) expect(await stdoutOf(machine, `curl -fsS ${url}`)).toBe("Bia GET");
  });

  it("reaches what else has a name in its VPC, by the ports that it has", async () => {
    const machine = await bootServing();
    const name = "http://bia-alb-1.us-east-1.elb.amazonaws.com";
    expect(await stdoutOf(machine, `curl -fsS ${name}/api/versao`)).toBe("Bia GET");
    expect((await machine.run(`curl -sS ${name}:8080/`)).stderr).toContain("curl: (7) Failed to connect to");
    expect((await machine.run("curl -sS http://example.org/")).stderr).toBe(
      "curl: (6) Could not resolve host: example.org\n",
    );
  });

  it("fails as curl does", async () => {
    const machine = await bootServing();
    expect(await stdoutOf(machine, "curl -fs http://localhost:3001/nothing; echo $?")).toBe("22");
    expect(await stdoutOf(machine, "curl -s http://localhost:3002/; echo $?")).toBe("7");
    expect(await stdoutOf(machine, "curl -s -m 0.2 http://localhost:3001/slow; echo $?")).toBe("28");
  });

  it("sends what it is told to, as scripts do", async () => {
    const machine = await bootServing();
    const url = "http://localhost:3001/api/versao";
    expect(await stdoutOf(machine, `curl -s -d a=1 -d b=2 ${url}`)).toBe("Bia POST");
    expect(await stdoutOf(machine, `curl -s -X PUT -H 'a: b' --json '{}' ${url}`)).toBe("Bia PUT");
    expect(await stdoutOf(machine, `curl -sI ${url} | head -1`)).toMatch(/^HTTP\/1.1 200 OK/);
    expect(await stdoutOf(machine, `curl -s -o /dev/null -w '%{http_code} %{size_download}' ${url}`)).toBe("200 7");
    const retried = await machine.run(
      "curl -sS --retry 1 --retry-delay 0.01 --retry-connrefused http://localhost:3002/",
    );
    expect(retried.stderr).toMatch(/^Warning: Problem: connection refused[\s\S]*curl: \(7\)/);
  });
});
