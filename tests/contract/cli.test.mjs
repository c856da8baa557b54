// The operator's command on the host: each sub-command, what it does and what it refuses.
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { before, test } from 'node:test';

import { client, freePort, rest, ROOT, signIn, unique } from './lib.mjs';
import { atEnd, COFFER, must, quickstart, run, temporary } from './stage.mjs';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const SECRET = /^pak_[0-9a-f]{8}_[0-9a-f]{64}$/;
const PASSWORD = 'correct horse 1';

let to;
let conf;

before(async () => {
	const dir = path.join(temporary(), 'run');
	to = await quickstart({
		program: path.join(ROOT, 'deploy/quickstart'), dir, port: await freePort(),
		args: ['--workers', '4', '--set', 'security.sign_in_per_minute=0'],
	});
	conf = path.join(dir, 'coffer.conf');
});

// Run coffer: {status, stdout, stderr}.
const coffer = (args, { env = {}, input } = {}) =>
	run(COFFER, args, { input, env: { ...process.env, COFFER_CONFIG: conf, ...env } });

async function done(args, options) {
	const { status, stdout, stderr } = await coffer(args, options);
	assert.equal(status, 0, `${args.join(' ')}: ${stderr}`);
	assert.equal(stderr, '', args.join(' '));
	return stdout.trimEnd();
}

async function refused(args, pattern, { status = 1, ...options } = {}) {
	const got = await coffer(args, options);
	assert.equal(got.status, status, `${args.join(' ')}: ${got.stdout}${got.stderr}`);
	assert.match(got.stderr, pattern, args.join(' '));
	assert.match(got.stderr, /^coffer: |^usage: /);
	assert.doesNotMatch(got.stderr, /coffer_[a-z]+\b.*(SELECT|INSERT|UPDATE)|SQLSTATE/);
	return got;
}

// A table as printed: rows by column.
function table(text) {
	const [head, ...lines] = text.split('\n').map((line) => line.split('\t'));
	return lines.map((cells) => Object.fromEntries(head.map((name, i) => [name, cells[i]])));
}

const sql = (text) =>
	must('mariadb', [
		'--no-defaults', `--socket=${path.join(to.dir, 'mariadb/mariadb.sock')}`, '--user=root', '-e', text,
	]);

