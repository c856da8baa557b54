// Attacks: what one caller must not get from another, from another workspace, or from the server.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { client, http, instance, start, unique } from './lib.mjs';
import { COFFER_FCGI } from './stage.mjs';
import { Caller, FACES, collection, keyOf, member, refused, role, session, sql, workspace } from './world.mjs';

let to, ws;

before(async () => {
	to = await instance();
	ws = await workspace(to);
});

describe('an administrator of a workspace', () => {
	test('gets no key that acts as an operator of the instance', async () => {
		const chief = await member(ws, { admin: true });
		const operator = await member(ws, { admin: true, operator: true });
		const plain = await member(ws);
		const asChief = await session(ws, chief), asOperator = await session(ws, operator);
		const make = (caller, userId, more = {}) =>
			caller.http('POST', '/api/api-keys', { json: { userId, mcpTools: null, ...more } });
		const admin = (await ws.admin.do('roles.list')).data.find((r) => r.name === 'admin');
		for (const more of [{}, { roleId: admin.id }]) {
			const { status, json } = await make(asChief, operator.id, more);
			assert.deepEqual([status, json.error.code], [403, 'FORBIDDEN']);
			assert.match(json.error.message, /operator/);
		}
		assert.equal((await make(asChief, plain.id)).status, 201);
		assert.equal((await make(asOperator, operator.id)).status, 201);
		assert.equal((await make(asOperator, plain.id)).status, 201);
		const owners = (await ws.admin.do('apikeys.list')).data.filter((k) => k.mcpTools === null && /^Key/.test(k.name));
		assert.deepEqual(owners.map((k) => k.userId).sort(), [plain.id, operator.id, plain.id].sort());
	});
});

