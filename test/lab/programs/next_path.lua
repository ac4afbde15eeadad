-- SPDX-License-Identifier: Apache-2.0
-- wrk: each request goes to the next of the paths given behind "--"; replies are not looked at.

function init(arguments)
   requests, turn = {}, 0
   for index, path in ipairs(arguments) do
      requests[index] = wrk.format(nil, path)
   end
end

function request()
   turn = turn % #requests + 1
   return requests[turn]
end
