// tenants.*: workspaces, which one a request is in, and that they are apart.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { instance, unique } from './lib.mjs';
import { Caller, coffer, collection, FACES, member, NO_ID, refused, role, session, UUID,
	workspace } from './world.mjs';

let to, ws, admin;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	admin = ws.admin;
});

const at = (who, headers) => who.http('GET', '/api/me', { headers }).then(({ status,
	json }) => json.data?.tenantSlug ?? status);

// A person of two workspaces, the second joined over the operator's command.
async function traveller() {
	const other = await workspace(to);
	const person = await member(ws, { key: false });
	const all = (await coffer(to, ['workspace', 'list'])).includes(other.slug);
	assert.ok(all);
	const cookie = await session(ws, person);
	return { person, cookie, other };
}

describe('tenants.list', () => {
	for (const face of FACES)
		test(`has the workspaces the caller is a member of over ${face} (G11)`, async () => {
			const person = await member(ws);
			const got = await person.do('tenants.list', {}, face);
			assert.deepEqual(got, {
				data: [
					{
						id: ws.id, slug: ws.slug, name: ws.name, project: null, branch: null,
						env: 'production', mark: null, color: null, protected: false, role: 'member',
					},
				],
				active: ws.id,
			});
		});

	test('shows the default workspace with the role owner to its first administrator', async () => {
		const first = await new Caller(to, { key: to.key }).do('tenants.list');
		assert.equal(first.data.length, 1, 'a key sees its own workspace');
		assert.deepEqual([first.data[0].slug, first.data[0].role], ['default', 'owner']);
		assert.equal(first.active, first.data[0].id);
		const person = await session(ws);
		const own = await person.do('tenants.list', {}, 'rest');
		assert.ok(own.data.some((t) => t.slug === 'default' && t.role === 'owner'));
		assert.ok(own.data.some((t) => t.slug === ws.slug && t.role === 'owner'));
		assert.equal(own.active, ws.id);
	});

	test('is refused to strangers and takes no arguments', async () => {
		refused(await new Caller(to).rest('tenants.list'), 'UNAUTHORIZED', 'Sign in required');
		for (const face of FACES) refused(await admin.call(face, 'tenants.list', { all: 1 }), 'VALIDATION',
			/takes none/);
	});
});

describe('POST /api/tenants', () => {
	test('makes a workspace whose owner and administrator the caller is', async () => {
		const { cookie } = await traveller();
		const name = `Büro  ${unique('Ünit')}`.slice(0, 60);
		const res = await cookie.http('POST', '/api/tenants', { json: { name } });
		assert.equal(res.status, 201, res.text);
		const { data } = res.json;
		assert.deepEqual(Object.keys(data).sort(), ['id', 'name', 'slug']);
		assert.match(data.id, UUID);
		assert.equal(data.name, name);
		assert.match(data.slug, /^[a-z0-9]+(-[a-z0-9]+)*$/);
		assert.ok(data.slug.length <= 24);
		const there = { 'x-coffer-workspace': data.slug };
		const me = (await cookie.http('GET', '/api/me', { headers: there })).json.data;
		assert.deepEqual([me.tenantId, me.isAdmin, me.isOperator], [data.id, true, false]);
		const roles = (await cookie.http('GET', '/api/roles', { headers: there })).json.data;
		assert.deepEqual(roles.map((r) => r.name), ['admin', 'authenticated', 'public']);
		const list = (await cookie.http('GET', '/api/tenants', { headers: there })).json;
		assert.equal(list.data.find((t) => t.id === data.id).role, 'owner');
		// the same name again gets another slug
		const again = await cookie.http('POST', '/api/tenants', { json: { name } });
		assert.equal(again.status, 201);
		assert.notEqual(again.json.data.slug, data.slug);
	});

	test('checks name and slug', async () => {
		const { cookie } = await traveller();
		const make = (json) => cookie.http('POST', '/api/tenants', { json });
		for (const json of [
			{}, { name: '' }, { name: 'x' }, { name: 'x'.repeat(61) }, { name: 7 }, { name: null },
			{ name: 'fine', slug: 'Not A Slug' }, { name: 'fine', slug: '-x' },
			{ name: 'fine', slug: 'x'.repeat(25) },
			{ name: 'fine', slug: "x'y" }, { name: 'fine', colour: 'red' },
		]) {
			const res = await make(json);
			assert.equal(res.status, 422, `${JSON.stringify(json)}: ${res.text}`);
			assert.equal(res.json.error.code, 'VALIDATION');
		}
		const taken = await make({ name: 'fine', slug: ws.slug });
		assert.deepEqual([taken.status, taken.json.error.code], [409, 'CONFLICT']);
		for (const name of ['xy', '😀'.repeat(60), '***']) assert.equal((await make({ name })).status, 201,
			name);
	});

	test('is for people, not for keys or strangers', async () => {
		assert.equal((await admin.http('POST', '/api/tenants', { json: { name: 'A key' } })).status, 403);
		assert.equal((await new Caller(to).http('POST', '/api/tenants', { json: { name: 'Nobody' } })).status,
			401);
	});
});