describe('a stranger', () => {
	// 5 MB of "{}," made trees of 1.4 GB, on REST two of them
	test('cannot fill the memory of the server with small values', async () => {
		for (const [value, n] of [['{}', 1.7e6], ['1', 2.5e6]]) {
			const body = `[${`${value},`.repeat(n)}${value}]`;
			const send = (route) =>
				http(to.url + route, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
			const { status, json } = await send('/api/items/x');
			assert.deepEqual([status, json.error.code], [413, 'PAYLOAD_TOO_LARGE'], value);
			assert.match(json.error.message, /too many values/);
			assert.equal((await send('/mcp')).status, 401, value);
		}
	});
});

describe('db.execute_sql', () => {
	// MariaDB gives up waiting for a lock after 5 s, and the door then runs a call again
	test('runs statements once, even when the log has to wait', async () => {
		const operator = new Caller(to, { key: to.key }), table = unique('adopt_once');
		const run = (text) => operator.do('db.execute_sql', { sql: text, writes: true });
		await run(`CREATE TABLE ${table} (id INT AUTO_INCREMENT PRIMARY KEY)`);
		const locked = run("UPDATE coffer_workspace SET epoch = epoch + 1 WHERE slug = 'default'; SELECT SLEEP(7)");
		await new Promise((resolve) => setTimeout(resolve, 500));
		await run(`INSERT INTO ${table} VALUES (NULL)`);
		await locked;
		assert.deepEqual(await sql(to, `SELECT COUNT(*) AS n FROM ${table}`), [{ n: 1 }]);
		const { data } = await operator.do('activity.search', { action: 'db.execute_sql', limit: 20 });
		assert.equal(data.filter((row) => row.payload.sql.startsWith(`INSERT INTO ${table}`)).length, 1);
		await run(`DROP TABLE ${table}`);
	});
});

describe('ids of another workspace', () => {
	let here, there;

	// the same things in both: a role with a grant, a member, a key, a collection of the same name with two rows
	const furnish = async (place, slug) => {
		await collection(place, [{ name: 't', type: 'text' }, { name: 'r', type: 'relation', to: slug }], { slug });
		const made = await role(place, { [slug]: 'read create' });
		const person = await member(place, { roles: [made.id] });
		const rows = [];
		for (const t of ['one', 'two']) rows.push((await place.admin.do('collections.insert', { collection: slug, data: { t } })).data.id);
		const [grant] = (await place.admin.do('permissions.list_for_role', { roleId: made.id })).data;
		const key = (await place.admin.do('apikeys.list')).data.find((k) => k.userId === person.id);
		const { next_cursor: cursor } = await place.admin.do('collections.list', { collection: slug, limit: 1 });
		return { ...place, workspace: place.slug, slug, role: made.id, person, rows, grant: grant.id, key: key.id, cursor };
	};

	before(async () => {
		const slug = unique('col');
		here = await furnish(await workspace(to), slug);
		there = await furnish(await workspace(to), slug);
	});

	test('name nothing in any argument', async () => {
		const collection = here.slug, data = { t: 'x' };
		const cases = [
			['permissions.list_for_role', { roleId: there.role }, 'NOT_FOUND'],
			['permissions.grant', { roleId: there.role, collection: '*', action: 'read' }, 'NOT_FOUND'],
			['permissions.revoke', { id: there.grant }, 'NOT_FOUND'],
			['roles.assign', { userId: there.person.id, roleId: here.role }, 'NOT_FOUND'],
			['roles.assign', { userId: here.person.id, roleId: there.role }, 'NOT_FOUND'],
			['roles.unassign', { userId: there.person.id, roleId: there.role }, 'NOT_FOUND'],
			['roles.unassign', { userId: there.person.id, roleId: here.role }, 'NOT_FOUND'],
			['apikeys.create', { roleId: there.role }, 'NOT_FOUND'],
			['apikeys.revoke', { id: there.key }, 'NOT_FOUND'],
			['users.suspend', { id: there.person.id }, 'NOT_FOUND'],
			['users.activate', { id: there.person.id }, 'NOT_FOUND'],
			['collections.read', { collection, id: there.rows[0] }, 'NOT_FOUND'],
			['collections.update', { collection, id: there.rows[0], data }, 'NOT_FOUND'],
			['collections.delete', { collection, id: there.rows[0] }, 'NOT_FOUND'],
			['collections.insert', { collection, data: { r: there.rows[0] } }, 'VALIDATION'],
			['collections.update', { collection, id: here.rows[0], data: { r: there.rows[0] } }, 'VALIDATION'],
			['collections.list', { collection, cursor: there.cursor, limit: 1 }, 'VALIDATION'],
		];
		const state = async () =>
			JSON.stringify([
				await sql(to, `SELECT (SELECT COUNT(*) FROM coffer_grant WHERE workspace_id IN ('${here.id}', '${there.id}')) AS g, (SELECT COUNT(*) FROM coffer_user_role WHERE workspace_id IN ('${here.id}', '${there.id}')) AS r`),
				await there.admin.do('collections.list', { collection }),
				await there.admin.do('users.list'),
				(await there.admin.do('apikeys.list')).data.map((k) => [k.id, k.revokedAt, k.mcpTools]),
			]);
		const before = await state();
		for (const face of FACES)
			for (const [tool, args, code] of cases)
				refused(await here.admin.call(face, tool, args), code, undefined, `${tool} ${JSON.stringify(args)} over ${face}`);
		const guards = await here.admin.http('PATCH', `/api/api-keys/${there.key}/mcp-guards`, { json: { mcpTools: [] } });
		const dropped = await here.admin.http('DELETE', `/api/roles/${there.role}`);
		assert.deepEqual([guards.status, dropped.status], [404, 404]);
		assert.equal(await state(), before);
		const { data: activity } = await here.admin.do('activity.search', { userId: there.person.id });
		assert.deepEqual(activity, []);
	});

	// who administers any workspace, such as one of their own, may name every other one
	test('let a visitor leave nothing there', async () => {
		const visitor = await session(here, here.person);
		assert.equal((await visitor.http('POST', '/api/tenants', { json: { name: 'My own' } })).status, 201);
		const visit = new Caller(to, { cookie: visitor.cookie, workspace: there.workspace });
		const me = await visit.http('GET', '/api/me');
		assert.deepEqual([me.json.data.tenantId, me.json.data.isAdmin], [there.id, false]);
		const epoch = async () => (await sql(to, `SELECT epoch, (SELECT COUNT(*) FROM coffer_api_key WHERE workspace_id = '${there.id}') AS n FROM coffer_workspace WHERE id = '${there.id}'`))[0];
		const before = await epoch();
		for (const face of FACES) {
			refused(await visit.call(face, 'apikeys.create', {}), 'FORBIDDEN', /members/);
			refused(await visit.call(face, 'collections.insert', { collection: here.slug, data: { t: 'x' } }), 'FORBIDDEN');
			refused(await visit.call(face, 'collections.list', { collection: here.slug }), 'FORBIDDEN');
			assert.deepEqual((await visit.call(face, 'schema.list_collections', {})).data.collections, []);
		}
		assert.deepEqual(await epoch(), before);
	});

	test('nor does an idempotency key', async () => {
		const meta = { 'coffer/idempotencyKey': unique('key') }, args = { collection: here.slug, data: { t: 'once' } };
		const ids = new Set();
		for (const caller of [here.admin, here.person, there.admin, there.person, here.admin])
			ids.add((await caller.do('collections.insert', args, 'mcp', { meta })).data.id);
		assert.equal(ids.size, 4);
	});
});

describe('what names a field or collection that the caller may not read', () => {
	let vault, notes, reader;

	before(async () => {
		vault = await collection(ws, [{ name: 'data', type: 'text' }]);
		notes = await collection(ws, [
			{ name: 'title', type: 'text', label: 'Title' },
			{
				name: 'pub', type: 'text', visibleWhen: { secret: { _eq: 'x' } },
				validation: { rule: { pub: { _neq: { $field: 'secret' } } } },
			},
			{ name: 'secret', type: 'text' },
			{ name: 'one', type: 'relation', to: vault },
			{ name: 'many', type: 'relation_many', to: vault },
		]);
		const fields = ['title', 'pub', 'one', 'many'];
		const one = await role(ws, { [notes]: { read: fields } });
		reader = await member(ws, { roles: [one.id] });
	});

	// every place that shows a collection
	const shown = async (caller) => {
		const speak = client(to, { key: caller.key });
		const resource = await speak.result('resources/read', { uri: `coffer://collection/${notes}` });
		const prompts = await Promise.all(
			['describe_collection', 'generate_queries', 'permission_rule'].map((name) =>
				speak.result('prompts/get', { name, arguments: { collection: notes, intent: 'all' } }),
			),
		);
		return [
			JSON.stringify(await caller.do('schema.describe_collection', { collection: notes })),
			JSON.stringify(await caller.do('schema.list_collections', {})),
			(await speak.result('resources/read', { uri: 'coffer://schema' })).contents[0].text,
			JSON.stringify(await speak.result('resources/list', {})),
			resource.contents[0].text,
			...prompts.map((p) => p.messages[0].content.text),
		];
	};

	test('stands in no refusal of a write', async () => {
		const fields = ['a', 'b'];
		const slug = await collection(ws, [
			{ name: 'a', type: 'text' }, { name: 'b', type: 'text' },
			{ name: 'secret_one', type: 'integer', unique: true, default: 7 },
			{ name: 'secret_two', type: 'text', default: 'x', validation: { rule: { secret_two: { _neq: { $field: 'a' } } } } },
		], { indexes: [{ fields: ['a', 'secret_two'], unique: true }] });
		const one = await role(ws, { [slug]: { create: fields, update: fields, read: fields } });
		const writer = await member(ws, { roles: [one.id] });
		const row = (data, face) => writer.call(face, 'collections.insert', { collection: slug, data });
		const rows = async (data, face) =>
			(await writer.call(face, 'collections.bulk_insert', { collection: slug, rows: [data] })).data.results[0].error;
		const { data: first } = await writer.do('collections.insert', { collection: slug, data: { a: 'x1' } });
		for (const face of FACES) {
			refused(await row({ a: 'y' }, face), 'CONFLICT', 'a row with the same unique value exists');
			assert.deepEqual(await rows({ a: 'y' }, face), { code: 'CONFLICT', message: 'a row with the same unique value exists' });
			refused(await row({ a: 'x' }, face), 'VALIDATION', 'the fields do not fit together, a validation rule refuses the row');
			refused(
				await writer.call(face, 'collections.update', { collection: slug, id: first.id, data: { a: 'x' } }),
				'VALIDATION', 'the fields do not fit together, a validation rule refuses the row',
			);
		}
		refused(await ws.admin.mcp('collections.insert', { collection: slug, data: { a: 'y' } }), 'CONFLICT', /^secret_one: /);
		refused(await ws.admin.mcp('collections.insert', { collection: slug, data: { a: 'x' } }), 'VALIDATION', /^secret_two: /);
		await ws.admin.do('collections.insert', { collection: slug, data: { a: 'z', secret_one: 1 } });
		// a composite key over a field that is known and one that is not
		await ws.admin.do('schema.update_collection', { slug, fields: [{ name: 'secret_one', type: 'integer', unique: false, default: null }] });
		refused(await row({ a: 'z' }, 'mcp'), 'CONFLICT', 'a row with the same unique value exists');
	});

	test('stands in no description', async () => {
		for (const text of await shown(reader)) {
			assert.ok(text.includes(notes), text);
			assert.ok(!text.includes('secret') && !text.includes(vault), text);
		}
		const all = await shown(ws.admin);
		assert.ok(all[4].includes('"secret"') && all[4].includes(vault) && all[5].includes(`one: relation -> ${vault}`));
	});
});

describe('bytes in a header that are no UTF-8', () => {
	const send = (method, route, headers, body = '') =>
		new Promise((resolve, reject) => {
			const req = request(to.url + route, { method, headers: { authorization: `Bearer ${ws.admin.key}`, 'content-type': 'application/json', ...headers } });
			req.on('error', reject).on('response', async (res) => {
				let text = '';
				for await (const part of res.setEncoding('utf8')) text += part;
				resolve({ status: res.statusCode, json: JSON.parse(text) });
			});
			req.end(Buffer.from(body));
		});

	// as User-Agent they made every write fail, and kept refusals out of the activity log
	test('neither stop a write nor keep anything out of the activity log', async () => {
		const name = unique('agent'), agent = { 'user-agent': `${name} \xff \xe9` };
		const entries = async () =>
			(await ws.admin.do('activity.search', { limit: 5 })).data.filter((row) => row.userAgent === `${name} ? ?`);
		assert.equal((await send('POST', '/api/roles', agent, JSON.stringify({ name: unique('role') }))).status, 201);
		assert.deepEqual((await entries()).map((row) => row.action), ['role.create']);
		assert.equal((await send('POST', '/api/roles', agent, '{"nme":1}')).status, 422);
		assert.deepEqual((await entries()).map((row) => row.action), ['request.error', 'role.create']);
	});
});

describe('rows inside of rows', () => {
	// 100 rows that each name all 100: 40 MB at two levels, 4 GB at three, and the worker died
	test('do not make an answer without end', async () => {
		const slug = await collection(ws, [{ name: 'n', type: 'integer' }]);
		await ws.admin.do('schema.update_collection', { slug, fields: [{ name: 'f', type: 'relation_many', to: slug }] });
		const rows = Array.from({ length: 100 }, (_, n) => ({ n }));
		const made = await ws.admin.do('collections.bulk_insert', { collection: slug, rows });
		const ids = made.results.map((row) => row.data.id);
		await ws.admin.do('collections.bulk_update', { collection: slug, updates: ids.map((id) => ({ id, data: { f: ids } })) });
		for (const face of FACES) {
			const list = (expand, limit) => ws.admin.call(face, 'collections.list', { collection: slug, expand, limit });
			const one = await list(['f'], 200);
			assert.deepEqual([one.ok, one.data.data.length, one.data.data[0].f.length], [true, 1, 100]);
			assert.equal(one.data.truncated, true);
			refused(await list(['f.f'], 1), 'VALIDATION', /rows inside of rows/);
			refused(await list(['f.f.f'], 200), 'VALIDATION', /rows inside of rows/);
			const read = (fields) => ws.admin.call(face, 'collections.read', { collection: slug, id: ids[0], fields });
			refused(await read(['f.f.n', 'f.f.f.n']), 'VALIDATION', /rows inside of rows/);
			assert.equal((await read(['f.f.n'])).data.data.f[99].f.length, 100);
		}
	});
});

describe('a narrowed key', () => {
	test('is not widened by SQL over REST', async () => {
		const run = (caller, writes) => caller.rest('db.execute_sql', { sql: 'SELECT 1', writes });
		for (const more of [['--read-only'], ['--tools', 'collections.list'], ['--tools', '']]) {
			const key = await keyOf(ws, to.email, more);
			refused(await run(key, true), 'FORBIDDEN', /narrowed/, more.join(' '));
			assert.ok((await run(key, false)).ok);
		}
		assert.ok((await run(await keyOf(ws, to.email, ['--tools', 'db.execute_sql']), true)).ok);
		assert.ok((await run(ws.admin, true)).ok);
	});

	test('sees of the activity only its own', async () => {
		const slug = await collection(ws, [{ name: 'a', type: 'text' }]);
		const one = await role(ws, { [slug]: 'create read' });
		const chief = await member(ws, { admin: true, roles: [one.id] });
		await chief.do('roles.create', { name: unique('role') });
		const narrow = await keyOf(ws, chief.email, ['--role', one.name]);
		await narrow.do('collections.insert', { collection: slug, data: { a: 'x' } });
		for (const face of FACES) {
			const { data } = await narrow.do('activity.search', {}, face);
			assert.deepEqual(data.map((row) => row.action), ['item.create']);
			const all = await chief.do('activity.search', { userId: chief.id }, face);
			assert.deepEqual(all.data.map((row) => row.action).slice(0, 2), ['item.create', 'role.create']);
		}
	});
});

describe('an answer', () => {
	// they ended the event in the middle of the answer
	test('is one line of events, whatever line ends stored JSON has', async () => {
		const slug = await collection(ws, [{ name: 'j', type: 'json' }]);
		const { status } = await http(`${to.url}/api/items/${slug}`, {
			method: 'POST', key: ws.admin.key, headers: { 'content-type': 'application/json' },
			body: '{"j": {\r\n\r\n"a":\n\n"1\\n2"\r}}',
		});
		assert.equal(status, 201);
		for (const accept of ['text/event-stream', 'application/json']) {
			const { text, headers } = await http(to.mcp, {
				method: 'POST', key: ws.admin.key, headers: { accept },
				json: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'collections.list', arguments: { collection: slug } } },
			});
			assert.ok(headers.get('content-type').startsWith(accept));
			const line = accept === 'application/json' ? text : /^event: message\ndata: (.*)\n\n$/.exec(text)?.[1];
			assert.doesNotMatch(line, /[\r\n]/);
			assert.deepEqual(JSON.parse(line).result.structuredContent.data[0].j, { a: '1\n2' });
		}
	});

	test('of 10,000 refused rows is not 1,000 times the request', async () => {
		const fields = Array.from({ length: 100 }, (_, i) => ({ name: `a_name_that_stands_in_the_text_of_every_failure_${i}`, type: 'integer' }));
		const slug = await collection(ws, fields);
		const res = await ws.admin.http('POST', `/api/items/${slug}/bulk-insert`, { json: { rows: Array(10000).fill({ x: 1 }) } });
		assert.deepEqual([res.status, res.json.failed, res.json.results.length], [200, 10000, 10000]);
		assert.match(res.json.results[0].error.message, /^Unknown field "x"; fields to write are: .*_99$/);
		assert.match(res.json.results[9999].error.message, /^Unknown field "x"; fields to write are: .*\.\.\.$/);
		assert.ok(res.text.length < 3e6, `${res.text.length} bytes`);
	});
});

