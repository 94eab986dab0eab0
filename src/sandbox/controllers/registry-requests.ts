import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { RegistryLogin } from "../machine/machine.ts";
import { readManifest } from "../world/image-manifest.ts";
import type { RepositoryImage } from "../world/records.ts";
import type { Region } from "../world/world.ts";
import { type RefusalCode, type Registries, RegistryRefusal } from "./registries.ts";
import { type RegistryExchange, send } from "./registry-exchange.ts";
import { RegistryUploads } from "./registry-uploads.ts";

const STATUS: Readonly<Record<RefusalCode, number>> = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 416,
  BLOB_UPLOAD_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 413,
  TAG_INVALID: 400,
  UNAUTHORIZED: 401,
  UNSUPPORTED: 405,
};

/** A page of names, where nothing else is said, and the most that one can be. (ECR; ecr:ListImages, maxResults) */
const USUAL_PAGE = 100;
const LARGEST_PAGE = 1000;
/** As of docker's own registry; those of images have a few kilobytes. */
const LARGEST_MANIFEST = 4 * 1024 * 1024;

const NAME = "([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)";
const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";

type Handler = (exchange: RegistryExchange) => Promise<void> | void;

/**
 * The account's registries of images over HTTP: the OCI distribution API, as ECR serves it
 * (https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md).
 */
export class RegistryRequests {
  readonly #registries: Registries;
  readonly #routes: readonly [RegExp, Readonly<Record<string, Handler>>][];

  constructor(registries: Registries) {
    this.#registries = registries;
    const uploads = new RegistryUploads(registries);
    const blob: Handler = (exchange) => this.#blob(exchange);
    const manifest: Handler = (exchange) => this.#manifest(exchange);
    this.#routes = [
      [/^\/v2\/$/, { GET: ({ response }) => send(response, 200, {}), HEAD: ({ response }) => send(response, 200, {}) }],
      [/^\/v2\/_catalog$/, { GET: (exchange) => this.#catalog(exchange) }],
      [new RegExp(`^/v2/${NAME}/tags/list$`), { GET: (exchange) => this.#tags(exchange) }],
      [new RegExp(`^/v2/${NAME}/referrers/(sha256:[0-9a-f]{64})$`), { GET: (exchange) => this.#referrers(exchange) }],
      [
        new RegExp(`^/v2/${NAME}/manifests/(\\w[\\w.-]{0,127}|sha256:[0-9a-f]{64})$`),
        {
          GET: manifest,
          HEAD: manifest,
          PUT: (exchange) => this.#putManifest(exchange),
          DELETE: (exchange) => this.#deleteManifest(exchange),
        },
      ],
      [new RegExp(`^/v2/${NAME}/blobs/uploads/$`), { POST: (exchange) => uploads.begin(exchange) }],
      [
        new RegExp(`^/v2/${NAME}/blobs/uploads/([0-9a-f-]{36})$`),
        {
          GET: (exchange) => uploads.tell(exchange),
          PATCH: (exchange) => uploads.append(exchange),
          PUT: (exchange) => uploads.finish(exchange),
          DELETE: (exchange) => uploads.cancel(exchange),
        },
      ],
      // Blobs go with their images; ECR has no call for it.
      [new RegExp(`^/v2/${NAME}/blobs/(sha256:[0-9a-f]{64})$`), { GET: blob, HEAD: blob }],
    ];
  }

  /**
   * Answers a request, whatever it is.
   *
   * @param scheme which the request came by
   * @param admit called once the caller has shown a registry's password
   */
  async serve(request: IncomingMessage, response: ServerResponse, scheme: string, admit: () => void): Promise<void> {
    response.setHeader("docker-distribution-api-version", "registry/2.0");
    try {
      const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://registry");
      const { region, login } = this.#caller(request);
      admit();
      const method = request.method ?? "GET";
      const [match, handlers] = this.#route(pathname);
      const [, repository = "", reference = ""] = match;
      const allow = (actions: readonly string[], other = repository) =>
        this.#registries.check({ region, repository: other }, login, actions);
      const handler = handlers[method];
      if (!handler) throw new RegistryRefusal("UNSUPPORTED", "The operation is unsupported.");
      if (repository !== "") this.#registries.checkName({ region, repository });
      await handler({ request, response, method, query, region, repository, reference, allow });
    } catch (error) {
      // A client that hung up is no news.
      if (response.destroyed) return;
      refuse(request, response, scheme, error);
    }
  }

  /**
   * Who asks, and of which region's registry: that of the name by which it is asked, or else of the password.
   *
   * @throws RegistryRefusal
   */
  #caller({ headers }: IncomingMessage): { region: Region; login: RegistryLogin } {
    const login = loginIn(headers.authorization);
    const host = (headers.host ?? "").replace(/:\d+$/, "").replace(/\.localhost$/, ".amazonaws.com");
    const region = this.#registries.regionOf(host) ?? (login && this.#registries.regionOfPassword(login));
    if (!login || !region) throw new RegistryRefusal("UNAUTHORIZED", "Not Authorized");
    this.#registries.principal(region, login);
    return { region, login };
  }

  #route(path: string): [match: RegExpExecArray, handlers: Readonly<Record<string, Handler>>] {
    for (const [pattern, handlers] of this.#routes) {
      const match = pattern.exec(path);
      if (match) return [match, handlers];
    }
    throw new RegistryRefusal("NAME_UNKNOWN", "Invalid parameter: the path names nothing that a registry has");
  }

  #catalog({ response, request, query, region, allow }: RegistryExchange): void {
    allow(["DescribeRepositories"], "*");
    const names = region.ecr.repositories.all().map(({ repositoryName }) => repositoryName);
    const { page, headers } = pageOf(names, query, request);
    send(response, 200, { repositories: page }, headers);
  }

  #tags({ response, request, query, region, repository, allow }: RegistryExchange): void {
    allow(["ListImages"]);
    const images = region.ecr.images.filter(({ repositoryName }) => repositoryName === repository);
    const { page, headers } = pageOf(
      images.flatMap(({ imageTags }) => imageTags),
      query,
      request,
    );
    send(response, 200, { name: repository, tags: page }, headers);
  }

  #referrers({ response, query, region, repository, reference, allow }: RegistryExchange): void {
    allow(["ListImageReferrers"]);
    const wanted = query.get("artifactType");
    const manifests = region.ecr.images
      .filter((image) => image.repositoryName === repository && image.subjectManifestDigest === reference)
      .filter(({ artifactMediaType }) => wanted === null || artifactMediaType === wanted)
      .map(({ imageDigest, imageManifestMediaType, artifactMediaType, hidden }) => ({
        mediaType: imageManifestMediaType,
        digest: imageDigest,
        size: Buffer.byteLength(hidden.manifest),
        artifactType: artifactMediaType,
        annotations: readManifest(hidden.manifest)?.annotations,
      }));
    const headers = { "content-type": INDEX_TYPE, ...(wanted !== null && { "oci-filters-applied": "artifactType" }) };
    send(response, 200, { schemaVersion: 2, mediaType: INDEX_TYPE, manifests }, headers);
  }

