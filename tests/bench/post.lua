-- wrk -s post.lua --latency URL -- BODY_FILE: posts one recorded AdmissionReview over and over and
-- counts the answers that are not `allowed`.
local threads = {}

function setup(thread) table.insert(threads, thread) end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  wrk.body = file:read("*a")
  file:close()
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  refused = 0
end

function response(status, headers, answer)
  if status ~= 200 or not answer:find('"allowed":%s*true') then refused = refused + 1 end
end

function done(summary, latency)
  local sum = 0
  for _, thread in ipairs(threads) do sum = sum + thread:get("refused") end
  io.write(string.format("RESULT %d %.0f %.3f %.3f %d %d\n", summary.requests,
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, sum,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
