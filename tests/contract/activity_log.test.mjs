// Every change, every refusal and every error of somebody known is in the activity log: who, with which
// key, by which face and tool, how it went and how long it took.  Strangers write nothing there.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { client, http, instance, MODERN, post, signIn, unique } from './lib.mjs';
import { collection, FACES, keyOf, member, NO_ID, role, ROUTES, session, sql, UUID, workspace } from './world.mjs';

let to;
let ws;
let slug;
let me;
let reader;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	slug = await collection(ws, [
		{ name: 'title', type: 'text', unique: true },
		{ name: 'password', type: 'text' },
		{ name: 'doc', type: 'json' },
	]);
	me = (await ws.admin.http('GET', '/api/me')).json.data.id;
	reader = await member(ws, { roles: [(await role(ws, { [slug]: 'read' })).id] });
});

// What the log says beyond what was there: the newest entries, oldest of them first.
async function logged(work, where = {}) {
	const count = async () => (await ws.admin.do('activity.search', { ...where, limit: 1, meta: 'count' })).meta.count;
	const before = await count();
	const result = await work();
	const found = await ws.admin.do('activity.search', { ...where, limit: 200, meta: 'count' });
	return { result, entries: found.data.slice(0, found.meta.count - before).reverse() };
}

const keyId = async (caller) =>
	(await ws.admin.do('apikeys.list')).data.find(({ prefix }) => caller.key?.startsWith(prefix))?.id ?? null;

async function judge(entry, expected, note) {
	assert.ok(entry, `${note}: there is an entry`);
	assert.match(entry.id, UUID);
	assert.ok(Number.isInteger(entry.durationMs) && entry.durationMs >= 0, `${note}: ${entry.durationMs}`);
	assert.ok(Math.abs(Date.now() - Date.parse(entry.createdAt)) < 60_000, `${note}: ${entry.createdAt}`);
	assert.equal(entry.ip, '127.0.0.1', note);
	for (const [name, value] of Object.entries(expected))
		if (value instanceof RegExp) assert.match(entry[name], value, `${note}: ${name}`);
		else assert.deepEqual(entry[name], value, `${note}: ${name}`);
}

// ---- changes ----

// In order: each line may use what the ones before have made.
function changes(made) {
	const name = unique('thing');
	return [
		[
			'schema.create_collection',
			() => ({ slug: name, fields: [{ name: 'a', type: 'text' }] }),
			{ action: 'schema.create', collection: name },
		],
		[
			'schema.update_collection',
			() => ({
				slug: name,
				fields: [
					{ name: 'a', type: 'text' },
					{ name: 'b', type: 'text' },
				],
			}),
			{ action: 'schema.update', collection: name },
		],
		[
			'collections.insert',
			() => ({ collection: name, data: { a: '1' } }),
			{ action: 'item.create', collection: name },
			({ data }) => (made.row = data.id),
		],
		[
			'collections.update',
			() => ({ collection: name, id: made.row, data: { a: '2' } }),
			{ action: 'item.update', collection: name },
		],
		[
			'collections.bulk_insert',
			() => ({ collection: name, rows: [{ a: '3' }, { a: '4' }] }),
			{ action: 'item.create', collection: name },
		],
		[
			'collections.bulk_update',
			() => ({ collection: name, updates: [{ id: made.row, data: { a: '5' } }] }),
			{ action: 'item.update', collection: name },
		],
		['collections.delete', () => ({ collection: name, id: made.row }), { action: 'item.delete', collection: name }],
		[
			'roles.create',
			() => ({ name: unique('role') }),
			{ action: 'role.create', collection: 'system_roles' },
			({ data }) => (made.role = data.id),
		],
		[
			'permissions.grant',
			() => ({ roleId: made.role, collection: name, action: 'read' }),
			{ action: /^role\./ },
			({ data }) => (made.grant = data.id),
		],
		['permissions.revoke', () => ({ id: made.grant }), { action: /^role\./ }],
		['roles.assign', () => ({ userId: reader.id, roleId: made.role }), { action: /^role\./ }],
		['roles.unassign', () => ({ userId: reader.id, roleId: made.role }), { action: /^role\./ }],
		['apikeys.create', () => ({ name: 'logged' }), { action: /^apikey\./ }, ({ data }) => (made.key = data.id)],
		['apikeys.revoke', () => ({ id: made.key }), { action: /^apikey\./ }],
		['users.suspend', () => ({ id: made.person }), { action: /^user\./ }],
		['users.activate', () => ({ id: made.person }), { action: /^user\./ }],
		['settings.update', () => ({ siteName: 'Logged' }), { action: /^settings?\./ }],
		['tenants.switch', () => ({ tenantId: ws.slug }), { action: /^tenant\./ }],
		['schema.drop_collection', () => ({ slug: name }), { action: 'schema.drop', collection: name }],
	];
}

