import { lua } from "fengari";
import { Failure } from "../protocol.ts";
import { pack, unpack } from "./message-pack.ts";
import { addFunctions, bytesAt, NULL, type Plain, plainOf, pushPlain, text } from "./values.ts";

/** The libraries `cjson` and `cmsgpack` of scripts. */
export function addSerialisers(state: lua.State): void {
  lua.lua_createtable(state, 0, 3);
  addFunctions(state, {
    encode: (inner) => pushPlain(inner, text(JSON.stringify(jsonOf(plainOf(inner, 1))))),
    decode: (inner) => pushPlain(inner, ofJson(parsed(bytesAt(inner, 1).toString())), "cjson.null"),
  });
  lua.lua_pushlightuserdata(state, NULL);
  lua.lua_setfield(state, -2, text("null"));
  lua.lua_setglobal(state, text("cjson"));
  lua.lua_createtable(state, 0, 2);
  addFunctions(state, {
    pack: (inner) => pushPlain(inner, pack(plainOf(inner, 1))),
    unpack: (inner) => pushPlain(inner, unpack(bytesAt(inner, 1))),
  });
  lua.lua_setglobal(state, text("cmsgpack"));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Failure(`ERR ${(error as Error).message}`);
  }
}

function ofJson(value: unknown): Plain {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return value.map(ofJson);
  if (value === null || typeof value !== "object") return value as Plain;
  return new Map(Object.entries(value).map(([key, one]): [Plain, Plain] => [text(key), ofJson(one)]));
}

function jsonOf(plain: Plain): unknown {
  if (plain instanceof Uint8Array) return Buffer.from(plain).toString("utf8");
  if (Array.isArray(plain)) return plain.map(jsonOf);
  if (!(plain instanceof Map)) return plain;
  return Object.fromEntries([...plain].map(([key, one]) => [String(jsonOf(key)), jsonOf(one)]));
}
