// users.*: the members of a workspace, and whether they are let in.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { client, instance } from './lib.mjs';
import { Caller, FACES, member, NO_ID, refused, role, session, TIME, workspace } from './world.mjs';

let to, ws, admin;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	admin = ws.admin;
});

describe('users.list', () => {
	for (const face of FACES)
		test(`answers members with their roles, oldest first, over ${face} (B17)`, async () => {
			const fresh = await workspace(to);
			const one = await role(fresh), two = await role(fresh);
			const person = await member(fresh, { roles: [one.id, two.id] });
			const { data } = await fresh.admin.do('users.list', {}, face);
			assert.equal(data.length, 2);
			const [owner, added] = data;
			assert.equal(owner.email, to.email);
			assert.deepEqual(owner.roles.map((r) => r.name), ['admin']);
			assert.equal(owner.memberRole, 'owner');
			assert.match(added.createdAt, TIME);
			assert.deepEqual(added, {
				id: person.id, email: person.email, name: 'Test Person', status: 'active',
				memberRole: 'member', createdAt: added.createdAt,
				roles: [one, two].map(({ id, name }) => ({ id, name })).sort((a,
					b) => (a.name < b.name ? -1 : 1)),
				lastSeenAt: added.lastSeenAt,
			});
		});

	test('shows nothing of a password or another workspace', async () => {
		const stranger = await member(await workspace(to));
		const { text } = await admin.http('GET', '/api/users');
		assert.doesNotMatch(text, /password|argon|hash/i);
		assert.ok(!text.includes(stranger.email));
	});

	test('is for administrators', async () => {
		const person = await member(ws);
		for (const face of FACES) refused(await person.call(face, 'users.list'), 'FORBIDDEN',
			'Admin role required');
		refused(await new Caller(to).rest('users.list'), 'UNAUTHORIZED', 'Sign in required');
		refused(await admin.mcp('users.list', { limit: 1 }), 'VALIDATION', /takes none/);
	});
});

describe('users.suspend and users.activate', () => {
	for (const face of FACES)
		test(`shut out and let in again over ${face}`, async () => {
			const person = await member(ws);
			const cookie = await session(ws, person);
			assert.equal((await cookie.http('GET', '/api/me')).json.data.id, person.id);
			assert.deepEqual(await admin.do('users.suspend', { id: person.id }, face), { ok: true });
			// keys and sessions end at once, on every face
			assert.equal((await person.http('GET', '/api/me')).status, 401);
			assert.equal((await person.http('POST', '/mcp', { json: { jsonrpc: '2.0', id: 1,
				method: 'ping' } })).status, 401);
			assert.equal((await cookie.http('GET', '/api/me')).status, 401);
			const status = async () => (await admin.do('users.list')).data.find((u) => u.id === person.id).status;
			assert.equal(await status(), 'suspended');
			assert.deepEqual(await admin.do('users.suspend', { id: person.id }, face), { ok: true });
			assert.deepEqual(await admin.do('users.activate', { id: person.id }, face), { ok: true });
			assert.equal(await status(), 'active');
			assert.equal((await person.http('GET', '/api/me')).status, 200);
			// the sessions are gone for good
			assert.equal((await cookie.http('GET', '/api/me')).status, 401);
			assert.equal((await (await session(ws, person)).http('GET', '/api/me')).status, 200);
			assert.deepEqual(await admin.do('users.activate', { id: person.id }, face), { ok: true });
		});

	test('a suspended member cannot come in with a new session either', async () => {
		const person = await member(ws);
		await admin.do('users.suspend', { id: person.id });
		const again = await session(ws, person).catch(() => undefined);
		// signing in may work (they may be members elsewhere), but this workspace is closed to them
		if (again) {
			const me = (await again.http('GET', '/api/me')).json;
			assert.notEqual(me.data?.tenantId, ws.id);
			for (const face of FACES)
				await assert.rejects(async () => {
					const got = await again.call(face, 'users.list');
					if (!got.ok) throw new Error(got.code);
				});
		}
	});

	test('concern this workspace only', async () => {
		const other = await workspace(to);
		const person = await member(ws);
		refused(await other.admin.rest('users.suspend', { id: person.id }), 'NOT_FOUND', 'User not found');
		assert.equal((await person.http('GET', '/api/me')).status, 200);
	});

	for (const face of FACES)
		for (const tool of ['users.suspend', 'users.activate'])
			test(`${tool} refuses strangers and what is no id over ${face}`, async () => {
				refused(await admin.call(face, tool, { id: NO_ID }), 'NOT_FOUND', 'User not found');
				for (const id of ['x', "' OR 1=1", `${NO_ID}x`])
					refused(await admin.call(face, tool, { id }), 'VALIDATION', /"id" must be a UUID/);
				refused(await admin.mcp(tool), 'VALIDATION', /missing required argument "id"/);
				const person = await member(ws), victim = await member(ws);
				refused(await person.call(face, tool, { id: victim.id }), 'FORBIDDEN', 'Admin role required');
			});

	test('nobody suspends themselves, and the last administrator stays', async () => {
		const fresh = await workspace(to);
		const me = (await fresh.admin.http('GET', '/api/me')).json.data.id;
		refused(await fresh.admin.mcp('users.suspend', { id: me }), 'CONFLICT', /yourself/);
		const second = await member(fresh, { admin: true });
		const got = await Promise.all([
			fresh.admin.rest('users.suspend', { id: second.id }),
			second.rest('users.suspend', { id: me }),
		]);
		assert.equal(got.filter((g) => g.ok).length, 1, JSON.stringify(got));
	});

	test('a request in flight is judged before or after, never in between', async () => {
		const person = await member(ws, { admin: true });
		const reads = Array.from({ length: 20 }, () => client(to, { key: person.key }).request('ping'));
		await admin.do('users.suspend', { id: person.id });
		for (const { status } of await Promise.all(reads)) assert.ok(status === 200 || status === 401);
		assert.equal((await person.http('GET', '/api/me')).status, 401);
	});
});

describe('GET /api/me', () => {
	test('says who calls', async () => {
		const one = await role(ws);
		const person = await member(ws, { roles: [one.id] });
		const { status, json } = await person.http('GET', '/api/me');
		assert.equal(status, 200);
		assert.deepEqual(Object.keys(json), ['data']);
		assert.deepEqual(
			{ ...json.data, roles: json.data.roles.sort() },
			{
				id: person.id, email: person.email, name: 'Test Person',
				roles: [one.name, 'authenticated'].sort(), isAdmin: false, isOperator: false,
				tenantId: ws.id, tenantSlug: ws.slug, mcp: { readOnly: false, allowlist: null },
			},
		);
		assert.equal((await new Caller(to).http('GET', '/api/me')).status, 401);
	});
});
