-- What the windows of generations and cost units have used: succeeded in the ledger, and admitted but not reported yet.
--
-- A sum of the ledger and a report that is being settled must not miss each other, nor count twice. Each sum says which
-- transactions it has seen (PostgreSQL's own snapshot), each report in which transaction it was committed: what a sum
-- has seen is not added to it once more, and what was settled while it was read, and it has not seen, is. So nobody
-- waits for a quiet moment, and it does not matter in which order they come here, or whether a report's settling gets
-- lost: the next sum has seen it. (A database that was restored elsewhere may count its transactions from lower
-- numbers: until the next sweep what is settled is then taken for seen.)
--
-- KEYS  1 the windows that are counted, a hash: counter -> facts and what its sum has seen
--       2 a mark that sums are being read just now    3 what has been settled in that time; one hash tag for all
-- ARGV  1 'seed' a counter that is missing, 'reconcile' one that is there, or 'settle' a report
--       seed, reconcile: KEYS 4 the counter, 5 what is open in it. ARGV 2 the sum, 3 what it has seen, 4 when its
--       reading began, ms by this clock, 5 the facts, 6 when the counter is let go, ms. Answers what the window has
--       used now, and what it had before, '' where there was no counter. Or false where nothing was done: the mark is
--       gone, so that nobody knows what was settled meanwhile; or there is a counter already, or none any more.
--       settle: ARGV 2 the transaction, '' for nothing to add, 3 as JSON [key, version, units, ms] of each that
--       succeeded, 4 as JSON [job, units, where its admission is remembered] of each. Answers how many were open.
local call, packed, unpacked = redis.call, struct.pack, struct.unpack
local NEVER = 9007199254740991
-- A sum that took longer than this is thrown away: what was settled meanwhile is kept no longer.
local LONGEST_MS, KEPT_MS = 8000, 20000

local function now_ms()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- xmin:xmax:xid,xid,…|own. What a transaction writes before its own sum is in it, what it writes later is not.
local function read_seen(text)
  local low, high, running, own = text:match('^(%d+):(%d+):([%d,]*)|(%d*)$')
  if not low then return nil end
  local seen = { low = tonumber(low), high = tonumber(high), own = tonumber(own), running = {} }
  for xid in running:gmatch('%d+') do seen.running[tonumber(xid)] = true end
  return seen
end

local function has_seen(seen, xid, own_counts)
  if not seen then return false end
  if xid == seen.own then return own_counts end
  return xid < seen.low or (xid < seen.high and not seen.running[xid])
end

local function cost(facts, units) return facts.by == 'units' and units or 1 end

local function costs(facts, added)
  local sum = 0
  for _, one in ipairs(added) do
    local at, mine = one[4] * 1000, not facts.key or facts.key == one[1]
    if mine and (not facts.version or facts.version == one[2]) and facts.start <= at and at < facts['end'] then
      sum = sum + cost(facts, one[3])
    end
  end
  return sum
end

local function first_open(opens)
  local first = call('ZRANGE', opens, 0, 0, 'WITHSCORES')[2]
  return first and first * 1000 or NEVER
end

local function write_sum()
  local counter, opens, began = KEYS[4], KEYS[5], tonumber(ARGV[4])
  local now, kept = now_ms(), call('GET', KEYS[4])
  if (ARGV[1] == 'seed') == (kept and true or false) then return false end
  if call('EXISTS', KEYS[2]) == 0 or now < began or now - began > LONGEST_MS then return false end
  local facts, seen, used = cjson.decode(ARGV[5]), read_seen(ARGV[3]), tonumber(ARGV[2])
  for _, line in ipairs(call('LRANGE', KEYS[3], 0, -1)) do
    local xid, added = line:match('^(%d+) (.*)$')
    if not has_seen(seen, tonumber(xid), true) then used = used + costs(facts, cjson.decode(added)) end
  end
  -- What was admitted longer ago than a job runs, and not reported, is given back.
  call('ZREMRANGEBYSCORE', opens, '-inf', now)
  for _, one in ipairs(call('ZRANGE', opens, 0, -1)) do used = used + tonumber(one:match(':(%d+)$') or 0) end
  call('SET', counter, packed('<dd', used, first_open(opens)), 'PXAT', ARGV[6])
  -- A lease that was renewed while there was no counter could not say how long this one is kept.
  call('PEXPIREAT', opens, ARGV[6] + 3600000)
  call('HSET', KEYS[1], counter, ARGV[5] .. '\n' .. ARGV[3])
  return { string.format('%.0f', used), kept and string.format('%.0f', (unpacked('<d', kept))) or '' }
end

-- Ends what one job has open in a window; returns what it had cost.
local function ended(opens, facts, one)
  local units = facts.by == 'units' and { one[2] } or { 1 }
  if facts.by == 'units' then
    -- What was admitted may have been expected to cost something else than what was reported did.
    local admission = one[3] ~= '' and call('GET', one[3])
    units[2] = admission and tonumber(admission:match('^[^|]*%.(%d+)|')) or nil
  end
  for _, of in ipairs(units) do
    if call('ZREM', opens, one[1] .. ':' .. string.format('%.0f', of)) == 1 then return of end
  end
  return 0
end

local function settle()
  local xid, added, reported = tonumber(ARGV[2]), cjson.decode(ARGV[3]), cjson.decode(ARGV[4])
  if xid and call('EXISTS', KEYS[2]) == 1 then
    call('RPUSH', KEYS[3], ARGV[2] .. ' ' .. ARGV[3])
    call('PEXPIRE', KEYS[3], KEPT_MS)
  end
  local counted, closed = call('HGETALL', KEYS[1]), 0
  for i = 1, #counted, 2 do
    local counter, told, seen = counted[i], counted[i + 1]:match('^(.-)\n(.*)$')
    local facts, opens, given = cjson.decode(told), counter .. ':open', 0
    if facts.by ~= 'requests' then
      for _, one in ipairs(reported) do
        local back = ended(opens, facts, one)
        if back > 0 then given, closed = given + back, closed + 1 end
      end
      local kept = call('GET', counter)
      if kept then
        local was = unpacked('<dd', kept)
        local used = math.max(0, was - given)
        if xid and not has_seen(read_seen(seen), xid, false) then used = used + costs(facts, added) end
        if used ~= was or given > 0 then
          call('SET', counter, packed('<dd', used, first_open(opens)), 'KEEPTTL')
        end
      end
    end
  end
  return closed
end

if ARGV[1] == 'settle' then return settle() end
return write_sum()
