import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { bundled } from "../../../src/sandbox/plane/bundled.ts";
import { anyPort } from "../../../src/sandbox/plane/container/ports.ts";
import { packLayer, unpackLayer } from "../../../src/sandbox/plane/image/layer.ts";
import { redisFiles } from "../../../src/sandbox/plane/public-images/redis/image.ts";
import {
  decode,
  encode,
  Failure,
  type Reply,
  Simple,
} from "../../../src/sandbox/plane/public-images/redis/protocol.ts";

let home: string;
let port: number;
let running: ChildProcess;

const program = (name: string) => join(home, `usr/local/bin/${name}`);
const start = (...args: string[]) => spawn(process.execPath, [program("redis-server"), ...args]);

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "bia-redis-"));
  const found = await bundled("redis.cjs", "public-images/redis/main.ts");
  const code = "code" in found ? found.code : readFileSync(found.file, "utf8");
  await unpackLayer(packLayer(redisFiles(code, "redis")), "application/x-tar", home);
  port = await anyPort();
  running = start("--port", String(port), "--save", "60", "1");
  await vi.waitFor(() => client(port), { timeout: 10_000 });
});

afterAll(() => {
  running.kill();
  rmSync(home, { recursive: true, force: true });
});

/** A client that waits for each reply; what comes unasked is in `pushed`. */
async function client(at = port) {
  const socket: Socket = connect({ host: "127.0.0.1", port: at });
  let received = Buffer.alloc(0);
  const replies: unknown[] = [];
  await new Promise<void>((done, fail) => socket.once("connect", done).once("error", fail));
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (let found = decode(received); found; found = decode(received)) {
      replies.push(plain(found.reply));
      received = received.subarray(found.size);
    }
  });
  const next = () => vi.waitFor(() => (replies.length > 0 ? replies.shift() : Promise.reject(new Error("no reply"))));
  const send = (...words: string[]) => void socket.write(encode(words, 2));
  const ask = (...words: string[]) => {
    send(...words);
    return next();
  };
  return { ask, send, next, end: () => socket.destroy() };
}

function plain(reply: Reply): unknown {
  if (reply instanceof Failure) return `! ${reply.message}`;
  if (reply instanceof Simple) return `+${reply.text}`;
  if (Array.isArray(reply)) return reply.map(plain);
  return Buffer.isBuffer(reply) ? reply.toString() : reply;
}

