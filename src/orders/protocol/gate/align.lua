#!lua
-- Makes the gate say what MySQL says, less what is reserved and undecided. The caller holds the stock row's lock.
-- KEYS: gate, intents, bought, orders, dirty.
-- ARGV: remaining, open, close, limit, version, outdated, all (1: the members given are all there are), how many intents follow,
-- decided intents, then member and units held of each member given.
-- Answers 0 when done, else the version that the gate has seen.
local remaining, limit, version, all = tonumber(ARGV[1]), tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[7] == '1'
local seen = tonumber(redis.call('HGET', KEYS[1], 'version') or version)
-- Either the caller lost its lock without noticing and knows less than the gate, or MySQL has gone back. Only who was told so, and
-- then looked again, knows that what the gate has seen is outdated.
if seen > version and seen ~= tonumber(ARGV[6]) then
    return seen
end
local decided = tonumber(ARGV[8])
for i = 9, 8 + decided do
    redis.call('XDEL', KEYS[2], ARGV[i])
end
local reserved, of_member = 0, {}
for _, intent in ipairs(redis.call('XRANGE', KEYS[2], '-', '+')) do
    local member, units = intent[2][4], tonumber(intent[2][6])
    reserved = reserved + units
    of_member[member] = (of_member[member] or 0) + units
end
if all or limit == 0 then
    redis.call('DEL', KEYS[3], KEYS[5])
end
if limit > 0 then
    for i = 9 + decided, #ARGV, 2 do
        redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1] + (of_member[ARGV[i]] or 0))
        redis.call('SREM', KEYS[5], ARGV[i])
        of_member[ARGV[i]] = nil
    end
    if all then
        for member, units in pairs(of_member) do
            redis.call('HSET', KEYS[3], member, units)
        end
    end
end
redis.call('HSET', KEYS[1], 'free', remaining - reserved, 'open', ARGV[2], 'close', ARGV[3], 'limit', limit, 'version', version)
return 0
