-- One decision: is the identity still what the caller read, was this call admitted before, and which limits does it meet?
-- Of any number of rates (GCRA), calendar windows, running jobs and a reservation all are spent, or none.
--
-- KEYS  1 the organization's token, 2 its tally, 3 uses of its secrets, 4 the remembered admission, 5 its running jobs, then a
--       counter for each limit, then for each limit of kind OPEN what was admitted and not reported yet; one hash tag for all.
-- ARGV  1 the limits, eight doubles each: kind, cost, a, b, c, d, blocks, id   2 their format    3 the answer's format
--       4 '|secret|version|', how a verdict is counted, '' for not at all     5 units * 2^26 + 1, what it is counted by
--       6 how long a job runs unless it is renewed, ms     7 the token that was read before the identity was
--       8 'spend', 'peek' to spend nothing, 'probe' to tell what spending would do, 'tell' where a check has failed
--       9 the id of the decision     10 address|agent of the caller     11 public id of the secret, '' to note no use
--       12 what the memory is bound to, '' to neither look nor remember     13 by what the job is known
--       14 now in us, '' for this server's clock     15 the verdict that is told, '' to count none
--       16 'shared' where shared room was taken for the job, 'free' where none is asked for
--       17 gateway|key|version, what is told of a running job
-- Answers a letter, the decision's id and packed doubles: now, tier, and of each limit id, short, remaining, reset, retry.
--       A admitted, Y replayed, R refused, P not spent, T told, B beyond what is reserved. Or a letter with nothing of this:
--       S and the token: the identity is to be read again. M: admitted before with other values.
--       W and now: a window is not the present one. N and the place of a limit whose counter is to be seeded.
--       Tier: 0 none, 2 within a quota's overage, 10 and the place of the reservation that the job runs in; and 1000 more where a job begins. Times in us; retry -1 for never, -2 where nobody knows.
--
-- Of a rate (a count, b period, c room) the counter is what was owed when it was last written, and when that was. A debt is
-- counted in 1/count us: in these units one request costs exactly `period`, and every number is an integer below 2^53: nothing
-- is rounded in the caller's favour. Of a window (a most, b its start, c its end, d the quota without its overage) it is what
-- was used, and when the first of what is open is given back. Of jobs (a most, d whether one begins) it is when each ends.
local call, floor, ceil, packed, unpacked = redis.call, math.floor, math.ceil, struct.pack, struct.unpack
local RATE, WINDOW, OPEN, JOBS, RESERVED = 0, 1, 2, 3, 4
local NEVER, TAKEN = 9007199254740991, 1000

-- Before all else: what has changed since is neither admitted nor refused, and not answered once more either.
local token = call('GET', KEYS[1])
if token ~= ARGV[7] then
  if not token then
    token = ARGV[9]
    call('SET', KEYS[1], token)
  end
  return 'S' .. token
end