describe('the key of an adopted table', () => {
	// its collation takes "ABC" and "abc " for "abc", and knows no Chinese
	test('is met byte by byte', async () => {
		const operator = new Caller(to, { key: to.key }), table = unique('adopt_text'), slug = unique('col');
		const run = (text) => operator.do('db.execute_sql', { sql: text, writes: true });
		await run(`CREATE TABLE ${table} (login VARCHAR(60) CHARACTER SET latin1 COLLATE latin1_swedish_ci PRIMARY KEY,
			nick VARCHAR(50), ref VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, refs TEXT)`);
		await run(`INSERT INTO ${table} VALUES ('abc', 'one', NULL, NULL), ('lower', 'two', 'abc', '["abc"]'), ('upper', 'three', 'ABC', '["ABC"]')`);
		const fields = [{ name: 'nick', type: 'text' }];
		await ws.admin.do('schema.create_collection', { slug, fields, adopted: true, physicalTable: table });
		const relations = [{ name: 'ref', type: 'relation', to: slug }, { name: 'refs', type: 'relation_many', to: slug }];
		await ws.admin.do('schema.update_collection', { slug, fields: relations });
		const others = ['ABC', 'abc ', 'äbc', '中', '😀'];
		for (const face of FACES) {
			const call = (tool, args) => ws.admin.call(face, tool, { collection: slug, ...args });
			assert.equal((await call('collections.read', { id: 'abc' })).data.data.nick, 'one');
			for (const id of others) {
				refused(await call('collections.read', { id }), 'NOT_FOUND', 'Item not found', id);
				refused(await call('collections.update', { id, data: { nick: 'x' } }), 'NOT_FOUND', 'Item not found', id);
				refused(await call('collections.delete', { id }), 'NOT_FOUND', 'Item not found', id);
				refused(
					await call('collections.update', { id: 'abc', data: { ref: id } }),
					'VALIDATION', `Relation target "${slug}" has no row(s) with id: ${id}`,
				);
			}
			const updates = ['abc', ...others].map((id) => ({ id, data: { nick: 'one' } }));
			const { data } = await call('collections.bulk_update', { updates });
			assert.deepEqual(data.results.map((row) => row.ok), [true, false, false, false, false, false]);
			const ids = async (args) => (await call('collections.list', { sort: 'id', ...args })).data.data.map((row) => row.id);
			assert.deepEqual(await ids({ filter: { id: { _in: ['abc', ...others] } } }), ['abc']);
			assert.deepEqual(await ids({ filter: { ref: 'abc' } }), ['lower']);
			assert.deepEqual(await ids({ filter: { ref: 'ABC' } }), ['upper']);
			assert.deepEqual(await ids({ filter: { 'ref.nick': 'one' } }), ['lower']);
			assert.deepEqual(await ids({ filter: { refs: { _some: { nick: 'one' } } } }), ['lower']);
			const shown = (await call('collections.list', { sort: 'id', expand: ['ref', 'refs'] })).data.data;
			assert.deepEqual(shown.map((row) => [row.ref?.nick, row.refs?.length]), [[undefined, 0], ['one', 1], [undefined, 0]]);
		}
		await run(`DROP TABLE ${table}`);
	});
});

