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
  let arrived = () => {};
  await new Promise<void>((done, fail) => socket.once("connect", done).once("error", fail));
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (let found = decode(received); found; found = decode(received)) {
      replies.push(plain(found.reply));
      received = received.subarray(found.size);
    }
    arrived();
  });
  const next = async () => {
    while (replies.length === 0) {
      await new Promise<void>((done) => {
        arrived = done;
      });
    }
    return replies.shift();
  };
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
        ["ZADD words 0 b 0 a 0 c", 3],
        ["ZRANGEBYLEX words [a (c", ["a", "b"]],
        ["ZREVRANGEBYLEX words + (a LIMIT 0 1", ["c"]],
        ["ZLEXCOUNT words - +", 3],
        ["ZRANGEBYLEX words a c", "! ERR min or max not valid string range item"],
        ["BZPOPMIN none words 1", ["words", "a", "0"]],
        ["ZMSCORE words b a", ["0", null]],
      ],
    ],
    [
      "positions in lists",
      [
        ["RPUSH l a b c b", 4],
        ["LPOS l b", 1],
        ["LPOS l b RANK -1", 3],
        ["LPOS l b COUNT 0", [1, 3]],
        ["LPOS l x", null],
        ["LINSERT l AFTER a z", 5],
        ["LINSERT l BEFORE none z", -1],
        ["LRANGE l 0 1", ["a", "z"]],
      ],
    ],
    [
      "streams",
      [
        ["XADD s 1-1 n one", "1-1"],
        ["XADD s 1-* n two", "1-2"],
        ["XADD s 1-2 n x", "! ERR The ID specified in XADD is equal or smaller than the target stream top item"],
        ["XADD s MAXLEN ~ 2 5 n three", "5-0"],
        ["XADD other NOMKSTREAM * a b", null],
        ["XLEN s", 2],
        [
          "XRANGE s - +",
          [
            ["1-2", ["n", "two"]],
            ["5-0", ["n", "three"]],
          ],
        ],
        ["XRANGE s (1-2 +", [["5-0", ["n", "three"]]]],
        ["XREVRANGE s + - COUNT 1", [["5-0", ["n", "three"]]]],
        ["XREAD COUNT 1 STREAMS s none 0 0", [["s", [["1-2", ["n", "two"]]]]]],
        ["XREAD STREAMS s $", null],
        ["XREAD STREAMS s other 0", expect.stringMatching(/^! ERR Unbalanced/)],
        ["XGROUP CREATE none g $", expect.stringMatching(/^! ERR The XGROUP subcommand requires the key to exist/)],
        ["XGROUP CREATE s g 0", "+OK"],
        ["XGROUP CREATE s g 0", "! BUSYGROUP Consumer Group name already exists"],
        ["XREADGROUP GROUP g ana COUNT 1 STREAMS s >", [["s", [["1-2", ["n", "two"]]]]]],
        ["XREADGROUP GROUP g eva STREAMS s >", [["s", [["5-0", ["n", "three"]]]]]],
        ["XREADGROUP GROUP g eva STREAMS s >", null],
        ["XREADGROUP GROUP g ana STREAMS s 0", [["s", [["1-2", ["n", "two"]]]]]],
        [
          "XPENDING s g",
          [
            2,
            "1-2",
            "5-0",
            [
              ["ana", "1"],
              ["eva", "1"],
            ],
          ],
        ],
        ["XCLAIM s g eva 0 1-2 JUSTID", ["1-2"]],
        ["XACK s g 1-2 9-9", 1],
        ["XAUTOCLAIM s g ana 0 0", ["0-0", [["5-0", ["n", "three"]]], []]],
        ["XAUTOCLAIM s g ana 60000 0", ["0-0", [], []]],
        ["XPENDING s g - + 10 eva", []],
        ["XREADGROUP GROUP x ana STREAMS s >", "! NOGROUP No such key 's' or consumer group 'x'"],
        ["XDEL s 5-0 7-0", 1],
        ["XTRIM s MINID 9", 1],
        ["TYPE s", "+stream"],
        ["XINFO STREAM s", expect.arrayContaining(["length", 0, "last-generated-id", "5-0", "groups", 1])],
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
        ["PFADD x 0", "! ERR bia-infra sandbox: it does not emulate PFADD. On AWS it exists."],
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

  it.each<[string, string, string[], unknown]>([
    ["asks for keys", "return {redis.call('INCR', KEYS[1]), ARGV[1]}", ["1", "k", "x"], [1, "x"]],
    [
      "counts in doubles",
      "return tostring(86400000 * 30) .. ' ' .. 0x100000000 * 2 .. ' ' .. 10 / 4",
      ["0"],
      "2592000000 8589934592 2.5",
    ],
    ["gives whole numbers", "return {3.99, true, false, 'a', nil, 'after'}", ["0"], [3, 1, null, "a"]],
    [
      "gives and takes statuses",
      "return redis.call('SET', 'a', 'b')['ok'] .. redis.status_reply('Y').ok",
      ["0"],
      "OKY",
    ],
    ["has a status of its own", "return {ok = 'FINE'}", ["0"], "+FINE"],
    ["refuses", "return redis.error_reply('MINE no')", ["0"], "! MINE no"],
    [
      "goes on after pcall",
      "redis.call('SET', 'a', 1); return redis.pcall('LPUSH', 'a', 'x').err",
      ["0"],
      "WRONGTYPE Operation against a key holding the wrong kind of value",
    ],
    [
      "ends at call",
      "redis.call('SET', 'a', 1); redis.call('LPUSH', 'a', 'x')",
      ["0"],
      expect.stringMatching(/^! WRONGTYPE .* script: [0-9a-f]{40}, on @user_script/),
    ],
    [
      "makes no globals",
      "x = 1",
      ["0"],
      expect.stringMatching(/^! ERR user_script:1: Attempt to modify a readonly table script: /),
    ],
    [
      "knows none",
      "return y",
      ["0"],
      expect.stringMatching(/^! ERR user_script:1: Script attempted to access nonexistent global variable 'y'/),
    ],
    [
      "is Lua",
      "return !",
      ["0"],
      expect.stringMatching(/^! ERR Error compiling script \(new function\): user_script:1: /),
    ],
    [
      "waits for nothing",
      "return redis.call('BLPOP', 'a', 0)",
      ["0"],
      expect.stringMatching(/^! ERR This Redis command is not allowed from script/),
    ],
    [
      "reads and writes JSON",
      "local v = cjson.decode(ARGV[1]); v.b[1] = cjson.null; return cjson.encode({v.a, v.b, v.c == cjson.null})",
      ["0", '{"a":"é","b":[1,2],"c":null}'],
      '["é",[null,2],true]',
    ],
    [
      "reads and writes MessagePack",
      "return cjson.encode(cmsgpack.unpack(cmsgpack.pack({1, -200, 1.5, 'a', {x = true}, {{}}, 1e12})))",
      ["0"],
      '[1,-200,1.5,"a",{"x":true},[{}],1000000000000]',
    ],
    ["wants as many keys", "return 1", ["2", "a"], "! ERR Number of keys can't be greater than number of args"],
  ])("runs a script that %s", async (_, script, rest, reply) => {
    const { ask, end } = await client();
    expect(await ask("EVAL", script, ...rest)).toEqual(reply);
    end();
  });

  it("runs scripts by their digest, also within a transaction", async () => {
    const { ask, end } = await client();
    const sha = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"; // of `return 1`, as in redis's documentation
    expect(await ask("EVALSHA", sha, "0")).toBe("! NOSCRIPT No matching script. Please use EVAL.");
    expect(await ask("SCRIPT", "LOAD", "return 1")).toBe(sha);
    expect(await ask("SCRIPT", "EXISTS", sha, "0".repeat(40))).toEqual([1, 0]);
    await ask("MULTI");
    await ask("EVALSHA", sha, "0");
    await ask("EVAL", "return nil", "0");
    expect(await ask("EXEC")).toEqual([1, null]);
    expect(await ask("SCRIPT", "FLUSH")).toBe("+OK");
    expect(await ask("EVALSHA", sha, "0")).toMatch(/^! NOSCRIPT/);
    end();
  });

  it("lets a script wake who waits for a stream, and who listens", async () => {
    const [one, other, listener] = [await client(), await client(), await client()];
    await listener.ask("SUBSCRIBE", "jobs");
    one.send("XREAD", "BLOCK", "0", "STREAMS", "s", "$");
    await other.ask(
      "EVAL",
      "redis.call('XADD', KEYS[1], '7-0', 'a', '1'); return redis.call('PUBLISH', 'jobs', 'new')",
      "1",
      "s",
    );
    expect(await one.next()).toEqual([["s", [["7-0", ["a", "1"]]]]]);
    expect(await listener.next()).toEqual(["message", "jobs", "new"]);
    expect(await one.ask("XREAD", "BLOCK", "20", "STREAMS", "s", "$")).toBeNull();
    for (const { end } of [one, other, listener]) end();
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
