// apikeys.*: secrets, narrowing, guards, and that no key hands out more than it has.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { client, http, instance, ROOMY, start, unique } from './lib.mjs';
import { Caller, FACES, keyOf, member, NO_ID, refused, role, session, TIME, UUID,
	workspace } from './world.mjs';

const SECRET = /^pak_[0-9a-f]{8}_[0-9a-f]{64}$/;
const KEY_MEMBERS = [
	'createdAt', 'expiresAt', 'id', 'lastUsedAt', 'mcpReadOnly', 'mcpTools', 'name', 'prefix',
	'revokedAt', 'roleId', 'roleName', 'tenantId', 'userId',
];
const later = (minutes) => new Date(Date.now() + minutes * 60000).toISOString();

let to, ws, admin, people;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	admin = ws.admin;
	people = await session(ws); // the same administrator as a person with a cookie
});

// Make a key over REST as somebody and return {id, caller, data}.
async function make(by, body = {}) {
	const res = await by.http('POST', '/api/api-keys', { json: body });
	assert.equal(res.status, 201, res.text);
	return {
		data: res.json.data,
		id: res.json.data.id,
		caller: new Caller(to, { key: res.json.data.secret }),
	};
}

const tools = async (caller) =>
	(await client(to, { key: caller.key }).result('tools/list')).tools.map((tool) => tool.name);