for (const face of FACES)
	test(`every change over ${face} is one entry`, async () => {
		const made = { person: (await member(ws)).id };
		const key = await keyId(ws.admin);
		for (const [tool, args, expected, keep] of changes(made)) {
			const { result, entries } = await logged(() => ws.admin.do(tool, args(), face));
			keep?.(result);
			assert.equal(entries.length, 1, `${tool}: ${JSON.stringify(entries)}`);
			await judge(entries[0], { userId: me, keyId: key, face, tool, outcome: 'ok', response: null, ...expected }, tool);
			if (result.data?.id && !tool.startsWith('schema.')) assert.equal(entries[0].itemId, result.data.id, tool);
		}
	});

test('the admin mount and sessions are told apart', async () => {
	const mounted = await logged(() =>
		ws.admin.mcp('collections.insert', { collection: slug, data: {} }, { mount: '/api/admin/mcp' }),
	);
	await judge(mounted.entries[0], { face: 'mcp-admin', userId: me, action: 'item.create' }, 'admin mount');
	const person = await session(ws, reader);
	const writer = await role(ws, { [slug]: 'create' });
	await ws.admin.do('roles.assign', { userId: reader.id, roleId: writer.id });
	const { entries } = await logged(() => person.do('collections.insert', { collection: slug, data: {} }, 'rest'));
	await ws.admin.do('roles.unassign', { userId: reader.id, roleId: writer.id });
	await judge(entries[0], { face: 'rest', userId: reader.id, keyId: null, action: 'item.create' }, 'session');
});

test('the program of the caller is named', async () => {
	const agent = `contract/${unique('a')} ${'x'.repeat(400)}`;
	const { entries } = await logged(() =>
		ws.admin.mcp('collections.insert', { collection: slug, data: {} }, { headers: { 'user-agent': agent } }),
	);
	assert.equal(entries[0].userAgent, agent.slice(0, 255));
});

test('reading leaves no entry', async () => {
	const { data } = await ws.admin.do('collections.insert', { collection: slug, data: {} });
	for (const face of FACES) {
		const { entries } = await logged(async () => {
			await ws.admin.do('collections.list', { collection: slug }, face);
			await ws.admin.do('collections.read', { collection: slug, id: data.id }, face);
			await ws.admin.do('schema.list_collections', {}, face);
			await client(to, { key: ws.admin.key }).result('tools/list');
		});
		assert.deepEqual(entries, [], face);
	}
});

test('what a bulk call changed is one entry that counts', async () => {
	const rows = [...Array.from({ length: 5 }, () => ({ password: 'x' })), { nonsense: 1 }];
	const { entries } = await logged(() => ws.admin.mcp('collections.bulk_insert', { collection: slug, rows }));
	assert.equal(entries.length, 1);
	await judge(
		entries[0],
		{ action: 'item.create', collection: slug, outcome: 'partial', tool: 'collections.bulk_insert' },
		'bulk',
	);
	assert.equal(entries[0].payload.count, 5);
	assert.equal(entries[0].payload.ids.length, 5);
});

test('a change that was undone is no change in the log', async () => {
	const { entries } = await logged(() =>
		ws.admin.mcp('collections.bulk_insert', { collection: slug, rows: [{}, {}, { nonsense: 1 }], atomic: true }),
	);
	assert.equal(entries.length, 1);
	await judge(entries[0], { action: 'mcp.error', outcome: 'VALIDATION', tool: 'collections.bulk_insert' }, 'atomic');
});

