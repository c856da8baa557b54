// A proxy that puts the Authorization header on every request, for the conformance suite, which has no
// option for it.  All else goes through as it came, streams included.
import http from 'node:http';

// Listen on a free port of 127.0.0.1 in front of target; returns { url, close }.
export async function headerProxy(target, authorization) {
	const { hostname, port, protocol } = new URL(target);
	if (protocol !== 'http:') throw new Error('the target must be plain HTTP');
	const server = http.createServer((req, res) => {
		const headers = [];
		for (let i = 0; i < req.rawHeaders.length; i += 2)
			if (req.rawHeaders[i].toLowerCase() !== 'authorization')
				headers.push(req.rawHeaders[i], req.rawHeaders[i + 1]);
		headers.push('Authorization', authorization);
		const upstream = http.request(
			{ hostname, port, method: req.method, path: req.url, headers, setHost: false },
			(answer) => {
				res.writeHead(answer.statusCode, answer.rawHeaders);
				res.flushHeaders();
				answer.pipe(res);
			},
		);
		upstream.on('error', () => (res.headersSent ? res.destroy() : res.writeHead(502).end()));
		res.on('close', () => upstream.destroy());
		req.pipe(upstream);
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${server.address().port}`,
		close: () => {
			server.closeAllConnections();
			return new Promise((resolve) => server.close(resolve));
		},
	};
}
