// roles.*: bundles of permissions, and who holds them.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { instance, unique } from './lib.mjs';
import { Caller, FACES, member, NO_ID, refused, role, session, UUID, workspace } from './world.mjs';

let to, ws, admin;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	admin = ws.admin;
});

const held = async (person) => (await person.http('GET', '/api/me')).json.data.roles;

describe('roles.list', () => {
	for (const face of FACES)
		test(`has the three system roles first over ${face} (B14)`, async () => {
			const fresh = await workspace(to);
			const { data } = await fresh.admin.do('roles.list', {}, face);
			assert.deepEqual(
				data.map(({ id, ...rest }) => rest),
				['admin', 'authenticated', 'public'].map((name) => ({
					tenantId: fresh.id, name, description: null, admin: name === 'admin', system: true,
				})),
			);
			for (const { id } of data) assert.match(id, UUID);
		});

	test('is for administrators', async () => {
		const person = await member(ws);
		for (const face of FACES) refused(await person.call(face, 'roles.list'), 'FORBIDDEN',
			'Admin role required');
		refused(await new Caller(to).rest('roles.list'), 'UNAUTHORIZED', 'Sign in required');
	});
});

describe('roles.create', () => {
	for (const face of FACES)
		test(`answers the role over ${face} (B15)`, async () => {
			const name = unique('editor');
			const { data } = await admin.do('roles.create', { name, description: 'Writes “texts” 😀' }, face);
			assert.match(data.id, UUID);
			assert.deepEqual(data, {
				id: data.id, tenantId: ws.id, name, description: 'Writes “texts” 😀', admin: false,
				system: false,
			});
			const chief = (await admin.do('roles.create', { name: unique('chief'), admin: true }, face)).data;
			assert.deepEqual([chief.admin, chief.description], [true, null]);
			const list = (await admin.do('roles.list', {}, face)).data;
			assert.deepEqual(list.find((r) => r.id === data.id), data);
		});

	for (const face of FACES)
		test(`refuses what is no role over ${face}`, async () => {
			const before = (await admin.do('roles.list')).data.length;
			const name = unique('r');
			for (const [args, message] of [
				[undefined, /missing required argument "name"/],
				[{}, /missing required argument "name"/],
				[{ name: null }, /missing required argument "name"/],
				[{ name: '' }, /"name" must not be empty/],
				[{ name: 'x'.repeat(65) }, /"name" must have at most 64 characters, not 65/],
				[{ name: 7 }, /"name" must be a string/],
				[{ name, description: 'x'.repeat(501) }, /"description" must have at most 500/],
				[{ name, admin: 'yes' }, /"admin" must be true or false/],
				[{ name, admin: 1 }, /"admin" must be true or false/],
				[{ name, isAdmin: true }, /unknown argument "isAdmin"/],
			]) {
				if (face === 'rest' && args === undefined) continue;
				refused(await admin.call(face, 'roles.create', args), 'VALIDATION', message);
			}
			assert.equal((await admin.do('roles.list')).data.length, before, 'nothing was made');
		});

	test('takes the longest name and any letters', async () => {
		for (const name of ['x'.repeat(64), '😀'.repeat(64), "o'brien; DROP TABLE coffer_role; -- ",
			' spaced ', '%', '\\'])
			assert.equal((await admin.do('roles.create', { name })).data.name, name);
	});

	for (const face of FACES)
		test(`refuses a taken name over ${face}`, async () => {
			const name = unique('dup');
			await admin.do('roles.create', { name });
			refused(await admin.call(face, 'roles.create', { name }), 'CONFLICT', /exists/);
			refused(await admin.call(face, 'roles.create', { name: 'admin' }), 'CONFLICT', /exists/);
			// in another workspace it is free
			const other = await workspace(to);
			assert.ok((await other.admin.call(face, 'roles.create', { name })).ok);
		});

	test('ten at once with one name make one', async () => {
		const name = unique('race');
		const got = await Promise.all(
			Array.from({ length: 10 }, (_, i) => admin.call(FACES[i % 2], 'roles.create', { name })),
		);
		assert.equal(got.filter((g) => g.ok).length, 1);
		for (const g of got.filter((x) => !x.ok)) refused(g, 'CONFLICT');
		assert.equal((await admin.do('roles.list')).data.filter((r) => r.name === name).length, 1);
	});

	test('is for administrators', async () => {
		const person = await member(ws);
		for (const face of FACES)
			refused(await person.call(face, 'roles.create', { name: unique('x') }), 'FORBIDDEN',
				'Admin role required');
	});
});