// ---- refusals ----

test('every refusal is an entry', async () => {
	const insert = ['collections.insert', { collection: slug, data: {} }];
	const listed = ['collections.list', { collection: slug }];
	const owner = (await ws.admin.http('GET', '/api/me')).json.data.email;
	const allowed = await keyOf(ws, owner, ['--tools', 'collections.list']);
	const quiet = await keyOf(ws, owner, ['--read-only']);
	const guarded = await workspace(to, { protect: true });
	const plain = await member(ws);
	const cases = [
		['an allowlist', allowed, () => allowed.mcp(...insert), { tool: insert[0], face: 'mcp' }],
		['a read-only key', quiet, () => quiet.mcp(...insert), { tool: insert[0], face: 'mcp' }],
		[
			'a read-only connection',
			ws.admin,
			() => ws.admin.mcp(...insert, { query: '?read_only=1' }),
			{ tool: insert[0], face: 'mcp' },
		],
		[
			'a read-only request',
			ws.admin,
			() => ws.admin.rest(...insert, { headers: { 'x-coffer-read-only': '1' } }),
			{ tool: insert[0], face: 'rest' },
		],
		[
			'a toolset',
			ws.admin,
			() => ws.admin.mcp(...insert, { query: '?toolset=schema' }),
			{ tool: insert[0], face: 'mcp' },
		],
		['no permission', plain, () => plain.mcp(...listed), { tool: listed[0], face: 'mcp' }],
		['no permission over REST', plain, () => plain.rest(...listed), { tool: listed[0], face: 'rest' }],
		['no permission to write', reader, () => reader.rest(...insert), { tool: insert[0], face: 'rest' }],
		['no administrator', reader, () => reader.rest('roles.list', {}), { tool: 'roles.list', face: 'rest' }],
		['no operator', plain, () => plain.mcp('db.list_tables', {}), { tool: 'db.list_tables', face: 'mcp' }],
	];
	for (const [note, caller, work, expected] of cases) {
		const { result, entries } = await logged(work);
		assert.equal(result.code, 'FORBIDDEN', note);
		assert.equal(entries.length, 1, `${note}: ${JSON.stringify(entries)}`);
		await judge(
			entries[0],
			{
				userId: caller.id ?? me,
				keyId: await keyId(caller),
				outcome: 'FORBIDDEN',
				action: expected.face === 'mcp' ? 'mcp.denied' : 'request.denied',
				itemId: expected.tool,
				...expected,
			},
			note,
		);
		assert.equal(entries[0].response.code, 'FORBIDDEN', note);
		assert.equal(entries[0].response.message, result.message, note);
	}

	const { entries } = await logged(() =>
		post(`${to.url}/api/admin/mcp`, '{"jsonrpc":"2.0","id":1,"method":"tools/list"}', { key: plain.key }),
	);
	assert.equal(entries.length, 1, 'the admin mount');
	await judge(entries[0], { userId: plain.id, outcome: 'FORBIDDEN', face: 'mcp-admin' }, 'the admin mount');

	// In its own workspace a protected one tells its own log.
	const refusedThere = await guarded.admin.mcp('schema.create_collection', {
		slug: 'a',
		fields: [{ name: 'a', type: 'text' }],
	});
	assert.equal(refusedThere.code, 'FORBIDDEN');
	const there = await guarded.admin.do('activity.search', { action: 'mcp.denied' });
	assert.equal(there.data.length, 1);
	assert.equal(there.data[0].tool, 'schema.create_collection');
});

test('a key that knocks at another workspace is in its own log', async () => {
	const other = await workspace(to);
	const { entries } = await logged(() =>
		ws.admin.http('GET', '/api/roles', { headers: { 'x-coffer-workspace': other.slug } }),
	);
	assert.equal(entries.length, 1);
	await judge(
		entries[0],
		{ userId: me, keyId: await keyId(ws.admin), outcome: 'FORBIDDEN', tool: 'roles.list' },
		'workspace',
	);
	assert.deepEqual((await other.admin.do('activity.search', { action: 'request.' })).data, []);
});

