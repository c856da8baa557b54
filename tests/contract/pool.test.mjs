// The life of the pool: drained, reloaded, killed worker by worker, and what clients see of it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, before, test } from 'node:test';

import { client, freePort, http, rest, unique } from './lib.mjs';
import { drainRound, stage, workersOf } from './pool-stage.mjs';
import { COFFER_FCGI, end, isAlive, must, run, sleep, temporary, until } from './stage.mjs';

let on;

before(async () => {
	on = await stage();
});

afterEach(() => on.tidy());

const stop = async (started) => {
	started.child.kill('SIGTERM');
	assert.equal(await started.exited, 0);
};

const metric = async (name) => {
	const { text } = await http(`${on.url}/metrics`);
	return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)[1]);
};

test('SIGTERM under load: no answer is cut, and the socket goes away', async () => {
	let answers = 0;
	for (let round = 0; round < 4; round++) answers += await drainRound(on);
	assert.ok(answers >= 4 * 20);
	assert.equal(existsSync(on.socket), false);
});

test('what was accepted before SIGTERM is answered, however long it takes', async () => {
	const started = await on.start({ workers: 3 });
	const slow = client(on).tool('db.execute_sql', { sql: 'SELECT SLEEP(1.5) AS s' });
	const quick = [];
	await sleep(300);
	for (let i = 0; i < 20; i++) quick.push(rest(on, 'GET', `/api/items/${on.slug}?limit=1`));
	await sleep(100);
	started.child.kill('SIGTERM');
	assert.equal((await slow).isError, false);
	for (const { status } of await Promise.all(quick)) assert.equal(status, 200);
	assert.equal(await started.exited, 0);
});

test('SIGHUP under load: every request is answered, every worker is new', async () => {
	const started = await on.start();
	const old = workersOf(started);
	const running = on.load();
	for (let i = 0; i < 5; i++) {
		await sleep(300);
		started.child.kill('SIGHUP');
	}
	await until(() => !old.some(isAlive), 'end of the old workers');
	await until(() => workersOf(started).length === 8, 'eight workers');
	const { ok, refused, broken } = await running.stop();
	assert.deepEqual({ refused, broken }, { refused: [], broken: [] });
	assert.ok(ok > 50, `${ok} answers`);
	await stop(started);
});

test('SIGHUP reads the configuration again, and keeps the old one when it is wrong', async () => {
	const config = path.join(temporary(), 'coffer.conf');
	const write = (workers, more = '') => {
		const text = readFileSync(on.config, 'utf8').replace('[server]', `[server]\nworkers = ${workers}`);
		writeFileSync(config, text + more);
	};
	write(3);
	const started = await on.start({ workers: 0, config });
	const first = workersOf(started);
	assert.equal(first.length, 3);
	write(5);
	started.child.kill('SIGHUP');
	await until(
		() => workersOf(started).filter((pid) => !first.includes(pid)).length === 5 && !first.some(isAlive),
		'five workers',
	);
	write(7, '[nonsense]\nx = 1\n');
	started.child.kill('SIGHUP');
	await until(() => /unknown key nonsense\.x/.test(started.stderr), 'a line in the log');
	await sleep(200);
	await until(() => workersOf(started).length === 5, 'five workers, not seven');
	await stop(started);
});

test('SIGHUP opens the log anew, for whoever rotates it', async () => {
	const log = path.join(temporary(), 'coffer.log');
	const started = await on.start({ workers: 2, env: { COFFER_LOG_FILE: log } });
	await http(`${on.url}/api/before`);
	renameSync(log, `${log}.1`);
	const first = workersOf(started);
	started.child.kill('SIGHUP');
	await until(() => existsSync(log) && !first.some(isAlive), 'a new log and new workers');
	await http(`${on.url}/api/after`);
	await until(() => /\/api\/after/.test(readFileSync(log, 'utf8')), 'a line in the new log');
	assert.match(readFileSync(`${log}.1`, 'utf8'), /\/api\/before/);
	assert.doesNotMatch(readFileSync(`${log}.1`, 'utf8'), /\/api\/after/);
	await stop(started);
});

