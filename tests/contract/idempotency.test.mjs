// A write that carries an idempotency key is done once: repeated, it gives its first answer again.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { holdings } from './evidence.mjs';
import { client, instance, MODERN, post, unique } from './lib.mjs';
import { Caller, collection, countRows, keyOf, member, refused, role, session, sql, workspace } from './world.mjs';

const META_KEY = 'coffer/idempotencyKey';
const OTHERWISE = /idempotency key.*other/;

let ws;
let slug;

before(async () => {
	ws = await workspace(await instance());
	slug = await collection(ws, [
		{ name: 'title', type: 'text', required: true },
		{ name: 'code', type: 'text', unique: true },
	]);
});

// The ways to hand a key over, each answering {status, text} of a call, where text is the answer
// without what belongs to the request alone.
const post_ = (caller, body, key) =>
	caller.http('POST', `/api/items/${slug}`, { json: body, headers: { 'idempotency-key': key } });
const mcpText = async (caller, tool, args, { version, headers, meta }) => {
	const res = await client(ws.to, { key: caller.key, cookie: caller.cookie, version }).request(
		'tools/call',
		{ name: tool, arguments: args },
		{ headers: { ...caller.headers, ...headers }, meta },
	);
	return { status: res.status, text: JSON.stringify(res.json.result ?? res.json.error) };
};
const WAYS = {
	'REST, header': async (caller, data, key) => {
		const { status, text } = await post_(caller, data, key);
		return { status, text };
	},
	'MCP, header': (caller, data, key) =>
		mcpText(caller, 'collections.insert', { collection: slug, data }, { headers: { 'idempotency-key': key } }),
	'MCP, _meta': (caller, data, key) =>
		mcpText(caller, 'collections.insert', { collection: slug, data }, { meta: { [META_KEY]: key } }),
	'MCP 2026-07-28, _meta': (caller, data, key) =>
		mcpText(caller, 'collections.insert', { collection: slug, data }, { version: MODERN, meta: { [META_KEY]: key } }),
	'MCP 2026-07-28, header': (caller, data, key) =>
		mcpText(
			caller,
			'collections.insert',
			{ collection: slug, data },
			{ version: MODERN, headers: { 'idempotency-key': key } },
		),
};

// One call by tool name with a key in _meta.
const call = (caller, tool, args, key) => caller.mcp(tool, args, { meta: { [META_KEY]: key } });
const again = async (caller, tool, args, key, first) => {
	const second = await call(caller, tool, args, key);
	assert.equal(JSON.stringify(second.result), JSON.stringify(first.result), tool);
};
const entries = async (action) => (await ws.admin.do('activity.search', { action, meta: 'count' })).meta.count;

for (const [way, send] of Object.entries(WAYS))
	test(`${way}: the first answer comes again, byte for byte`, async () => {
		const key = unique('key');
		const rows = await countRows(ws, slug);
		const first = await send(ws.admin, { title: 'ä "quoted" \n' }, key);
		assert.ok(first.text.includes('ä'), first.text);
		const standing = await holdings(ws);
		for (let i = 0; i < 3; i++) assert.deepEqual(await send(ws.admin, { title: 'ä "quoted" \n' }, key), first);
		assert.equal(await countRows(ws, slug), rows + 1);
		assert.deepEqual(await holdings(ws), standing, 'no row, no log entry');
	});

