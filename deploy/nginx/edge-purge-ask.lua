-- Asks the agent before nginx answers from its cache: for access_by_lua_file in edge-purge-ask-lua.conf, which says how
-- to include it. Needs lua-resty-core, which OpenResty and Debian's libnginx-mod-http-lua bring along.

-- nginx runs this file for each request; what it returns at its end stays, once in each worker.
local ask = package.loaded["edge-purge-ask"]
if ask then
    return ask()
end

local CONNECT_MILLISECONDS, ANSWER_MILLISECONDS = 100, 500
-- Longer than ask.hold may be.
local WAIT_MILLISECONDS = 6000
local IDLE_MILLISECONDS, CONNECTIONS = 60000, 32
-- Whoever does not answer is not asked again for so long.
local REST_SECONDS = 1
local HEAD_MAX = 4096

local ffi = require "ffi"
pcall(ffi.cdef, "int access(const char *path, int mode);")
local access = ffi.C.access
local find, match = string.find, string.match
local now, tcp, var = ngx.now, ngx.socket.tcp, ngx.var
local fence, address = var.edge_purge_fence, var.edge_purge_socket
local restsUntil = 0

-- The head of the answer; nil, what went wrong, and whether a connection that was kept open may be the reason.
local function exchange(question, milliseconds)
    local socket = tcp()
    socket:settimeouts(CONNECT_MILLISECONDS, ANSWER_MILLISECONDS, milliseconds)
    local done, problem = socket:connect(address)
    if not done then
        return nil, problem
    end
    local head
    done, problem = socket:send(question)
    if done then
        head, problem = socket:receiveany(HEAD_MAX)
    end
    while head and not find(head, "\r\n\r\n", 1, true) do
        local bytes
        bytes, problem = socket:receiveany(HEAD_MAX)
        head = bytes and #head < HEAD_MAX and head .. bytes or nil
    end
    if not head then
        return nil, problem or "its head is too long", problem == "closed" and socket:getreusedtimes() > 0
    end
    socket:setkeepalive(IDLE_MILLISECONDS, CONNECTIONS)
    return head
end

-- The same, once more where a connection that was kept open may be the reason.
local function asked(fields, milliseconds)
    local key = var.edge_purge_question
    local question = "POST / HTTP/1.1\r\nHost: " .. var.host .. "\r\nX-Original-URI: " .. var.request_uri
        .. "\r\nX-Original-Method: " .. (var.edge_purge_method or "")
        .. "\r\nX-Edge-Purge-Cache: " .. (var.edge_purge_cache or "") .. fields
        .. "\r\nContent-Length: " .. #key .. "\r\n\r\n" .. key
    local head, problem, isOld = exchange(question, milliseconds)
    if isOld then
        -- The agent closed it, or is another one now.
        head, problem = exchange(question, milliseconds)
    end
    return head, problem
end

-- The head of the agent's answer; nil where there is none.
local function answer()
    if now() < restsUntil then
        return nil
    end
    local head, problem = asked("", ANSWER_MILLISECONDS)
    if head and find(head, "^HTTP/1%.1 425 ") then
        -- Another visitor's request is fetching this.
        head, problem = asked("\r\nX-Edge-Purge-Wait: 1", WAIT_MILLISECONDS)
    end
    if head and not find(head, "^HTTP/1%.1 204 ") then
        head, problem = nil, "its status is not 204"
    end
    if not head then
        ngx.log(ngx.ERR, "edge-purge: no answer on ", address, ": ", problem)
        restsUntil = now() + REST_SECONDS
    end
    return head
end

ask = function()
    -- While the marker is not there, there is no fence, and nothing to ask about.
    if var.edge_purge_waiting == "" then
        return
    end
    var.edge_purge_unasked = ""
    -- 0 is F_OK.
    if access(fence, 0) == 0 then
        var.edge_purge_fenced = "1"
        return
    end
    local head = answer()
    -- A request that asks again, after try_files or error_page, may be the one that fetches, and does not wait.
    if var.edge_purge_told then
        var.edge_purge_told = "1"
    end
    if not head then
        -- Nobody gets the old page until the agent is back. To serve from the cache meanwhile, take this line out.
        var.edge_purge_unanswered = "1"
    elseif find(head, "X-Edge-Purge", 1, true) then
        var.edge_purge_stale = match(head, "\r\nX%-Edge%-Purge%-Stale: ([^\r]*)") or ""
        var.edge_purge_keep = match(head, "\r\nX%-Edge%-Purge%-Keep: ([^\r]*)") or ""
    end
end
package.loaded["edge-purge-ask"] = ask
return ask()
