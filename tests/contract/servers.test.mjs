// Every configuration of deploy/ in a real web server: what an agent needs comes through each.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { before, test } from 'node:test';

import { client, freePort, http, post, rest, unique } from './lib.mjs';
import {
	atEnd, childrenOf, end, installed, isAlive, must, pidOf, plainUser, quickstart, temporary, until,
} from './stage.mjs';

const MIB = 1 << 20;

// kind of deploy/web-server, and whether it starts the workers itself
const SERVERS = [
	{ kind: 'lighttpd' },
	{ kind: 'lighttpd-bin-path', spawns: true },
	{ kind: 'apache' },
	{ kind: 'apache-fcgid', spawns: true },
	{ kind: 'nginx' },
];

// One database and one pool for all; everything belongs to somebody without rights.
let programs;
let instance;
let options;

before(async () => {
	programs = installed();
	const dir = temporary({ plain: true });
	options = { ...plainUser, cwd: dir };
	instance = await quickstart({
		program: programs.deploy('quickstart'),
		dir: path.join(dir, 'run'),
		port: await freePort(),
		args: ['--workers', '8'],
		...options,
	});
});

// Start a web server; answers how to reach coffer through it.
async function serve(kind, target) {
	const dir = temporary({ plain: true });
	const port = await freePort();
	const pidFile = path.join(dir, 'web.pid');
	const env = { ...process.env, COFFER_CONFIG: path.join(instance.dir, 'coffer.conf') };
	await must(programs.deploy('web-server'), [kind, dir, String(port), target], { ...options, env })
		.catch((e) => {
			throw new Error(`${e.message}: ${readFileSync(path.join(dir, 'web.log'), 'utf8')}`);
		});
	atEnd(() => end(pidOf(pidFile)));
	const url = `http://127.0.0.1:${port}`;
	return { ...instance, url, mcp: `${url}/mcp`, dir, port, pid: pidOf(pidFile) };
}

// A request as typed, for what fetch() will not send.
function raw(port, text) {
	return new Promise((resolve, reject) => {
		const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
		let answer = '';
		socket.setEncoding('utf8');
		socket.on('data', (part) => (answer += part));
		socket.on('end', () => resolve(answer));
		socket.on('error', reject);
	});
}

// lighttpd hands both spellings over until 1.4.83.
async function passesBothSpellings(kind) {
	if (!kind.startsWith('lighttpd')) return false;
	const [, patch] = /lighttpd\/1\.4\.(\d+)/.exec(await must('lighttpd', ['-v'], options));
	return Number(patch) < 83;
}

