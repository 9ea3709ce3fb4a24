-- Counts an admission that was made while this store was away: nothing is refused any more, and each counts once.
--
-- KEYS  1 the organization's tally, 2 where the admission is remembered, then a counter for each limit, then for each
--       limit of kind OPEN what was admitted and not reported yet; one hash tag for all
-- ARGV  1 the limits as JSON, as admit.lua has them: kind, cost, a, b, c, d, blocks, id     2 when it was admitted, us
--       3 how long a job runs unless it is renewed, ms     4 by what the job is known     5 what the memory is bound to
--       6 the decision's id     7 '|secret|version|'     8 address|agent of the caller     9 units * 2^26 + 1
-- Answers 0 where it was counted, -1 where it had been before, and the place of a limit whose counter is to be seeded.
local call, floor, ceil, packed, unpacked = redis.call, math.floor, math.ceil, struct.pack, struct.unpack
local RATE, WINDOW, OPEN, JOBS = 0, 1, 2, 3
local REMEMBERED_MS, LARGEST_TALLY = 900000, 20000

if call('EXISTS', KEYS[2]) == 1 then return -1 end
local time = call('TIME')
local now = time[1] * 1000000 + time[2]
-- By the clock of the process that admitted it, which may be ahead of this one.
local at = math.min(tonumber(ARGV[2]), now)
local now_ms, ends = floor(now / 1000), floor(at / 1000) + ARGV[3]
local limits = cjson.decode(ARGV[1])
for i, v in ipairs(limits) do
  if (v[1] == WINDOW or v[1] == OPEN) and call('EXISTS', KEYS[2 + i]) == 0 then return i end
end

local function owe(counter, cost, count, period, room)
  local kept, written, owed, of = call('GET', counter), at, 0, count
  if kept then written, owed, of = unpacked('<ddd', kept) end
  if of ~= count then owed = ceil(owed / of) * count end
  -- What the store has counted after it is not known to have been paid before: in favour of the limit.
  if at > written then owed, written = math.max(0, owed - (at - written) * count), at end
  owed = math.min(owed + cost * period, room)
  local lives = ceil(owed / count / 1000) + 60000
  call('SET', counter, packed('<ddd', written, owed, count), 'PX', lives)
end

local function use(counter, cost, first)
  local used, was_first = unpacked('<dd', call('GET', counter))
  call('SET', counter, packed('<dd', used + cost, math.min(first or was_first, was_first)), 'KEEPTTL')
end

local opened = 2 + #limits
for i, v in ipairs(limits) do
  local kind, cost, a, b, c, d, counter = v[1], v[2], v[3], v[4], v[5], v[6], KEYS[2 + i]
  if kind == RATE then
    owe(counter, cost, a, b, c)
  elseif kind == WINDOW then
    use(counter, cost)
  elseif kind == OPEN then
    opened = opened + 1
    -- What would have been given back by now is what the ledger says it is.
    if ends > now_ms and call('ZADD', KEYS[opened], ends, ARGV[4] .. ':' .. string.format('%.0f', cost)) == 1 then
      use(counter, cost, ends * 1000)
      call('PEXPIRE', KEYS[opened], math.max(1, ceil((c - now) / 1000)) + 90000000)
    end
  elseif ends > now_ms and d == 1 and (kind == JOBS or call('ZCOUNT', counter, '(' .. now_ms, '+inf') < a) then
    call('ZADD', counter, ends, ARGV[4])
  end
end

local field = floor(at / 60000000) .. ARGV[7] .. 'VALID||'
local caller = call('HLEN', KEYS[1]) > LARGEST_TALLY and '|' or ARGV[8]
call('HINCRBY', KEYS[1], field .. caller, ARGV[9])
-- Asked once more with the same request id it is answered the same, though not with how its limits stood.
call('SET', KEYS[2], ARGV[5] .. '|' .. ARGV[6] .. '|' .. packed('<dd', at, 0), 'PX', REMEMBERED_MS)
return 0