describe('roles.assign and roles.unassign', () => {
	for (const face of FACES)
		test(`give and take at the next request, as often as asked, over ${face}`, async () => {
			const person = await member(ws);
			const one = await role(ws);
			const args = { userId: person.id, roleId: one.id };
			assert.deepEqual(await held(person), ['authenticated']);
			for (let i = 0; i < 2; i++) assert.deepEqual(await admin.do('roles.assign', args, face),
				{ ok: true });
			assert.deepEqual((await held(person)).sort(), ['authenticated', one.name].sort());
			for (let i = 0; i < 2; i++) assert.deepEqual(await admin.do('roles.unassign', args, face),
				{ ok: true });
			assert.deepEqual(await held(person), ['authenticated']);
		});

	for (const face of FACES)
		for (const tool of ['roles.assign', 'roles.unassign'])
			test(`${tool} knows only roles and members of this workspace over ${face}`, async () => {
				const other = await workspace(to);
				const [foreignRole, stranger] = [await role(other), await member(other)];
				const [own, person] = [await role(ws), await member(ws)];
				const refuse = async (userId, roleId, message) =>
					refused(await admin.call(face, tool, { userId, roleId }), 'NOT_FOUND', message);
				await refuse(person.id, foreignRole.id, 'Role not found');
				await refuse(person.id, NO_ID, 'Role not found');
				await refuse(stranger.id, own.id, 'User not found');
				await refuse(NO_ID, own.id, 'User not found');
				for (const args of [{ userId: 'x', roleId: own.id }, { userId: person.id, roleId: "'" }])
					refused(await admin.call(face, tool, args), 'VALIDATION', /must be a UUID/);
				refused(await admin.mcp(tool, { userId: person.id }), 'VALIDATION',
					/missing required argument "roleId"/);
				refused(await admin.mcp(tool, { roleId: own.id }), 'VALIDATION',
					/missing required argument "userId"/);
				refused(await person.call(face, tool, { userId: person.id, roleId: own.id }), 'FORBIDDEN',
					'Admin role required');
			});

	test('an admin role makes an administrator, and only in its workspace', async () => {
		const person = await member(ws);
		const chief = (await admin.do('roles.create', { name: unique('chief'), admin: true })).data;
		refused(await person.rest('roles.list'), 'FORBIDDEN');
		await admin.do('roles.assign', { userId: person.id, roleId: chief.id });
		assert.ok((await person.rest('roles.list')).ok);
		assert.ok((await person.mcp('roles.list', {}, { mount: '/api/admin/mcp' })).ok);
		const other = await workspace(to);
		const abroad = await session(other, person);
		refused(await abroad.rest('roles.list'), 'FORBIDDEN', 'Admin role required');
		await admin.do('roles.unassign', { userId: person.id, roleId: chief.id });
		refused(await person.rest('roles.list'), 'FORBIDDEN');
	});

	test('the last administrator stays', async () => {
		const fresh = await workspace(to);
		const roles = (await fresh.admin.do('roles.list')).data;
		const adminRole = roles.find((r) => r.name === 'admin');
		const me = (await fresh.admin.http('GET', '/api/me')).json.data.id;
		const take = { userId: me, roleId: adminRole.id };
		for (const face of FACES)
			refused(await fresh.admin.call(face, 'roles.unassign', take), 'CONFLICT', /administrator/);
		assert.ok((await fresh.admin.rest('roles.list')).ok);
		// with a second one it can go, but then the second stays
		const second = await member(fresh, { admin: true });
		assert.deepEqual(await fresh.admin.do('roles.unassign', take), { ok: true });
		refused(await fresh.admin.rest('roles.list'), 'FORBIDDEN');
		refused(
			await second.mcp('roles.unassign', { userId: second.id, roleId: adminRole.id }),
			'CONFLICT', /administrator/,
		);
		// a suspended administrator does not count
		const third = await member(fresh);
		await second.do('roles.assign', { userId: third.id, roleId: adminRole.id });
		await second.do('users.suspend', { id: third.id });
		refused(
			await second.mcp('roles.unassign', { userId: second.id, roleId: adminRole.id }),
			'CONFLICT', /administrator/,
		);
	});

	test('two administrators who remove each other leave one', async () => {
		const fresh = await workspace(to);
		const one = await member(fresh, { admin: true }), two = await member(fresh, { admin: true });
		const adminRole = (await one.do('roles.list')).data.find((r) => r.name === 'admin');
		const me = (await fresh.admin.http('GET', '/api/me')).json.data.id;
		await one.do('roles.unassign', { userId: me, roleId: adminRole.id });
		const got = await Promise.all([
			one.rest('roles.unassign', { userId: two.id, roleId: adminRole.id }),
			two.rest('roles.unassign', { userId: one.id, roleId: adminRole.id }),
		]);
		assert.equal(got.filter((g) => g.ok).length, 1, JSON.stringify(got));
	});
});

describe('DELETE /api/roles/{id}', () => {
	test('takes the role, its grants, its holders and its keys', async () => {
		const one = await role(ws, { system_files: 'read' });
		const person = await member(ws, { roles: [one.id] });
		const { data } = await person.do('apikeys.create', { roleId: one.id });
		const key = new Caller(to, { key: data.secret });
		assert.equal((await key.http('GET', '/api/me')).status, 200);
		const res = await admin.http('DELETE', `/api/roles/${one.id}`);
		assert.deepEqual([res.status, res.json], [200, { ok: true }]);
		assert.deepEqual(await held(person), ['authenticated']);
		assert.equal((await key.http('GET', '/api/me')).status, 401);
		refused(await admin.rest('permissions.list_for_role', { roleId: one.id }), 'NOT_FOUND',
			'Role not found');
		assert.equal((await admin.http('DELETE', `/api/roles/${one.id}`)).status, 404);
	});

	test('leaves system roles and those of others alone', async () => {
		for (const { id } of (await admin.do('roles.list')).data.filter((r) => r.system)) {
			const res = await admin.http('DELETE', `/api/roles/${id}`);
			assert.deepEqual([res.status, res.json.error.code], [403, 'FORBIDDEN']);
		}
		const foreign = await role(await workspace(to));
		assert.equal((await admin.http('DELETE', `/api/roles/${foreign.id}`)).status, 404);
		const person = await member(ws), own = await role(ws);
		assert.equal((await person.http('DELETE', `/api/roles/${own.id}`)).status, 403);
	});
});