describe('coffer-fcgi --listen', () => {
	test('removes nothing but a socket that was left behind', () => {
		const dir = mkdtempSync(path.join(tmpdir(), 'coffer-listen-')), file = path.join(dir, 'precious');
		writeFileSync(file, 'data');
		const { status, stderr } = spawnSync(
			COFFER_FCGI, ['--config', path.join(to.dir, 'coffer.conf'), '--listen', file, '--workers', '1'],
			{ env: { ...process.env, COFFER_LOG_FILE: '/dev/stderr' }, timeout: 10000 },
		);
		assert.deepEqual([status, readFileSync(file, 'utf8')], [1, 'data']);
		assert.match(stderr.toString(), /no socket/);
		rmSync(dir, { recursive: true });
	});
});

describe('progress streams', () => {
	// with four workers there is one slot
	test('outlive a worker that dies with one', async () => {
		const own = await start({ args: ['--workers', '4'] });
		const speak = client(own), rows = Array.from({ length: 10000 }, (_, n) => ({ n }));
		await speak.data('schema.create_collection', { slug: 'many', fields: [{ name: 'n', type: 'integer' }] });
		const pool = readFileSync(path.join(own.dir, 'pool.pid'), 'utf8').trim();
		const res = await fetch(own.mcp, {
			method: 'POST',
			headers: { authorization: `Bearer ${own.key}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
			body: JSON.stringify({
				jsonrpc: '2.0', id: 1, method: 'tools/call',
				params: { name: 'collections.bulk_insert', arguments: { collection: 'many', rows }, _meta: { progressToken: 1 } },
			}),
		});
		const reader = res.body.getReader();
		assert.match(Buffer.from((await reader.read()).value).toString(), /notifications\/progress/);
		for (const pid of execFileSync('pgrep', ['-P', pool]).toString().trim().split('\n')) process.kill(Number(pid), 'SIGKILL');
		await reader.cancel().catch(() => {});
		const { events } = await speak.request('tools/call', { name: 'collections.bulk_insert', arguments: { collection: 'many', rows } }, { meta: { progressToken: 2 } });
		assert.ok(events?.length > 0, 'the next one is streamed again');
		assert.match((await http(`${own.url}/metrics`)).text, /^coffer_streams_open 0$/m);
	});
});
