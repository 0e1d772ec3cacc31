#!lua
-- Takes units for each order that may have them, in turn, and writes an intent for it.
-- KEYS: gate, intents, bought, orders. ARGV: number, member, quantity, keyed (1 or 0) of each order.
-- Answers nil without a gate, else the time in milliseconds and for each order its intent or why there is none.
local gate = redis.call('HMGET', KEYS[1], 'free', 'open', 'close', 'limit')
if not gate[1] then
    return nil
end
local free, open, close, limit = tonumber(gate[1]), tonumber(gate[2]), tonumber(gate[3]), tonumber(gate[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function refusal(number, member, quantity, keyed)
    local known = keyed and redis.call('HGET', KEYS[4], number)
    if known then
        return tonumber(known) == quantity and 'again' or 'key_reused'
    elseif now < open then
        return 'not_open'
    elseif now >= close then
        return 'sale_closed'
    elseif limit > 0 and (tonumber(redis.call('HGET', KEYS[3], member)) or 0) + quantity > limit then
        return 'limit_reached'
    elseif quantity > free then
        return 'sold_out'
    end
end

local answers, taken = { now }, 0
for i = 1, #ARGV, 4 do
    local number, member, quantity, keyed = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), ARGV[i + 3] == '1'
    local answer = refusal(number, member, quantity, keyed)
    if not answer then
        free, taken = free - quantity, taken + quantity
        if limit > 0 then
            redis.call('HINCRBY', KEYS[3], member, quantity)
        end
        if keyed then
            redis.call('HSET', KEYS[4], number, quantity)
        end
        answer = redis.call('XADD', KEYS[2], '*', 'n', number, 'm', member, 'q', quantity, 't', now)
    end
    answers[#answers + 1] = answer
end
if taken > 0 then
    redis.call('HINCRBY', KEYS[1], 'free', -taken)
end
return answers
