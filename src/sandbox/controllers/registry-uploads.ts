import { type Registries, RegistryRefusal } from "./registries.ts";
import { type RegistryExchange, send } from "./registry-exchange.ts";

/** A blob on its way into a repository. */
interface Upload {
  readonly repository: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** What was sent before; pieces wait for one another. */
  last: Promise<unknown>;
}

/** Nobody goes on with an upload after this long. */
const PATIENCE_MS = 24 * 3_600_000;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Uploads of blobs: at once, in pieces one after the other, or by naming a repository that has the blob. */
export class RegistryUploads {
  readonly #registries: Registries;
  readonly #uploads = new Map<string, Upload>();

  constructor(registries: Registries) {
    this.#registries = registries;
  }

  async begin(exchange: RegistryExchange): Promise<void> {
    const { query, region, repository, allow } = exchange;
    allow(["InitiateLayerUpload"]);
    const [mount, from] = [query.get("mount") ?? "", query.get("from") ?? ""];
    if (await this.#mounted(exchange, mount, from)) return done(exchange, mount);
    const store = await this.#registries.blobs(region);
    for (const [id, { since }] of this.#uploads) if (since + PATIENCE_MS < Date.now()) await this.#end(exchange, id);
    const id = await store.begin();
    this.#uploads.set(id, { repository, since: Date.now(), last: Promise.resolve() });
    if (query.has("digest")) return this.finish({ ...exchange, reference: id });
    await this.#answer({ ...exchange, reference: id }, 202);
  }

  async tell(exchange: RegistryExchange): Promise<void> {
    exchange.allow(["UploadLayerPart"]);
    this.#upload(exchange);
    await this.#answer(exchange, 204);
  }

  async append(exchange: RegistryExchange): Promise<void> {
    exchange.allow(["UploadLayerPart"]);
    await this.#inTurn(exchange, async () => {
      if (await this.#take(exchange)) await this.#answer(exchange, 202);
    });
  }

  async finish(exchange: RegistryExchange): Promise<void> {
    const { query, region, repository, reference: id, allow } = exchange;
    allow(["UploadLayerPart", "CompleteLayerUpload"]);
    const digest = query.get("digest") ?? "";
    if (!DIGEST.test(digest)) throw new RegistryRefusal("DIGEST_INVALID", `invalid digest: ${digest}`);
    await this.#inTurn(exchange, async () => {
      if (!(await this.#take(exchange))) return;
      this.#uploads.delete(id);
      await this.#registries
        .addBlob({ region, repository }, digest, (store) => store.finish(id, digest))
        .catch((error: Error) => {
          if (!error.message.startsWith("digest mismatch")) throw error;
          throw new RegistryRefusal("DIGEST_INVALID", "provided digest did not match uploaded content");
        });
      done(exchange, digest);
    });
  }

  async cancel(exchange: RegistryExchange): Promise<void> {
    exchange.allow(["UploadLayerPart"]);
    await this.#inTurn(exchange, async () => {
      await this.#end(exchange, exchange.reference);
      send(exchange.response, 204, "");
    });
  }

  /** Whether a blob is in the repository now because another one has it that the caller may read. */
  async #mounted({ region, repository, allow }: RegistryExchange, digest: string, from: string): Promise<boolean> {
    if (!DIGEST.test(digest) || from === "" || !region.ecr.repositories.get(from)) return false;
    try {
      allow(["GetDownloadUrlForLayer"], from);
    } catch {
      return false;
    }
    const size = await this.#registries.blobSize({ region, repository: from }, digest);
    if (size === undefined) return false;
    await this.#registries.addBlob({ region, repository }, digest, async () => {});
    return true;
  }

  /** Adds what the request brings, unless it belongs elsewhere, which is said. */
  async #take(exchange: RegistryExchange): Promise<boolean> {
    const { request, region, reference: id } = exchange;
    const store = await this.#registries.blobs(region);
    const [, start] = /^(?:bytes )?(\d+)-\d+/.exec(request.headers["content-range"] ?? "") ?? [];
    if (start !== undefined && Number(start) !== (await store.uploaded(id))) {
      await this.#answer(exchange, 416);
      return false;
    }
    await store.append(id, request);
    return true;
  }

  /** Tells how far the upload is, and where it goes on. */
  async #answer({ response, region, repository, reference: id }: RegistryExchange, status: number): Promise<void> {
    const size = await (await this.#registries.blobs(region)).uploaded(id);
    send(response, status, "", {
      location: `/v2/${repository}/blobs/uploads/${id}`,
      range: `0-${Math.max(0, size - 1)}`,
      "docker-upload-uuid": id,
    });
  }

  #inTurn(exchange: RegistryExchange, act: () => Promise<void>): Promise<void> {
    const upload = this.#upload(exchange);
    const turn = upload.last.then(() => {
      // It may have ended meanwhile.
      this.#upload(exchange);
      return act();
    });
    upload.last = turn.catch(() => {});
    return turn;
  }

  #upload({ repository, reference: id }: RegistryExchange): Upload {
    const upload = this.#uploads.get(id);
    if (upload?.repository === repository) return upload;
    throw new RegistryRefusal("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
  }

  async #end({ region }: RegistryExchange, id: string): Promise<void> {
    this.#uploads.delete(id);
    await (await this.#registries.blobs(region)).cancel(id);
  }
}

function done({ response, repository }: RegistryExchange, digest: string): void {
  send(response, 201, "", {
    location: `/v2/${repository}/blobs/${digest}`,
    "docker-content-digest": digest,
  });
}
