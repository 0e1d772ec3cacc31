#!lua
-- Counts a try at an account's password before it is made, or says how long the next one has to wait, in milliseconds.
-- KEYS: tries, wait. ARGV: free tries, longest wait in seconds, seconds for which tries count.
local wait = redis.call('PTTL', KEYS[2])
if wait > 0 then
    return wait
end
local tries = redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
local free = tonumber(ARGV[1])
if tries >= free then
    redis.call('SET', KEYS[2], 1, 'EX', math.min(2 ^ math.min(tries - free, 20), tonumber(ARGV[2])))
end
return 0
