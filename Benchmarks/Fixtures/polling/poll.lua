-- wrk's requests: one line of the file each, a path and a token; it ends with one line of figures for slipway-bench.
local requests, index = {}, 0

function init(arguments)
    for line in io.lines(arguments[1]) do
        local path, token = line:match("(%S+) (%S+)")
        requests[#requests + 1] = wrk.format("GET", path, { ["Authorization"] = "Bearer " .. token })
    end
end

function request()
    index = index % #requests + 1
    return requests[index]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("figures %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
