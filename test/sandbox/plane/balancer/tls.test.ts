import { X509Certificate } from "node:crypto";
import { connect as connectHttp2 } from "node:http2";
import { createServer as createTlsServer, get } from "node:https";
import type { AddressInfo } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { Authorities } from "../../../../src/sandbox/plane/authorities.ts";
import type { CertificateConfig, TlsConfig } from "../../../../src/sandbox/plane/balancer.ts";
import { accessLogForTest, balancerForTest, groupConfig, listenerConfig, serve, target } from "./fixtures.ts";

async function certificateFor(...names: string[]): Promise<CertificateConfig> {
  const [from, until] = [new Date(Date.now() - 60_000), new Date(Date.now() + 3_600_000)];
  const { key, certificate, chain } = await new Authorities(["test"]).issue({ names, from, until });
  return { id: `arn:${names}`, names, key, chain: certificate + chain };
}

/** A listener on TLS in front of a target that answers with the headers that it got. */
async function site(tls: Partial<TlsConfig> = {}): Promise<URL> {
  const balancer = await balancerForTest();
  const place = await target((request, response) => {
    response.writeHead(200, { connection: "close", "x-from": "target" }).end(JSON.stringify(request.headers));
  });
  const certificates = tls.certificates ?? [await certificateFor("www.bia.localhost")];
  const config = { versions: ["TLSv1.2", "TLSv1.3"], http2: true, ...tls, certificates } as const;
  const listener = listenerConfig({ protocol: "HTTPS", port: 443, tls: config });
  return new URL(await serve(balancer, { listeners: [listener], groups: [groupConfig([place])] }));
}

async function handshake({ port }: URL, options: object): Promise<TLSSocket> {
  const socket = connect({ port: Number(port), host: "127.0.0.1", rejectUnauthorized: false, ...options });
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  return socket;
}

test("clients speak HTTP/2 over TLS, and targets hear HTTP/1.1", async () => {
  const url = await site();
  const session = connectHttp2(url, { rejectUnauthorized: false });
  const stream = session.request({ ":path": "/a", ":authority": "www.bia.localhost" });
  stream.setEncoding("utf8");
  const head = new Promise<Record<string, unknown>>((resolve) => stream.once("response", resolve));
  let body = "";
  for await (const chunk of stream) body += chunk;
  session.close();
  expect(await head).toMatchObject({ ":status": 200, "x-from": "target" });
  expect(JSON.parse(body)).toMatchObject({
    host: "www.bia.localhost",
    "x-forwarded-proto": "https",
    "x-forwarded-port": "443",
    "x-forwarded-for": "127.0.0.1",
  });
});

test("the access log tells of a request by HTTP/2 how its connection is encrypted, and for which name", async () => {
  const balancer = await balancerForTest();
  const { accessLog, logged } = await accessLogForTest();
  const place = await target((_, response) => void response.end("here"));
  const certificates = [await certificateFor("www.bia.localhost")];
  const tls = { versions: ["TLSv1.3"], http2: true, certificates } as const;
  const listener = listenerConfig({ protocol: "HTTPS", port: 443, tls, accessLog });
  const url = await serve(balancer, { listeners: [listener], groups: [groupConfig([place])] });
  const session = connectHttp2(url, { rejectUnauthorized: false, servername: "www.bia.localhost" });
  const stream = session.request({ ":path": "/a", ":authority": "www.bia.localhost" });
  for await (const _ of stream.setEncoding("utf8"));
  await expect.poll(logged).toMatch(/^h2 /);
  session.close();
  expect(await logged()).toMatch(/ "GET https:\/\/www\.bia\.localhost:443\/a HTTP\/2\.0" "-" TLS_\w+ TLSv1\.3 group /);
  expect(await logged()).toContain(' "www.bia.localhost" "arn:www.bia.localhost" 0 ');
});

test("a body and several cookies go through HTTP/2, too", async () => {
  const balancer = await balancerForTest();
  const place = await target((request, response) => {
    response.setHeader("set-cookie", ["a=1", "b=2"]);
    request.pipe(response);
  });
  const certificates = [await certificateFor("www.bia.localhost")];
  const tls = { versions: ["TLSv1.3"], http2: true, certificates } as const;
  const listener = listenerConfig({ protocol: "HTTPS", port: 443, tls });
  const url = await serve(balancer, { listeners: [listener], groups: [groupConfig([place])] });
  const session = connectHttp2(url, { rejectUnauthorized: false });
  const stream = session.request({ ":method": "POST", ":path": "/" });
  const head = new Promise<Record<string, unknown>>((resolve) => stream.once("response", resolve));
  stream.setEncoding("utf8").end("said");
  let body = "";
  for await (const chunk of stream) body += chunk;
  session.close();
  expect([(await head)["set-cookie"], body]).toEqual([["a=1", "b=2"], "said"]);
});

test("clients that do not speak HTTP/2 are served, too", async () => {
  const url = await site();
  const status = await new Promise((resolve, reject) => {
    get(url, { rejectUnauthorized: false }, (response) => resolve(response.statusCode)).once("error", reject);
  });
  expect(status).toBe(200);
});

test("HTTP/2 is not offered where the load balancer has it switched off", async () => {
  const socket = await handshake(await site({ http2: false }), { ALPNProtocols: ["h2", "http/1.1"] });
  expect(socket.alpnProtocol).toBe("http/1.1");
});

test("each client gets the certificate of the name that it asks for, or else the default one", async () => {
  const certificates = [await certificateFor("www.one.test"), await certificateFor("*.two.test")];
  const url = await site({ certificates });
  const nameFor = async (servername: string) => {
    const certificate = (await handshake(url, { servername })).getPeerCertificate();
    return new X509Certificate(certificate.raw).subject;
  };
  expect(await nameFor("www.one.test")).toBe("CN=www.one.test");
  expect(await nameFor("a.two.test")).toBe("CN=*.two.test");
  expect(await nameFor("a.b.two.test")).toBe("CN=www.one.test");
});

test("the security policy decides which versions of TLS there are", async () => {
  const url = await site({ versions: ["TLSv1.3"] });
  expect((await handshake(url, {})).getProtocol()).toBe("TLSv1.3");
  await expect(handshake(url, { maxVersion: "TLSv1.2" })).rejects.toThrow(/protocol version|alert/);
  const old = await site({ versions: ["TLSv1", "TLSv1.1", "TLSv1.2"] });
  const oldest = { minVersion: "TLSv1", maxVersion: "TLSv1", ciphers: "DEFAULT:@SECLEVEL=0" };
  expect((await handshake(old, oldest)).getProtocol()).toBe("TLSv1");
});

test("targets are asked over TLS where their group says so, whoever signed their certificates", async () => {
  const balancer = await balancerForTest();
  const { key, chain } = await certificateFor("another.test");
  const server = createTlsServer({ key, cert: chain }, (_, response) => void response.end("encrypted"));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  const group = groupConfig([{ host: "127.0.0.1", port: (server.address() as AddressInfo).port }], {
    protocol: "HTTPS",
  });
  const url = await serve(balancer, { listeners: [listenerConfig()], groups: [group] });
  const answers = await Promise.all([fetch(url), fetch(url)]);
  expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(["encrypted", "encrypted"]);
});
