import lobject from "fengari/src/lobject.js";

const LUA_5_1 = `
unpack = table.unpack
loadstring = load
table.getn = function(list) return #list end
table.maxn = function(list) local most = 0 for at in pairs(list) do if type(at) == "number" and at > most then most = at end end return most end
math.pow = function(base, exponent) return base ^ exponent end
math.mod = math.fmod
dofile = nil
loadfile = nil
print = nil
bit = {
  band = function(a, b) return a & b end, bor = function(a, b) return a | b end, bxor = function(a, b) return a ~ b end,
  bnot = function(a) return ~a end, lshift = function(a, n) return a << n end, rshift = function(a, n) return a >> n end,
}
setmetatable(_G, {
  __index = function(_, name) error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2) end,
  __newindex = function(_, name) error("Attempt to modify a readonly table", 2) end,
})
`;

/**
 * What a script of redis finds, whose Lua is 5.1, in a Lua of version 5.3; also that it may make no globals of its own.
 * (https://redis.io/docs/latest/develop/interact/programmability/lua-api/)
 */
export const prelude = Buffer.from(LUA_5_1);

/**
 * In Lua 5.1 every number is a double; of 5.3 those that are written without a point are integers, here of 32 bits, which
 * times in milliseconds would overflow, and hexadecimal ones do silently.
 */
export function makeEveryNumberADouble(): void {
  const parse = lobject.luaO_str2num;
  lobject.luaO_str2num = (text, value) => {
    const taken = parse(text, value);
    if (taken > 0 && value.ttisinteger()) {
      const written = Number(Buffer.from(text.subarray(0, taken - 1)).toString("latin1"));
      value.setfltvalue(Number.isNaN(written) ? value.value : written);
    }
    return taken;
  };
}
