// deploy/quickstart, as its first user meets it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';

import { client, freePort, http, rest, ROOT, signIn, unique } from './lib.mjs';
import { atEnd, childrenOf, COFFER, isAlive, pidOf, run, sleep, temporary, until } from './stage.mjs';

const QUICKSTART = path.join(ROOT, 'deploy/quickstart');
const READY_SECONDS = 15;

const quickstart = (args, options) => run(QUICKSTART, ['--no-install', ...args], options);

// A directory for the state, stopped at the end whatever happens.
function place() {
	const dir = path.join(temporary(), 'run');
	atEnd(() => quickstart(['--stop', '--dir', dir]));
	return dir;
}

async function started(args) {
	const { status, stdout, stderr } = await quickstart(['--detach', ...args]);
	assert.equal(status, 0, stderr || stdout);
	return stdout;
}

const connection = (dir) => JSON.parse(readFileSync(path.join(dir, 'connection.json'), 'utf8'));

// Everything that runs with dir on its command line.
const processesOf = (dir) =>
	readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.filter((pid) => {
			try {
				return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${dir}/`);
			} catch {
				return false;
			}
		})
		.map(Number);

const oneLine = ({ status, stdout, stderr }, pattern) => {
	assert.notEqual(status, 0);
	assert.equal(stdout, '');
	assert.match(stderr, /^quickstart: [^\n]*\n$/, 'one line');
	assert.match(stderr, pattern);
};

// ---- one instance that most of this is about ----

const dir = place();
let port;

test('ready in under 15 s when packages and build are there', async () => {
	port = await freePort();
	const before = Date.now();
	const text = await started(['--port', String(port), '--dir', dir]);
	assert.ok(Date.now() - before < READY_SECONDS * 1000, `${Date.now() - before} ms`);
	const { url, key, email, password } = connection(dir);
	for (const part of [`coffer is ready at ${url}`, key, email, password, 'Claude Code', 'Claude Desktop', 'Cursor', 'VS Code', 'curl'])
		assert.ok(text.includes(part), `the text names ${part}`);
});

test('connection.json: its keys, its mode, and that it works', async () => {
	const to = connection(dir);
	assert.deepEqual(Object.keys(to), ['url', 'mcp', 'admin_mcp', 'email', 'password', 'key']);
	assert.equal(to.url, `http://127.0.0.1:${port}`);
	assert.equal(to.mcp, `${to.url}/mcp`);
	assert.equal(to.admin_mcp, `${to.url}/api/admin/mcp`);
	assert.equal(statSync(path.join(dir, 'connection.json')).mode & 0o777, 0o600);
	assert.equal(statSync(path.join(dir, 'coffer.conf')).mode & 0o077, 0);
	assert.equal(statSync(dir).mode & 0o077, 0);
	await signIn(to);
	for (const mount of ['/mcp', '/api/admin/mcp'])
		assert.ok((await client(to, { mount }).result('tools/list')).tools.length >= 10);
	// the first administrator is the operator, and the key has no guards
	const tables = await client(to).data('db.list_tables');
	assert.ok(JSON.stringify(tables).includes('coffer_user'));
	const { data } = await client(to).data('tenants.list');
	assert.deepEqual(data.map(({ slug }) => slug), ['default']);
});

test('the printed configurations: flat names where clients need them', async () => {
	const to = connection(dir);
	const flat = await client(to, { query: '?names=flat' }).result('tools/list');
	for (const { name } of flat.tools) assert.match(name, /^[A-Za-z0-9_-]{1,64}$/);
	assert.ok(flat.tools.some(({ name }) => name === 'collections-list'));
});

test('the printed curl line works as it stands', async () => {
	const { stdout } = await quickstart(['--status', '--dir', dir]);
	assert.match(stdout, new RegExp(`^running: http://127.0.0.1:${port} `));
	const { url, key } = connection(dir);
	const shown = (await run(COFFER, ['key', 'show', '--url', url, '--key', key])).stdout;
	const command = shown.slice(shown.indexOf('curl -s'));
	const answer = await run('sh', ['-c', command]);
	assert.deepEqual(JSON.parse(answer.stdout).result.structuredContent, { collections: [] });
});

test('started twice: one clear line, and the first goes on', async () => {
	oneLine(await quickstart(['--dir', dir, '--port', String(await freePort())]), /already running at http/);
	oneLine(await quickstart(['--dir', dir, '--detach', '--port', String(port)]), /already running at http/);
	assert.equal((await http(`http://127.0.0.1:${port}/health`)).status, 200);
});

test('the port is taken: one clear line, and nothing is made', async () => {
	const server = net.createServer();
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	const taken = server.address().port;
	const other = path.join(temporary(), 'run');
	oneLine(
		await quickstart(['--dir', other, '--port', String(taken)]),
		new RegExp(`port ${taken} is taken`),
	);
	assert.equal(existsSync(other), false);
	server.close();
});

test('a second start finds the data again, also on another port', async () => {
	const first = connection(dir);
	const slug = unique('kept');
	await client(first).data('schema.create_collection', { slug, fields: [{ name: 'a', type: 'text' }] });
	await client(first).data('collections.insert', { collection: slug, data: { a: 'still here' } });
	assert.equal((await quickstart(['--stop', '--dir', dir])).stdout, 'stopped\n');
	assert.deepEqual(processesOf(dir), []);
	port = await freePort();
	await started(['--port', String(port), '--dir', dir, '--workers', '3']);
	const second = connection(dir);
	assert.deepEqual({ ...first, ...second }, second);
	assert.equal(second.key, first.key);
	assert.equal(second.password, first.password);
	assert.notEqual(second.url, first.url);
	const { data } = await client(second).data('collections.list', { collection: slug });
	assert.equal(data[0].a, 'still here');
	assert.equal(childrenOf(pidOf(path.join(dir, 'pool.pid'))).length, 3, '--workers 3');
});

test('--set writes the configuration; what cannot stand there changes nothing', async () => {
	await quickstart(['--stop', '--dir', dir]);
	const conf = path.join(dir, 'coffer.conf');
	const before = readFileSync(conf, 'utf8');
	const wrong = await quickstart(['--dir', dir, '--port', String(port), '--set', 'server.no_such_key=1']);
	assert.equal(wrong.status, 1);
	assert.match(wrong.stderr, /^quickstart: .*unknown key server\.no_such_key\n$/);
	assert.equal(readFileSync(conf, 'utf8'), before);
	assert.deepEqual(processesOf(dir), [], 'nothing is left running');
	oneLine(await quickstart(['--dir', dir, '--set', 'nonsense']), /section\.key=value/);
	await started([
		'--port', String(port), '--dir', dir,
		'--set', 'server.test_fixtures=true', '--set', 'activity.retention_days=7', '--set', 'log.level=debug',
	]);
	const { tools } = await client(connection(dir)).result('tools/list');
	assert.ok(tools.some(({ name }) => name.startsWith('test_')));
	assert.match(readFileSync(conf, 'utf8'), /\[activity\]\nretention_days = 7/);
	assert.match(readFileSync(conf, 'utf8'), /\[log\]\nlevel = debug/);
	// it stays until it is set again
	await quickstart(['--stop', '--dir', dir]);
	await started(['--port', String(port), '--dir', dir, '--set', 'server.test_fixtures=false']);
	const again = await client(connection(dir)).result('tools/list');
	assert.ok(!again.tools.some(({ name }) => name.startsWith('test_')));
	assert.equal(readFileSync(conf, 'utf8').match(/test_fixtures/g).length, 1);
	assert.match(readFileSync(conf, 'utf8'), /retention_days = 7/);
});

test('--stop and --status when nothing runs', async () => {
	await quickstart(['--stop', '--dir', dir]);
	const status = await quickstart(['--status', '--dir', dir]);
	assert.equal(status.status, 3);
	assert.equal(status.stdout, 'not running\n');
	assert.equal((await quickstart(['--stop', '--dir', dir])).status, 0);
	const nowhere = await quickstart(['--status', '--dir', path.join(dir, 'nowhere')]);
	assert.equal(nowhere.status, 3);
});

// ---- in the foreground ----

// In a process group of its own, as a terminal has it.
async function foreground(args) {
	const child = spawn(QUICKSTART, ['--no-install', ...args], {
		detached: true, stdio: ['ignore', 'pipe', 'pipe'],
	});
	const shown = { child, text: '' };
	for (const stream of [child.stdout, child.stderr])
		stream.on('data', (chunk) => (shown.text += chunk));
	shown.ended = new Promise((resolve) => {
		child.on('close', (code, signal) => resolve(code ?? signal));
	});
	atEnd(() => {
		if (isAlive(child.pid)) process.kill(-child.pid, 'SIGTERM');
	});
	await until(() => /Ctrl-C stops it/.test(shown.text) || child.exitCode !== null, 'quickstart', 30000);
	assert.equal(child.exitCode, null, shown.text);
	return shown;
}

test('in the foreground: a readable log; Ctrl-C stops what it started and nothing else', async () => {
	const [here, there] = [place(), place()];
	await started(['--dir', there, '--port', String(await freePort())]);
	const shown = await foreground(['--dir', here, '--port', String(await freePort())]);
	const to = connection(here);
	await rest(to, 'GET', '/api/collections');
	await until(() => /GET \/api\/collections 200/.test(shown.text), 'a line for the request');
	const [, line] = /^(.*GET \/api\/collections 200.*)$/m.exec(shown.text);
	assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]+Z info \[\d+\] /);
	oneLine(await quickstart(['--dir', here, '--port', String(await freePort())]), /already running/);
	process.kill(-shown.child.pid, 'SIGINT');
	assert.equal(await shown.ended, 130);
	assert.deepEqual(processesOf(here), []);
	assert.equal((await http(`${connection(there).url}/health`)).status, 200);
	await quickstart(['--stop', '--dir', there]);
});

