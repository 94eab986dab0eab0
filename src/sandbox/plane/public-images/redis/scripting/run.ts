import "./settings.ts";

import { lauxlib, lua, lualib } from "fengari";
import { Failure, type Reply } from "../protocol.ts";
import { makeEveryNumberADouble, prelude } from "./dialect.ts";
import { digest } from "./digest.ts";
import { addSerialisers } from "./serialised.ts";
import { addFunctions, bytesAt, pushNamed, pushReply, replyOf, text } from "./values.ts";

/** Performs a command of a script. @throws Failure */
export type Perform = (words: readonly string[]) => Reply;

/** What a script is called with. */
export interface Given {
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

const LIBRARIES = {
  _G: lualib.luaopen_base,
  table: lualib.luaopen_table,
  string: lualib.luaopen_string,
  math: lualib.luaopen_math,
};

makeEveryNumberADouble();

/** Runs scripts, one at a time, and keeps what they are compiled to. Texts are bytes, as latin1. */
export class ScriptEngine {
  readonly #state = lauxlib.luaL_newstate();
  readonly #compiled = new Map<string, number>();
  #perform: Perform = () => null;

  constructor() {
    for (const [name, open] of Object.entries(LIBRARIES)) {
      lauxlib.luaL_requiref(this.#state, text(name), open, 1);
      lua.lua_pop(this.#state, 1);
    }
    addSerialisers(this.#state);
    for (const name of ["redis", "server"]) this.#addCommands(name);
    this.#setList("KEYS", []);
    this.#setList("ARGV", []);
    this.#load(prelude);
    lua.lua_call(this.#state, 0, 0);
  }

  /** @throws Failure for what is no Lua */
  compile(script: string): void {
    const sha = digest(script);
    if (this.#compiled.has(sha)) return;
    if (this.#load(Buffer.from(script, "latin1")) !== lua.LUA_OK) {
      throw new Failure(`ERR Error compiling script (new function): ${this.#thrown()}`);
    }
    this.#compiled.set(sha, lauxlib.luaL_ref(this.#state, lua.LUA_REGISTRYINDEX));
  }

  /** @throws Failure for what is no Lua, and with what the script throws */
  run(script: string, { keys, args }: Given, perform: Perform): Reply {
    this.compile(script);
    const sha = digest(script);
    this.#perform = perform;
    this.#setList("KEYS", keys);
    this.#setList("ARGV", args);
    lua.lua_rawgeti(this.#state, lua.LUA_REGISTRYINDEX, this.#compiled.get(sha) ?? 0);
    const isDone = lua.lua_pcall(this.#state, 0, 1, 0) === lua.LUA_OK;
    if (!isDone) {
      const message = this.#thrown();
      throw new Failure(`${/^[A-Z]+ /.test(message) ? "" : "ERR "}${message} script: ${sha}, on @user_script.`);
    }
    const reply = replyOf(this.#state, -1);
    lua.lua_pop(this.#state, 1);
    return reply;
  }

  #load(code: Uint8Array): number {
    return lauxlib.luaL_loadbuffer(this.#state, code, code.length, text("@user_script"));
  }

  /** What has been thrown: a text, or a table of what a command answered. */
  #thrown(): string {
    const thrown = replyOf(this.#state, -1);
    lua.lua_pop(this.#state, 1);
    return thrown instanceof Failure ? thrown.message : String(thrown);
  }

  #setList(name: "KEYS" | "ARGV", items: readonly string[]): void {
    pushReply(
      this.#state,
      items.map((item) => Buffer.from(item, "latin1")),
    );
    lua.lua_setglobal(this.#state, text(name));
  }

  #addCommands(name: string): void {
    lua.lua_createtable(this.#state, 0, 16);
    addFunctions(this.#state, {
      call: (state) => {
        const reply = this.#called(state);
        pushReply(state, reply);
        if (reply instanceof Failure) lua.lua_error(state);
        return 1;
      },
      pcall: (state) => {
        pushReply(state, this.#called(state));
        return 1;
      },
      error_reply: (state) => pushNamed(state, "err", bytesAt(state, 1).toString("latin1")),
      status_reply: (state) => pushNamed(state, "ok", bytesAt(state, 1).toString("latin1")),
      sha1hex: (state) => {
        lua.lua_pushstring(state, text(digest(bytesAt(state, 1).toString("latin1"))));
        return 1;
      },
      log: () => 0,
      setresp: () => 0,
      replicate_commands: (state) => {
        lua.lua_pushboolean(state, true);
        return 1;
      },
    });
    for (const [at, level] of ["LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING"].entries()) {
      lua.lua_pushnumber(this.#state, at);
      lua.lua_setfield(this.#state, -2, text(level));
    }
    lua.lua_setglobal(this.#state, text(name));
  }

  #called(state: lua.State): Reply {
    try {
      return this.#perform(Array.from({ length: lua.lua_gettop(state) }, (_, at) => wordAt(state, at + 1)));
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
  }
}

function wordAt(state: lua.State, at: number): string {
  const type = lua.lua_type(state, at);
  if (type === lua.LUA_TNUMBER) return String(lua.lua_tonumber(state, at));
  if (type === lua.LUA_TSTRING) return bytesAt(state, at).toString("latin1");
  throw new Failure("ERR Lua redis lib command arguments must be strings or integers");
}
