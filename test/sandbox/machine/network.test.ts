import { describe, expect, it } from "vitest";
import { boot, facts, stdoutOf } from "./workbench.ts";

const metadata = "http://169.254.169.254/latest";
const token = `TOKEN=$(curl -sX PUT ${metadata}/api/token -H 'X-aws-ec2-metadata-token-ttl-seconds: 60')`;
const ask = 'curl -s -H "X-aws-ec2-metadata-token: $TOKEN"';

describe("the network", () => {
  it("ends at the machine: no other host is resolved", async () => {
    expect(await boot().run("curl https://example.com/secret")).toEqual({
      stdout: "",
      stderr: "curl: (6) Could not resolve host: example.com\n",
      exitCode: 6,
    });
  });

  it("refuses ports that nothing listens on", async () => {
    const { stderr, exitCode } = await boot().run("curl -sS localhost:3001/api/versao");
    expect(exitCode).toBe(7);
    expect(stderr).toContain("Failed to connect to localhost port 3001");
  });

  it("tells the machine about itself, only to those with a session token", async () => {
    const machine = boot();
    const script = `${token}; for key in instance-id instance-type public-ipv4 placement/region; do ${ask} ${metadata}/meta-data/$key; echo; done`;
    expect(await stdoutOf(machine, script)).toBe(`${facts.instanceId}\nt3.micro\n198.51.100.7\nus-east-1`);
    expect(await stdoutOf(machine, `curl -s -o /dev/null -w '%{http_code}' ${metadata}/meta-data/`)).toBe("401");
    expect(await stdoutOf(machine, `${token}; ${ask} ${metadata}/meta-data/placement/`)).toBe(
      "availability-zone\nregion",
    );
    const region = `${token}; ${ask} ${metadata}/dynamic/instance-identity/document | grep -c us-east-1a`;
    expect(await stdoutOf(machine, region)).toBe("1");
  });

  it("has no public address where the instance has none", async () => {
    const machine = boot({ publicIp: undefined });
    const script = `${token}; ${ask} -o /dev/null -w '%{http_code}' ${metadata}/meta-data/public-ipv4`;
    expect(await stdoutOf(machine, script)).toBe("404");
  });
});

describe("the host", () => {
  it("is what its facts say", async () => {
    const script =
      "hostname; nproc; uname -m; . /etc/os-release; echo $ID $VERSION_ID; df -h / | awk 'NR == 2 {print $2}'";
    expect(await stdoutOf(boot(), script)).toBe("ip-172-31-0-10.ec2.internal\n2\nx86_64\namzn 2023\n15G");
    expect(await stdoutOf(boot({ instanceType: "t4g.small" }), "uname -m")).toBe("aarch64");
  });
});
