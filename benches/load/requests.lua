-- Sends the requests of a file (separated by a NUL byte) in random order, and prints the result as one JSON line.
-- "########" in a request becomes a running number of eight digits: bodies that must be unique carry it.

local requests = {}
local serial = 0

function init(args)
  math.randomseed(os.time())
  local file = assert(io.open(args[1], "rb"))
  local text = file:read("*a")
  file:close()
  for whole in text:gmatch("[^%z]+") do
    local head, tail = whole:match("^(.-)########(.*)$")
    requests[#requests + 1] = { whole = whole, head = head, tail = tail }
  end
end

function request()
  local chosen = requests[math.random(#requests)]
  if not chosen.head then
    return chosen.whole
  end
  serial = serial + 1
  return chosen.head .. string.format("%08d", serial) .. chosen.tail
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"micros":%d,"bytes":%d,"p50_micros":%.0f,"p99_micros":%.0f,"status":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