// ---- errors ----

test('every error of a tool is an entry', async () => {
	const title = unique('title');
	await ws.admin.do('collections.insert', { collection: slug, data: { title } });
	for (const face of FACES) {
		const cases = [
			['VALIDATION', 'collections.insert', { collection: slug, data: { nonsense: 1 } }],
			['CONFLICT', 'collections.insert', { collection: slug, data: { title } }],
			['NOT_FOUND', 'collections.read', { collection: slug, id: NO_ID }],
			['NOT_FOUND', 'collections.list', { collection: 'nowhere' }],
			['VALIDATION', 'collections.list', { collection: slug, filter: { nonsense: 1 } }],
			['NOT_FOUND', 'schema.drop_collection', { slug: 'nowhere' }],
			['CONFLICT', 'schema.create_collection', { slug, fields: [{ name: 'a', type: 'text' }] }],
			['VALIDATION', 'roles.create', {}],
			['NOT_FOUND', 'apikeys.revoke', { id: NO_ID }],
		];
		for (const [code, tool, args] of cases) {
			const note = `${code} of ${tool} over ${face}`;
			const { result, entries } = await logged(() => send(ws.admin, face, tool, args));
			assert.equal(result, code, note);
			assert.equal(entries.length, 1, `${note}: ${JSON.stringify(entries)}`);
			await judge(
				entries[0],
				{ tool, face, outcome: code, userId: me, action: face === 'mcp' ? 'mcp.error' : 'request.error' },
				note,
			);
			assert.equal(entries[0].response.code, code, note);
			assert.ok(entries[0].response.message.length > 5, note);
			assert.deepEqual(entries[0].payload.args, args, note);
		}
	}
});

// The code of an answer, whatever the arguments are.
async function send(caller, face, tool, args) {
	if (face === 'mcp') {
		const { content } = await client(to, { key: caller.key }).tool(tool, args);
		return content[0].text.split(':')[0];
	}
	const [method, template, , { body } = {}] = ROUTES[tool];
	const left = { ...args };
	const route = template.replace(/\{(\w+)\}/g, (_, name) => {
		const value = left[name];
		delete left[name];
		return encodeURIComponent(value);
	});
	const query =
		method === 'GET'
			? `?${new URLSearchParams(Object.entries(left).map(([name, value]) => [name, JSON.stringify(value)]))}`
			: '';
	const res = await caller.http(method, route + query, {
		json: query || method === 'DELETE' ? undefined : body ? left[body] : left,
	});
	return res.json.error.code;
}

test('what the protocol refuses is an entry when it is known who asks', async () => {
	const message = (method, params) => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
	const cases = [
		['no JSON', '{"jsonrpc"', 'PARSE'],
		['a key twice', '{"id":1,"id":1}', 'BAD_REQUEST'],
		['no message', '{}', 'BAD_REQUEST'],
		['an unknown method', message('tools/nonsense'), 'NOT_FOUND'],
		['an unknown tool', message('tools/call', { name: 'collections.nonsense' }), 'VALIDATION'],
		['arguments that are none', message('tools/call', { name: 'roles.list', arguments: [] }), 'VALIDATION'],
		['a bad cursor', message('tools/list', { cursor: 'nonsense' }), 'VALIDATION'],
		['an unknown prompt', message('prompts/get', { name: 'nonsense' }), 'VALIDATION'],
		['an unknown version', message('ping'), 'BAD_REQUEST', { 'mcp-protocol-version': '1999-01-01' }],
		[
			'a header that disagrees',
			message('tools/list', {
				_meta: { 'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': {} },
			}),
			'BAD_REQUEST',
			{ 'mcp-protocol-version': MODERN, 'mcp-method': 'ping' },
		],
	];
	for (const [note, body, outcome, headers] of cases) {
		const { result, entries } = await logged(() => post(`${to.url}/mcp`, body, { key: reader.key, headers }));
		assert.ok(result.json.error, `${note}: ${result.text}`);
		assert.equal(entries.length, 1, `${note}: ${JSON.stringify(entries)}`);
		await judge(
			entries[0],
			{ userId: reader.id, keyId: await keyId(reader), face: 'mcp', tool: null, outcome, action: 'mcp.error' },
			note,
		);
		assert.equal(entries[0].response.message, result.json.error.message, note);
	}
	const { entries } = await logged(() =>
		client(to, { key: reader.key }).request('resources/read', { uri: 'coffer://collection/nowhere' }),
	);
	assert.equal(entries.length, 1, 'a resource');
	assert.equal(entries[0].userId, reader.id);
});

