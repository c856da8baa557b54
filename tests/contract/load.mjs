// Requests as fast as they go, each answer judged: whole, refused with a 5xx, or broken.
import http from 'node:http';

// One request: {status, text} or {broken: why}.
export function request(url, { method = 'GET', headers = {}, body, agent } = {}) {
	return new Promise((resolve) => {
		const req = http.request(url, { method, headers, agent }, (res) => {
			const chunks = [];
			res.on('data', (chunk) => chunks.push(chunk));
			res.on('aborted', () => resolve({ broken: `cut after ${Buffer.concat(chunks).length} bytes` }));
			res.on('error', (e) => resolve({ broken: e.code }));
			res.on('end', () => {
				const text = Buffer.concat(chunks).toString();
				const length = res.headers['content-length'];
				if (length !== undefined && Number(length) !== Buffer.byteLength(text))
					resolve({ broken: `${text.length} of ${length} bytes` });
				else resolve({ status: res.statusCode, text });
			});
		});
		// refused before anything was sent back, as by a server that restarts
		req.on('error', (e) => resolve({ broken: e.code }));
		req.end(body);
	});
}

// Run until stop() is called: {ok, refused, broken}, refused being answers of 500 and above and broken
// everything else that is not a whole answer of 200 which judge(text) likes.
export function load(url, { concurrency = 16, judge = JSON.parse, ...options }) {
	const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency });
	const result = { ok: 0, refused: [], broken: [] };
	let stopped = false;
	const judged = (text) => {
		try {
			judge(text);
			return true;
		} catch {
			return false;
		}
	};
	const one = async () => {
		while (!stopped) {
			const { status, text, broken } = await request(url, { agent, ...options });
			if (broken) result.broken.push(broken);
			else if (status === 200 && judged(text)) result.ok++;
			else if (status >= 500) result.refused.push(status);
			else result.broken.push(`${status} ${text.slice(0, 200)}`);
		}
	};
	const all = Promise.all(Array.from({ length: concurrency }, one));
	return {
		result,
		async stop() {
			stopped = true;
			await all;
			agent.destroy();
			return result;
		},
	};
}