describe('the workspace of a request', () => {
	test('a header names it by slug or id, under both names', async () => {
		const { cookie } = await traveller();
		const made = (await cookie.http('POST', '/api/tenants', { json: { name: 'Second' } })).json.data;
		const plain = new Caller(to, { cookie: cookie.cookie });
		assert.equal(await at(plain, { 'x-coffer-workspace': made.slug }), made.slug);
		assert.equal(await at(plain, { 'x-coffer-workspace': made.id }), made.slug);
		assert.equal(await at(plain, { 'x-backlex-tenant': made.slug }), made.slug);
		assert.equal(await at(plain, { 'x-coffer-workspace': made.slug, 'x-backlex-tenant': ws.slug }),
			made.slug);
		assert.equal(await at(plain, { 'x-coffer-workspace': ws.slug }), ws.slug);
	});

	test('an unknown or foreign one falls back (G12)', async () => {
		const person = await member(ws, { key: false });
		const cookie = await session(ws, person);
		const foreign = await workspace(to);
		const plain = new Caller(to, { cookie: cookie.cookie });
		const own = await at(plain);
		assert.equal(own, ws.slug);
		for (const name of ['no-such-workspace', NO_ID, foreign.slug, foreign.id, '', "' OR 1=1 -- ",
			'x'.repeat(300), '%'])
			assert.equal(await at(plain, { 'x-coffer-workspace': name }), own, name);
	});

	test('an administrator elsewhere reaches it, and is nobody there (10.4, G12)', async () => {
		const other = await workspace(to);
		const chief = await member(ws, { admin: true, key: false });
		const cookie = await session(ws, chief);
		const there = new Caller(to, { cookie: cookie.cookie, workspace: other.slug });
		const me = (await there.http('GET', '/api/me')).json.data;
		assert.deepEqual([me.tenantId, me.isAdmin], [other.id, false]);
		assert.ok(!me.roles.includes('admin'));
		for (const face of FACES) refused(await there.call(face, 'roles.list'), 'FORBIDDEN',
			'Admin role required');
		assert.equal((await there.http('POST', '/api/admin/mcp',
			{ json: { jsonrpc: '2.0', id: 1, method: 'ping' } })).status, 403);
		assert.ok(!(await there.do('tenants.list', {}, 'rest')).data.some((t) => t.id === other.id));
	});

	test('a key never leaves its own: another one named is 403 on every face', async () => {
		const other = await workspace(to);
		const message = /belongs to workspace/;
		for (const name of [other.slug, other.id, 'default', 'no-such-workspace', NO_ID]) {
			const headers = { 'x-coffer-workspace': name };
			const res = await admin.http('GET', '/api/me', { headers });
			assert.deepEqual([res.status, res.json.error.code], [403, 'FORBIDDEN'], name);
			assert.match(res.json.error.message, message);
			const mcp = await admin.http('POST', '/mcp', { headers,
				json: { jsonrpc: '2.0', id: 1, method: 'ping' } });
			assert.equal(mcp.status, 403, name);
			const legacy = await admin.http('GET', '/api/me', { headers: { 'x-backlex-tenant': name } });
			assert.equal(legacy.status, 403);
		}
		for (const name of [ws.slug, ws.id, ws.id.toUpperCase()])
			assert.equal(await at(admin, { 'x-coffer-workspace': name }), ws.slug);
	});

	test('a cookie names it too, behind the header', async () => {
		const { cookie } = await traveller();
		const made = (await cookie.http('POST', '/api/tenants', { json: { name: 'Third' } })).json.data;
		const named = new Caller(to, { cookie: `${cookie.cookie}; coffer_workspace=${made.slug}` });
		assert.equal(await at(named), made.slug);
		assert.equal(await at(named, { 'x-coffer-workspace': ws.slug }), ws.slug);
	});
});