for (const { kind, spawns } of SERVERS) {
	let to;
	let slug;

	test(`${kind}: starts, and answers at /health`, async () => {
		to = await serve(kind, spawns ? programs.fcgi : path.join(instance.dir, 'coffer.sock'));
		const { status, json } = await http(`${to.url}/health`, { key: 'anything' });
		assert.equal(status, 200);
		assert.equal(json.status, 'ok');
	});

	test(`${kind}: hands the Authorization header over`, async () => {
		const { json: with_ } = await http(`${to.url}/health`, { key: 'anything' });
		assert.equal(with_.authorization, 'passed');
		assert.equal(with_.hint, undefined);
		const { json: without } = await http(`${to.url}/health`);
		assert.equal(without.authorization, 'absent');
		assert.match(without.hint, /deploy\/README\.md/);
	});

	test(`${kind}: tools/list, as everywhere`, async () => {
		const here = await client(to).result('tools/list');
		const there = await client(instance).result('tools/list');
		assert.ok(here.tools.length >= 10);
		assert.deepEqual(here.tools, there.tools);
	});

	test(`${kind}: an authorised call, and none without a key`, async () => {
		slug = unique('served');
		await client(to).data('schema.create_collection', {
			slug,
			fields: [
				{ name: 'title', type: 'text' },
				{ name: 'body', type: 'longtext' },
			],
		});
		const { data } = await client(to).data('collections.insert', {
			collection: slug,
			data: { title: 'Ünïcødé', body: 'x' },
		});
		const read = await rest(to, 'GET', `/api/items/${slug}/${data.id}`);
		assert.equal(read.json.data.title, 'Ünïcødé');
		const stranger = await rest(to, 'GET', `/api/items/${slug}/${data.id}`, { anonymous: true });
		assert.equal(stranger.status, 401);
		assert.equal(stranger.json.error.code, 'UNAUTHORIZED');
	});

	test(`${kind}: the key as X-API-Key`, async () => {
		const answer = await http(`${to.url}/api/items/${slug}`, { headers: { 'x-api-key': to.key } });
		assert.equal(answer.status, 200);
	});

	test(`${kind}: a path with escapes and a query`, async () => {
		const filter = JSON.stringify({ title: { _eq: 'Ünïcødé' } });
		const answer = await rest(
			to, 'GET', `/api/items/${slug}?filter=${encodeURIComponent(filter)}&limit=1`,
		);
		assert.equal(answer.json.data.length, 1);
		const missing = await rest(to, 'GET', '/api/items/a%2Fb');
		assert.equal(missing.status, 404);
	});

	test(`${kind}: a body of 1 MiB, and one of 5 MiB is too much`, async () => {
		const body = 'é'.repeat(MIB / 2);
		const { data } = await client(to).data('collections.insert', {
			collection: slug,
			data: { title: 'long', body },
		});
		const list = await client(to).data('collections.list', {
			collection: slug,
			filter: { id: { _eq: data.id }, body: { _eq: body } },
			fields: ['id'],
		});
		assert.equal(list.data.length, 1, 'every byte arrived');
		const large = await rest(to, 'POST', `/api/items/${slug}`, {
			json: { title: 'too long', body: 'x'.repeat(5 * MIB) },
		});
		assert.equal(large.status, 413);
		assert.equal(large.json.error.code, 'PAYLOAD_TOO_LARGE');
	});

	test(`${kind}: a body in chunks, whose length nobody knows before`, async () => {
		const text = JSON.stringify({ title: 'chunks', body: 'y'.repeat(100000) });
		const stream = new ReadableStream({
			start(controller) {
				for (let at = 0; at < text.length; at += 10000)
					controller.enqueue(new TextEncoder().encode(text.slice(at, at + 10000)));
				controller.close();
			},
		});
		const res = await fetch(`${to.url}/api/items/${slug}`, {
			method: 'POST',
			headers: { authorization: `Bearer ${to.key}`, 'content-type': 'application/json' },
			body: stream,
			duplex: 'half',
		});
		const json = await res.json();
		assert.equal(res.status, 201, JSON.stringify(json));
		assert.equal(json.data.body.length, 100000);
	});

	test(`${kind}: progress of 3,000 rows as server-sent events`, async () => {
		const rows = Array.from({ length: 3000 }, (_, i) => ({ title: `row ${i}` }));
		const answer = await post(
			to.mcp,
			JSON.stringify({
				jsonrpc: '2.0',
				id: 7,
				method: 'tools/call',
				params: {
					name: 'collections.bulk_insert',
					arguments: { collection: slug, rows },
					_meta: { progressToken: 'token' },
				},
			}),
			{ key: to.key },
		);
		assert.equal(answer.status, 200);
		assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
		const progress = answer.events.map(({ method, params }) => {
			assert.equal(method, 'notifications/progress');
			assert.equal(params.progressToken, 'token');
			return params.progress;
		});
		assert.ok(progress.length >= 2, `progress ${progress}`);
		assert.deepEqual(progress, [...progress].sort((a, b) => a - b));
		assert.equal(answer.json.id, 7);
		assert.equal(answer.json.result.structuredContent.succeeded, 3000);
	});

	test(`${kind}: a header in two spellings does not get past`, async () => {
		const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
		const answer = await raw(
			to.port,
			[
				'POST /mcp HTTP/1.1', 'Host: 127.0.0.1', 'Connection: close',
				'Content-Type: application/json', `Authorization: Bearer ${to.key}`,
				'Mcp-Method: ping', 'Mcp_Method: tools/call',
				`Content-Length: ${body.length}`, '', body,
			].join('\r\n'),
		);
		if (await passesBothSpellings(kind)) {
			assert.match(answer, /^HTTP\/1.1 400 /);
			assert.match(answer, /"BAD_REQUEST".*two spellings/s);
		} else {
			assert.match(answer, /^HTTP\/1.1 200 /, 'the server drops the odd one');
		}
	});

	test(`${kind}: HEAD, an unknown path and a foreign method`, async () => {
		const head = await fetch(`${to.url}/health`, { method: 'HEAD' });
		assert.equal(head.status, 200);
		assert.equal(await head.text(), '');
		const unknown = await http(`${to.url}/no/such/path`);
		assert.equal(unknown.status, 404);
		assert.equal(unknown.json.error.code, 'NOT_FOUND');
		const method = await http(to.mcp, { method: 'DELETE', key: to.key });
		assert.equal(method.status, 405);
	});

	test(`${kind}: ends, with everything it started`, async () => {
		const before = childrenOf(to.pid);
		await end(to.pid);
		for (const pid of before) await until(() => !isAlive(pid), `end of worker ${pid}`);
	});
}
