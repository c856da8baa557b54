// Shared hosting, end to end: somebody without rights, one database account for one database, Apache
// with mod_fcgid as a host runs it, and nothing of ours but .htaccess and a wrapper.  No daemon.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { before, test } from 'node:test';

import { client, freePort, http, rest } from './lib.mjs';
import {
	atEnd, end, give, installed, isAlive, must, plainUser, put, run, temporary, until,
} from './stage.mjs';

const DATABASE = 'u4711_coffer';
const MODULES = '/usr/lib/apache2/modules';

let programs;
let home;
let site;
let options;
let to;

const htaccess = () => readFileSync(programs.deploy('htaccess'), 'utf8');
const inHome = (...names) => path.join(home, ...names);

function folder(...names) {
	mkdirSync(inHome(...names), { recursive: true, mode: 0o755 });
	give(inHome(...names));
}

// The host's side: a database server, an account with one database and few connections.
async function hostDatabase() {
	const dir = temporary({ plain: true });
	const socket = await must(programs.deploy('private-mariadb'), ['start', dir], options);
	atEnd(() => must(programs.deploy('private-mariadb'), ['stop', dir], options));
	await must('mariadb', ['--no-defaults', `--socket=${socket}`, '--user=root'], {
		...options,
		input: `CREATE DATABASE ${DATABASE};
			CREATE DATABASE somebody_else;
			CREATE USER u4711@localhost IDENTIFIED BY 'host password' WITH MAX_USER_CONNECTIONS 10;
			GRANT ALL ON ${DATABASE}.* TO u4711@localhost;`,
	});
	return socket;
}

// The host's side: Apache, with what hosts let an .htaccess say, and mod_fcgid's defaults.
function apacheConf(port) {
	const tmp = inHome('apache');
	return `ServerRoot "${tmp}"
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile "${tmp}/apache.pid"
ErrorLog "${tmp}/error.log"
DefaultRuntimeDir "${tmp}"
${['mpm_event', 'authz_core', 'mime', 'dir', 'rewrite', 'setenvif', 'fcgid']
	.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`)
	.join('\n')}
TypesConfig /etc/mime.types
FcgidIPCDir "${tmp}"
FcgidProcessTableFile "${tmp}/fcgid_shm"
DocumentRoot "${inHome('public_html')}"
<Directory "${inHome('public_html')}">
	Options SymLinksIfOwnerMatch
	AllowOverride AuthConfig FileInfo Indexes Limit Options=ExecCGI,Includes,IncludesNOEXEC,Indexes,MultiViews,SymLinksIfOwnerMatch
	Require all granted
</Directory>
<Files ".ht*">
	Require all denied
</Files>
`;
}

async function hostApache() {
	const port = await freePort();
	folder('apache');
	put(inHome('apache/apache.conf'), apacheConf(port));
	const apache = spawn('apache2', ['-DFOREGROUND', '-f', inHome('apache/apache.conf')], {
		...options, stdio: 'ignore',
	});
	atEnd(() => end(apache.pid));
	const url = `http://127.0.0.1:${port}`;
	await until(
		() => fetch(url).then(() => true, () => !isAlive(apache.pid)),
		'Apache',
	);
	assert.ok(isAlive(apache.pid), 'Apache runs');
	return url;
}

// Files that a process has mapped.
function maps(pid) {
	try {
		const lines = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n');
		return [...new Set(lines.map((line) => line.split(/ +/)[5]).filter((file) => file?.startsWith('/')))];
	} catch {
		return [];
	}
}

const coffer = (args, input) =>
	must(inHome('coffer/bin/coffer'), args, {
		...options, input, env: { ...process.env, COFFER_CONFIG: inHome('coffer/coffer.conf') },
	});

before(async () => {
	programs = installed();
	home = temporary({ plain: true });
	options = { ...plainUser, cwd: home };
	site = inHome('public_html');
	// What the customer makes, uploads and edits.
	await must(programs.deploy('bundle'), [home], options);
	const socket = await hostDatabase();
	const text = readFileSync(inHome('coffer/coffer.conf'), 'utf8')
		.replace(/^socket = .*/m, `socket = ${socket}`)
		.replace(/^name = .*/m, `name = ${DATABASE}`)
		.replace(/^user = .*/m, 'user = u4711')
		.replace(/^password = .*/m, 'password = host password')
		.replace(/^public_url = .*/m, '');
	put(inHome('coffer/coffer.conf'), text);
	put(path.join(site, 'hello.txt'), 'the customer had a site before\n', 0o644);
	// What the customer types, over SSH or as a cron job.
	await coffer(['migrate']);
	await coffer(['user', 'add', 'me@example.org', '--password-stdin'], 'correct horse 1\n');
	const key = await coffer(['key', 'create', '--user', 'me@example.org', '--secret-only']);
	const url = await hostApache();
	to = { url, mcp: `${url}/mcp`, key };
	assert.equal((await http(`${url}/health`)).status, 200);
});

test('nothing of the host\'s libraries is used, and nothing private is readable', () => {
	assert.equal(statSync(inHome('coffer')).mode & 0o077, 0);
	assert.equal(statSync(inHome('coffer/coffer.conf')).mode & 0o077, 0);
	const [apache] = readdirSync('/proc').filter(
		(pid) => /^\d+$/.test(pid) && maps(pid).includes(inHome('coffer/lib/coffer-fcgi')),
	);
	const libraries = maps(apache).filter((file) => /\.so/.test(file) || file.endsWith('/loader'));
	assert.ok(libraries.length > 5);
	for (const file of libraries) assert.ok(file.startsWith(home), file);
});

