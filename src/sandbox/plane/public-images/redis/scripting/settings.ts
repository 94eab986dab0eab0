/** Read by fengari when it is loaded: whole numbers are written without a point, as in Lua 5.1. */
process.env.FENGARICONF = JSON.stringify({ LUA_COMPAT_FLOATSTRING: true });