test('in the foreground: stopped from elsewhere, and by itself when a part of it dies', async () => {
	const here = place();
	let shown = await foreground(['--dir', here, '--port', String(await freePort())]);
	assert.equal((await quickstart(['--stop', '--dir', here])).stdout, 'stopped\n');
	assert.equal(await shown.ended, 143);
	assert.deepEqual(processesOf(here), []);
	shown = await foreground(['--dir', here, '--port', String(await freePort())]);
	process.kill(pidOf(path.join(here, 'web.pid')), 'SIGKILL');
	assert.equal(await shown.ended, 1);
	assert.match(shown.text, /something ended by itself/);
	assert.deepEqual(processesOf(here), []);
});

test('killed without warning: --stop cleans up, and a new start works', async () => {
	const here = place();
	const shown = await foreground(['--dir', here, '--port', String(await freePort())]);
	process.kill(-shown.child.pid, 'SIGKILL');
	await shown.ended;
	assert.ok(processesOf(here).length > 0);
	oneLine(await quickstart(['--dir', here, '--port', String(await freePort())]), /already running/);
	process.kill(pidOf(path.join(here, 'web.pid')), 'SIGKILL');
	await sleep(200);
	await started(['--dir', here, '--port', String(await freePort())]);
	assert.equal((await http(`${connection(here).url}/health`)).status, 200);
	await quickstart(['--stop', '--dir', here]);
	assert.deepEqual(processesOf(here), []);
});