for (const [way, send] of Object.entries(WAYS))
	test(`${way}: the same key with other arguments is refused`, async () => {
		const key = unique('key');
		await send(ws.admin, { title: 'a' }, key);
		const standing = await holdings(ws);
		const other = await send(ws.admin, { title: 'b' }, key);
		assert.match(other.text, /VALIDATION/);
		assert.match(other.text, OTHERWISE);
		if (way.startsWith('REST')) assert.equal(other.status, 422);
		assert.deepEqual(await holdings(ws), standing);
		assert.match((await send(ws.admin, { title: 'a' }, key)).text, /"a/);
	});

for (const [way, send] of Object.entries(WAYS))
	test(`${way}: ten at once write one row`, async () => {
		const key = unique('key');
		const rows = await countRows(ws, slug);
		const answers = await Promise.all(Array.from({ length: 10 }, () => send(ws.admin, { title: 'once' }, key)));
		assert.match(answers[0].text, /once/);
		for (const answer of answers) assert.deepEqual(answer, answers[0]);
		assert.equal(await countRows(ws, slug), rows + 1);
	});

test('a key used for one operation is refused for another', async () => {
	const key = unique('key');
	const { data } = await ws.admin.do('collections.insert', { collection: slug, data: { title: 'a' } });
	await call(ws.admin, 'collections.update', { collection: slug, id: data.id, data: { title: 'b' } }, key);
	refused(await call(ws.admin, 'collections.delete', { collection: slug, id: data.id }, key), 'VALIDATION', OTHERWISE);
	const read = await ws.admin.do('collections.read', { collection: slug, id: data.id });
	assert.equal(read.data.title, 'b');
});

test('every operation on rows is done once', async () => {
	const one = unique('key');
	const inserted = await call(
		ws.admin,
		'collections.bulk_insert',
		{ collection: slug, rows: [{ title: 'a' }, { title: 'b' }] },
		one,
	);
	await again(
		ws.admin,
		'collections.bulk_insert',
		{ collection: slug, rows: [{ title: 'a' }, { title: 'b' }] },
		one,
		inserted,
	);
	const [a, b] = inserted.data.results.map((result) => result.data.id);

	const two = unique('key');
	const updates = { collection: slug, updates: [{ id: a, data: { title: 'c' } }] };
	const updated = await call(ws.admin, 'collections.bulk_update', updates, two);
	await ws.admin.do('collections.update', { collection: slug, id: a, data: { title: 'later' } });
	await again(ws.admin, 'collections.bulk_update', updates, two, updated);
	assert.equal((await ws.admin.do('collections.read', { collection: slug, id: a })).data.title, 'later');

	const three = unique('key');
	const removed = await call(ws.admin, 'collections.delete', { collection: slug, id: b }, three);
	assert.deepEqual(removed.data, { ok: true });
	await again(ws.admin, 'collections.delete', { collection: slug, id: b }, three, removed);
	refused(await call(ws.admin, 'collections.delete', { collection: slug, id: b }, unique('key')), 'NOT_FOUND');
});

test('a bulk call of which some rows failed is an answer, too', async () => {
	const key = unique('key');
	const args = { collection: slug, rows: [{ title: 'a' }, { nonsense: 1 }] };
	const first = await call(ws.admin, 'collections.bulk_insert', args, key);
	assert.equal(first.result.isError, true);
	assert.equal(first.data.succeeded, 1);
	const rows = await countRows(ws, slug);
	await again(ws.admin, 'collections.bulk_insert', args, key, first);
	assert.equal(await countRows(ws, slug), rows);
});

// ---- changes of shape, which are no single transaction ----

test('changes of shape are done once', async () => {
	const name = unique('shape');
	const steps = [
		['schema.create_collection', { slug: name, fields: [{ name: 'a', type: 'text' }] }],
		[
			'schema.update_collection',
			{
				slug: name,
				fields: [
					{ name: 'a', type: 'text' },
					{ name: 'b', type: 'integer' },
				],
			},
		],
		['schema.drop_collection', { slug: name }],
	];
	for (const [tool, args] of steps) {
		const key = unique('key');
		const first = await call(ws.admin, tool, args, key);
		assert.ok(first.ok, `${tool}: ${first.message}`);
		const standing = await holdings(ws);
		await again(ws.admin, tool, args, key, first);
		await again(ws.admin, tool, args, key, first);
		assert.deepEqual(await holdings(ws), standing, tool);
		refused(await call(ws.admin, tool, { ...args, slug: `${name}x` }, key), 'VALIDATION', OTHERWISE);
	}
});

test('the same over REST', async () => {
	const name = unique('shape');
	const headers = { 'idempotency-key': unique('key') };
	const make = () =>
		ws.admin.http('POST', '/api/collections', { json: { slug: name, fields: [{ name: 'a', type: 'text' }] }, headers });
	const first = await make();
	assert.equal(first.status, 201, first.text);
	const second = await make();
	assert.equal(second.status, 201);
	assert.equal(second.text, first.text);
	const drop = () =>
		ws.admin.http('DELETE', `/api/collections/${name}`, {
			headers: { 'idempotency-key': `${headers['idempotency-key']}d` },
		});
	const dropped = await drop();
	assert.deepEqual(dropped.json, { ok: true, archived: false });
	assert.equal((await drop()).text, dropped.text);
	assert.equal((await ws.admin.http('DELETE', `/api/collections/${name}`)).status, 404);
});

// Whoever comes while the first is still at it is told so, and asks again.
test('ten collections at once are one', async () => {
	const name = unique('shape');
	const key = unique('key');
	const before = (await ws.admin.do('schema.list_collections')).collections.length;
	const log = await entries('schema.create');
	const make = async () => {
		for (;;) {
			const got = await call(
				ws.admin,
				'schema.create_collection',
				{ slug: name, fields: [{ name: 'a', type: 'text' }] },
				key,
			);
			if (got.ok) return JSON.stringify(got.result);
			refused(got, 'CONFLICT', /still running/);
		}
	};
	const answers = await Promise.all(Array.from({ length: 10 }, make));
	assert.equal(new Set(answers).size, 1);
	assert.equal((await ws.admin.do('schema.list_collections')).collections.length, before + 1);
	assert.equal(await entries('schema.create'), log + 1);
});

test('roles, grants and keys are made once', async () => {
	const name = unique('role');
	const [one, two, three] = [unique('key'), unique('key'), unique('key')];
	const made = await call(ws.admin, 'roles.create', { name }, one);
	await again(ws.admin, 'roles.create', { name }, one, made);
	const roleId = made.data.data.id;
	const grant = { roleId, collection: slug, action: 'read' };
	const granted = await call(ws.admin, 'permissions.grant', grant, two);
	await again(ws.admin, 'permissions.grant', grant, two, granted);
	assert.equal((await ws.admin.do('permissions.list_for_role', { roleId })).data.length, 1);
	const minted = await call(ws.admin, 'apikeys.create', { name: 'once' }, three);
	await again(ws.admin, 'apikeys.create', { name: 'once' }, three, minted);
	const { data: keys } = await ws.admin.do('apikeys.list');
	assert.equal(keys.filter((key) => key.name === 'once').length, 1);

	// The answer that is kept holds the secret of a key; it is not to be read in the database.
	const { secret } = minted.data.data;
	const random = secret.split('_')[2];
	const [{ n }] = await sql(
		ws.to,
		`SELECT COUNT(*) AS n FROM coffer_idempotency WHERE idempotency_key = '${three}' AND answer LIKE '%${random}%'`,
	);
	assert.equal(Number(n), 0, 'the secret is not stored in the clear');
	const [{ kept }] = await sql(
		ws.to,
		`SELECT COUNT(*) AS kept FROM coffer_idempotency WHERE idempotency_key = '${three}'`,
	);
	assert.equal(Number(kept), 1);
});

// ---- the key itself ----

test('a key has 1 to 255 characters', async () => {
	const args = { collection: slug, data: { title: 'a' } };
	const standing = await holdings(ws);
	for (const key of ['', 'k'.repeat(256), 'é'.repeat(256)])
		refused(await call(ws.admin, 'collections.insert', args, key), 'VALIDATION', /1 to 255/);
	const long = await post_(ws.admin, { title: 'a' }, 'k'.repeat(256));
	assert.equal(long.status, 422);
	assert.match(long.json.error.message, /1 to 255/);
	for (const key of [1, true, null, ['a'], {}, 'a\u0000b']) {
		if (key === null) continue;
		const { json } = await client(ws.to, { key: ws.admin.key }).request(
			'tools/call',
			{ name: 'collections.insert', arguments: args },
			{ meta: { [META_KEY]: key } },
		);
		assert.equal(json.error?.code, -32602, JSON.stringify(key));
		assert.match(json.error.message, /idempotencyKey/);
	}
	assert.deepEqual(await holdings(ws), standing);
	const stem = unique('key');
	for (const key of [stem + 'k'.repeat(255 - stem.length), stem + 'é'.repeat(255 - stem.length)]) {
		const first = await call(ws.admin, 'collections.insert', args, key);
		assert.ok(first.ok, first.message);
		await again(ws.admin, 'collections.insert', args, key, first);
	}
});

test('keys are compared byte for byte', async () => {
	const stem = unique('key');
	const rows = await countRows(ws, slug);
	const keys = [`${stem}a`, `${stem}A`, `${stem}á`, `${stem}a `, `${stem}a\u0301`, `${stem}%`, `${stem}_`, `${stem}'`];
	for (const key of keys) await call(ws.admin, 'collections.insert', { collection: slug, data: { title: key } }, key);
	assert.equal(await countRows(ws, slug), rows + keys.length);
});

test("somebody else's key is another key", async () => {
	const key = unique('key');
	const writer = await role(ws, { [slug]: 'create read' });
	const people = [await member(ws, { roles: [writer.id] }), await member(ws, { roles: [writer.id] })];
	people.push(await keyOf(ws, people[0].email));
	people.push(await session(ws, people[0]));
	people.push(ws.admin);
	const ids = new Set();
	for (const person of people) {
		const { data } = await person.do('collections.insert', { collection: slug, data: { title: 'mine' } }, 'mcp', {
			meta: { [META_KEY]: key },
		});
		ids.add(data.id);
	}
	assert.equal(ids.size, people.length);

	// The same operator in another workspace, too.
	const elsewhere = await workspace(ws.to);
	await collection(elsewhere, [{ name: 'title', type: 'text' }], { slug });
	const there = await elsewhere.admin.do('collections.insert', { collection: slug, data: { title: 'mine' } }, 'mcp', {
		meta: { [META_KEY]: key },
	});
	assert.ok(!ids.has(there.data.id));
});

test('a failure is not kept: the same key may try again', async () => {
	for (const face of ['mcp', 'rest']) {
		const key = unique('key');
		const code = unique('code');
		const headers = { 'idempotency-key': key };
		const insert = (data) => ws.admin.call(face, 'collections.insert', { collection: slug, data }, { headers });
		const { data: other } = await ws.admin.do('collections.insert', {
			collection: slug,
			data: { title: 'first', code },
		});
		refused(await insert({ code }), 'VALIDATION');
		refused(await insert({ title: 'a', code }), 'CONFLICT');
		refused(await insert({ title: 'a', code }), 'CONFLICT');
		await ws.admin.do('collections.delete', { collection: slug, id: other.id });
		const made = await insert({ title: 'a', code });
		assert.ok(made.ok, made.message);
		assert.deepEqual((await insert({ title: 'a', code })).data, made.data);
	}
	const key = unique('key');
	const name = unique('shape');
	const bad = { slug: name, fields: [{ name: 'a', type: 'nonsense' }] };
	refused(await call(ws.admin, 'schema.create_collection', bad, key), 'VALIDATION');
	refused(await call(ws.admin, 'schema.drop_collection', { slug: name }, key), 'NOT_FOUND');
	const made = await call(
		ws.admin,
		'schema.create_collection',
		{ slug: name, fields: [{ name: 'a', type: 'text' }] },
		key,
	);
	assert.ok(made.ok, made.message);
});

test('a repetition is refused to who may no longer call', async () => {
	const writer = await role(ws, { [slug]: 'create read' });
	const person = await member(ws, { roles: [writer.id] });
	const key = unique('key');
	const insert = () => call(person, 'collections.insert', { collection: slug, data: { title: 'a' } }, key);
	assert.ok((await insert()).ok);
	const { data: keys } = await ws.admin.do('apikeys.list');
	const own = keys.find(({ prefix }) => person.key.startsWith(prefix));
	const narrowed = await ws.admin.http('PATCH', `/api/api-keys/${own.id}/mcp-guards`, {
		json: { mcpTools: ['collections.list'] },
	});
	assert.equal(narrowed.status, 200, narrowed.text);
	refused(await insert(), 'FORBIDDEN', /allowlist/);
	await ws.admin.do('apikeys.revoke', { id: own.id });
	const res = await post(`${ws.to.url}/mcp`, '{"jsonrpc":"2.0","id":1,"method":"ping"}', { key: person.key });
	assert.equal(res.status, 401);
});

test('after a day a key is forgotten', async () => {
	const key = unique('key');
	const args = { collection: slug, data: { title: 'a' } };
	const first = await call(ws.admin, 'collections.insert', args, key);
	const operator = new Caller(ws.to, { key: ws.to.key });
	const age = (hours) =>
		operator.do('db.execute_sql', {
			writes: true,
			sql: `UPDATE coffer_idempotency SET created_at = created_at - INTERVAL ${hours} HOUR WHERE idempotency_key = '${key}'`,
		});
	await age(23);
	await again(ws.admin, 'collections.insert', args, key, first);
	await age(2);
	const second = await call(ws.admin, 'collections.insert', args, key);
	assert.ok(second.ok);
	assert.notEqual(second.data.data.id, first.data.data.id);
	await again(ws.admin, 'collections.insert', args, key, second);
});

test('reading with a key is reading', async () => {
	const key = unique('key');
	const count = async () =>
		(await call(ws.admin, 'collections.list', { collection: slug, meta: 'total_count' }, key)).data.meta.total_count;
	const before = await count();
	await ws.admin.do('collections.insert', { collection: slug, data: { title: 'a' } });
	assert.equal(await count(), before + 1);
});

test('in a batch every message has its own key', async () => {
	const rows = await countRows(ws, slug);
	const keys = [unique('key'), unique('key')];
	const batch = JSON.stringify(
		[...keys, keys[0], undefined].map((key, id) => ({
			jsonrpc: '2.0',
			id: id + 1,
			method: 'tools/call',
			params: {
				name: 'collections.insert',
				arguments: { collection: slug, data: { title: 'batched' } },
				...(key ? { _meta: { [META_KEY]: key } } : {}),
			},
		})),
	);
	const send = () =>
		post(`${ws.to.url}/mcp`, batch, {
			key: ws.admin.key,
			headers: { 'mcp-protocol-version': '2025-03-26', 'idempotency-key': unique('key') },
		});
	const first = await send();
	assert.equal(first.json.length, 4);
	const ids = first.json.map(({ result }) => result.structuredContent.data.id);
	assert.equal(ids[2], ids[0]);
	assert.equal(await countRows(ws, slug), rows + 3);
	const second = await send();
	assert.deepEqual(second.json.slice(0, 3), first.json.slice(0, 3));
	assert.equal(await countRows(ws, slug), rows + 4);
});