// An empty database in the same server, and the environment that leads there.
async function freshDatabase() {
	const name = unique('fresh');
	await sql(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
		GRANT ALL ON ${name}.* TO coffer@localhost`);
	return { COFFER_DATABASE_NAME: name };
}

const email = () => `${unique('person')}@example.org`;

async function person(...options) {
	const address = email();
	const id = await done(['user', 'add', address, ...options], { input: `${PASSWORD}\n` });
	return { email: address, id, password: PASSWORD };
}

// ---- the frame ----

test('help, version, and what is not there', async () => {
	const help = await done(['--help']);
	for (const name of ['migrate', 'user', 'key', 'workspace', 'call', 'tools', 'doctor', 'demo', 'mcp']) {
		assert.match(help, new RegExp(`^  ${name} `, 'm'));
		assert.match(await done([name, '--help']), /^usage: coffer /, name);
	}
	assert.match(await done(['--version']), /^coffer \d+\.\d+\.\d+$/);
	await refused([], /no command given/, { status: 2 });
	await refused(['frobnicate'], /there is no command 'frobnicate'/, { status: 2 });
	await refused(['--frobnicate'], /unknown option '--frobnicate'/, { status: 2 });
	for (const name of ['user', 'key', 'workspace']) {
		await refused([name], /^usage: coffer/, { status: 2 });
		await refused([name, 'frobnicate'], /^usage: coffer/, { status: 2 });
	}
});

test('configuration: which file, and what is wrong with it', async () => {
	const dir = temporary();
	const other = path.join(dir, 'coffer.conf');
	copyFileSync(conf, other);
	assert.match(await done(['--config', other, 'user', 'list'], { env: { COFFER_CONFIG: '/nonexistent' } }), /admin@/);
	await refused(['--config', '/nonexistent', 'user', 'list'], /\/nonexistent: No such file/);
	writeFileSync(other, '[server]\nnonsense = 1\n');
	await refused(['--config', other, 'user', 'list'], /:2: unknown key server\.nonsense/);
	await refused(['user', 'list'], /COFFER_LOG_LEVEL must be error, warn, info or debug/, {
		env: { COFFER_LOG_LEVEL: 'loud' },
	});
	await refused(['user', 'list'], /secret is not set; make one with/, { env: { COFFER_SECURITY_SECRET: '' } });
	await refused(['user', 'list'], /the database cannot be reached; `coffer doctor` tells more/, {
		env: { COFFER_DATABASE_SOCKET: '/nonexistent' },
	}).catch((e) => {
		// the log on standard error comes first
		if (!/cannot connect/.test(e.message)) throw e;
	});
});

// ---- migrate ----

test('migrate: a new database, then nothing to do', async () => {
	const env = await freshDatabase();
	await refused(['user', 'list'], /not up to date; run `coffer migrate`/, { env });
	assert.match(await done(['migrate'], { env }), /^\d+ migrations? applied$/);
	assert.equal(await done(['migrate'], { env }), 'nothing to do');
	assert.equal(table(await done(['user', 'list'], { env })).length, 0);
	await refused(['migrate', 'now'], /no operands are taken/, { status: 2 });
	await sql(`INSERT INTO ${env.COFFER_DATABASE_NAME}.coffer_migration (name, sha, started_at, finished_at)
		VALUES ('9999_future', REPEAT('0', 64), NOW(), NOW())`);
	await refused(['user', 'list'], /belongs to a newer coffer/, { env });
});

test('migrate: two at once make one database', async () => {
	const env = await freshDatabase();
	const both = await Promise.all([coffer(['migrate'], { env }), coffer(['migrate'], { env })]);
	for (const { status, stderr } of both) assert.equal(status, 0, stderr);
	assert.equal(await done(['migrate'], { env }), 'nothing to do');
});

// ---- user ----

test('user add: the first one runs the instance, the next do not', async () => {
	const env = await freshDatabase();
	await done(['migrate'], { env });
	for (const address of ['first@example.org', 'second@example.org'])
		assert.match(await done(['user', 'add', address], { env, input: `${PASSWORD}\n` }), UUID);
	const people = table(await done(['user', 'list'], { env }));
	assert.deepEqual(
		people.map(({ email: e, instance, workspaces }) => [e, instance, workspaces]),
		[
			['first@example.org', 'operator', 'default:owner'],
			['second@example.org', '', 'default:member'],
		],
	);
});

test('user add: options', async () => {
	const ada = await person('--name', 'Ada Lovelace');
	const row = async (who) =>
		table(await done(['user', 'list'])).find((line) => line.email === who.email);
	assert.deepEqual(await row(ada), {
		id: ada.id, email: ada.email, name: 'Ada Lovelace', instance: '', workspaces: 'default:member',
	});
	const workspaceId = await done(['workspace', 'create', 'User options', '--slug', 'user-options']);
	assert.match(workspaceId, UUID);
	const grace = await person('--admin', '--workspace', 'user-options');
	assert.equal((await row(grace)).workspaces, 'user-options:admin');
	const key = await done(['key', 'create', '--user', grace.email, '--workspace', 'user-options', '--secret-only']);
	assert.equal((await rest(to, 'GET', '/api/roles', { key })).status, 200, 'an administrator there');
	assert.equal((await rest(to, 'GET', '/api/admin/db/tables', { key })).status, 403, 'and no operator');
	const operator = await person('--operator');
	assert.equal((await row(operator)).instance, 'operator');
	const all = await done(['key', 'create', '--user', operator.email, '--secret-only']);
	assert.equal((await rest(to, 'GET', '/api/admin/db/tables', { key: all })).status, 200);
});

test('user add: a password from a pipe, and sign-in with it', async () => {
	const who = await person('--password-stdin');
	assert.match(await signIn(to, who.email, who.password), /coffer_session=/);
	await assert.rejects(signIn(to, who.email, 'something else'));
	const long = email();
	await done(['user', 'add', long], { input: `${'ü'.repeat(200)}\r\n` });
	await signIn(to, long, 'ü'.repeat(200));
});

test('user add: refusals, and nothing is left of them', async () => {
	const before_ = await done(['user', 'list']);
	const add = (address, pattern, input = `${PASSWORD}\n`, more = []) =>
		refused(['user', 'add', address, ...more], pattern, { input });
	await add(to.email, /a user with this email exists/);
	await add(to.email.toUpperCase(), /a user with this email exists/);
	await add('nobody', /not an email address/);
	await add(email(), /a password has 8 to 200 characters/, 'short\n');
	await add(email(), /a password has 8 to 200 characters/, `${'x'.repeat(201)}\n`);
	await add(email(), /the password is too long/, `${'x'.repeat(5000)}\n`);
	await add(email(), /no password was given/, '');
	await add(email(), /there is no workspace 'nowhere'/, undefined, ['--workspace', 'nowhere']);
	await add(email(), /a name has at most 120 characters/, undefined, ['--name', 'n'.repeat(121)]);
	await refused(['user', 'add'], /name one email address/, { status: 2 });
	await refused(['user', 'add', 'a@b.c', 'd@e.f'], /name one email address/, { status: 2 });
	await refused(['user', 'list', 'x'], /no operands/, { status: 2 });
	assert.equal(await done(['user', 'list']), before_);
});

test('user passwd: the new one counts, sessions end, a lockout too', async () => {
	const who = await person();
	const cookie = await signIn(to, who.email, PASSWORD);
	assert.equal((await rest(to, 'GET', '/api/collections', { cookie })).status, 200);
	for (let i = 0; i < 9; i++) await signIn(to, who.email, 'wrong wrong').catch(() => {});
	await assert.rejects(signIn(to, who.email, PASSWORD), 'locked out');
	await done(['user', 'passwd', who.email], { input: 'another horse 2\n' });
	assert.equal((await rest(to, 'GET', '/api/collections', { cookie })).status, 401);
	await assert.rejects(signIn(to, who.email, PASSWORD));
	await signIn(to, who.email, 'another horse 2');
	await done(['user', 'passwd', who.id], { input: 'by id, horse 3\n' });
	await signIn(to, who.email, 'by id, horse 3');
	await refused(['user', 'passwd', 'nobody@example.org'], /there is no user 'nobody@example\.org'/, { input: `${PASSWORD}\n` });
	await refused(['user', 'passwd', who.email], /8 to 200 characters/, { input: 'short\n' });
	await refused(['user', 'passwd'], /name one email address/, { status: 2 });
});

// ---- workspace ----

test('workspace: list, create', async () => {
	const id = await done(['workspace', 'create', 'Second Company', '--owner', to.email]);
	const rows = table(await done(['workspace', 'list']));
	assert.equal(rows[0].slug, 'default');
	assert.equal(rows[0].protection, '');
	const row = rows.find((line) => line.id === id);
	assert.deepEqual([row.slug, row.name, row.env], ['second-company', 'Second Company', 'production']);
	const key = await done(['key', 'create', '--user', to.email, '--workspace', 'second-company', '--secret-only']);
	const { collections } = await client(to, { key }).data('schema.list_collections');
	assert.deepEqual(collections, []);
	await refused(['workspace', 'create', 'x', '--slug', 'xx'], /2 to 60 characters/);
	await refused(['workspace', 'create', 'Other', '--slug', 'second-company'], /Slug already exists/);
	await refused(['workspace', 'create', 'Other', '--slug', 'No Slug'], /a slug has/);
	await refused(['workspace', 'create', 'Other', '--owner', 'nobody@example.org'], /there is no user/);
	await refused(['workspace', 'create'], /name the workspace/, { status: 2 });
	await refused(['workspace', 'list', 'x'], /no operands/, { status: 2 });
});

test('workspace protect and unprotect: schema changes stop, and go on', async () => {
	await done(['workspace', 'create', 'Guarded', '--slug', 'guarded', '--owner', to.email]);
	const key = await done(['key', 'create', '--user', to.email, '--workspace', 'guarded', '--secret-only']);
	const agent = client(to, { key });
	const make = () =>
		agent.tool('schema.create_collection', { slug: unique('c'), fields: [{ name: 'a', type: 'text' }] });
	assert.equal((await make()).isError, false);
	await done(['workspace', 'protect', 'guarded']);
	const got = await make();
	assert.equal(got.isError, true);
	assert.match(got.content[0].text, /^FORBIDDEN: workspace "guarded" is protected/);
	assert.equal(table(await done(['workspace', 'list'])).find(({ slug }) => slug === 'guarded').protection, 'protected');
	await done(['workspace', 'unprotect', 'guarded']);
	assert.equal((await make()).isError, false);
	for (const action of ['protect', 'unprotect']) {
		await refused(['workspace', action, 'nowhere'], /there is no workspace 'nowhere'/);
		await refused(['workspace', action], /name one workspace/, { status: 2 });
	}
});

// ---- key ----

test('key create: it works at once, and the configurations it prints are good', async () => {
	const text = await done(['key', 'create', '--user', to.email, '--url', to.url, '--name', 'laptop']);
	const [key] = text.split('\n');
	assert.match(key, SECRET);
	assert.equal((await client(to, { key }).result('tools/list')).tools.length > 9, true);
	const documents = text.split('\n').filter((line) => /^ +\{/.test(line)).map((line) => JSON.parse(line));
	const authorization = { Authorization: `Bearer ${key}` };
	const url = `${to.url}/mcp?names=flat`;
	assert.deepEqual(documents, [
		{ mcpServers: { coffer: { command: COFFER, args: ['mcp', '--url', url], env: { COFFER_KEY: key } } } },
		{ mcpServers: { coffer: { url, headers: authorization } } },
		{ servers: { coffer: { type: 'http', url, headers: authorization } } },
	]);
	assert.match(text, /claude mcp add --transport http coffer "/);
	const row = table(await done(['key', 'list'])).find(({ prefix }) => prefix === key.slice(0, 12));
	assert.deepEqual(
		[row.name, row.workspace, row.owner, row.role, row.guard, row.tools, row.revoked_at],
		['laptop', 'default', to.email, '-', '', 'all', '-'],
	);
	assert.doesNotMatch(await done(['key', 'list']), new RegExp(key.slice(13)), 'the secret is kept nowhere');
	assert.equal(await done(['key', 'show', '--url', to.url], { env: { COFFER_KEY: key } }), text.slice(text.indexOf('Claude Code')));
});

test('key create: guards', async () => {
	const secret = (...more) => done(['key', 'create', '--user', to.email, '--secret-only', ...more]);
	const reader = client(to, { key: await secret('--read-only') });
	await reader.data('schema.list_collections');
	const denied = await reader.tool('schema.create_collection', { slug: 'x', fields: [] });
	assert.match(denied.content[0].text, /MCP read-only/);
	// flat names are the same tools
	const narrow = client(to, { key: await secret('--tools', 'collections.list,schema-list_collections') });
	assert.deepEqual(
		(await narrow.result('tools/list')).tools.map(({ name }) => name).sort(),
		['collections.list', 'schema.list_collections'],
	);
	const soon = new Date(Date.now() + 2500).toISOString();
	const brief = await secret('--expires', soon);
	assert.equal((await rest(to, 'GET', '/api/collections', { key: brief })).status, 200);
	await new Promise((resolve) => setTimeout(resolve, 2600));
	assert.equal((await rest(to, 'GET', '/api/collections', { key: brief })).status, 401);
	const role = unique('role');
	const { data } = await client(to).data('roles.create', { name: role });
	const owner = await person('--admin');
	await client(to).data('roles.assign', { userId: owner.id, roleId: data.id });
	const lesser = await done(['key', 'create', '--user', owner.email, '--role', role, '--secret-only']);
	assert.equal((await rest(to, 'GET', '/api/roles', { key: lesser })).status, 403, 'narrowed to the role');
});

test('key create: refusals', async () => {
	const create = (more, pattern, options) => refused(['key', 'create', ...more], pattern, options);
	const mine = ['--user', to.email];
	await create([], /name the owner with --user/, { status: 2 });
	await create([...mine, 'operand'], /name the owner/, { status: 2 });
	await create(['--user', 'nobody@example.org'], /there is no user 'nobody@example\.org'/);
	await create([...mine, '--workspace', 'nowhere'], /there is no workspace 'nowhere'/);
	await create([...mine, '--tools', 'collections.list,no.such'], /there is no tool 'no\.such'/);
	await create([...mine, '--role', 'no such role'], /does not hold a role 'no such role'/);
	await create([...mine, '--expires', '2020-01-01T00:00:00Z'], /must be a time in the future/);
	await create([...mine, '--expires', 'tomorrow'], /must be a time in the future/);
	await create([...mine, '--name', 'n'.repeat(121)], /at most 120 characters/);
	const stranger = await person();
	await done(['workspace', 'create', 'No Strangers', '--slug', 'no-strangers']);
	await create(['--user', stranger.email, '--workspace', 'no-strangers'], /is no member of workspace 'no-strangers'/);
	await create(['--user', stranger.email, '--role', 'admin'], /does not hold a role 'admin'/);
});

test('key revoke: dead at the next request, by prefix and by id', async () => {
	for (const field of ['prefix', 'id']) {
		const key = await done(['key', 'create', '--user', to.email, '--secret-only']);
		assert.equal((await rest(to, 'GET', '/api/collections', { key })).status, 200);
		const row = table(await done(['key', 'list'])).find(({ prefix }) => prefix === key.slice(0, 12));
		await done(['key', 'revoke', row[field]]);
		assert.equal((await rest(to, 'GET', '/api/collections', { key })).status, 401);
		await refused(['key', 'revoke', row[field]], /there is no living key/);
	}
	await refused(['key', 'revoke', 'pak_00000000'], /there is no living key 'pak_00000000'/);
	await refused(['key', 'revoke'], /name one key/, { status: 2 });
	await refused(['key', 'show', '--url', 'http://x'], /give --url and --key/, { status: 2, env: { COFFER_KEY: undefined } });
	await refused(['key', 'list', 'x'], /no operands/, { status: 2 });
});

test('changes from the command line are in the activity log', async () => {
	const who = await person();
	const key = await done(['key', 'create', '--user', who.email, '--secret-only']);
	await done(['key', 'revoke', key.slice(0, 12)]);
	const actions = async (action) => (await client(to).data('activity.search', { action, limit: 5 })).data;
	assert.equal((await actions('user.create'))[0].itemId, who.id);
	const [made] = await actions('apikey.create');
	const [revoked] = await actions('apikey.revoke');
	assert.equal(made.itemId, revoked.itemId);
	for (const row of [made, revoked]) assert.deepEqual([row.face, row.outcome], ['cli', 'ok']);
});

// ---- call and tools ----

test('call: any tool, as an administrator', async () => {
	const slug = unique('called');
	const call = async (tool, args, more = []) => JSON.parse(await done(['call', ...more, tool, JSON.stringify(args)]));
	await call('schema.create_collection', { slug, fields: [{ name: 'n', type: 'integer', required: true }] });
	const { data } = await call('collections.insert', { collection: slug, data: { n: 7 } });
	assert.equal(data.n, 7);
	assert.equal((await call('collections-read', { collection: slug, id: data.id })).data.n, 7);
	const list = JSON.parse(await done(['call', 'schema.list_collections']));
	assert.ok(list.collections.some((c) => c.slug === slug));
	const fromStdin = await done(['call', 'collections.insert', '-'], {
		input: JSON.stringify({ collection: slug, data: { n: 8 } }),
	});
	assert.equal(JSON.parse(fromStdin).data.n, 8);
	await done(['workspace', 'create', 'Elsewhere', '--slug', 'elsewhere', '--owner', to.email]);
	assert.deepEqual(await call('schema.list_collections', {}, ['--workspace', 'elsewhere']), { collections: [] });
	const [row] = (await call('activity.search', { action: 'item.create', limit: 1 })).data;
	assert.deepEqual([row.face, row.tool], ['cli', 'collections.insert']);
	// part of the rows: the answer, and a status that says so
	const partly = await coffer(['call', 'collections.bulk_insert', JSON.stringify({ collection: slug, rows: [{ n: 1 }, {}] })]);
	assert.equal(partly.status, 1);
	assert.deepEqual([JSON.parse(partly.stdout).succeeded, JSON.parse(partly.stdout).failed], [1, 1]);
});

test('call: as somebody else, with that one\'s rights', async () => {
	const member = await person();
	await refused(['call', '--user', member.email, 'users.list'], /FORBIDDEN: Admin role required/);
	const admin = await person('--admin');
	await done(['call', '--user', admin.email, 'users.list']);
	await refused(['call', '--user', admin.email, 'db.list_tables'], /FORBIDDEN: only an operator/);
	await refused(['call', '--user', 'nobody@example.org', 'users.list'], /NOT_FOUND: there is no user/);
});

test('call: refusals', async () => {
	const call = (args, pattern, options) => refused(['call', ...args], pattern, options);
	await call([], /name an operation/, { status: 2 });
	await call(['a', 'b', 'c'], /name an operation/, { status: 2 });
	await call(['no.such', '{}'], /NOT_FOUND: there is no operation 'no\.such'/);
	await call(['collections.list', '{'], /PARSE: .*line 1/);
	await call(['collections.list', '[]'], /VALIDATION: the arguments must be a JSON object/);
	await call(['collections.list', '{"collection":"x","collection":"y"}'], /BAD_REQUEST: /);
	await call(['collections.list', '{"colection":"x"}'], /VALIDATION: .*colection/);
	await call(['collections.list', '{"collection":"no_such"}'], /NOT_FOUND: Collection not found/);
	await call(['--workspace', 'nowhere', 'schema.list_collections'], /NOT_FOUND: there is no workspace 'nowhere'/);
	await done(['workspace', 'create', 'Without Admin', '--slug', 'without-admin']);
	await call(['--workspace', 'without-admin', 'schema.list_collections'], /NOT_FOUND: the workspace has no administrator/);
});

test('tools: the registry, as every face shows it', async () => {
	const env = { COFFER_CONFIG: undefined };
	const lines = (await done(['tools'], { env })).split('\n').map((line) => line.split(/ +/));
	const { tools } = await client(to).result('tools/list');
	for (const { name, inputSchema, kind } of tools) {
		const line = lines.find(([first]) => first === name);
		assert.ok(line, `${name} is listed`);
		if (kind) assert.equal(line[1], kind);
		const [, schema] = (await done(['tools', name], { env })).split('\n');
		assert.deepEqual(JSON.parse(schema), inputSchema, name);
	}
	assert.ok(!lines.some(([name]) => name.startsWith('test_')));
	await refused(['tools', 'no.such'], /there is no operation 'no\.such'/, { env });
	await refused(['tools', 'a', 'b'], /name one tool, or none/, { status: 2, env });
});

test('the tool reference in deploy/tools.md is current', async () => {
	const text = await done(['tools', '--markdown'], { env: { COFFER_CONFIG: undefined } });
	assert.equal(
		readFileSync(path.join(ROOT, 'deploy/tools.md'), 'utf8').trimEnd(),
		text,
		'make it anew: coffer tools --markdown > deploy/tools.md',
	);
	const { tools } = await client(to).result('tools/list');
	for (const { name } of tools) assert.ok(text.includes(`### ${name}\n`), name);
});