  #manifest({ response, method, region, repository, reference, allow }: RegistryExchange): void {
    allow(["BatchGetImage"]);
    const { imageDigest, imageManifestMediaType = "", hidden } = this.#existing({ region, repository, reference });
    // ECR tells the digest to those who ask for the head only.
    const digest = method === "HEAD" ? { "docker-content-digest": imageDigest } : {};
    send(response, 200, hidden.manifest, { "content-type": imageManifestMediaType, ...digest });
  }

  async #putManifest({ request, response, region, repository, reference, allow }: RegistryExchange): Promise<void> {
    allow(["PutImage"]);
    const text = await textOf(request);
    const isDigest = reference.startsWith("sha256:");
    const mediaType = request.headers["content-type"]?.split(";")[0]?.trim();
    const tag = isDigest ? undefined : reference;
    const image = await this.#registries.put({ region, repository }, text, {
      ...(tag !== undefined && { tag }),
      ...(isDigest && { digest: reference }),
      ...(mediaType !== undefined && { mediaType }),
    });
    const { imageDigest, subjectManifestDigest } = image;
    send(response, 201, "", {
      location: `/v2/${repository}/manifests/${imageDigest}`,
      "docker-content-digest": imageDigest,
      ...(subjectManifestDigest !== undefined && { "oci-subject": subjectManifestDigest }),
    });
  }

  async #deleteManifest({ response, region, repository, reference, allow }: RegistryExchange): Promise<void> {
    allow(["BatchDeleteImage"]);
    const place = { region, repository, reference };
    const tag = reference.startsWith("sha256:") ? undefined : reference;
    await this.#registries.delete(place, this.#existing(place), tag);
    send(response, 202, "");
  }

  async #blob({ request, response, method, region, repository, reference, allow }: RegistryExchange): Promise<void> {
    allow([method === "HEAD" ? "BatchCheckLayerAvailability" : "GetDownloadUrlForLayer"]);
    const size = await this.#registries.blobSize({ region, repository }, reference);
    if (size === undefined) throw new RegistryRefusal("BLOB_UNKNOWN", "blob unknown to registry");
    const common = {
      "docker-content-digest": reference,
      "content-type": "application/octet-stream",
      "accept-ranges": "bytes",
      etag: `"${reference}"`,
    };
    const range = rangeIn(request.headers.range, size);
    if (range === "unsatisfiable") return send(response, 416, "", { "content-range": `bytes */${size}` });
    const { start, end } = range ?? { start: 0, end: size - 1 };
    const part = range && { "content-range": `bytes ${start}-${end}/${size}` };
    response.writeHead(range ? 206 : 200, { ...common, ...part, "content-length": end - start + 1 });
    if (method === "HEAD" || size === 0) return void response.end();
    const store = await this.#registries.blobs(region);
    await piped(store.read(reference, { start, end }), response);
  }

  #existing(place: { region: Region; repository: string; reference: string }): RepositoryImage {
    const image = this.#registries.find(place, place.reference);
    if (image) return image;
    throw new RegistryRefusal("MANIFEST_UNKNOWN", "Requested image not found");
  }
}