describe('tenants.switch', () => {
	for (const face of FACES)
		test(`stays in force for the person over ${face}`, async () => {
			const { cookie } = await traveller();
			const made = (await cookie.http('POST', '/api/tenants', { json: { name: 'Fourth' } })).json.data;
			const plain = new Caller(to, { cookie: cookie.cookie });
			assert.deepEqual(await plain.do('tenants.switch', { tenantId: made.slug }, face), {
				data: { id: made.id, slug: made.slug },
			});
			assert.equal(await at(plain), made.slug);
			assert.equal((await plain.do('tenants.list', {}, face)).active, made.id);
			assert.deepEqual(await plain.do('tenants.switch', { tenantId: ws.id }, face), {
				data: { id: ws.id, slug: ws.slug },
			});
			assert.equal(await at(plain), ws.slug);
		});

	test('REST takes the upstream spelling as well', async () => {
		const { cookie } = await traveller();
		const res = await cookie.http('POST', '/api/tenants/switch', { json: { tenant: ws.slug } });
		assert.deepEqual([res.status, res.json], [200, { data: { id: ws.id, slug: ws.slug } }]);
		assert.equal(
			(await cookie.http('POST', '/api/tenants/switch',
				{ json: { tenant: ws.slug, tenantId: ws.slug } })).status,
			422,
		);
	});

	for (const face of FACES)
		test(`refuses what is unknown, foreign or no name over ${face}`, async () => {
			const { cookie, other } = await traveller();
			for (const tenantId of ['no-such-workspace', NO_ID, "' OR 1=1 -- "])
				refused(await cookie.call(face, 'tenants.switch', { tenantId }), 'NOT_FOUND',
					'Workspace not found');
			refused(await cookie.call(face, 'tenants.switch', { tenantId: other.slug }), 'FORBIDDEN',
				/not a member/);
			for (const tenantId of ['', 'x'.repeat(65)])
				refused(await cookie.call(face, 'tenants.switch', { tenantId }), 'VALIDATION', /tenantId/);
			refused(await cookie.call(face, 'tenants.switch', {}), 'VALIDATION',
				/missing required argument "tenantId"/);
			const suspended = await traveller();
			await ws.admin.do('users.suspend', { id: suspended.person.id });
			assert.equal((await suspended.cookie.http('POST', '/api/tenants/switch',
				{ json: { tenantId: ws.slug } })).status, 401);
		});

	test('a key stays where it is', async () => {
		for (const face of FACES) {
			refused(await admin.call(face, 'tenants.switch', { tenantId: 'default' }), 'FORBIDDEN',
				/stays in its workspace/);
			assert.ok((await admin.call(face, 'tenants.switch', { tenantId: ws.slug })).ok);
		}
	});
});

describe('workspaces are apart (G11)', () => {
	test('roles, keys, grants and people', async () => {
		const other = await workspace(to);
		const own = await role(ws);
		const foreign = await role(other, { system_files: 'read' });
		const grant = (await other.admin.do('permissions.list_for_role', { roleId: foreign.id })).data[0];
		for (const face of FACES) {
			assert.ok(!(await admin.do('roles.list', {}, face)).data.some((r) => r.id === foreign.id));
			refused(await admin.call(face, 'permissions.list_for_role', { roleId: foreign.id }), 'NOT_FOUND',
				'Role not found');
			refused(
				await admin.call(face, 'permissions.grant', { roleId: foreign.id, collection: '*',
					action: 'read' }),
				'NOT_FOUND', 'Role not found',
			);
			refused(await admin.call(face, 'permissions.revoke', { id: grant.id }), 'NOT_FOUND',
				'Permission not found');
		}
		assert.equal((await other.admin.do('permissions.list_for_role', { roleId: foreign.id })).data.length,
			1);
		assert.ok(own.id !== foreign.id);
	});

	test('the same slug names different collections, and ids do not cross', async () => {
		const other = await workspace(to);
		const slug = unique('same');
		const fields = [{ name: 'title', type: 'text' }];
		await collection(ws, fields, { slug });
		await collection(other, fields, { slug });
		const mine = (await admin.do('collections.insert', { collection: slug,
			data: { title: 'mine' } })).data;
		const theirs = (await other.admin.do('collections.insert',
			{ collection: slug, data: { title: 'theirs' } })).data;
		for (const face of FACES) {
			const list = (await admin.do('collections.list', { collection: slug }, face)).data;
			assert.deepEqual(list.map((r) => r.title), ['mine']);
			for (const [tool, args] of [
				['collections.read', {}],
				['collections.update', { data: { title: 'x' } }],
				['collections.delete', {}],
			])
				refused(
					await admin.call(face, tool, { collection: slug, id: theirs.id, ...args }),
					'NOT_FOUND', 'Item not found',
				);
			refused(
				await other.admin.call(face, 'collections.read', { collection: slug, id: mine.id }),
				'NOT_FOUND', 'Item not found',
			);
		}
		// dropping one leaves the other
		await admin.do('schema.drop_collection', { slug });
		assert.deepEqual((await other.admin.do('collections.read',
			{ collection: slug, id: theirs.id })).data.title, 'theirs');
	});

	test('a relation cannot point across', async () => {
		const other = await workspace(to);
		const target = await collection(other, [{ name: 'name', type: 'text' }]);
		refused(
			await admin.mcp('schema.create_collection', {
				slug: unique('c'), fields: [{ name: 'to_other', type: 'relation', to: target }],
			}),
			'VALIDATION',
		);
	});
});