// ---- doctor ----

const doctor = async (args = [], options) => {
	const { status, stdout } = await coffer(['doctor', ...args], options);
	return { status, text: stdout };
};

async function ill(pattern, args, options) {
	const { status, text } = await doctor(args, options);
	assert.equal(status, 1, text);
	assert.match(text, pattern);
	assert.match(text, /\n\d+ problems?\n$/);
	// every complaint is followed by advice
	for (const [, advice] of text.matchAll(/^ {2}FAIL .*\n(.*)/gm)) assert.match(advice, /^ {8}\S/);
	return text;
}

test('doctor: all is well, with and without the web server', async () => {
	for (const args of [[], ['--url', to.url]]) {
		const { status, text } = await doctor(args);
		assert.equal(status, 0, text);
		assert.match(text, /all is well\n$/);
		assert.doesNotMatch(text, /FAIL/);
	}
	await refused(['doctor', 'x'], /no operands/, { status: 2 });
});

test('doctor: configuration', async () => {
	const copy = path.join(temporary(), 'coffer.conf');
	copyFileSync(conf, copy);
	chmodSync(copy, 0o644);
	await ill(/FAIL +everybody on this host may read the configuration/, [], { env: { COFFER_CONFIG: copy } });
	chmodSync(copy, 0o640);
	assert.equal((await doctor([], { env: { COFFER_CONFIG: copy } })).status, 0);
	await ill(/FAIL +\[security\] secret is not set\n +.*openssl rand/, [], { env: { COFFER_SECURITY_SECRET: '' } });
	await refused(['doctor'], /No such file/, { env: { COFFER_CONFIG: '/nonexistent' } });
});