/** Says why not. What else is sent to somebody who may not send it is not read. */
function refuse(request: IncomingMessage, response: ServerResponse, scheme: string, error: unknown): void {
  if (!request.complete) response.shouldKeepAlive = false;
  if (response.headersSent) response.destroy();
  else if (!(error instanceof RegistryRefusal)) fail(response, error as NodeJS.ErrnoException);
  else if (error.code !== "UNAUTHORIZED")
    send(response, STATUS[error.code], { errors: [{ code: error.code, message: error.reason }] });
  else {
    const challenge = `Basic realm="${scheme}://${request.headers.host}/",service="ecr.amazonaws.com"`;
    send(response, 401, `${error.reason}\n`, { "content-type": "text/plain", "www-authenticate": challenge });
  }
}

/** A full disk, or a defect. */
function fail(response: ServerResponse, error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOSPC") console.error(error);
  send(response, 500, { errors: [{ code: "UNKNOWN", message: `The sandbox failed: ${error.message}` }] });
}

function loginIn(authorization = ""): RegistryLogin | undefined {
  const [, encoded] = /^basic +([\w+/=-]+)$/i.exec(authorization) ?? [];
  const text = Buffer.from(encoded ?? "", "base64").toString();
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Names in their order, after `last`, with a link to those that follow. @throws RegistryRefusal as ECR does */
function pageOf(
  names: readonly string[],
  query: URLSearchParams,
  { url = "" }: IncomingMessage,
): { page: string[]; headers: Record<string, string> } {
  const size = Number(query.get("n") ?? USUAL_PAGE);
  const limit =
    size > LARGEST_PAGE
      ? `Member must have value less than or equal to ${LARGEST_PAGE}`
      : "Member must have value greater than or equal to 1";
  if (!(Number.isInteger(size) && size >= 1 && size <= LARGEST_PAGE))
    throw new RegistryRefusal(
      "UNSUPPORTED",
      `Invalid parameter at 'maxResults' failed to satisfy constraint: '${limit}'`,
    );
  const last = query.get("last") ?? "";
  const left = [...names].sort().filter((name) => name > last);
  const page = left.slice(0, size);
  if (left.length <= size) return { page, headers: {} };
  const next = new URLSearchParams({ n: String(size), last: page.at(-1) ?? "" });
  return { page, headers: { link: `<${url.split("?")[0]}?${next}>; rel="next"` } };
}

/** First and last byte that a `Range` asks for; undefined: all, also where it is not understood (RFC 9110, 14.2). */
function rangeIn(
  header: string | undefined,
  size: number,
): { start: number; end: number } | "unsatisfiable" | undefined {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return start > end ? "unsatisfiable" : { start, end };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_MANIFEST) throw new RegistryRefusal("SIZE_INVALID", "The manifest is larger than 4 MiB");
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString();
  if (Buffer.from(text).equals(bytes)) return text;
  throw new RegistryRefusal("MANIFEST_INVALID", "The manifest is no text in UTF-8");
}

function piped(content: Readable, response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    content.once("error", reject);
    response.once("close", () => {
      content.destroy();
      resolve();
    });
    content.pipe(response);
  });
}
