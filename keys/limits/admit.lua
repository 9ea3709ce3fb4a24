-- One decision: is the identity still what the caller read, was this call admitted before, and which limits does it meet?
-- Of any number of rates (GCRA) all are spent, or none.
--
-- KEYS  1 the organization's token, 2 the remembered admission, 3 uses of its secrets, 4 its tally, 5... a limit's counter
--       each; one hash tag for all.
-- ARGV  1 now in us, '' for this server's clock
--       2 'spend', or 'peek' to spend nothing, or 'tell' where a check has failed and no limit is asked
--       3 what the memory is bound to, '' to neither look nor remember     4 how long it is kept, ms
--       5 decision id, random     6 public id of the secret, '' to note no use     7 how it was used: version|address|agent
--       8 the token that was read before the identity was     9 the verdict that is told, '' to count none     10 units
--       and for each limit: id, cost, count, period (so many in so many us), burst, 'block' or 'warn'
-- Answers outcome|decision id|now|id,short,remaining,reset,retry;...
--       outcome: admitted, refused, peeked, told, replayed or mismatch; reset and retry in us, retry -1 for never.
--       Or stale||0|token: the identity is to be read again, and comes with this token.
--
-- A counter is what was owed when it was last written, and when that was. A debt is counted in 1/count us: in these units one
-- request costs exactly `period`, and every number is an integer below 2^53, so that nothing is rounded in the caller's favour.
local mode, bound, whole = ARGV[2], ARGV[3], '%.0f'
local spend = mode == 'spend'

-- Before all else: what has changed since is neither admitted nor refused, and not answered once more either.
local token = redis.call('GET', KEYS[1])
if not token then
  token = ARGV[5]
  redis.call('SET', KEYS[1], token)
end
if token ~= ARGV[8] then return 'stale||0|' .. token end

if spend and bound ~= '' then
  local seen = redis.call('GET', KEYS[2])
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

-- Calls and their units in one number, units * 2^26 + calls, by minute, secret, version, verdict, limit and caller. Of very
-- many callers none is told apart: a field for each would be what fills the store.
local function tally(code, limit)
  if ARGV[6] == '' then return end
  local version, caller = ARGV[7]:match('^([^|]*)|(.*)$')
  if redis.call('HLEN', KEYS[4]) > 20000 then caller = '|' end
  local field = table.concat({ whole:format(math.floor(now / 60000000)), ARGV[6], version, code, limit, caller }, '|')
  redis.call('HINCRBY', KEYS[4], field, whole:format(tonumber(ARGV[10]) * 67108864 + 1))
end

if mode == 'tell' then
  if ARGV[9] ~= '' then tally(ARGV[9], '') end
  return 'told|' .. ARGV[5] .. '|' .. whole:format(now) .. '|'
end

-- Kept as 'written/owed/count'. Under another count the debt is rounded up to a whole us; above the room it stems from earlier
-- numbers of the rule, and is judged as if the last call had met the present ones. A clock set back pays nothing.
local function debt(kept, count, room)
  local written, owed, of = kept:match('^(%d+)/(%d+)/(%d+)$')
  owed = tonumber(owed)
  if tonumber(of) ~= count then owed = math.ceil(owed / tonumber(of)) * count end
  return math.max(0, math.min(owed, room) - math.max(0, now - tonumber(written)) * count)
end

local n = #KEYS - 4
local counters = n > 0 and redis.call('MGET', unpack(KEYS, 5)) or {}
local limits, refused = {}, nil
for i = 1, n do
  local o = 5 + i * 6
  local cost, count, period = tonumber(ARGV[o + 1]), tonumber(ARGV[o + 2]), tonumber(ARGV[o + 3])
  local room, blocks = tonumber(ARGV[o + 4]) * period, ARGV[o + 5] == 'block'
  local owed = counters[i] and debt(counters[i], count, room) or 0
  local after = owed + (spend and cost * period or 0)
  local short = after > room
  if short and blocks then refused = refused or ARGV[o] end
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
if refused then
  tally('RATE_LIMITED', refused)
  return 'refused|' .. answer
end

for i, limit in ipairs(limits) do
  if limit.after > limit.before then
    local kept = string.format('%.0f/%.0f/%.0f', now, limit.after, limit.count)
    -- A minute longer than the debt: were the clock to stand still, expiry must not be what refills the bucket.
    redis.call('SET', KEYS[i + 4], kept, 'PX', whole:format(math.ceil(limit.after / limit.count / 1000) + 60000))
  end
end
if ARGV[6] ~= '' then
  local used = redis.call('HGET', KEYS[3], ARGV[6])
  local first = used and used:match('^(%d+)|') or whole:format(now)
  redis.call('HSET', KEYS[3], ARGV[6], first .. '|' .. whole:format(now) .. '|' .. ARGV[7])
end
if not spend then return 'peeked|' .. answer end
tally('VALID', '')
if bound ~= '' then redis.call('SET', KEYS[2], bound .. '|' .. answer, 'PX', ARGV[4]) end
return 'admitted|' .. answer