test('doctor: the database', async () => {
	await ill(/FAIL +the database cannot be reached\n +check \[database\]/, [], {
		env: { COFFER_DATABASE_SOCKET: '/nonexistent' },
	});
	await ill(/FAIL +the database cannot be reached/, [], { env: { COFFER_DATABASE_PASSWORD: 'wrong' } });
	const fresh = await freshDatabase();
	await ill(/FAIL +migrations are pending\n +run `coffer migrate`/, [], { env: fresh });
	await done(['migrate'], { env: fresh });
	await ill(/FAIL +there is no instance operator\n +coffer user add/, [], { env: fresh });
});

test('doctor: an account that may not change tables', async () => {
	await sql(`CREATE USER reader@localhost IDENTIFIED BY 'reader';
		GRANT SELECT, INSERT, UPDATE, DELETE ON coffer.* TO reader@localhost`);
	await ill(/FAIL +the account may not create, alter and drop tables/, [], {
		env: { COFFER_DATABASE_USER: 'reader', COFFER_DATABASE_PASSWORD: 'reader' },
	});
});

test('doctor: settings of the server', async () => {
	const cases = [
		['innodb_flush_log_at_trx_commit', '2', '1'],
		['max_connections', '20', '204'],
		['max_allowed_packet', '1048576', '16777216'],
	];
	for (const [name, bad, good] of cases) {
		await sql(`SET GLOBAL ${name} = ${bad}`);
		try {
			await ill(new RegExp(`FAIL +${name}`));
		} finally {
			await sql(`SET GLOBAL ${name} = ${good}`);
		}
	}
	assert.equal((await doctor()).status, 0);
});

test('doctor: the web server', async () => {
	const serve = async (body) => {
		const server = http.createServer((req, res) => res.end(body));
		await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
		atEnd(() => server.close());
		return `http://127.0.0.1:${server.address().port}`;
	};
	const strips = await serve('{"status":"ok","authorization":"absent"}');
	await ill(/FAIL +the web server does not hand the Authorization header over\n +.*CGIPassAuth/, ['--url', strips]);
	await ill(/FAIL +the answer at \/health is not coffer's/, ['--url', await serve('<html>It works</html>')]);
	await ill(/FAIL +the web server does not answer/, ['--url', `http://127.0.0.1:${await freePort()}`]);
	await ill(/FAIL +coffer is not well behind the web server/, ['--url', await serve('{"status":"failing","authorization":"passed","database":"unreachable"}')]);
});