test('the account reaches its own database and no other', async () => {
	const got = await client(to).tool('db.execute_sql', { sql: 'SELECT 1 FROM somebody_else.x' });
	assert.equal(got.isError, true);
	const { status, stdout } = await run(
		inHome('coffer/bin/coffer'), ['doctor', '--url', to.url],
		{ ...options, env: { ...process.env, COFFER_CONFIG: inHome('coffer/coffer.conf') } },
	);
	assert.equal(status, 0, stdout);
	assert.match(stdout, /all is well/);
});

test('the main job: a collection is made, filled and queried', async () => {
	const agent = client(to);
	assert.ok((await agent.result('tools/list')).tools.length >= 10);
	await agent.data('schema.create_collection', {
		slug: 'customers',
		fields: [
			{ name: 'name', type: 'text', required: true },
			{ name: 'since', type: 'integer', indexed: true },
		],
	});
	await agent.data('collections.insert', { collection: 'customers', data: { name: 'Ada', since: 1843 } });
	const rows = Array.from({ length: 500 }, (_, i) => ({ name: `n ${i}`, since: 2000 + (i % 20) }));
	const bulk = await agent.data('collections.bulk_insert', { collection: 'customers', rows });
	assert.equal(bulk.succeeded, 500);
	const list = await agent.data('collections.list', {
		collection: 'customers', filter: { since: { _lt: 1900 } }, fields: ['name'], meta: 'total_count',
	});
	assert.deepEqual(list.data.map(({ name }) => name), ['Ada']);
	assert.equal(list.meta.total_count, 501);
	const read = await rest(to, 'GET', '/api/items/customers?limit=1&sort=since');
	assert.equal(read.json.data[0].name, 'Ada');
});

test('a modern client and its headers', async () => {
	const { data } = await client(to, { version: '2026-07-28' }).data('collections.list', {
		collection: 'customers', limit: 1,
	});
	assert.equal(data.length, 1);
});

test('many at once, with ten connections to the database', async () => {
	const answers = await Promise.all(
		Array.from({ length: 30 }, () => rest(to, 'GET', '/api/items/customers?limit=5')),
	);
	assert.deepEqual(answers.map(({ status }) => status), Array(30).fill(200));
});

test('files of the site are served as before, and nothing private', async () => {
	assert.equal((await http(`${to.url}/hello.txt`)).text, 'the customer had a site before\n');
	assert.equal((await http(`${to.url}/.htaccess`)).status, 403);
	for (const name of ['/coffer.conf', '/../coffer/coffer.conf', '/coffer/coffer.conf'])
		assert.doesNotMatch((await http(to.url + name)).text, /password|secret/);
});

// One after the other, alone.
const WAYS = {
	CGIPassAuth: /^CGIPassAuth.*\n/m,
	RewriteRule: /^RewriteCond %\{HTTP:Authorization\}.*\n.*\n/m,
	SetEnvIf: /^SetEnvIf.*\n/m,
};

for (const way of Object.keys(WAYS))
	test(`Authorization by ${way} alone`, async () => {
		let text = htaccess();
		for (const [other, line] of Object.entries(WAYS)) {
			assert.match(text, line);
			if (other !== way) text = text.replace(line, '');
		}
		put(path.join(site, '.htaccess'), text, 0o644);
		const { json } = await http(`${to.url}/health`, { key: to.key });
		assert.equal(json.authorization, 'passed');
		assert.equal((await rest(to, 'GET', '/api/items/customers?limit=1')).status, 200);
		const without = await http(`${to.url}/health`);
		assert.equal(without.json.authorization, 'absent');
	});

test('with none of them: a hint, and the key as X-API-Key', async () => {
	put(
		path.join(site, '.htaccess'),
		Object.values(WAYS).reduce((text, line) => text.replace(line, ''), htaccess()),
		0o644,
	);
	const { json } = await http(`${to.url}/health`, { key: to.key });
	assert.equal(json.authorization, 'absent');
	assert.match(json.hint, /X-API-Key/);
	assert.equal((await rest(to, 'GET', '/api/items/customers')).status, 401);
	const answer = await http(`${to.url}/api/items/customers`, { headers: { 'x-api-key': to.key } });
	assert.equal(answer.status, 200);
	put(path.join(site, '.htaccess'), htaccess(), 0o644);
});

test('in a folder of the site', async () => {
	folder('public_html/data');
	put(path.join(site, 'data/.htaccess'), htaccess(), 0o644);
	put(
		path.join(site, 'data/coffer.fcgi'),
		`#!/bin/sh\nCOFFER_SERVER_BASE_PATH=/data\nexport COFFER_SERVER_BASE_PATH\nexec ${site}/coffer.fcgi\n`,
		0o755,
	);
	const { status, json } = await http(`${to.url}/data/health`, { key: to.key });
	assert.equal(status, 200);
	assert.equal(json.authorization, 'passed');
	const there = { ...to, url: `${to.url}/data` };
	const list = await client(there).data('collections.list', { collection: 'customers', limit: 1 });
	assert.equal(list.data.length, 1);
});
