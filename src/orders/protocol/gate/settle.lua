#!lua
-- Removes decided intents and gives back what was not sold. Only whoever removes an intent gives its units back, so it happens once.
-- KEYS: gate, intents, bought. ARGV: intent, member, units to give back (0 when sold) of each order.
local back = 0
local there = redis.call('EXISTS', KEYS[1]) == 1
for i = 1, #ARGV, 3 do
    local units = tonumber(ARGV[i + 2])
    if redis.call('XDEL', KEYS[2], ARGV[i]) == 1 and units > 0 and there then
        back = back + units
        if redis.call('HEXISTS', KEYS[3], ARGV[i + 1]) == 1 then
            redis.call('HINCRBY', KEYS[3], ARGV[i + 1], -units)
        end
    end
end
if back > 0 then
    redis.call('HINCRBY', KEYS[1], 'free', back)
end
return back
