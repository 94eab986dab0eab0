#!/usr/bin/env node
// As much of docker as building and pushing take: an image whose one layer is its build context, pushed over the registry's own API.
import { createHash } from "node:crypto";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";

const [command, ...args] = process.argv.slice(2);
const state = process.env.FAKE_DOCKER;
appendFileSync(path.join(state, "calls"), `${JSON.stringify([command, ...args])}\n`);
const option = (name) => args[args.indexOf(name) + 1];
const digestOf = (bytes) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const read = () => readFileSync(0);

function build() {
  const tar = read();
  if (!tar.includes("Dockerfile")) fail("unable to prepare context: no Dockerfile");
  const [os, architecture] = option("--platform").split("/");
  const [label, value] = option("--label").split("=");
  const config = { os, architecture, config: { Labels: { [label]: value } } };
  const rootfs = { type: "layers", diff_ids: [digestOf(tar)] };
  writeFileSync(path.join(state, "layer"), gzipSync(tar));
  writeFileSync(path.join(state, "config"), JSON.stringify({ ...config, rootfs }));
  console.log(`#1 naming to ${option("--tag")}`);
}

function login() {
  const auth = Buffer.from(`${option("--username")}:${read().toString()}`).toString("base64");
  writeFileSync(
    path.join(process.env.DOCKER_CONFIG, "config.json"),
    JSON.stringify({ auths: { [args.at(-1)]: { auth } } }),
  );
  console.log("Login Succeeded");
}

async function push() {
  const [, host, repository, tag] = /^([^/]+)\/(.+):([^:]+)$/.exec(args.at(-1)) ?? [];
  const { auths } = JSON.parse(readFileSync(path.join(process.env.DOCKER_CONFIG, "config.json"), "utf8"));
  const send = async (place, method, body, type = "application/octet-stream") => {
    const headers = { authorization: `Basic ${auths[host].auth}`, "content-type": type };
    const answer = await fetch(`http://${host}/v2/${repository}/${place}`, { method, body, headers });
    if (!answer.ok) fail(await answer.text());
  };
  const described = (bytes, mediaType) => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
  const [config, layer] = [readFileSync(path.join(state, "config")), readFileSync(path.join(state, "layer"))];
  for (const bytes of [config, layer]) await send(`blobs/uploads/?digest=${digestOf(bytes)}`, "POST", bytes);
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const layers = [described(layer, "application/vnd.oci.image.layer.v1.tar+gzip")];
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: described(config, "application/vnd.oci.image.config.v1+json"),
    layers,
  };
  await send(`manifests/${tag}`, "PUT", JSON.stringify(manifest), mediaType);
}

function fail(text) {
  console.error(text);
  process.exit(1);
}

if (command === "version")
  process.env.FAKE_DOCKER_DOWN
    ? fail("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.")
    : console.log("28.1");
else if (command === "context") console.log("unix:///var/run/docker.sock");
else if (command === "build") build();
else if (command === "login") login();
else if (command === "push") await push();
else fail(`unknown command ${command}`);