test('the same over REST', async () => {
	const json = { 'content-type': 'application/json' };
	const ask = (method, route, body, headers = json) => http(to.url + route, { method, key: reader.key, body, headers });
	const cases = [
		['no JSON', () => ask('POST', `/api/items/${slug}`, '{"title"'), 'PARSE', 'collections.insert'],
		[
			'a key twice',
			() => ask('POST', `/api/items/${slug}`, '{"title":1,"title":1}'),
			'BAD_REQUEST',
			'collections.insert',
		],
		['a list', () => ask('POST', '/api/roles', '[]'), 'VALIDATION', 'roles.create'],
		[
			'another type',
			() => ask('POST', `/api/items/${slug}`, 'title=1', { 'content-type': 'text/plain' }),
			'UNSUPPORTED_MEDIA_TYPE',
			'collections.insert',
		],
		['no route', () => ask('GET', '/api/nonsense'), 'NOT_FOUND', null],
		['no such method', () => ask('DELETE', '/api/roles'), 'METHOD_NOT_ALLOWED', null],
	];
	for (const [note, work, outcome, tool] of cases) {
		const { result, entries } = await logged(work);
		assert.equal(result.json.error.code, outcome, note);
		assert.equal(entries.length, 1, `${note}: ${JSON.stringify(entries)}`);
		await judge(
			entries[0],
			{ userId: reader.id, keyId: await keyId(reader), face: 'rest', outcome, tool, action: 'request.error' },
			note,
		);
	}
});

// ---- what may not be in it ----

test('secrets are left out', async () => {
	const secret = unique('hush');
	const nested = { a: { apiToken: secret, list: [{ Authorization: secret }] }, session_id: secret, 'api key': secret };
	const calls = [
		() => ws.admin.mcp('collections.insert', { collection: slug, data: { password: secret } }),
		() => ws.admin.mcp('collections.insert', { collection: slug, data: { password: secret, nonsense: 1 } }),
		() => ws.admin.rest('collections.insert', { collection: slug, data: { doc: nested, nonsense: 1 } }),
		() => ws.admin.mcp('settings.update', { nonsense: 1, flags: nested }),
		() => ws.admin.mcp('settings.update', { flags: nested }),
		() => ws.admin.mcp('roles.create', { name: 'x'.repeat(65), description: 'x' }),
		() =>
			ws.admin.mcp('collections.bulk_insert', {
				collection: slug,
				rows: [{ password: secret }, { password: secret, nonsense: 1 }],
			}),
		() =>
			ws.admin.mcp('collections.bulk_insert', {
				collection: slug,
				rows: [{ password: secret, nonsense: 1 }],
				atomic: true,
			}),
	];
	for (const work of calls) await work();
	const { entries } = await logged(() =>
		ws.admin.mcp('collections.insert', { collection: slug, data: { password: secret, doc: nested, nonsense: 1 } }),
	);
	const hidden = '[redacted]';
	assert.deepEqual(entries[0].payload.args.data, {
		password: hidden,
		doc: { a: { apiToken: hidden, list: [{ Authorization: hidden }] }, session_id: hidden, 'api key': hidden },
		nonsense: 1,
	});

	const minted = await ws.admin.do('apikeys.create', { name: 'secret' });
	await signIn(to);
	const words = [
		secret,
		minted.data.secret,
		minted.data.secret.split('_')[2],
		to.password,
		reader.password,
		ws.admin.key.split('_')[2],
	];
	for (const word of words) {
		const [{ n }] = await sql(
			to,
			`SELECT COUNT(*) AS n FROM coffer_activity WHERE workspace_id = '${ws.id}' AND` +
				` (INSTR(payload, '${word}') OR INSTR(response, '${word}') OR INSTR(item_id, '${word}'))`,
		);
		assert.equal(Number(n), 0, word === secret ? 'an argument' : 'a key or password');
	}
});