test('a worker that is killed is replaced, at once when it was well', async () => {
	const started = await on.start({ workers: 4 });
	await sleep(1100);
	const [victim, ...others] = workersOf(started);
	process.kill(victim, 'SIGKILL');
	await until(
		() => workersOf(started).length === 4 && !workersOf(started).includes(victim),
		'another',
	);
	assert.deepEqual(workersOf(started).filter((pid) => others.includes(pid)), others);
	assert.match(started.stderr, new RegExp(`worker ${victim} ended with signal 9; another starts in 0 s`));
	await stop(started);
});

test('a worker that dies young is replaced after a growing while', async () => {
	const started = await on.start({ workers: 1 });
	const waits = [];
	for (let i = 0; i < 3; i++) {
		const [young] = workersOf(started);
		process.kill(young, 'SIGKILL');
		const killed = Date.now();
		await until(() => workersOf(started).some((pid) => pid !== young), 'the next one');
		waits.push(Date.now() - killed);
	}
	assert.match(started.stderr, /another starts in 1 s.*another starts in 2 s/s);
	assert.ok(waits[1] > 900 && waits[2] > 1900, `waited ${waits} ms`);
	assert.equal((await http(`${on.url}/health`)).status, 200, 'the one that lives answers');
	await stop(started);
});

test('a worker killed in a request: a 5xx for that client, and the next request works', async () => {
	const started = await on.start({ workers: 1 });
	await sleep(1100);
	const [victim] = workersOf(started);
	const slow = rest(on, 'POST', '/api/admin/db/sql/run', { json: { sql: 'SELECT SLEEP(3) AS s' } });
	await sleep(400);
	process.kill(victim, 'SIGKILL');
	const { status } = await slow;
	assert.ok(status >= 500 && status <= 504, `status ${status}`);
	const next = await until(async () => {
		const got = await rest(on, 'GET', `/api/items/${on.slug}?limit=1`);
		return got.status === 200 && got;
	}, 'an answer', 5000);
	assert.equal(next.json.data.length, 1);
	await stop(started);
});

test('a worker killed while it streams: the stream ends, and its slot is free again', async () => {
	const started = await on.start({ workers: 4 }); // one slot
	const slug = unique('streamed');
	await client(on).data('schema.create_collection', { slug, fields: [{ name: 'n', type: 'integer' }] });
	const stream = (n) =>
		fetch(on.mcp, {
			method: 'POST',
			headers: {
				authorization: `Bearer ${on.key}`,
				'content-type': 'application/json',
				accept: 'application/json, text/event-stream',
			},
			body: JSON.stringify({
				jsonrpc: '2.0', id: 1, method: 'tools/call',
				params: {
					name: 'collections.bulk_insert',
					arguments: { collection: slug, rows: Array.from({ length: n }, (_, i) => ({ n: i })) },
					_meta: { progressToken: 1 },
				},
			}),
		});
	const before = workersOf(started);
	const res = await stream(10000);
	assert.match(res.headers.get('content-type'), /event-stream/);
	for (const pid of before) process.kill(pid, 'SIGKILL');
	const text = await res.text().catch(() => '');
	assert.doesNotMatch(text, /"succeeded":10000/);
	await until(() => workersOf(started).filter((pid) => !before.includes(pid)).length === 4, 'four others');
	const again = await until(async () => {
		const got = await stream(2000);
		return got.status === 200 && got;
	}, 'an answer');
	assert.match(again.headers.get('content-type'), /event-stream/);
	assert.match(await again.text(), /"succeeded":2000/);
	await stop(started);
});

test('workers retire after their requests, and nobody notices', async () => {
	const started = await on.start({ workers: 4, env: { COFFER_SERVER_MAX_REQUESTS: '50' } });
	const first = workersOf(started);
	const running = on.stress(`${on.url}/health`, { concurrency: 8 });
	await until(() => running.result.ok >= 2000, '2,000 answers');
	const { refused, broken } = await running.stop();
	assert.deepEqual({ refused, broken }, { refused: [], broken: [] });
	assert.ok(!first.some(isAlive), 'all of the first have retired');
	assert.ok((await metric('coffer_workers_started_total')) >= 2000 / 60);
	await until(() => workersOf(started).length === 4, 'four workers');
	assert.doesNotMatch(started.stderr, /ended with/);
	await stop(started);
});

