#!lua
-- Removes a gate and all that belongs to it, unless units are reserved.
-- KEYS: gate, intents, bought, orders, dirty.
if redis.call('XLEN', KEYS[2]) > 0 then
    return 0
end
redis.call('DEL', unpack(KEYS))
return 1
