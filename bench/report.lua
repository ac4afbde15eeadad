-- SPDX-License-Identifier: Apache-2.0
-- wrk: requests go to some paths in turn; replies are not looked at. One line with all figures is
-- printed at the end.
--
-- Arguments behind "--": bytes to upload (0: GET), how many requests in a row have the same path,
-- then the paths, or @FILE with one a line.

local requests, turn, row, left = {}, 0, 1, 0

local function paths_of(arguments)
   local file = arguments[3]:match("^@(.*)")
   if not file then
      return { unpack(arguments, 3) }
   end
   local paths = {}
   for line in io.lines(file) do
      paths[#paths + 1] = line
   end
   return paths
end

function init(arguments)
   local size = tonumber(arguments[1])
   if size > 0 then
      wrk.method, wrk.body = "POST", string.rep("0123456789abcdef", size / 16)
   end
   row = tonumber(arguments[2])
   for index, path in ipairs(paths_of(arguments)) do
      requests[index] = wrk.format(nil, path)
   end
end

function request()
   if left == 0 then
      turn, left = turn % #requests + 1, row
   end
   left = left - 1
   return requests[turn]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      "REPORT requests=%d bytes=%d duration_us=%d status=%d connect=%d read=%d write=%d " ..
      "timeout=%d p50_us=%d p99_us=%d max_us=%d\n",
      summary.requests, summary.bytes, summary.duration, errors.status, errors.connect,
      errors.read, errors.write, errors.timeout, latency:percentile(50), latency:percentile(99),
      latency.max))
end
