-- SPDX-License-Identifier: BSD-3-Clause
-- wrk's result as a line of JSON, with the percentiles that its own report leaves out.
done = function(summary, latency, requests)
	local e = summary.errors
	io.write(string.format('JSON {"requests": %d, "seconds": %.4f, "p50_us": %d, "p90_us": %d, "p99_us": %d, "p999_us": %d, "max_us": %d, ' ..
		'"errors": %d}\n', summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(90),
		latency:percentile(99), latency:percentile(99.9), latency.max, e.connect + e.read + e.write + e.status + e.timeout))
end