describe("redis", () => {
  beforeEach(async () => {
    const { ask, end } = await client();
    await ask("FLUSHALL");
    end();
  });

  it.each<[string, [string, unknown][]]>([
    [
      "strings",
      [
        ["SET a 1", "+OK"],
        ["INCR a", 2],
        ["GET a", "2"],
        ["SET a x NX", null],
        ["GET none", null],
        ["INCRBYFLOAT a 0.5", "2.5"],
        ["APPEND b xy", 2],
        ["MGET a none b", ["2.5", null, "xy"]],
        ["INCR b", "! ERR value is not an integer or out of range"],
        ["GETRANGE b -1 -1", "y"],
        ["SET a 3 GET", "2.5"],
        ["GETDEL a", "3"],
        ["EXISTS a b", 1],
      ],
    ],
    [
      "times to live",
      [
        ["SET s x EX 100", "+OK"],
        ["TTL s", 100],
        ["PERSIST s", 1],
        ["TTL s", -1],
        ["TTL none", -2],
        ["EXPIRE s 0", 1],
        ["GET s", null],
        ["SETEX s 0 x", "! ERR invalid expire time in 'setex' command"],
        ["PEXPIRE none 5", 0],
      ],
    ],
    [
      "lists",
      [
        ["RPUSH l a b c", 3],
        ["LPUSH l z", 4],
        ["LRANGE l 0 -1", ["z", "a", "b", "c"]],
        ["LRANGE l -2 -1", ["b", "c"]],
        ["LPOP l", "z"],
        ["RPOP l 2", ["c", "b"]],
        ["LREM l 0 a", 1],
        ["EXISTS l", 0],
        ["LPOP l", null],
        ["RPOPLPUSH l m", null],
      ],
    ],
    [
      "hashes",
      [
        ["HSET h a 1 b 2", 2],
        ["HGETALL h", ["a", "1", "b", "2"]],
        ["HINCRBY h a 5", 6],
        ["HMGET h a x", ["6", null]],
        ["HDEL h a b", 2],
        ["TYPE h", "+none"],
        ["HSET h a", "! ERR wrong number of arguments for 'hset' command"],
      ],
    ],
    [
      "sets",
      [
        ["SADD s a b a", 2],
        ["SADD t b c", 2],
        ["SINTER s t", ["b"]],
        ["SISMEMBER s a", 1],
        ["SREM s a x", 1],
        ["SCARD s", 1],
        ["LPUSH s x", "! WRONGTYPE Operation against a key holding the wrong kind of value"],
        ["SDIFFSTORE u t s", 1],
        ["SMEMBERS u", ["c"]],
      ],
    ],
    [
      "sorted sets",
      [
        ["ZADD z 2 b 1 a 3 c", 3],
        ["ZRANGE z 0 -1 WITHSCORES", ["a", "1", "b", "2", "c", "3"]],
        ["ZREVRANGE z 0 0", ["c"]],
        ["ZRANGEBYSCORE z (1 +inf LIMIT 0 1", ["b"]],
        ["ZINCRBY z 5 a", "6"],
        ["ZRANK z a", 2],
        ["ZREMRANGEBYSCORE z 0 3", 2],
        ["ZCARD z", 1],
        ["ZPOPMIN z", ["a", "6"]],
      ],
    ],
    [
      "keys",
      [
        ["MSET user:1 a user:2 b other c", "+OK"],
        ["SCAN 0 MATCH user:* COUNT 10", ["0", ["user:1", "user:2"]]],
        ["KEYS o?her", ["other"]],
        ["DEL user:1 nothing", 1],
        ["RENAME other new", "+OK"],
        ["RENAME x y", "! ERR no such key"],
        ["DBSIZE", 2],
        ["SELECT 1", "+OK"],
        ["DBSIZE", 0],
      ],
    ],
    [
      "what there is not",
      [
        ["NONSENSE a", "! ERR unknown command 'NONSENSE', with args beginning with: 'a' "],
        ["EVAL x 0", "! ERR bia-infra sandbox: it does not emulate EVAL. On AWS it exists."],
        ["GET", "! ERR wrong number of arguments for 'get' command"],
        ["AUTH x", expect.stringContaining("without any password configured")],
      ],
    ],
    [
      "transactions",
      [
        ["MULTI", "+OK"],
        ["SET a 1", "+QUEUED"],
        ["INCR a", "+QUEUED"],
        ["EXEC", ["+OK", 2]],
        ["EXEC", "! ERR EXEC without MULTI"],
        ["MULTI", "+OK"],
        ["NONSENSE", expect.stringMatching(/^! ERR unknown/)],
        ["EXEC", expect.stringMatching(/^! EXECABORT/)],
      ],
    ],
  ])("%s", async (_, steps) => {
    const { ask, end } = await client();
    for (const [command, reply] of steps) expect(await ask(...command.split(" ")), command).toEqual(reply);
    end();
  });

  it("lets a change of what is watched spoil a transaction", async () => {
    const [one, other] = [await client(), await client()];
    await one.ask("WATCH", "a");
    await one.ask("MULTI");
    await one.ask("SET", "a", "mine");
    await other.ask("SET", "a", "theirs");
    expect(await one.ask("EXEC")).toBeNull();
    expect(await one.ask("GET", "a")).toBe("theirs");
    one.end();
    other.end();
  });

  it("waits for a list to have something, or its time to be over", async () => {
    const [one, other] = [await client(), await client()];
    one.send("BLPOP", "queue", "0");
    await other.ask("RPUSH", "queue", "job");
    expect(await one.next()).toEqual(["queue", "job"]);
    expect(await one.ask("BRPOP", "queue", "0.05")).toBeNull();
    one.end();
    other.end();
  });

  it("tells those who listen to a channel", async () => {
    const [one, other] = [await client(), await client()];
    expect(await one.ask("SUBSCRIBE", "news")).toEqual(["subscribe", "news", 1]);
    expect(await one.ask("PSUBSCRIBE", "n*")).toEqual(["psubscribe", "n*", 2]);
    expect(await one.ask("GET", "a")).toMatch(/^! ERR Can't execute 'get'/);
    expect(await other.ask("PUBLISH", "news", "ção")).toBe(2);
    expect(await one.next()).toEqual(["message", "news", "ção"]);
    expect(await one.next()).toEqual(["pmessage", "n*", "news", "ção"]);
    one.end();
    other.end();
  });

  it("keeps bytes as they are, and takes commands in any pieces", async () => {
    const { ask, end } = await client();
    const all = Buffer.from(Array.from({ length: 256 }, (_, at) => at)).toString("latin1");
    expect(await ask("SET", "bytes", all)).toBe("+OK");
    expect(await ask("STRLEN", "bytes")).toBe(Buffer.byteLength(all));
    expect(await ask("GET", "bytes")).toBe(all);
    end();
    const socket = connect({ host: "127.0.0.1", port });
    let said = "";
    socket.on("data", (chunk) => {
      said += chunk;
    });
    for (const piece of ["PI", "NG\r", "\n*2\r\n$4\r\nEC", "HO\r\n$2\r\nh", "i\r\n"]) {
      await new Promise((done) => socket.write(piece, done));
    }
    await vi.waitFor(() => expect(said).toBe("+PONG\r\n$2\r\nhi\r\n"));
    socket.destroy();
  });

  it("asks for the password that it was given, also of redis-cli", async () => {
    const guarded = await anyPort();
    const other = start("--port", String(guarded), "--requirepass", "s3nha");
    try {
      const { ask, end } = await vi.waitFor(() => client(guarded), { timeout: 10_000 });
      expect(await ask("PING")).toBe("! NOAUTH Authentication required.");
      expect(await ask("AUTH", "wrong")).toMatch(/^! WRONGPASS/);
      expect(await ask("HELLO", "2", "AUTH", "default", "s3nha")).toEqual(expect.arrayContaining(["proto", 2]));
      expect(await ask("PING")).toBe("+PONG");
      end();
      const cli = (...args: string[]) =>
        spawnSync(process.execPath, [program("redis-cli"), ...args], { encoding: "utf8" });
      expect(cli("-p", String(guarded), "-a", "s3nha", "ping")).toMatchObject({ stdout: "PONG\n", status: 0 });
      expect(cli("-p", String(guarded), "ping").stdout).toContain("NOAUTH Authentication required.");
      expect(cli("-p", String(await anyPort()), "ping")).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("Connection refused"),
      });
    } finally {
      other.kill();
    }
  });
});
