/**
 * Of fengari what a script needs (https://github.com/fengari-lua/fengari): Lua's C API, whose strings are bytes. Its files import
 * each other in a circle, which works only from its first one.
 */
declare module "fengari" {
  import * as lauxlib from "fengari/src/lauxlib.js";
  import * as lua from "fengari/src/lua.js";
  import * as lualib from "fengari/src/lualib.js";

  export { lauxlib, lua, lualib };
}

declare module "fengari/src/lua.js" {
  /** A thread of Lua with its stack, which counts from 1, and from -1 at its top. */
  export interface State {
    readonly isLua: true;
  }
  /** A function of Lua. @returns how many values it has put on the stack */
  export type Act = (state: State) => number;
  export const LUA_OK: number;
  export const LUA_REGISTRYINDEX: number;
  export const LUA_TNIL: number;
  export const LUA_TBOOLEAN: number;
  export const LUA_TLIGHTUSERDATA: number;
  export const LUA_TNUMBER: number;
  export const LUA_TSTRING: number;
  export const LUA_TTABLE: number;
  export function lua_absindex(state: State, index: number): number;
  export function lua_call(state: State, takes: number, gives: number): void;
  export function lua_createtable(state: State, items: number, fields: number): void;
  export function lua_error(state: State): never;
  export function lua_gettop(state: State): number;
  export function lua_next(state: State, index: number): number;
  export function lua_pcall(state: State, takes: number, gives: number, handler: number): number;
  export function lua_pop(state: State, count: number): void;
  export function lua_pushboolean(state: State, value: boolean): void;
  export function lua_pushcfunction(state: State, value: Act): void;
  export function lua_pushlightuserdata(state: State, value: unknown): void;
  export function lua_pushnil(state: State): void;
  export function lua_pushnumber(state: State, value: number): void;
  export function lua_pushstring(state: State, value: Uint8Array): void;
  export function lua_rawget(state: State, index: number): number;
  export function lua_rawgeti(state: State, index: number, at: number): number;
  export function lua_rawseti(state: State, index: number, at: number): void;
  export function lua_rawset(state: State, index: number): void;
  export function lua_setfield(state: State, index: number, name: Uint8Array): void;
  export function lua_setglobal(state: State, name: Uint8Array): void;
  export function lua_toboolean(state: State, index: number): boolean;
  export function lua_tonumber(state: State, index: number): number;
  export function lua_tostring(state: State, index: number): Uint8Array;
  export function lua_type(state: State, index: number): number;
}

declare module "fengari/src/lauxlib.js" {
  import type { Act, State } from "fengari/src/lua.js";
  export function luaL_loadbuffer(state: State, code: Uint8Array, size: number, name: Uint8Array): number;
  export function luaL_newstate(): State;
  export function luaL_requiref(state: State, name: Uint8Array, open: Act, isGlobal: number): void;
  /** Takes the value on top. @returns its number in the table */
  export function luaL_ref(state: State, table: number): number;
}

declare module "fengari/src/lualib.js" {
  import type { Act } from "fengari/src/lua.js";
  export const luaopen_base: Act;
  export const luaopen_table: Act;
  export const luaopen_string: Act;
  export const luaopen_math: Act;
}

declare module "fengari/src/lobject.js" {
  /** @returns how many bytes it took; 0: it is no number */
  export function luaO_str2num(text: Uint8Array, value: Value): number;
  export interface Value {
    readonly value: unknown;
    ttisinteger(): boolean;
    setfltvalue(value: unknown): void;
  }
  const exports: { luaO_str2num: typeof luaO_str2num };
  export default exports;
}