test('tools/list and calls while workers are killed, reloaded and retire', async () => {
	const started = await on.start({ env: { COFFER_SERVER_MAX_REQUESTS: '200' } });
	const list = on.stress(on.mcp, {
		method: 'POST',
		concurrency: 4,
		headers: { authorization: `Bearer ${on.key}`, 'content-type': 'application/json' },
		body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
		judge: (text) => assert.ok(JSON.parse(text).result.tools.length >= 10),
	});
	const call = on.load({ concurrency: 4 });
	for (let i = 0; i < 12; i++) {
		await sleep(150);
		if (i % 4 === 3) started.child.kill('SIGHUP');
		else process.kill(workersOf(started)[0], 'SIGKILL');
	}
	const results = [await list.stop(), await call.stop()];
	for (const { ok, refused, broken } of results) {
		assert.ok(ok > 20, `${ok} answers`);
		assert.deepEqual(broken.filter((why) => !/^cut after/.test(why)), []);
		// nobody can finish the answer of a worker that was killed while it wrote
		assert.ok(broken.length + refused.length <= 9 * 2, `${broken.length} cut, ${refused.length} refused`);
	}
	await stop(started);
});

test('when the pool dies its workers do not live on', async () => {
	const started = await on.start({ workers: 3 });
	const workers = workersOf(started);
	started.child.kill('SIGKILL');
	await until(() => !workers.some(isAlive), 'end of the workers');
	const again = await on.start({ workers: 2 });
	assert.equal(workersOf(again).length, 2, 'a socket left behind is taken over');
	await stop(again);
});

test('two pools on one socket: the second one says so', async () => {
	const started = await on.start({ workers: 1 });
	const second = await run(COFFER_FCGI, ['--config', on.config, '--listen', on.socket], {
		env: { ...process.env, COFFER_LOG_FILE: '' },
	});
	assert.equal(second.status, 1);
	assert.match(second.stderr, /another program is listening on/);
	assert.equal((await http(`${on.url}/health`)).status, 200);
	await stop(started);
});

test('command line', async () => {
	const usage = async (args, pattern, env = {}) => {
		const { status, stderr } = await run(COFFER_FCGI, args, {
			env: { ...process.env, COFFER_CONFIG: on.config, COFFER_LOG_FILE: '', ...env },
		});
		assert.notEqual(status, 0);
		assert.match(stderr, pattern, args.join(' '));
	};
	await usage(['--no-such-option'], /usage: coffer-fcgi/);
	await usage([], /usage: coffer-fcgi/);
	await usage(['operand'], /usage: coffer-fcgi/);
	await usage(['--listen', on.socket, '--workers', 'many'], /--workers cannot be 'many'/);
	await usage(['--listen', on.socket, '--socket-mode', '888'], /--socket-mode cannot be '888'/);
	await usage(['--listen', `/tmp/${'x'.repeat(120)}`], /longer than 107 bytes/);
	await usage(['--listen', ':notaport'], /cannot listen on :notaport/);
	await usage(['--config', '/nonexistent', '--listen', on.socket], /No such file/);
	await usage(['--listen', on.socket], /SECRET must have at least 32/, { COFFER_SECURITY_SECRET: 'short' });
	await usage(['--listen', on.socket], /secret is not set/, { COFFER_SECURITY_SECRET: '' });
	assert.match(await must(COFFER_FCGI, ['--version']), /^coffer-fcgi \d/);
	assert.match(await must(COFFER_FCGI, ['--help']), /^usage: coffer-fcgi/);
});

test('a pool on a port listens on loopback only', async () => {
	const port = await freePort();
	const child = spawn(COFFER_FCGI, ['--config', on.config, '--listen', `:${port}`, '--workers', '1'], {
		stdio: 'ignore',
	});
	const hex = port.toString(16).toUpperCase().padStart(4, '0');
	const listening = () =>
		readFileSync('/proc/net/tcp', 'utf8')
			.split('\n')
			.map((line) => line.trim().split(/\s+/))
			.filter(([, local, , state]) => state === '0A' && local.endsWith(`:${hex}`))
			.map(([, local]) => local.split(':')[0]);
	await until(() => listening().length > 0, 'the port');
	assert.deepEqual(listening(), ['0100007F']);
	await end(child.pid);
});
