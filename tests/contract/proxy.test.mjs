// `coffer mcp`, the stdio proxy, against a scripted HTTP server.  COFFER_BIN names the program under
// test; it defaults to `coffer` in the working directory.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const COFFER = path.resolve(process.env.COFFER_BIN ?? 'coffer');
const KEY = 'pak_secret0123456789';
const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';
const LIMIT_MS = 10000;

// Without the program nothing here can run, and waiting for its lines would take long.
execFileSync(COFFER, ['--version']);

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function within(promise, what) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`too late: ${what()}`)), LIMIT_MS);
	});
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// ---- the scripted server ----

const json = (res, body, status = 200) => {
	res.writeHead(status, { 'content-type': 'application/json' });
	res.end(typeof body === 'string' ? body : JSON.stringify(body));
};

const answer = (res, call, result) => json(res, { jsonrpc: '2.0', id: call.id, result });

const initialized = (version) => ({
	protocolVersion: version,
	capabilities: { tools: {} },
	serverInfo: { name: 'script', version: '1' },
});

// script(call, res, req) answers; the first request is the proxy's own handshake, which is answered
// here.  seen lists what came after it.
async function startServer(t, script, { create = http.createServer, handshake } = {}) {
	const seen = [];
	let first = true;
	const server = create((req, res) => {
		const chunks = [];
		req.on('data', (chunk) => chunks.push(chunk));
		req.on('end', () => {
			const text = Buffer.concat(chunks).toString();
			const call = JSON.parse(text);
			const entry = { headers: req.headers, raw: req.rawHeaders, url: req.url, text, call };

			if (first) {
				first = false;
				server.handshake = entry;
				if (handshake)
					handshake(res);
				else
					answer(res, call, initialized('2025-03-26'));
				return;
			}
			seen.push(entry);
			script(call, res, req);
		});
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	t.after(() => {
		server.closeAllConnections();
		server.close();
	});
	server.seen = seen;
	server.endpoint = `http://127.0.0.1:${server.address().port}/mcp`;
	return server;
}

// ---- the proxy ----

const environment = (more = {}) => {
	const env = { ...process.env, ...more };

	for (const name of ['COFFER_URL', 'COFFER_KEY', 'http_proxy', 'all_proxy', 'ALL_PROXY'])
		if (!(name in more))
			delete env[name];
	return env;
};

function startProxy(t, args, env) {
	const child = spawn(COFFER, ['mcp', ...args], { env: environment(env) });
	const lines = [];
	const waiting = [];
	let rest = '';

	child.stdout.setEncoding('utf8');
	child.stdout.on('data', (text) => {
		const parts = (rest + text).split('\n');

		rest = parts.pop();
		for (const part of parts)
			(waiting.shift() ?? ((line) => lines.push(line)))(part);
	});
	const proxy = { child, stderr: '' };
	child.stderr.on('data', (text) => {
		proxy.stderr += text;
	});
	child.stdin.on('error', () => {});
	proxy.exited = new Promise((resolve) => {
		child.on('close', (code) => resolve(code));
	});
	t.after(() => child.kill('SIGKILL'));

	proxy.write = (text) => child.stdin.write(text);
	proxy.send = (message) => proxy.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
	proxy.line = () =>
		within(
			lines.length ? Promise.resolve(lines.shift()) : new Promise((r) => waiting.push(r)),
			() => `a line on standard output; standard error: ${proxy.stderr}`,
		);
	proxy.message = async () => JSON.parse(await proxy.line());
	// What is left on standard output when the proxy ends.
	proxy.finish = async () => {
		child.stdin.end();
		const code = await within(proxy.exited, () => 'the end of the proxy');
		return { code, lines: [...lines, ...(rest ? [rest] : [])] };
	};
	return proxy;
}

async function start(t, script, options = {}) {
	const server = await startServer(t, script, options);
	const proxy = startProxy(t, ['--url', server.endpoint, '--key', KEY, ...(options.args ?? [])]);
	return { server, proxy };
}

const run = (args, env) =>
	spawnSync(COFFER, args, { env: environment(env), encoding: 'utf8', input: '', timeout: LIMIT_MS });

const modern = (params = {}) => ({
	...params,
	_meta: {
		[VERSION_KEY]: '2026-07-28',
		'io.modelcontextprotocol/clientCapabilities': {},
	},
});

// ---- the frame of the command ----

test('help, version and usage', () => {
	const help = run(['--help']);
	assert.equal(help.status, 0);
	assert.match(help.stdout, /usage: coffer .*COMMAND/);
	assert.match(help.stdout, /^ {2}mcp /m);

	const mcp = run(['mcp', '--help']);
	assert.equal(mcp.status, 0);
	for (const option of ['--url URL', '--key KEY', '--workspace SLUG'])
		assert.ok(mcp.stdout.includes(option), option);

	assert.match(run(['--version']).stdout, /^coffer \d/);
	assert.equal(run(['--version']).status, 0);

	for (const args of [[], ['nonesuch'], ['--nonesuch'], ['mcp', '--nonesuch'], ['mcp', '--url'],
		['mcp', 'operand'], ['mcp', '--key', KEY, '--url', 'ftp://host/'], ['mcp', '--help=me']]) {
		const bad = run(args);
		assert.equal(bad.status, 2, args.join(' '));
		assert.match(bad.stderr, /^coffer: .*\nTry 'coffer .*--help'\.\n$/);
		assert.equal(bad.stdout, '');
	}
});

test('a complaint about options never repeats a value', () => {
	const long = run(['mcp', `--kye=${KEY}`]);
	assert.match(long.stderr, /unknown option '--kye'/);
	assert.ok(!long.stderr.includes(KEY));
	const short = run(['mcp', '--key', KEY, '-xy']);
	assert.match(short.stderr, /unknown option '-x'/);
	assert.ok(!short.stderr.includes(KEY));
});

// ---- starting ----

test('without a key it ends with 1', () => {
	for (const env of [{}, { COFFER_KEY: '' }]) {
		const got = run(['mcp'], env);
		assert.equal(got.status, 1);
		assert.match(got.stderr, /no API key/);
		assert.equal(got.stdout, '');
	}
});

test('a key that would break out of its header is refused', () => {
	const got = run(['mcp', '--key', 'pak_a\r\nX-Evil: 1']);
	assert.equal(got.status, 1);
	assert.ok(!got.stderr.includes('pak_a'));
});

test('an unreachable server ends it with 1', async (t) => {
	const server = await startServer(t, () => {});
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	const got = run(['mcp', '--url', `http://user:hunter2@127.0.0.1:${port}/mcp`, '--key', KEY]);
	assert.equal(got.status, 1);
	assert.match(got.stderr, /handshake with http:\/\/127\.0\.0\.1:\d+\/mcp failed/);
	assert.ok(!got.stderr.includes('hunter2'));
	assert.equal(got.stdout, '');
});

test('a refused handshake ends it with 1 and the server\'s reason', async (t) => {
	const cases = [
		[(res) => json(res, { error: { code: 'UNAUTHORIZED', message: 'Sign in required' } }, 401),
			/HTTP 401 UNAUTHORIZED: Sign in required/],
		[(res) => json(res, { jsonrpc: '2.0', id: 'coffer-mcp', error: { code: -32603, message: 'broken' } }),
			/broken/],
		[(res) => res.writeHead(200, { 'content-type': 'text/event-stream' }).end(
			'data: {"jsonrpc":"2.0","id":"coffer-mcp","error":{"code":-32603,"message":"broken stream"}}\n\n'),
		/broken stream/],
		[(res) => res.writeHead(301, { location: 'https://elsewhere.example/mcp' }).end(),
			/https:\/\/elsewhere\.example\/mcp/],
		[(res) => res.writeHead(202).end(), /HTTP 202 without an answer/],
		[(res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<html>hello'), /<html>hello/],
	];
	for (const [handshake, reason] of cases) {
		const { proxy } = await start(t, () => {}, { handshake });
		const { code, lines } = await proxy.finish();
		assert.equal(code, 1);
		assert.deepEqual(lines, []);
		assert.match(proxy.stderr, reason);
		assert.ok(!proxy.stderr.includes(KEY));
	}
});

test('the handshake is an initialize of 2025-03-26 with key and workspace', async (t) => {
	const { server, proxy } = await start(t, () => {}, { args: ['--workspace', 'books'] });
	const { code, lines } = await proxy.finish();
	assert.equal(code, 0);
	assert.deepEqual(lines, []);
	const { call, headers } = server.handshake;
	assert.equal(call.method, 'initialize');
	assert.equal(call.params.protocolVersion, '2025-03-26');
	assert.equal(headers.authorization, `Bearer ${KEY}`);
	assert.equal(headers['x-coffer-workspace'], 'books');
	assert.equal(headers['content-type'], 'application/json');
	assert.equal(headers.accept, 'application/json, text/event-stream');
});

test('the handshake may be answered as a stream', async (t) => {
	const message = { jsonrpc: '2.0', id: 'coffer-mcp', result: initialized('2025-03-26') };
	const handshake = (res) =>
		res.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${JSON.stringify(message)}\n\n`);
	const { proxy } = await start(t, (call, res) => answer(res, call, {}), { handshake });
	proxy.send({ id: 1, method: 'ping' });
	assert.deepEqual(await proxy.message(), { jsonrpc: '2.0', id: 1, result: {} });
});

test('address and key may come from the environment, and options win', async (t) => {
	const server = await startServer(t, (call, res) => answer(res, call, {}));
	const proxy = startProxy(t, [], { COFFER_URL: server.endpoint, COFFER_KEY: KEY });
	proxy.send({ id: 1, method: 'ping' });
	assert.deepEqual(await proxy.message(), { jsonrpc: '2.0', id: 1, result: {} });
	assert.equal(server.seen[0].headers.authorization, `Bearer ${KEY}`);
	assert.equal(server.seen[0].headers['x-coffer-workspace'], undefined);

	const other = startProxy(t, ['--url', server.endpoint, '--key', 'pak_other'],
		{ COFFER_URL: 'http://127.0.0.1:1/mcp', COFFER_KEY: KEY });
	other.send({ id: 2, method: 'ping' });
	await other.message();
	assert.equal(server.seen[1].headers.authorization, 'Bearer pak_other');
});

test('the key leaves the command line', { skip: process.platform !== 'linux' }, async (t) => {
	const { proxy } = await start(t, (call, res) => answer(res, call, {}));
	proxy.send({ id: 1, method: 'ping' });
	await proxy.message();
	const line = readFileSync(`/proc/${proxy.child.pid}/cmdline`, 'utf8');
	assert.ok(line.includes('--key'));
	assert.ok(!line.includes(KEY));
});

test('certificates are verified', async (t) => {
	const dir = mkdtempSync(path.join(tmpdir(), 'coffer-proxy-'));
	t.after(() => rmSync(dir, { recursive: true }));
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
		'-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1',
		'-keyout', `${dir}/key`, '-out', `${dir}/cert`], { stdio: 'ignore' });
	const pair = { key: readFileSync(`${dir}/key`), cert: readFileSync(`${dir}/cert`) };
	const create = (handler) => https.createServer(pair, handler);
	const server = await startServer(t, (call, res) => answer(res, call, {}), { create });
	const url = server.endpoint.replace('http:', 'https:');

	const stranger = startProxy(t, ['--url', url, '--key', KEY]);
	assert.equal((await stranger.finish()).code, 1);
	assert.match(stranger.stderr, /certificate/i);
	assert.equal(server.handshake, undefined);

	const known = startProxy(t, ['--url', url, '--key', KEY],
		{ SSL_CERT_FILE: `${dir}/cert` });
	known.send({ id: 1, method: 'ping' });
	assert.deepEqual((await known.message()).result, {});
});

test('a proxy named in the environment is used', async (t) => {
	const server = await startServer(t, (call, res) => answer(res, call, {}));
	const proxy = startProxy(t, ['--url', 'http://coffer.invalid/mcp', '--key', KEY],
		{ http_proxy: server.endpoint.replace('/mcp', '') });
	proxy.send({ id: 1, method: 'ping' });
	await proxy.message();
	assert.equal(server.seen[0].url, 'http://coffer.invalid/mcp');
});

// ---- messages and answers ----

test('messages pass unchanged, answers on one line', async (t) => {
	const { server, proxy } = await start(t, (call, res) =>
		json(res, `{\r\n  "jsonrpc": "2.0",\n  "id": ${call.id},\n  "result": {"text": "a\\nb"}\n}\n`));
	const text = '{"id":7, "jsonrpc":"2.0","method":"x","params":{"n":12345678901234567890,"z":-0}}';
	proxy.write(`${text}\r\n\n  \n`);
	assert.deepEqual(await proxy.message(), { jsonrpc: '2.0', id: 7, result: { text: 'a\nb' } });
	assert.equal(server.seen[0].text, text);
	assert.deepEqual(await proxy.finish(), { code: 0, lines: [] });
	assert.equal(server.seen.length, 1);
});

test('a slow call does not hold up the others', async (t) => {
	let release;
	const { proxy } = await start(t, (call, res) => {
		if (call.method === 'slow')
			release = () => answer(res, call, { slow: true });
		else
			answer(res, call, {});
	});
	proxy.send({ id: 's', method: 'slow' });
	for (let id = 1; id <= 20; id++)
		proxy.send({ id, method: 'fast' });
	const ids = [];
	for (let i = 0; i < 20; i++)
		ids.push((await proxy.message()).id);
	assert.deepEqual(ids.sort((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i + 1));
	release();
	assert.deepEqual(await proxy.message(), { jsonrpc: '2.0', id: 's', result: { slow: true } });
});

test('more requests than may be under way at once all get their answers', async (t) => {
	const { proxy } = await start(t, (call, res) => setTimeout(() => answer(res, call, {}), 5));
	const count = 1000;
	for (let id = 0; id < count; id++)
		proxy.send({ id, method: 'm' });
	const { code, lines } = await proxy.finish();
	assert.equal(code, 0);
	assert.equal(new Set(lines.map((line) => JSON.parse(line).id)).size, count);
});

test('events are relayed as they arrive', async (t) => {
	let stream;
	const { proxy } = await start(t, (call, res) => {
		stream = res;
		res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
		res.write(':\n\n');
	});
	proxy.send({ id: 1, method: 'tools/call', params: { name: 'x', _meta: { progressToken: 9 } } });
	const progress = (n) =>
		JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 9, progress: n } });
	while (!stream)
		await sleep(5);
	stream.write(`event: message\r\nid: 1\r\ndata: ${progress(1)}\r\n\r\n`);
	assert.equal((await proxy.message()).params.progress, 1);
	// in pieces that cut lines, and data over several lines
	const [head, tail] = [progress(2).slice(0, 20), progress(2).slice(20)];
	stream.write(`data:${head}`);
	await sleep(20);
	stream.write(`${tail}\r`);
	await sleep(20);
	stream.write('\n\r\n');
	assert.equal((await proxy.message()).params.progress, 2);
	stream.write('data: {"jsonrpc":"2.0",\ndata: "id":1,"result":{}}\n\n');
	assert.deepEqual(await proxy.message(), { jsonrpc: '2.0', id: 1, result: {} });
	stream.write('data: no message\n\n');
	stream.end();
	assert.deepEqual(await proxy.finish(), { code: 0, lines: [] });
	assert.match(proxy.stderr, /event .* dropped/);
});

test('a stream that ends without the answer becomes an error', async (t) => {
	const { proxy } = await start(t, (call, res) => {
		res.writeHead(200, { 'content-type': 'text/event-stream' });
		res.end('data: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n');
	});
	proxy.send({ id: 'a', method: 'x' });
	assert.equal((await proxy.message()).method, 'notifications/progress');
	const got = await proxy.message();
	assert.equal(got.id, 'a');
	assert.equal(got.error.code, -32603);
});

test('202 and empty answers write nothing', async (t) => {
	const { server, proxy } = await start(t, (call, res) =>
		res.writeHead(call.method === 'empty' ? 200 : 202).end());
	proxy.send({ method: 'notifications/initialized' });
	proxy.send({ id: 1, method: 'empty' });
	proxy.send({ id: 2, method: 'accepted' });
	assert.deepEqual(await proxy.finish(), { code: 0, lines: [] });
	assert.equal(server.seen.length, 3);
	assert.equal(proxy.stderr, '');
});

test('a refused request becomes an error with its id and the server\'s message', async (t) => {
	const { proxy } = await start(t, (call, res) =>
		json(res, { error: { code: 'UNAUTHORIZED', message: 'Sign in required' }, requestId: 'r' }, 401));
	proxy.send({ id: 'q"1', method: 'tools/list' });
	const got = await proxy.message();
	assert.equal(got.jsonrpc, '2.0');
	assert.equal(got.id, 'q"1');
	assert.equal(got.error.code, -32603);
	assert.match(got.error.message, /401.*UNAUTHORIZED.*Sign in required/);
	// nobody waits for the answer to a notification
	proxy.send({ method: 'notifications/initialized' });
	assert.deepEqual(await proxy.finish(), { code: 0, lines: [] });
	assert.match(proxy.stderr, /not accepted: .*Sign in required/);
});

test('an answer that is not JSON becomes an error with its first 200 characters', async (t) => {
	const page = `<html>ü\t${'x'.repeat(192)}END${'y'.repeat(500)}`;
	const { proxy } = await start(t, (call, res) =>
		res.writeHead(502, { 'content-type': 'text/html' }).end(page));
	proxy.send({ id: 3, method: 'tools/list' });
	const got = await proxy.message();
	assert.equal(got.id, 3);
	assert.equal(got.error.code, -32603);
	assert.ok(got.error.message.includes('502'));
	assert.ok(got.error.message.endsWith(`<html>ü\t${'x'.repeat(192)}`));
});

test('failures without a body and broken connections become errors', async (t) => {
	const { proxy } = await start(t, (call, res) => {
		if (call.method === 'bare')
			res.writeHead(503).end();
		else
			res.writeHead(200, { 'content-length': 50 }).write('{', () => res.destroy());
	});
	proxy.send({ id: 1, method: 'bare' });
	assert.match((await proxy.message()).error.message, /503/);
	proxy.send({ id: 2, method: 'broken' });
	const got = await proxy.message();
	assert.equal(got.id, 2);
	assert.equal(got.error.code, -32603);
});

test('JSON-RPC errors pass at any status; one without id gets the request\'s', async (t) => {
	const { proxy } = await start(t, (call, res) => {
		const error = { code: -32020, message: 'Mcp-Name is missing', data: { a: 1 } };
		if (call.id === 1)
			json(res, { jsonrpc: '2.0', id: 1, error }, 400);
		else
			json(res, { jsonrpc: '2.0', error }, 400);
	});
	for (const id of [1, 2]) {
		proxy.send({ id, method: 'x' });
		assert.deepEqual(await proxy.message(), {
			jsonrpc: '2.0',
			id,
			error: { code: -32020, message: 'Mcp-Name is missing', data: { a: 1 } },
		});
	}
});

test('lines that are no messages are dropped with a note', async (t) => {
	const { server, proxy } = await start(t, (call, res) => answer(res, call, {}));
	proxy.write('hello\n42\n"x"\nnull\n{"a":1\n');
	proxy.send({ id: 1, method: 'ping' });
	assert.equal((await proxy.message()).id, 1);
	assert.deepEqual(await proxy.finish(), { code: 0, lines: [] });
	assert.equal(server.seen.length, 1);
	assert.equal(proxy.stderr.match(/a line was dropped/g).length, 5);
});

test('messages of 5 MB pass both ways, in pieces', async (t) => {
	const { server, proxy } = await start(t, (call, res) => answer(res, call, call.params));
	const text = 'ü0123456789'.repeat(450000);
	const line = (id) => JSON.stringify({ jsonrpc: '2.0', id, method: 'echo', params: { text } });
	const first = line(1);

	assert.ok(Buffer.byteLength(first) > 5000000);
	for (let i = 0; i < first.length; i += 1000003) {
		proxy.write(first.slice(i, i + 1000003));
		await sleep(1);
	}
	proxy.write('\n');
	assert.equal((await proxy.message()).result.text, text);
	proxy.write(line(2));
	const { code, lines } = await proxy.finish();
	assert.equal(code, 0);
	assert.equal(lines.length, 1);
	assert.equal(JSON.parse(lines[0]).result.text, text);
	assert.deepEqual(server.seen.map((s) => s.text), [first, line(2)]);
});

test('the last line needs no line end, and what is under way is finished', async (t) => {
	const { proxy } = await start(t, (call, res) => setTimeout(() => answer(res, call, {}), 300));
	proxy.send({ id: 1, method: 'a' });
	proxy.write('{"jsonrpc":"2.0","id":2,"method":"b"}');
	const { code, lines } = await proxy.finish();
	assert.equal(code, 0);
	assert.deepEqual(lines.map((line) => JSON.parse(line).id).sort(), [1, 2]);
});

test('when the client closes standard output the proxy ends', async (t) => {
	const { proxy } = await start(t, (call, res) => answer(res, call, {}));
	proxy.child.stdout.destroy();
	proxy.send({ id: 1, method: 'ping' });
	assert.equal(await within(proxy.exited, () => 'the end of the proxy'), 1);
});

// ---- the legacy era ----

test('legacy: the version initialize agreed on goes along afterwards', async (t) => {
	const { server, proxy } = await start(t, (call, res) => {
		if (call.method === 'initialize')
			answer(res, call, initialized('2025-06-18'));
		else if (call.id === undefined)
			res.writeHead(202).end();
		else
			answer(res, call, {});
	});
	proxy.send({ id: 0, method: 'initialize', params: { protocolVersion: '2025-06-18' } });
	assert.equal((await proxy.message()).result.protocolVersion, '2025-06-18');
	proxy.send({ method: 'notifications/initialized' });
	proxy.send({ id: 1, method: 'tools/call', params: { name: 'x' } });
	await proxy.message();
	await proxy.finish();
	assert.equal(server.handshake.headers['mcp-protocol-version'], undefined);
	assert.equal(server.seen[0].headers['mcp-protocol-version'], undefined);
	for (const { headers } of server.seen.slice(1)) {
		assert.equal(headers['mcp-protocol-version'], '2025-06-18');
		assert.equal(headers['mcp-method'], undefined);
		assert.equal(headers['mcp-name'], undefined);
	}
	assert.equal(server.seen.length, 3);
});

test('legacy: a cancellation is forwarded and the request goes on', async (t) => {
	let release;
	const { server, proxy } = await start(t, (call, res) => {
		if (call.method === 'slow') {
			release = () => answer(res, call, {});
			proxy.send({ method: 'notifications/cancelled', params: { requestId: 5 } });
		} else {
			res.writeHead(202).end();
			release();
		}
	});
	proxy.send({ id: 5, method: 'slow' });
	assert.equal((await proxy.message()).id, 5);
	assert.equal(server.seen[1].call.method, 'notifications/cancelled');
});

test('legacy: a cancelled request does not hold up the end', async (t) => {
	const { server, proxy } = await start(t, (call, res) => {
		if (call.method === 'notifications/cancelled')
			res.writeHead(202).end();
	});
	proxy.send({ id: 5, method: 'never' });
	proxy.send({ method: 'notifications/cancelled', params: { requestId: 5 } });
	assert.deepEqual(await proxy.finish(), { code: 0, lines: [] });
	assert.equal(server.seen.at(-1).call.method, 'notifications/cancelled');
});

test('legacy: batches pass, requests of the server and responses to them too', async (t) => {
	const { server, proxy } = await start(t, (call, res) => {
		if (Array.isArray(call) && call.length === 3)
			json(res, call.filter((c) => c.id).map((c) => ({ jsonrpc: '2.0', id: c.id, result: {} })));
		else if (Array.isArray(call))
			res.writeHead(500, { 'content-type': 'text/plain' }).end('down');
		else if (call.result)
			res.writeHead(202).end();
		else
			res.writeHead(200, { 'content-type': 'text/event-stream' }).end(
				'data: {"jsonrpc":"2.0","id":77,"method":"roots/list"}\n\n' +
				`data: {"jsonrpc":"2.0","id":${call.id},"result":{}}\n\n`);
	});
	const calls = [{ jsonrpc: '2.0', id: 1, method: 'a' }, { jsonrpc: '2.0', method: 'n' }, { jsonrpc: '2.0', id: 2, method: 'b' }];
	proxy.write(`${JSON.stringify(calls)}\n`);
	assert.deepEqual((await proxy.message()).map((m) => m.id), [1, 2]);
	proxy.write(`${JSON.stringify([calls[0], calls[2]])}\n`);
	const errors = [await proxy.message(), await proxy.message()];
	assert.deepEqual(errors.map((m) => [m.id, m.error.code]), [[1, -32603], [2, -32603]]);
	proxy.send({ id: 9, method: 'c' });
	assert.equal((await proxy.message()).method, 'roots/list');
	assert.equal((await proxy.message()).id, 9);
	proxy.send({ id: 77, result: { roots: [] } });
	assert.deepEqual(await proxy.finish(), { code: 0, lines: [] });
	assert.deepEqual(server.seen.at(-1).call.result, { roots: [] });
});

// ---- the modern era ----

test('modern: version, method and name are mirrored in headers', async (t) => {
	const { server, proxy } = await start(t, (call, res) => answer(res, call, { resultType: 'complete' }));
	const cases = [
		['server/discover', {}, undefined],
		['tools/call', { name: 'collections.list' }, 'collections.list'],
		['prompts/get', { name: 'Hello, 世界' }, '=?base64?SGVsbG8sIOS4lueVjA==?='],
		['prompts/get', { name: ' padded ' }, '=?base64?IHBhZGRlZCA=?='],
		['prompts/get', { name: 'line1\nline2' }, '=?base64?bGluZTEKbGluZTI=?='],
		['prompts/get', { name: '=?base64?literal?=' }, '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
		['resources/read', { uri: 'coffer://collection/books' }, 'coffer://collection/books'],
		['tasks/get', { taskId: 'run:1' }, 'run:1'],
		['tools/list', { name: 'not for this method' }, undefined],
		['tools/call', { name: 7 }, undefined],
	];
	for (const [i, [method, params, name]] of cases.entries()) {
		proxy.send({ id: i, method, params: modern(params) });
		await proxy.message();
		const { headers } = server.seen[i];
		assert.equal(headers['mcp-protocol-version'], '2026-07-28', method);
		assert.equal(headers['mcp-method'], method);
		assert.equal(headers['mcp-name'], name);
	}
	// a value that no header can carry is left out; the server then refuses the request
	proxy.send({ id: 90, method: 'a\r\nX-Evil: 1', params: modern() });
	await proxy.message();
	assert.equal(server.seen.at(-1).headers['mcp-method'], undefined);
	assert.equal(server.seen.at(-1).headers['x-evil'], undefined);
	// the eras may mix: the message decides
	proxy.send({ id: 91, method: 'tools/call', params: { name: 'x' } });
	await proxy.message();
	assert.equal(server.seen.at(-1).headers['mcp-protocol-version'], undefined);
	assert.equal(server.seen.at(-1).headers['mcp-method'], undefined);
});

test('modern: arguments declared with x-mcp-header are mirrored once tools/list has passed', async (t) => {
	const property = (type, header) => ({ type, 'x-mcp-header': header });
	const pages = {
		'': [
			{
				name: 'query',
				inputSchema: {
					type: 'object',
					properties: {
						region: property('string', 'Region'),
						limit: property('integer', 'Limit'),
						dry: property('boolean', 'Dry'),
						deep: { type: 'object', properties: { key: property('string', 'Deep-Key') } },
						other: { type: 'string' },
						bad: property('string', 'no token'),
						number: property('number', 'Number'),
						twice: property('string', 'region'),
					},
				},
			},
		],
		next: [{ name: 'paged', inputSchema: { type: 'object', properties: { p: property('string', 'P') } } }],
		none: [],
	};
	let page = '';
	const { server, proxy } = await start(t, (call, res) => {
		if (call.method === 'tools/list')
			answer(res, call, { resultType: 'complete', tools: pages[call.params.cursor ?? page] });
		else
			answer(res, call, { resultType: 'complete' });
	});
	let id = 0;
	const list = async (cursor) => {
		proxy.send({ id: ++id, method: 'tools/list', params: modern(cursor ? { cursor } : {}) });
		await proxy.message();
	};
	const mirrored = async (name, args, params = modern({ name, arguments: args })) => {
		proxy.send({ id: ++id, method: 'tools/call', params });
		await proxy.message();
		return Object.fromEntries(
			Object.entries(server.seen.at(-1).headers).filter(([key]) => key.startsWith('mcp-param-')),
		);
	};

	assert.deepEqual(await mirrored('query', { region: 'eu' }), {});
	await list();
	await list('next');
	assert.deepEqual(
		await mirrored('query', { region: 'eu-west', limit: -7, dry: false, deep: { key: 'größe' }, other: 'x',
			bad: 'x', number: 1.5 }),
		{
			'mcp-param-region': 'eu-west',
			'mcp-param-limit': '-7',
			'mcp-param-dry': 'false',
			'mcp-param-deep-key': '=?base64?Z3LDtsOfZQ==?=',
		},
	);
	assert.deepEqual(await mirrored('query', { region: '', limit: null, deep: {}, twice: 'x' }),
		{ 'mcp-param-region': '=?base64??=' });
	assert.deepEqual(await mirrored('query', { region: ['a'] }), {});
	assert.deepEqual(await mirrored('query', undefined), {});
	assert.deepEqual(await mirrored('paged', { p: 'q' }), { 'mcp-param-p': 'q' });
	// legacy calls have no such headers
	assert.deepEqual(await mirrored('', {}, { name: 'query', arguments: { region: 'eu' } }), {});
	// a new list replaces what was known
	page = 'none';
	await list();
	assert.deepEqual(await mirrored('query', { region: 'eu' }), {});
	assert.equal(proxy.stderr.match(/x-mcp-header of (bad|number|twice) is ignored/g).length, 3);
});

test('modern: a cancellation closes the request and nothing more is written for it', async (t) => {
	let closed;
	const gone = new Promise((resolve) => {
		closed = resolve;
	});
	const { server, proxy } = await start(t, (call, res) => {
		if (call.method === 'ping') {
			answer(res, call, {});
			return;
		}
		res.on('close', () => closed(res.writableFinished));
		res.writeHead(200, { 'content-type': 'text/event-stream' });
		res.write('data: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n');
	});
	proxy.send({ id: 'long', method: 'tools/call', params: modern({ name: 'x' }) });
	assert.equal((await proxy.message()).method, 'notifications/progress');
	proxy.send({ method: 'notifications/cancelled', params: { requestId: 'long', reason: 'enough' } });
	assert.equal(await within(gone, () => 'the end of the connection'), false);
	// one for a request that is over already is nobody's business
	proxy.send({ method: 'notifications/cancelled', params: modern({ requestId: 'long' }) });
	proxy.send({ id: 2, method: 'ping' });
	assert.equal((await proxy.message()).id, 2);
	assert.deepEqual(await proxy.finish(), { code: 0, lines: [] });
	assert.deepEqual(server.seen.map((s) => s.call.method), ['tools/call', 'ping']);
});

test('modern: a subscription ends with standard input', async (t) => {
	const { proxy } = await start(t, (call, res) => {
		res.writeHead(200, { 'content-type': 'text/event-stream' });
		res.write('data: {"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{}}\n\n');
	});
	proxy.send({ id: 1, method: 'subscriptions/listen', params: modern() });
	await proxy.message();
	assert.deepEqual(await proxy.finish(), { code: 0, lines: [] });
});
