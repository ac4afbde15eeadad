-- SPDX-License-Identifier: Apache-2.0
-- wrk: each request goes to the next of the paths given behind "--". A reply of another pod than
-- its URI's is counted and printed at the end, as are replies that were not 200.

local threads = {}

function setup(thread)
   table.insert(threads, thread)
end

function init(arguments)
   paths, turn, wrong, checked = arguments, 0, 0, 0
end

function request()
   turn = turn + 1
   return wrk.format(nil, paths[turn % #paths + 1])
end

function response(status, headers, body)
   local pod, uri = body:match("pod=(%w+)\nuri=/(%w*)")
   checked = checked + 1
   if status ~= 200 or (uri ~= pod and not (uri == "" and pod == "frontend")) then
      wrong = wrong + 1
   end
end

function done()
   local all, bad = 0, 0
   for _, thread in ipairs(threads) do
      all, bad = all + thread:get("checked"), bad + thread:get("wrong")
   end
   print(string.format("checked %d wrong %d", all, bad))
end
