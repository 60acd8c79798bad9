/**
 * What has to happen at once on the server, in its own language. The sessions of an identity under one of our keys are
 * a list, newest first; each entry is `EXPIRES:USES:KEY-ID:TAG:SEALED`, where USES is 1 for a session to be offered once, and SEALED base64.
 */

/** KEYS: the list. ARGV: now, `1` for strict single use. */
export const TAKE = `
local live = {}
for _, entry in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  local ends, uses = string.match(entry, '^(%d+):([12]):')
  if not ends or tonumber(ends) <= tonumber(ARGV[1]) then
    redis.call('LREM', KEYS[1], 0, entry)
  else
    live[#live + 1] = { entry, uses }
  end
end
if #live == 0 then return false end
if live[1][2] == '1' and (ARGV[2] == '1' or #live > 1) then redis.call('LREM', KEYS[1], 1, live[1][1]) end
return live[1][1]
`

/** KEYS: the list. ARGV: now, the entry, its tag, how many to keep. The list ends with the last of its entries. */
export const ADD = `
for _, entry in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  local ends, tag = string.match(entry, '^(%d+):[12]:%x+:(%x+):')
  if not ends or tonumber(ends) <= tonumber(ARGV[1]) or tag == ARGV[3] then redis.call('LREM', KEYS[1], 0, entry) end
end
redis.call('LPUSH', KEYS[1], ARGV[2])
redis.call('LTRIM', KEYS[1], 0, tonumber(ARGV[4]) - 1)
local last = 0
for _, entry in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  last = math.max(last, tonumber(string.match(entry, '^(%d+):')))
end
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', last))
`

/** KEYS: the list. ARGV: an entry that nobody can use. */
export const DROP = `redis.call('LREM', KEYS[1], 0, ARGV[1])`

/** KEYS: the list. */
export const FORGET = `redis.call('DEL', KEYS[1])`