// ---- other servers, demo data, options ----

for (const server of ['apache', 'nginx'])
	test(`--server ${server}`, async () => {
		const here = place();
		await started(['--dir', here, '--port', String(await freePort()), '--server', server]);
		const to = connection(here);
		const { json } = await http(`${to.url}/health`, { key: to.key });
		assert.equal(json.status, 'ok');
		assert.equal(json.authorization, 'passed');
		await client(to).data('schema.list_collections');
		await quickstart(['--stop', '--dir', here]);
		assert.deepEqual(processesOf(here), []);
	});

test('--demo: real data through the public interface, once', async () => {
	const here = place();
	const at = ['--dir', here, '--port', String(await freePort()), '--demo'];
	const text = await started(at);
	assert.match(text, /\[#{30}\] +(\d+) of \1 /, 'the bar reaches its end');
	const to = connection(here);
	const counts = {};
	for (const slug of ['countries', 'subdivisions', 'languages', 'currencies']) {
		const { meta } = await client(to).data('collections.list', {
			collection: slug, limit: 1, meta: 'total_count',
		});
		counts[slug] = meta.total_count;
	}
	assert.ok(counts.countries >= 249 && counts.currencies >= 150, JSON.stringify(counts));
	assert.ok(Object.values(counts).reduce((a, b) => a + b) >= 13000, JSON.stringify(counts));
	// relations to the country and to the parent
	const westminster = await client(to).data('collections.list', {
		collection: 'subdivisions',
		filter: { code: { _eq: 'GB-WSM' } },
		fields: ['name', 'country.name', 'parent.name'],
	});
	assert.equal(westminster.data[0].country.name, 'United Kingdom');
	assert.equal(westminster.data[0].parent.name, 'England');
	await quickstart(['--stop', '--dir', here]);
	const again = await started(at);
	assert.match(again, /The demo data is there already/);
	await quickstart(['--stop', '--dir', here]);
});

test('options that make no sense', async () => {
	const there = ['--dir', path.join(temporary(), 'run')];
	oneLine(await quickstart(['--nonsense']), /unknown option '--nonsense'/);
	for (const bad of ['0', '65536', 'http', '-1', '']) oneLine(await quickstart([...there, '--port', bad]), /--port/);
	oneLine(await quickstart([...there, '--workers', 'x']), /--workers/);
	oneLine(await quickstart([...there, '--server', 'iis']), /--server must be lighttpd, apache or nginx/);
	oneLine(await quickstart(['--port']), /--port needs a value/);
	oneLine(
		await quickstart(['--dir', path.join(temporary(), 'x'.repeat(90)), '--port', String(await freePort())]),
		/too long for unix sockets/,
	);
	const help = await quickstart(['--help']);
	assert.equal(help.status, 0);
	for (const option of ['--port', '--dir', '--workers', '--server', '--set', '--demo', '--detach', '--stop', '--status', '--no-install'])
		assert.ok(help.stdout.includes(option), option);
});
