-- One decision over any number of rates (GCRA): all of them are spent, or none.
--
-- KEYS  1 the remembered admission, 2 uses of the organization's secrets, 3... a limit's counter each; one hash tag for all.
-- ARGV  1 now in us, '' for this server's clock     2 'spend', or 'peek' to spend nothing
--       3 what the memory is bound to, '' to neither look nor remember     4 how long it is kept, ms
--       5 decision id     6 public id of the secret     7 how it was used: version|address|agent
--       and for each limit: id, cost, count, period (so many in so many us), burst, 'block' or 'warn'
-- Answers outcome|decision id|now|id,short,remaining,reset,retry;...
--       outcome: admitted, refused, peeked, replayed or mismatch; reset and retry in us, retry -1 for never.
--
-- A counter is what was owed when it was last written, and when that was. A debt is counted in 1/count us: in these units one
-- request costs exactly `period`, and every number is an integer below 2^53, so that nothing is rounded in the caller's favour.
local spend, bound, whole = ARGV[2] == 'spend', ARGV[3], '%.0f'
if spend and bound ~= '' then
  local seen = redis.call('GET', KEYS[1])
  if seen then
    if seen:sub(1, #bound + 1) ~= bound .. '|' then return 'mismatch||0|' end
    return 'replayed|' .. seen:sub(#bound + 2)
  end
end

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end

-- Kept as 'written/owed/count'. Under another count the debt is rounded up to a whole us; above the room it stems from earlier
-- numbers of the rule, and is judged as if the last call had met the present ones. A clock set back pays nothing.
local function debt(kept, count, room)
  local written, owed, of = kept:match('^(%d+)/(%d+)/(%d+)$')
  owed = tonumber(owed)
  if tonumber(of) ~= count then owed = math.ceil(owed / tonumber(of)) * count end
  return math.max(0, math.min(owed, room) - math.max(0, now - tonumber(written)) * count)
end

local n = #KEYS - 2
local counters = n > 0 and redis.call('MGET', unpack(KEYS, 3)) or {}
local limits, refused = {}, false
for i = 1, n do
  local o = 2 + i * 6
  local cost, count, period = tonumber(ARGV[o + 1]), tonumber(ARGV[o + 2]), tonumber(ARGV[o + 3])
  local room, blocks = tonumber(ARGV[o + 4]) * period, ARGV[o + 5] == 'block'
  local owed = counters[i] and debt(counters[i], count, room) or 0
  local after = owed + (spend and cost * period or 0)
  local short = after > room
  if short and blocks then refused = true end
  limits[i] = {
    id = ARGV[o], count = count, period = period, room = room, before = owed, after = math.min(after, room),
    short = short, never = cost * period > room, retry = short and blocks and math.ceil((after - room) / count) or 0,
  }
end

local rows = {}
for i, limit in ipairs(limits) do
  local owed = refused and limit.before or limit.after
  local remaining = math.floor((limit.room - owed) / limit.period)
  local retry = (limit.never and limit.retry > 0) and -1 or limit.retry
  rows[i] = string.format(
    '%s,%d,%.0f,%.0f,%.0f', limit.id, limit.short and 1 or 0, remaining, math.ceil(owed / limit.count), retry)
end
local answer = ARGV[5] .. '|' .. whole:format(now) .. '|' .. table.concat(rows, ';')
if refused then return 'refused|' .. answer end

for i, limit in ipairs(limits) do
  if limit.after > limit.before then
    local kept = string.format('%.0f/%.0f/%.0f', now, limit.after, limit.count)
    -- A minute longer than the debt: were the clock to stand still, expiry must not be what refills the bucket.
    redis.call('SET', KEYS[i + 2], kept, 'PX', whole:format(math.ceil(limit.after / limit.count / 1000) + 60000))
  end
end
if ARGV[6] ~= '' then
  local used = redis.call('HGET', KEYS[2], ARGV[6])
  local first = used and used:match('^(%d+)|') or whole:format(now)
  redis.call('HSET', KEYS[2], ARGV[6], first .. '|' .. whole:format(now) .. '|' .. ARGV[7])
end
if not spend then return 'peeked|' .. answer end
if bound ~= '' then redis.call('SET', KEYS[1], bound .. '|' .. answer, 'PX', ARGV[4]) end
return 'admitted|' .. answer
