import { lua } from "fengari";
import { Failure, Pairs, type Reply, Simple } from "../protocol.ts";

type State = lua.State;

/** A null in a table, where Lua's nil would be nothing: `cjson.null`. */
export const NULL = { isNull: true };

/** What JSON and MessagePack are made of. Texts are bytes. */
export type Plain = null | boolean | number | Uint8Array | readonly Plain[] | ReadonlyMap<Plain, Plain>;

export const text = (value: string): Uint8Array => Buffer.from(value);

/** The value at a place of the stack. @throws Failure for a function and the like */
export function plainOf(state: State, index: number): Plain {
  const type = lua.lua_type(state, index);
  if (type === lua.LUA_TNIL || type === lua.LUA_TLIGHTUSERDATA) return null;
  if (type === lua.LUA_TBOOLEAN) return lua.lua_toboolean(state, index);
  if (type === lua.LUA_TNUMBER) return lua.lua_tonumber(state, index);
  if (type === lua.LUA_TSTRING) return Buffer.from(lua.lua_tostring(state, index));
  if (type !== lua.LUA_TTABLE) throw new Failure("ERR Cannot serialise a value that is no data");
  const entries = entriesOf(state, lua.lua_absindex(state, index));
  const isList = entries.size > 0 && [...entries.keys()].every((key) => Number.isInteger(key) && inList(key, entries));
  return isList ? Array.from({ length: entries.size }, (_, at) => entries.get(at + 1) ?? null) : entries;
}

const inList = (key: Plain, entries: ReadonlyMap<Plain, Plain>) => Number(key) >= 1 && Number(key) <= entries.size;

function entriesOf(state: State, table: number): Map<Plain, Plain> {
  const entries = new Map<Plain, Plain>();
  lua.lua_pushnil(state);
  while (lua.lua_next(state, table) !== 0) {
    entries.set(plainOf(state, -2), plainOf(state, -1));
    lua.lua_pop(state, 1);
  }
  return entries;
}

/** Puts a value on the stack. @returns how many values that are */
export function pushPlain(state: State, value: Plain, whenNull: "nil" | "cjson.null" = "nil"): number {
  if (value === null && whenNull === "nil") lua.lua_pushnil(state);
  else if (value === null) lua.lua_pushlightuserdata(state, NULL);
  else if (typeof value === "boolean") lua.lua_pushboolean(state, value);
  else if (typeof value === "number") lua.lua_pushnumber(state, value);
  else if (value instanceof Uint8Array) lua.lua_pushstring(state, value);
  else pushTable(state, value, whenNull);
  return 1;
}

function pushTable(
  state: State,
  value: readonly Plain[] | ReadonlyMap<Plain, Plain>,
  whenNull: "nil" | "cjson.null",
): void {
  lua.lua_createtable(state, 0, 0);
  const entries: Iterable<[Plain, Plain]> =
    value instanceof Map ? value : (value as readonly Plain[]).map((one, at): [Plain, Plain] => [at + 1, one]);
  for (const [key, one] of entries) {
    pushPlain(state, key);
    pushPlain(state, one, whenNull);
    lua.lua_rawset(state, -3);
  }
}

/** What a command answered, as scripts see it. (https://redis.io/docs/latest/develop/interact/programmability/lua-api/#data-type-conversion) */
export function pushReply(state: State, reply: Reply): void {
  if (reply === null) lua.lua_pushboolean(state, false);
  else if (typeof reply === "number") lua.lua_pushnumber(state, reply);
  else if (typeof reply === "string" || Buffer.isBuffer(reply)) lua.lua_pushstring(state, Buffer.from(reply as string));
  else if (reply instanceof Simple) pushNamed(state, "ok", reply.text);
  else if (reply instanceof Failure) pushNamed(state, "err", reply.message);
  else {
    const items = reply instanceof Pairs ? reply.list : reply;
    lua.lua_createtable(state, items.length, 0);
    for (const [at, item] of items.entries()) {
      pushReply(state, item);
      lua.lua_rawseti(state, -2, at + 1);
    }
  }
}

/** A table of one field: `{ ok = ... }`, `{ err = ... }`. @returns how many values that are */
export function pushNamed(state: State, name: "ok" | "err", value: string): number {
  lua.lua_createtable(state, 0, 1);
  lua.lua_pushstring(state, Buffer.from(value, "latin1"));
  lua.lua_setfield(state, -2, text(name));
  return 1;
}

/** The text at a place of the stack. @throws Failure where there is none */
export function bytesAt(state: State, index: number): Buffer {
  const type = lua.lua_type(state, index);
  if (type !== lua.LUA_TSTRING && type !== lua.LUA_TNUMBER) throw new Failure("ERR bad argument (string expected)");
  return Buffer.from(lua.lua_tostring(state, index));
}

/** Puts functions into the table on top; what they refuse becomes an error of Lua. */
export function addFunctions(state: State, functions: Readonly<Record<string, lua.Act>>): void {
  for (const [name, act] of Object.entries(functions)) {
    lua.lua_pushcfunction(state, (inner) => {
      try {
        return act(inner);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        pushReply(inner, error);
        return lua.lua_error(inner);
      }
    });
    lua.lua_setfield(state, -2, text(name));
  }
}

/** What a script gives back, as clients see it. */
export function replyOf(state: State, index: number): Reply {
  const type = lua.lua_type(state, index);
  if (type === lua.LUA_TNUMBER) return Math.trunc(lua.lua_tonumber(state, index));
  if (type === lua.LUA_TSTRING) return Buffer.from(lua.lua_tostring(state, index));
  if (type === lua.LUA_TBOOLEAN) return lua.lua_toboolean(state, index) ? 1 : null;
  if (type !== lua.LUA_TTABLE) return null;
  const table = lua.lua_absindex(state, index);
  const error = fieldOf(state, table, "err");
  if (error !== undefined) return new Failure(error);
  const status = fieldOf(state, table, "ok");
  if (status !== undefined) return new Simple(status);
  const items: Reply[] = [];
  while (lua.lua_rawgeti(state, table, items.length + 1) !== lua.LUA_TNIL) {
    const item = replyOf(state, -1);
    lua.lua_pop(state, 1);
    items.push(item);
  }
  lua.lua_pop(state, 1);
  return items;
}

function fieldOf(state: State, table: number, name: "ok" | "err"): string | undefined {
  lua.lua_pushstring(state, text(name));
  lua.lua_rawget(state, table);
  const value = lua.lua_type(state, -1) === lua.LUA_TSTRING ? bytesAt(state, -1).toString("latin1") : undefined;
  lua.lua_pop(state, 1);
  return value;
}