test('what is long is cut', async () => {
	const entryOf = async (args) => {
		const { entries } = await logged(() => client(to, { key: ws.admin.key }).tool('collections.insert', args));
		return entries[0].payload;
	};
	const data = {
		title: 'x'.repeat(600),
		doc: { list: Array.from({ length: 25 }, (_, i) => i), deep: { a: { b: { c: { d: { e: 1 } } } } } },
		nonsense: 1,
	};
	const { args } = await entryOf({ collection: slug, data });
	assert.equal(args.data.title.length, 513);
	assert.ok(args.data.title.startsWith('x'.repeat(512)));
	assert.equal(args.data.doc.list.length, 21);
	assert.deepEqual(args.data.doc.list.slice(0, 20), data.doc.list.slice(0, 20));
	assert.match(args.data.doc.list[20], /5 more/);
	assert.ok(!JSON.stringify(args.data.doc.deep).includes('"e"'), 'six levels');
	const wide = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, 'y'.repeat(300)]));
	const cut = await entryOf({ collection: slug, data: wide });
	assert.equal(cut.args._truncated, true);
	assert.ok(cut.args.bytes > 8192);
	assert.deepEqual(cut.args.keys, ['collection', 'data']);
});

test('strangers write nothing, and are counted', async () => {
	const agent = unique('stranger');
	const headers = { 'user-agent': agent, 'content-type': 'application/json' };
	const metric = async () => {
		const { text } = await http(`${to.url}/metrics`);
		return Number(/^coffer_strangers_refused_total (\d+)$/m.exec(text)[1]);
	};
	const counted = await metric();
	const bad = ['pak_00000000_deadbeef', `pak_0123abcd_${'0'.repeat(64)}`, 'rubbish', `${ws.admin.key.slice(0, -1)}x`];
	let refusals = 0;
	const stranger = async (method, route, body, key) => {
		const res = await http(to.url + route, { method, body, headers, key });
		assert.ok(res.status >= 400, `${method} ${route}: ${res.status}`);
		refusals += [401, 403, 429].includes(res.status);
	};
	const insert = JSON.stringify({
		jsonrpc: '2.0',
		id: 1,
		method: 'tools/call',
		params: { name: 'collections.insert', arguments: { collection: slug, data: {} } },
	});
	for (const key of [undefined, ...bad]) {
		for (const body of [insert, '{', '[]']) {
			await stranger('POST', '/mcp', body, key);
			await stranger('POST', '/api/admin/mcp', body, key);
		}
		await stranger('GET', `/api/items/${slug}`, undefined, key);
		await stranger('POST', `/api/items/${slug}`, '{}', key);
		await stranger('POST', `/api/items/${slug}`, '{', key);
		await stranger('DELETE', `/api/collections/${slug}`, undefined, key);
		await stranger('GET', '/api/me', undefined, key);
		await stranger('GET', '/api/nonsense', undefined, key);
		await stranger('PUT', '/api/roles', '{}', key);
	}
	await stranger('POST', '/api/auth/sign-in/email', JSON.stringify({ email: 'nobody@example.org', password: 'wrong' }));
	await stranger('POST', '/api/auth/sign-in/email', JSON.stringify({ email: to.email, password: 'wrong' }));
	await signIn(to);
	const [{ n }] = await sql(to, `SELECT COUNT(*) AS n FROM coffer_activity WHERE user_agent LIKE '%${agent}%'`);
	assert.equal(Number(n), 0);
	const anonymous = await sql(
		to,
		`SELECT COUNT(*) AS n FROM coffer_activity WHERE user_id IS NULL AND face <> 'cli' AND outcome NOT IN ('ok', 'partial')`,
	);
	assert.equal(Number(anonymous[0].n), 0, 'no refusal of nobody is in the log');
	assert.ok((await metric()) - counted >= refusals, 'and every refusal is counted');
	assert.ok(refusals > 40);
});
