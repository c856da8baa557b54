-- wrk: POST the bodies of a file, one per line, in turn; at the end one line of JSON.
local requests = {}
local at = 0

function init()
	local headers = {
		["Content-Type"] = "application/json",
		["Accept"] = "application/json, text/event-stream",
		["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY"),
	}
	for body in io.lines(os.getenv("BENCH_BODIES")) do
		requests[#requests + 1] = wrk.format("POST", nil, headers, body)
	end
end

function request()
	at = at % #requests + 1
	return requests[at]
end

function done(summary, latency)
	local e = summary.errors
	io.write(string.format(
		'{"requests":%d,"us":%d,"bytes":%d,"p50_us":%d,"p99_us":%d,"refused":%d,"broken":%d}\n',
		summary.requests, summary.duration, summary.bytes,
		latency:percentile(50), latency:percentile(99),
		e.status, e.connect + e.read + e.write + e.timeout))
end