local mode, bound = ARGV[8], ARGV[12]
local spends, counts = mode == 'spend', mode ~= 'peek'
if spends and bound ~= '' then
  local seen = call('GET', KEYS[4])
  if seen then
    if seen:sub(1, #bound + 1) ~= bound .. '|' then return 'M' end
    return 'Y' .. seen:sub(#bound + 2)
  end
end

local now = tonumber(ARGV[14])
if not now then
  local time = call('TIME')
  now = time[1] * 1000000 + time[2]
end

-- Calls and their units in one number, by minute, secret, version, verdict, limit and caller. Of very many callers none is
-- told apart: a field for each would be what fills the store.
local function tally(code, limit)
  if ARGV[4] == '' then return end
  local head = floor(now / 60000000) .. ARGV[4] .. code .. '|' .. limit .. '|'
  local counted = call('HINCRBY', KEYS[2], head .. ARGV[10], ARGV[5])
  if counted == tonumber(ARGV[5]) and call('HLEN', KEYS[2]) > 20000 then
    call('HDEL', KEYS[2], head .. ARGV[10])
    call('HINCRBY', KEYS[2], head .. '|', ARGV[5])
  end
end

if mode == 'tell' then
  if ARGV[15] ~= '' then tally(ARGV[15], '') end
  return 'T' .. ARGV[9] .. '|' .. packed('<dd', now, 0)
end

local v = { unpacked(ARGV[2], ARGV[1]) }
-- Behind the last number stands where it ended.
local n = floor(#v / 8)
local kept = n > 0 and call('MGET', unpack(KEYS, 6, 5 + n))

-- What was admitted longer ago than a job runs, and not reported, is given back.
local function given_back(used, counter, opens)
  for _, one in ipairs(call('ZRANGEBYSCORE', opens, '-inf', floor(now / 1000))) do
    used = math.max(0, used - tonumber(one:match(':(%d+)$')))
    call('ZREM', opens, one)
  end
  local first = call('ZRANGE', opens, 0, 0, 'WITHSCORES')[2]
  first = first and first * 1000 or NEVER
  call('SET', counter, packed('<dd', used, first), 'KEEPTTL')
  return used, first
end

-- Evaluate everything, and write nothing.
local was, is, firsts, opens, rows = {}, {}, {}, {}, { now, 0 }
local refused, verdict, tier, beyond, full, opened, r = nil, 4, 0, false, nil, 5 + n, 2
local runs = ARGV[16] == 'shared'
for i = 1, n do
  local o = i * 8
  local kind, cost, blocks = v[o - 7], v[o - 6], v[o - 1] == 1
  local short, used, after, remaining, reset, retry, rank = 0, 0, nil, nil, 0, 0, nil
  if not counts then cost = 0 end
  if kind == RATE then
    local count, period, room = v[o - 5], v[o - 4], v[o - 3]
    if kept[i] then
      local written, owed, of = unpacked('<ddd', kept[i])
      -- Under another count the debt is rounded up to a whole us; above the room it stems from earlier numbers of the
      -- rule, and is judged as if the last call had met the present ones. A clock set back pays nothing.
      if of ~= count then owed = ceil(owed / of) * count end
      if owed > room then owed = room end
      if now > written then owed = owed - (now - written) * count end
      if owed > 0 then used = owed end
    end
    after, rank = used + cost * period, 2
    if after > room then
      short = 1
      if blocks then retry = cost * period > room and -1 or ceil((after - room) / count) end
      after = room
    end
    remaining, reset = floor((room - after) / period), ceil(after / count)
  elseif kind >= JOBS then
    used = call('ZCOUNT', KEYS[5 + i], '(' .. floor(now / 1000), '+inf')
    after, rank = used, 3
    local fits = used + cost <= v[o - 5]
    if kind == JOBS then
      if v[o - 2] == 1 and (fits or not blocks) then after = used + cost end
      if not fits then short, retry = 1, blocks and -2 or 0 end
    elseif fits and tier < 10 then
      -- One of several reservations is enough.
      if v[o - 2] == 1 then after = used + cost end
      tier = 10 + i
    elseif not fits then
      if blocks then full = full or i else beyond = true end
    end
    runs = runs or after > used
    remaining = v[o - 5] - after
  else
    local most, quota, first = v[o - 5], v[o - 2], nil
    if now < v[o - 4] or now >= v[o - 3] then return 'W' .. packed('<d', now) end
    if not kept[i] then return 'N' .. packed('<d', i) end
    used, first = unpacked('<dd', kept[i])
    if kind == OPEN then
      opened = opened + 1
      opens[i] = KEYS[opened]
      if first <= now then used, first = given_back(used, KEYS[5 + i], opens[i]) end
    end
    after, rank, firsts[i] = used + cost, 1, first
    if after > most then short, retry = 1, blocks and -1 or 0 end
    if after > quota and blocks and tier == 0 then tier = 2 end
    remaining, reset = quota - after, v[o - 3] - now
  end
  if short == 1 and blocks and rank < verdict then refused, verdict = i, rank end
  was[i], is[i] = used, after
  rows[r + 1], rows[r + 2], rows[r + 3], rows[r + 4], rows[r + 5] = v[o], short, remaining > 0 and remaining or 0, reset, retry
  r = r + 5
end
rows[2] = tier + (runs and TAKEN or 0)
if tier >= 10 or ARGV[16] ~= '' then
  beyond = false
elseif full and not beyond then
  rows[full * 5 - 1], rows[full * 5 + 2] = 1, -2
  if verdict == 4 or (verdict == 3 and full < refused) then refused, verdict = full, 3 end
end

if refused then
  -- What is told to remain is what does: nothing was spent.
  for i = 1, n do
    local o, at, kind = i * 8, i * 5, v[i * 8 - 7]
    local remaining = (kind >= JOBS and v[o - 5] or v[o - 2]) - was[i]
    if kind == RATE then remaining, rows[at + 1] = floor((v[o - 3] - was[i]) / v[o - 4]), ceil(was[i] / v[o - 5]) end
    rows[at] = math.max(0, remaining)
  end
  if counts then tally(({ 'QUOTA_EXCEEDED', 'RATE_LIMITED', 'CONCURRENCY_LIMITED' })[verdict], v[refused * 8]) end
  return 'R' .. ARGV[9] .. '|' .. packed(ARGV[3], unpack(rows))
end
local answer = ARGV[9] .. '|' .. packed(ARGV[3], unpack(rows))
if beyond then return 'B' .. answer end

if ARGV[11] ~= '' then
  local used = call('HGET', KEYS[3], ARGV[11])
  local first = used and used:match('^(%d+)|') or string.format('%.0f', now)
  local version = ARGV[4]:match('([^|]*)|$')
  call('HSET', KEYS[3], ARGV[11], string.format('%s|%.0f|%s|%s', first, now, version, ARGV[10]))
end
if not spends then return 'P' .. answer end

for i = 1, n do
  local o, kind, counter = i * 8, v[i * 8 - 7], KEYS[5 + i]
  if is[i] > was[i] then
    if kind == RATE then
      -- A minute longer than the debt: were the clock to stand still, expiry must not be what refills the bucket.
      local lives = ceil(is[i] / v[o - 5] / 1000) + 60000
      call('SET', counter, packed('<ddd', now, is[i], v[o - 5]), 'PX', lives)
    elseif kind >= JOBS then
      -- What has ended by itself is cleared away by the next one that begins.
      call('ZREMRANGEBYSCORE', counter, '-inf', floor(now / 1000))
      call('ZADD', counter, floor(now / 1000) + ARGV[6], ARGV[13])
    else
      local first = firsts[i]
      if kind == OPEN then
        local ends = floor(now / 1000) + ARGV[6]
        call('ZADD', opens[i], ends, ARGV[13] .. ':' .. v[o - 6])
        if first == NEVER then call('PEXPIRE', opens[i], ceil((v[o - 3] - now) / 1000) + 90000000) end
        first = math.min(first, ends * 1000)
      end
      call('SET', counter, packed('<dd', is[i], first), 'KEEPTTL')
    end
  end
end
if runs then
  -- For people to look at: nothing is decided by it.
  local index, job = KEYS[5], ARGV[13] .. '|' .. ARGV[17] .. '|' .. floor(now / 1000000)
  call('ZADD', index, floor(now / 1000) + ARGV[6], job)
  if now % 97 == 0 then call('PEXPIRE', index, 90000000) end
end
tally('VALID', '')
-- For 15 minutes; later copies of a report are the ledger's to know.
if bound ~= '' then call('SET', KEYS[4], bound .. '|' .. answer, 'PX', 900000) end
return 'A' .. answer
