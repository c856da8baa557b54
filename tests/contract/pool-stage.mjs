// A pool behind a web server for the tests of its life: started, reloaded, drained and killed.
import assert from 'node:assert/strict';
import path from 'node:path';

import { client, freePort, ROOT, unique } from './lib.mjs';
import { load } from './load.mjs';
import {
	atEnd, childrenOf, COFFER_FCGI, end, must, pidOf, pool, quickstart, temporary, until,
} from './stage.mjs';

const ROWS = 25;
const ROW_BYTES = 12000;

const deploy = (name) => path.join(ROOT, 'deploy', name);

// A database with a collection whose list is an answer of 300 kB, and a lighttpd of its own that passes
// requests on to socket, where nobody listens yet.
export async function stage() {
	const dir = temporary();
	const instance = await quickstart({
		program: deploy('quickstart'),
		dir: path.join(dir, 'run'),
		port: await freePort(),
		args: ['--workers', '2', '--set', 'server.max_answer=1m'],
	});
	const slug = unique('large');
	const agent = client(instance);
	await agent.data('schema.create_collection', {
		slug, fields: [{ name: 'n', type: 'integer' }, { name: 'body', type: 'longtext' }],
	});
	await agent.data('collections.bulk_insert', {
		collection: slug,
		rows: Array.from({ length: ROWS }, (_, n) => ({ n, body: 'x'.repeat(ROW_BYTES) })),
	});
	const socket = path.join(dir, 'pool.sock');
	const port = await freePort();
	await must(deploy('web-server'), ['lighttpd', path.join(dir, 'web'), String(port), socket]);
	atEnd(() => end(pidOf(path.join(dir, 'web/web.pid')), 'SIGINT'));
	const url = `http://127.0.0.1:${port}`;
	const config = path.join(instance.dir, 'coffer.conf');
	const to = { ...instance, url, mcp: `${url}/mcp`, config, socket };

	const pools = [];
	const loads = [];
	const on = {
		...to,
		slug,
		// The pool, answering and with its log in stderr; env: further environment.
		start: async ({ workers = 8, env, config: other = config } = {}) => {
			const started = await pool({
				fcgi: COFFER_FCGI, socket, config: other, workers, env: { COFFER_LOG_FILE: '', ...env },
			});
			pools.push(started);
			await until(
				() => fetch(`${url}/health`).then(({ status }) => status === 200, () => false),
				'health',
			);
			return started;
		},
		stress: (at, options) => {
			loads.push(load(at, options));
			return loads.at(-1);
		},
		load: (options = {}) =>
			on.stress(`${url}/api/items/${slug}?limit=${ROWS}&sort=n`, {
				headers: { authorization: `Bearer ${instance.key}` },
				judge: (text) => {
					const { data } = JSON.parse(text);
					assert.equal(data.length, ROWS);
					for (const { body } of data) assert.equal(body.length, ROW_BYTES);
				},
				...options,
			}),
		// After a test, however it ended.
		tidy: async () => {
			for (const { pid } of pools.splice(0)) await end(pid);
			for (const one of loads.splice(0)) await one.stop();
		},
	};
	return on;
}

export const workersOf = (started) => childrenOf(started.pid);

// Under load: SIGTERM, and every answer is whole or a clean refusal.  Answers how many were whole.
export async function drainRound(on) {
	const started = await on.start();
	const running = on.load();
	await until(() => running.result.ok >= 20, 'answers');
	started.child.kill('SIGTERM');
	const status = await started.exited;
	const { ok, refused, broken } = await running.stop();
	assert.equal(status, 0, 'the pool ends well');
	assert.deepEqual(broken, [], 'no answer is cut');
	for (const code of refused) assert.ok(code >= 500 && code <= 504);
	return ok;
}