describe('apikeys.create', () => {
	for (const face of FACES)
		test(`answers the key and its secret over ${face}`, async () => {
			const name = unique('key');
			const got = await admin.do('apikeys.create', { name }, face);
			assert.deepEqual(Object.keys(got).sort(), ['data', 'warning']);
			assert.equal(typeof got.warning, 'string');
			assert.ok(got.warning.length > 10);
			const { data } = got;
			assert.deepEqual(Object.keys(data).sort(), [...KEY_MEMBERS, 'secret'].sort());
			assert.match(data.secret, SECRET);
			assert.equal(data.prefix, data.secret.slice(0, 12));
			assert.match(data.id, UUID);
			assert.match(data.createdAt, TIME);
			assert.ok(Math.abs(Date.now() - Date.parse(data.createdAt)) < 60000);
			const me = (await admin.http('GET', '/api/me')).json.data;
			assert.deepEqual(
				{ ...data, id: 0, secret: 0, prefix: 0, createdAt: 0 },
				{
					id: 0, secret: 0, prefix: 0, createdAt: 0,
					tenantId: ws.id, name, userId: me.id, roleId: null, roleName: null,
					expiresAt: null, lastUsedAt: null, revokedAt: null,
					mcpTools: [], mcpReadOnly: false,
				},
			);
		});

	for (const face of FACES)
		test(`takes names up to 120 characters and has a default over ${face}`, async () => {
			const long = '😀'.repeat(120);
			assert.equal((await admin.do('apikeys.create', { name: long }, face)).data.name, long);
			refused(
				await admin.call(face, 'apikeys.create', { name: `${long}x` }),
				'VALIDATION', /at most 120 characters/,
			);
			for (const args of [{}, { name: '' }, { name: null }]) {
				const { data } = await admin.do('apikeys.create', args, 'rest');
				assert.match(data.name, /^Key — \d{4}-\d\d-\d\d \d\d:\d\d$/);
			}
			for (const name of [7, true, [], {}])
				refused(
					await admin.call(face, 'apikeys.create', { name }),
					'VALIDATION', /"name" must be a string/,
				);
		});

	for (const face of FACES)
		test(`refuses an expiry that is past or no time over ${face}`, async () => {
			for (const expiresAt of ['2020-01-01T00:00:00Z', later(-1), new Date().toISOString()])
				refused(await admin.call(face, 'apikeys.create', { expiresAt }), 'VALIDATION', /future/);
			for (const expiresAt of ['', 'soon', '2030-13-01T00:00:00Z', '2030-02-30T00:00:00Z', 1893456000])
				refused(await admin.call(face, 'apikeys.create', { expiresAt }), 'VALIDATION', /expiresAt/);
			const { data } = await admin.do('apikeys.create', { expiresAt: '2035-06-01T12:00:00+02:00' },
				face);
			assert.equal(Date.parse(data.expiresAt), Date.parse('2035-06-01T10:00:00Z'));
			assert.match(data.expiresAt, TIME);
		});

	for (const face of FACES)
		test(`binds only roles that the owner holds over ${face}`, async () => {
			const held = await role(ws), other = await role(ws);
			const person = await member(ws, { roles: [held.id] });
			const got = await person.do('apikeys.create', { roleId: held.id }, face);
			assert.equal(got.data.roleId, held.id);
			assert.equal(got.data.roleName, held.name);
			refused(await person.call(face, 'apikeys.create', { roleId: other.id }), 'FORBIDDEN');
			// even for an administrator, who is not in the role
			refused(await admin.call(face, 'apikeys.create', { roleId: other.id }), 'FORBIDDEN');
			refused(await admin.call(face, 'apikeys.create', { roleId: NO_ID }), 'NOT_FOUND',
				'Role not found');
			const elsewhere = await role(await workspace(to));
			refused(await admin.call(face, 'apikeys.create', { roleId: elsewhere.id }), 'NOT_FOUND',
				'Role not found');
			for (const roleId of ['', 'x', `${held.id}'`, '%', 7])
				refused(await admin.call(face, 'apikeys.create', { roleId }), 'VALIDATION', /"roleId"/);
		});

	test('MCP takes name, roleId and expiresAt and nothing that widens', async () => {
		for (const args of [{ mcpTools: null }, { mcpTools: ['roles.list'] }, { mcpReadOnly: false },
			{ userId: NO_ID }])
			refused(await admin.mcp('apikeys.create', args), 'VALIDATION', /^unknown argument "/);
		refused(await admin.mcp('apikeys.create', { nmae: 'x' }), 'VALIDATION', /did you mean "name"/);
		refused(await admin.rest('apikeys.create', { scopes: [] }), 'VALIDATION',
			/^unknown argument "scopes"/);
	});

	test('REST takes guards: absent denies all, null allows all (D8)', async () => {
		for (const [body, mcpTools, mcpReadOnly] of [
			[{}, [], false],
			[{ mcpTools: null }, null, false],
			[{ mcpTools: [] }, [], false],
			[{ mcpTools: ['roles.list', 'x'.repeat(120)], mcpReadOnly: true },
				['roles.list', 'x'.repeat(120)], true],
			[{ mcpReadOnly: null }, [], false],
		]) {
			const { data } = await make(admin, body);
			assert.deepEqual([data.mcpTools, data.mcpReadOnly], [mcpTools, mcpReadOnly]);
		}
		for (const mcpTools of ['roles.list', {}, 7, true, [''], ['x'.repeat(121)], [7], [null],
			[['roles.list']]])
			refused(await admin.rest('apikeys.create', { mcpTools }), 'VALIDATION', /mcpTools/,
				JSON.stringify(mcpTools));
		for (const mcpReadOnly of [1, 'true', []])
			refused(await admin.rest('apikeys.create', { mcpReadOnly }), 'VALIDATION', /mcpReadOnly/);
	});

	test('a person makes keys for another one only as administrator', async () => {
		const held = await role(ws);
		const person = await member(ws, { roles: [held.id] });
		const other = await member(ws);
		const { data, caller } = await make(people, { userId: person.id, roleId: held.id, mcpTools: null });
		assert.equal(data.userId, person.id);
		assert.equal((await caller.http('GET', '/api/me')).json.data.id, person.id);
		// a role has to be held by the owner, not by the administrator who asks
		const adminRole = (await admin.do('roles.list')).data.find((r) => r.name === 'admin');
		refused(await people.rest('apikeys.create', { userId: person.id, roleId: adminRole.id }),
			'FORBIDDEN');
		refused(await people.rest('apikeys.create', { userId: NO_ID }), 'NOT_FOUND', 'User not found');
		const stranger = await member(await workspace(to));
		refused(await people.rest('apikeys.create', { userId: stranger.id }), 'NOT_FOUND', 'User not found');
		const own = await session(ws, person);
		refused(await own.rest('apikeys.create', { userId: other.id }), 'FORBIDDEN');
		assert.equal((await make(own, { userId: person.id })).data.userId, person.id);
		// a key acts for its owner alone
		refused(await admin.rest('apikeys.create', { userId: person.id }), 'FORBIDDEN');
	});

	test('is refused to strangers', async () => {
		refused(await new Caller(to).rest('apikeys.create', {}), 'UNAUTHORIZED', 'Sign in required');
	});

	test('is throttled by address', async () => {
		const small = await start({ env: { ...ROOMY, COFFER_SECURITY_KEYS_PER_MINUTE: '3' } });
		const one = new Caller(small, { key: small.key });
		// a minute may end between two calls
		let limited;
		for (let i = 0; i < 8 && !limited; i++) {
			const got = await one.rest('apikeys.create', {});
			if (!got.ok) limited = got;
			else assert.ok(i < 6, 'at most 3 a minute');
		}
		refused(limited, 'RATE_LIMITED', /at most 3 a minute/);
		assert.match(limited.headers.get('retry-after'), /^\d+$/);
		refused(await one.mcp('apikeys.create', {}), 'RATE_LIMITED');
	});
});

describe('a key', () => {
	test('reaches /api/me as its owner (G1)', async () => {
		const { caller, data } = await make(admin, { mcpTools: null });
		const { json } = await caller.http('GET', '/api/me');
		assert.equal(json.data.isAdmin, true);
		assert.ok(json.data.roles.includes('admin'));
		assert.equal(json.data.tenantId, ws.id);
		assert.equal(json.data.id, data.userId);
		assert.equal(json.data.email, to.email);
		assert.deepEqual(json.data.mcp, { readOnly: false, allowlist: null });
	});

	test('is taken from Authorization and from X-API-Key', async () => {
		const { data } = await make(admin, { mcpTools: null });
		const me = (headers) => http(`${to.url}/api/me`, { headers });
		for (const headers of [
			{ authorization: `Bearer ${data.secret}` },
			{ authorization: `bearer ${data.secret}` },
			{ authorization: `BEARER   ${data.secret}` },
			{ 'x-api-key': data.secret },
		])
			assert.equal((await me(headers)).status, 200, JSON.stringify(headers));
	});

	test('that is garbled, cut, unknown or of another scheme gets 401', async () => {
		const { data } = await make(admin, { mcpTools: null });
		const { secret } = data;
		const flipped = secret.slice(0, -1) + (secret.endsWith('0') ? '1' : '0');
		const wrongPrefix = `pak_${secret.slice(4, 12) === '00000000' ? '11111111' : '00000000'}${secret.slice(12)}`;
		for (const authorization of [
			'Bearer pak_00000000_deadbeef',
			`Bearer ${flipped}`,
			`Bearer ${wrongPrefix}`,
			`Bearer ${secret.toUpperCase()}`,
			`Bearer ${secret.slice(0, -1)}`,
			`Bearer ${secret}0`,
			`Bearer ${secret.replaceAll('_', '-')}`,
			`Bearer ${secret.slice(13)}`,
			`Bearer "${secret}"`,
			`Bearer ${secret} ${secret}`,
			`Basic ${Buffer.from(`x:${secret}`).toString('base64')}`,
			'Bearer',
			'Bearer ',
			"Bearer ' OR 1=1 -- ",
			`Bearer ${'x'.repeat(4000)}`,
		])
			for (const route of ['/api/me', '/api/roles']) {
				const res = await http(to.url + route, { headers: { authorization } });
				assert.equal(res.status, 401, authorization);
				assert.equal(res.json.error.code, 'UNAUTHORIZED');
				assert.equal(res.json.error.message, 'Sign in required');
			}
	});

	for (const mount of ['/mcp', '/api/admin/mcp'])
		test(`that is unknown gets 401 on ${mount} (C3)`, async () => {
			const res = await http(to.url + mount, {
				method: 'POST',
				key: 'pak_00000000_deadbeef',
				json: { jsonrpc: '2.0', id: 1, method: 'ping' },
			});
			assert.equal(res.status, 401);
			assert.equal(res.json.error.code, 'UNAUTHORIZED');
		});

	test('stops working when it expires', async () => {
		const expiresAt = new Date(Date.now() + 1500).toISOString();
		const { caller } = await make(admin, { mcpTools: null, expiresAt });
		assert.equal((await caller.http('GET', '/api/me')).status, 200);
		await new Promise((resolve) => setTimeout(resolve, 1600));
		assert.equal((await caller.http('GET', '/api/me')).status, 401);
		assert.equal((await caller.http('POST', '/mcp', { json: { jsonrpc: '2.0', id: 1,
			method: 'ping' } })).status, 401);
	});

	test('narrowed to a role has that role alone (G6)', async () => {
		const roles = (await admin.do('roles.list')).data;
		const authenticated = roles.find((r) => r.name === 'authenticated');
		const { caller, data } = await make(admin, { roleId: authenticated.id, mcpTools: null });
		assert.equal(data.roleName, 'authenticated');
		const me = (await caller.http('GET', '/api/me')).json.data;
		assert.equal(me.isAdmin, false);
		assert.ok(!me.roles.includes('admin'));
		for (const face of FACES) refused(await caller.call(face, 'roles.list'), 'FORBIDDEN',
			'Admin role required');
		refused(await caller.rest('db.list_tables'), 'FORBIDDEN');
		const adminRole = roles.find((r) => r.name === 'admin');
		const full = await make(admin, { roleId: adminRole.id, mcpTools: null });
		assert.equal((await full.caller.http('GET', '/api/me')).json.data.isAdmin, true);
		assert.ok((await full.caller.call('mcp', 'roles.list')).ok);
	});

	test('loses what its owner loses, at the next request', async () => {
		const one = await role(ws);
		const person = await member(ws, { roles: [one.id] });
		const { caller } = await make(person, { roleId: one.id, mcpTools: null });
		const names = async () => (await caller.http('GET', '/api/me')).json.data.roles;
		assert.deepEqual(await names(), [one.name]);
		await admin.do('roles.unassign', { userId: person.id, roleId: one.id });
		assert.deepEqual(await names(), []);
		await admin.do('roles.assign', { userId: person.id, roleId: one.id });
		assert.deepEqual(await names(), [one.name]);
	});

	test('has no implicit role when it is narrowed', async () => {
		const one = await role(ws);
		const person = await member(ws, { roles: [one.id] });
		const wide = await make(person, { mcpTools: null });
		const names = (await wide.caller.http('GET', '/api/me')).json.data.roles;
		assert.deepEqual(names.sort(), [one.name, 'authenticated'].sort());
		const narrow = await make(person, { roleId: one.id, mcpTools: null });
		assert.deepEqual((await narrow.caller.http('GET', '/api/me')).json.data.roles, [one.name]);
	});

	test('shows when it was used last', async () => {
		const { caller, id } = await make(admin, { mcpTools: null });
		await caller.http('GET', '/api/me');
		for (let i = 0; ; i++) {
			const { data } = await admin.do('apikeys.list');
			const { lastUsedAt } = data.find((key) => key.id === id);
			if (lastUsedAt) {
				assert.match(lastUsedAt, TIME);
				assert.ok(Math.abs(Date.now() - Date.parse(lastUsedAt)) < 61000);
				break;
			}
			assert.ok(i < 40, 'lastUsedAt is noted');
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	});
});

describe('apikeys.list', () => {
	for (const face of FACES)
		test(`shows own keys, and administrators all, without secrets over ${face}`, async () => {
			const one = await member(ws), two = await member(ws);
			const key = await make(one, { name: 'mine' });
			const mine = (await one.do('apikeys.list', {}, face)).data;
			assert.equal(mine.length, 2); // the one it was made with, and the new one
			assert.ok(mine.every((k) => k.userId === one.id && k.tenantId === ws.id));
			assert.ok(mine.some((k) => k.id === key.id));
			assert.ok(!(await two.do('apikeys.list', {}, face)).data.some((k) => k.id === key.id));
			const all = (await admin.do('apikeys.list', {}, face)).data;
			assert.ok(all.some((k) => k.id === key.id));
			for (const k of all) {
				assert.deepEqual(Object.keys(k).sort(), KEY_MEMBERS);
				assert.doesNotMatch(JSON.stringify(k), /pak_[0-9a-f]{8}_/);
				assert.equal(k.tenantId, ws.id);
			}
			refused(await admin.call(face, 'apikeys.list', { all: true }), 'VALIDATION', /takes none/);
		});
});

describe('apikeys.revoke', () => {
	for (const face of FACES)
		test(`ends the key at the next request over ${face} (G4)`, async () => {
			const { caller, id } = await make(admin, { mcpTools: null });
			assert.equal((await caller.http('GET', '/api/me')).status, 200);
			assert.deepEqual(await admin.do('apikeys.revoke', { id }, face), { ok: true });
			assert.equal((await caller.http('GET', '/api/me')).status, 401);
			const { data } = await admin.do('apikeys.list');
			const { revokedAt } = data.find((k) => k.id === id);
			assert.match(revokedAt, TIME);
			// again: nothing changes
			assert.deepEqual(await admin.do('apikeys.revoke', { id }, face), { ok: true });
			assert.equal((await admin.do('apikeys.list')).data.find((k) => k.id === id).revokedAt, revokedAt);
		});

	for (const face of FACES)
		test(`knows own keys and, for administrators, those of the workspace over ${face}`, async () => {
			const one = await member(ws), two = await member(ws);
			const own = await make(one), others = await make(two);
			assert.deepEqual(await one.do('apikeys.revoke', { id: own.id }, face), { ok: true });
			refused(await one.call(face, 'apikeys.revoke', { id: others.id }), 'NOT_FOUND',
				'API key not found');
			refused(await one.call(face, 'apikeys.revoke', { id: NO_ID }), 'NOT_FOUND', 'API key not found');
			assert.deepEqual(await admin.do('apikeys.revoke', { id: others.id }, face), { ok: true });
			const elsewhere = await workspace(to);
			const foreign = await make(elsewhere.admin);
			refused(await admin.call(face, 'apikeys.revoke', { id: foreign.id }), 'NOT_FOUND',
				'API key not found');
			assert.equal((await foreign.caller.http('GET', '/api/me')).status, 200);
		});

	test('needs an id that is one', async () => {
		refused(await admin.mcp('apikeys.revoke'), 'VALIDATION', /missing required argument "id"/);
		for (const id of ['', 'x', 7, null, [], `${NO_ID}0`])
			refused(await admin.mcp('apikeys.revoke', { id }), 'VALIDATION', /"id"/);
		refused(await admin.rest('apikeys.revoke', { id: "x' OR '1'='1" }), 'VALIDATION', /"id"/);
	});

	test('a key may revoke itself', async () => {
		const { caller, id } = await make(admin, { mcpTools: ['apikeys.revoke'] });
		assert.deepEqual(await caller.do('apikeys.revoke', { id }), { ok: true });
		assert.equal((await caller.http('GET', '/api/me')).status, 401);
	});
});

describe('guards', () => {
	test('an allowlist is what tools/list shows and tools/call serves (D1 to D3)', async () => {
		const three = ['roles.list', 'schema.list_collections', 'apikeys.list'];
		const { caller } = await make(admin, { mcpTools: three });
		assert.deepEqual((await tools(caller)).sort(), [...three].sort());
		refused(
			await caller.mcp('users.list'),
			'FORBIDDEN', 'tool "users.list" is not in this API key\'s MCP allowlist',
		);
		for (const tool of three) assert.ok((await caller.mcp(tool)).ok, tool);
	});

	test('an empty allowlist shows and serves nothing', async () => {
		const { caller } = await make(admin);
		assert.deepEqual(await tools(caller), []);
		refused(await caller.mcp('roles.list'), 'FORBIDDEN', /MCP allowlist$/);
	});

	test('an entry that is no tool allows nothing', async () => {
		const { caller } = await make(admin, { mcpTools: ['roles', 'roles.', '*', 'ROLES.LIST',
			'roles-list'] });
		assert.deepEqual(await tools(caller), []);
		refused(await caller.mcp('roles.list'), 'FORBIDDEN', /MCP allowlist$/);
	});

	test('both spellings of a tool pass the same guard', async () => {
		const { caller } = await make(admin, { mcpTools: ['roles.list'] });
		const flat = await caller.mcp('roles-list').catch((e) => e);
		assert.ok(flat.ok ?? /is in tools\/list/.test(flat.message));
		const other = await caller.mcp('users-list');
		refused(other, 'FORBIDDEN', 'tool "users.list" is not in this API key\'s MCP allowlist');
	});

	test('a read-only key lists all and writes nothing (D4, D5)', async () => {
		const { caller } = await make(admin, { mcpTools: null, mcpReadOnly: true });
		assert.deepEqual(await tools(caller), await tools(admin));
		for (const [tool, args] of [
			['collections.insert', { collection: 'x', data: {} }],
			['collections.bulk_insert', { collection: 'x', rows: [] }],
			['collections.delete', { collection: 'x', id: NO_ID }],
			['schema.drop_collection', { slug: 'x' }],
			['db.execute_sql', { sql: 'SELECT 1', writes: true }],
			['tenants.switch', { tenantId: ws.slug }],
			['roles.create', { name: 'x' }],
			['users.suspend', { id: NO_ID }],
			['apikeys.create', {}],
			['settings.update', { siteName: 'x' }],
		])
			refused(
				await caller.mcp(tool, args),
				'FORBIDDEN', `tool "${tool}" is a write operation; this API key is MCP read-only`,
			);
		for (const tool of ['roles.list', 'users.list', 'settings.get', 'activity.search', 'tenants.list'])
			assert.ok((await caller.mcp(tool)).ok, tool);
		// D6: aggregating is reading
		refused(
			await caller.mcp('collections.aggregate', { collection: unique('none'), agg: 'count' }),
			'NOT_FOUND', 'Collection not found',
		);
	});

	test('hold on the admin mount as well', async () => {
		const { caller } = await make(admin, { mcpTools: ['roles.list', 'roles.create'], mcpReadOnly: true });
		const at = { mount: '/api/admin/mcp' };
		assert.ok((await caller.mcp('roles.list', {}, at)).ok);
		refused(await caller.mcp('users.list', {}, at), 'FORBIDDEN', /allowlist$/);
		refused(await caller.mcp('roles.create', { name: 'x' }, at), 'FORBIDDEN', /read-only$/);
	});

	test('do not touch REST', async () => {
		const { caller } = await make(admin, { mcpTools: [], mcpReadOnly: true });
		assert.ok((await caller.rest('roles.list')).ok);
		const created = await caller.rest('roles.create', { name: unique('role') });
		assert.equal(created.status, 201);
	});

	test('are changed for the next request (D7)', async () => {
		const { caller, id } = await make(admin, { mcpTools: null });
		const patch = (json) => admin.http('PATCH', `/api/api-keys/${id}/mcp-guards`, { json });
		let res = await patch({ mcpTools: ['roles.list'] });
		assert.equal(res.status, 200);
		assert.deepEqual(res.json, { ok: true });
		assert.deepEqual(await tools(caller), ['roles.list']);
		await patch({ mcpTools: [] });
		assert.deepEqual(await tools(caller), []);
		await patch({ mcpTools: null });
		assert.ok((await tools(caller)).length > 20);
		await patch({ mcpReadOnly: true });
		refused(await caller.mcp('roles.create', { name: 'x' }), 'FORBIDDEN', /read-only$/);
		assert.ok((await tools(caller)).length > 20, 'the list stays');
		await patch({ mcpReadOnly: false });
		assert.ok((await caller.mcp('roles.create', { name: unique('role') })).ok);
		res = await patch({ mcpTools: 'roles.list' });
		assert.equal(res.status, 422);
		res = await patch({ mcptools: [] });
		assert.equal(res.status, 422);
		assert.match(res.json.error.message, /did you mean "mcpTools"/);
	});

	test('are changed by the owner and by administrators', async () => {
		const one = await member(ws), two = await member(ws);
		const { id } = await make(one);
		const patch = (by, key) => by.http('PATCH', `/api/api-keys/${key}/mcp-guards`,
			{ json: { mcpTools: [] } });
		assert.equal((await patch(one, id)).status, 200);
		assert.equal((await patch(admin, id)).status, 200);
		for (const [by, key] of [[two, id], [one, NO_ID]]) {
			const res = await patch(by, key);
			assert.equal(res.status, 404);
			assert.equal(res.json.error.message, 'API key not found');
		}
	});
});

// Every combination of what narrows a key, against every combination of what it asks for.
describe('a key hands out no more than it has', () => {
	const soon = later(30), late = later(60);
	const two = ['apikeys.list', 'roles.list'];
	const SETS = { all: null, two, one: ['roles.list'], none: [], mixed: ['roles.list', 'users.list'] };
	let held;

	before(async () => {
		const { data } = await admin.do('roles.list');
		held = data.find((r) => r.name === 'authenticated');
	});

	const within = (own, asked) => {
		const subset =
			own.mcpTools === null ||
			(asked.mcpTools !== null && asked.mcpTools.every((tool) => own.mcpTools.includes(tool)));
		return (
			subset &&
			(!own.mcpReadOnly || asked.mcpReadOnly) &&
			(!own.roleId || asked.roleId === own.roleId) &&
			(!own.expiresAt || (asked.expiresAt && Date.parse(asked.expiresAt) <= Date.parse(own.expiresAt)))
		);
	};
	const body = ({ mcpTools, mcpReadOnly, roleId, expiresAt }) => ({
		mcpTools, mcpReadOnly, ...(roleId ? { roleId } : {}), ...(expiresAt ? { expiresAt } : {}),
	});
	const combinations = (setNames, expiries) => {
		const list = [];
		for (const set of setNames)
			for (const mcpReadOnly of [false, true])
				for (const roleId of [undefined, held.id])
					for (const expiresAt of expiries) list.push({ mcpTools: SETS[set], mcpReadOnly, roleId,
						expiresAt });
		return list;
	};
	const FREE = { mcpTools: null, mcpReadOnly: false };
	// each narrowing alone, and all together
	const owners = () => [
		FREE,
		{ ...FREE, mcpTools: two },
		{ ...FREE, mcpTools: [] },
		{ ...FREE, mcpReadOnly: true },
		{ ...FREE, roleId: held.id },
		{ ...FREE, expiresAt: soon },
		{ mcpTools: two, mcpReadOnly: true, roleId: held.id, expiresAt: soon },
	];

	test('when it makes one', async () => {
		for (const own of owners()) {
			const { caller } = await make(people, body(own));
			const wishes = [
				...combinations(['all', 'two', 'mixed', 'none'], [undefined, soon]),
				{ ...FREE, mcpTools: SETS.one, expiresAt: late },
				{ mcpTools: SETS.one, mcpReadOnly: true, roleId: held.id, expiresAt: late },
			];
			await Promise.all(
				wishes.map(async (asked) => {
					const note = `${JSON.stringify(own)} makes ${JSON.stringify(asked)}`;
					const got = await caller.rest('apikeys.create', body(asked));
					if (!within(own, asked)) refused(got, 'FORBIDDEN', undefined, note);
					else assert.ok(got.ok, `${note}: ${got.message}`);
				}),
			);
		}
	});

	test('when it says nothing about guards', async () => {
		const { caller } = await make(people, { mcpTools: two });
		assert.deepEqual((await make(caller)).data.mcpTools, []);
		const reader = await make(people, { mcpTools: null, mcpReadOnly: true });
		refused(await reader.caller.rest('apikeys.create', {}), 'FORBIDDEN', /mcpReadOnly/);
		assert.equal((await make(reader.caller, { mcpReadOnly: true })).data.mcpReadOnly, true);
	});

	test('when it changes another key, or itself', async () => {
		const states = [
			FREE,
			{ ...FREE, mcpTools: SETS.one },
			{ ...FREE, mcpReadOnly: true },
			{ ...FREE, roleId: held.id },
			{ mcpTools: SETS.one, mcpReadOnly: true, roleId: held.id, expiresAt: soon },
			{ mcpTools: SETS.none, mcpReadOnly: true, roleId: held.id, expiresAt: late },
		];
		const keys = await Promise.all(states.map(async (state) => ({ state,
			id: (await make(people, body(state))).id })));
		const patch = (by, id, json) => by.http('PATCH', `/api/api-keys/${id}/mcp-guards`, { json });
		for (const own of owners()) {
			const { caller, id } = await make(people, body(own));
			for (const change of [{ mcpTools: null }, { mcpTools: SETS.mixed }, { mcpTools: [] },
				{ mcpReadOnly: false }])
				for (const target of [...keys, { state: own, id }]) {
					const allowed = within(own, { ...target.state, ...change });
					const res = await patch(caller, target.id, change);
					const note = `${JSON.stringify(own)} makes ${JSON.stringify(target.state)} into ${JSON.stringify(change)}: ${res.text}`;
					assert.equal(res.status, allowed ? 200 : 403, note);
					if (!allowed) continue;
					const { mcpTools, mcpReadOnly } = target.state;
					await patch(people, target.id, { mcpTools, mcpReadOnly });
				}
		}
	});

	test('over MCP neither', async () => {
		const { caller } = await make(people, { mcpTools: ['apikeys.create'], roleId: held.id,
			expiresAt: soon });
		refused(await caller.mcp('apikeys.create', {}), 'FORBIDDEN', /role/);
		refused(await caller.mcp('apikeys.create', { roleId: held.id }), 'FORBIDDEN', /outlive/);
		refused(await caller.mcp('apikeys.create', { roleId: held.id, expiresAt: late }), 'FORBIDDEN',
			/outlive/);
		const { data } = await caller.do('apikeys.create', { roleId: held.id, expiresAt: soon });
		assert.deepEqual([data.mcpTools, data.roleId], [[], held.id]);
	});

	test('made by the operator\'s command, too', async () => {
		const caller = await keyOf(ws, to.email, ['--tools', 'roles.list,apikeys.create', '--read-only']);
		refused(await caller.rest('apikeys.create', { mcpTools: null, mcpReadOnly: true }), 'FORBIDDEN',
			/allowlist/);
		refused(await caller.rest('apikeys.create', { mcpTools: [], mcpReadOnly: false }), 'FORBIDDEN',
			/read-only/);
	});
});

describe('GET /api/api-keys/available-roles', () => {
	test('lists the roles that the caller may bind', async () => {
		const one = await role(ws);
		const person = await member(ws, { roles: [one.id] });
		const { json, status } = await person.http('GET', '/api/api-keys/available-roles');
		assert.equal(status, 200);
		const authenticated = (await admin.do('roles.list')).data.find((r) => r.name === 'authenticated');
		const expected = [
			{ id: authenticated.id, name: 'authenticated', admin: false },
			{ id: one.id, name: one.name, admin: false },
		].sort((a, b) => (a.name < b.name ? -1 : 1));
		assert.deepEqual(json, { data: expected });
		for (const { id } of json.data) assert.ok((await person.rest('apikeys.create', { roleId: id })).ok);
	});
});
