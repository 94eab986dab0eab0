import type { ConnectTarget } from "./reach.ts";

/** What a proxy is for. */
export interface ConnectProxyOptions {
  /** `http`: HTTP/1.1; `http2`: HTTP/2 without TLS, gRPC too; `tcp`: whatever it is. */
  readonly protocol: "http" | "http2" | "tcp";
  /** Those who answer at this moment. */
  readonly targets: () => readonly ConnectTarget[];
  /** Milliseconds that an answer may take to begin; 0: any. */
  readonly requestTimeout: () => number;
  /** Milliseconds since some moment. */
  readonly now: () => number;
  /** Told of every request that a target has answered, and of every connection. */
  readonly note: (told: Passed) => void;
}

/** What went through a proxy. */
export type Passed =
  | { readonly connection: true }
  | {
      readonly status: number;
      /** Seconds until the answer began. */
      readonly seconds: number;
      /** Bytes of the bodies, there and back. */
      readonly bytes: number;
    };
