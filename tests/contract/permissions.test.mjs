// permissions.*: what a role may do, what is refused when it is saved, and that it is in force at once.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { client, instance, unique } from './lib.mjs';
import { Caller, collection, countRows, FACES, keyOf, member, NO_ID, refused, role, session, sql, TIME, UUID, workspace } from './world.mjs';

let to, ws, admin, slug, target;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	admin = ws.admin;
	target = await collection(ws, [{ name: 'name', type: 'text' }, { name: 'budget', type: 'integer' }]);
	slug = await collection(ws, [
		{ name: 'title', type: 'text' }, { name: 'body', type: 'longtext' }, { name: 'views', type: 'integer' }, { name: 'live', type: 'boolean' },
		{ name: 'at', type: 'timestamp' }, { name: 'who', type: 'uuid' }, { name: 'data', type: 'json' }, { name: 'project', type: 'relation', to: target },
		{ name: 'tags', type: 'relation_many', to: target },
	]);
});

const grant = (args, face = 'mcp', who = admin) => who.call(face, 'permissions.grant', args);
const listFor = async (roleId, face = 'mcp') => (await admin.do('permissions.list_for_role', { roleId }, face)).data;

describe('permissions.grant', () => {
	for (const face of FACES)
		test(`answers the grant, which is then listed, over ${face} (B15)`, async () => {
			const { id: roleId } = await role(ws);
			for (const args of [
				{ collection: slug, action: 'read' },
				{ collection: slug, action: 'create', fields: ['title', 'views'], condition: null },
				{ collection: slug, action: 'update', fields: null, condition: { who: { _eq: '$user.id' } } },
				{ collection: slug, action: 'delete', condition: {} },
				{ collection: 'system_files', action: 'read' },
				{ collection: '*', action: 'read' },
			]) {
				const got = await grant({ roleId, ...args }, face);
				assert.ok(got.ok, `${JSON.stringify(args)}: ${got.message}`);
				const { data } = got.data;
				assert.match(data.id, UUID);
				assert.match(data.createdAt, TIME);
				const expected = {
					id: data.id, roleId, collection: args.collection, action: args.action,
					fields: args.fields ?? null, condition: args.condition ?? null, createdAt: data.createdAt,
				};
				assert.deepEqual(data, expected);
				assert.deepEqual((await listFor(roleId, face)).find((g) => g.id === data.id), expected);
			}
			assert.equal((await listFor(roleId, face)).length, 6);
		});

	for (const face of FACES)
		test(`refuses roles, collections and actions that are none over ${face}`, async () => {
			const { id: roleId } = await role(ws);
			const good = { roleId, collection: slug, action: 'read' };
			const foreign = await workspace(to);
			const [foreignRole, foreignSlug] = [await role(foreign), await collection(foreign, [])];
			for (const [args, code, message] of [
				[{ roleId: NO_ID }, 'NOT_FOUND', 'Role not found'],
				[{ roleId: foreignRole.id }, 'NOT_FOUND', 'Role not found'],
				[{ roleId: 'admin' }, 'VALIDATION', /"roleId" must be a UUID/],
				[{ collection: unique('none') }, 'NOT_FOUND', 'Collection not found'],
				[{ collection: foreignSlug }, 'NOT_FOUND', 'Collection not found'],
				[{ collection: slug.toUpperCase() }, 'NOT_FOUND', 'Collection not found'],
				[{ collection: `${slug}'` }, 'NOT_FOUND', 'Collection not found'],
				[{ collection: '**' }, 'NOT_FOUND', 'Collection not found'],
				[{ collection: '' }, undefined, undefined],
				[{ collection: 'x'.repeat(65) }, 'VALIDATION', /"collection"/],
				[{ collection: 7 }, 'VALIDATION', /"collection"/],
				...['', 'READ', 'read ', 'write', '*', 'publish', 'admin', 7, null].map((action) => [{ action }, 'VALIDATION', /"action"/]),
				[{ presets: {} }, 'VALIDATION', /unknown argument "presets"/],
				[{ conditon: {} }, 'VALIDATION', /did you mean "condition"/],
			]) {
				const got = await grant({ ...good, ...args }, face);
				assert.equal(got.ok, false, JSON.stringify(args));
				if (code) refused(got, code, message, JSON.stringify(args));
			}
			for (const name of ['roleId', 'collection', 'action']) {
				if (face === 'rest' && name === 'roleId') continue;
				const args = { ...good };
				delete args[name];
				refused(await grant(args, face), 'VALIDATION', `missing required argument "${name}"`);
			}
			assert.deepEqual(await listFor(roleId), []);
		});

	for (const face of FACES)
		test(`refuses fields that are none over ${face}`, async () => {
			const { id: roleId } = await role(ws);
			for (const [fields, collection_] of [
				[['nope'], slug], [['title', 'nope'], slug], [['Title'], slug], [['title as x'], slug], [['project.name'], slug], [['*'], slug], [[''], slug], [["title'"], slug], [['f_1'], slug],
				[[], slug], ['title', slug], [{}, slug], [[7], slug], [[null], slug], [['title'], '*'], [['name'], 'system_files'],
			])
				refused(await grant({ roleId, collection: collection_, action: 'read', fields }, face), 'VALIDATION', /field/i, JSON.stringify(fields));
			assert.deepEqual(await listFor(roleId), []);
		});

	const GOOD = [
		{}, { title: 'x' }, { title: null }, { title: { _eq: '$user.email' } }, { who: { _eq: '$user.id' } }, { owner_id: { _eq: '$user.id' } }, { who: { _eq: '$tenant.id' } },
		{ title: { _in: '$user.roles' } }, { title: { _in: ['a', 'b'] } }, { title: { _eq: '$user.attributes.team' } }, { views: { _between: [1, 5] } },
		{ at: { _lte: '$now' } }, { at: { _gt: { $now: { sub: { days: 7, hours: 2 } } } } }, { created_at: { _gte: { $now: { add: { months: -1 } } } } },
		{ _and: [{ live: true }, { _or: [{ views: { _gt: 3 } }, { _not: { title: { _contains: 'x' } } }] }] }, { $or: [{ live: true }] },
		{ 'project.name': 'x' }, { project: { budget: { _gt: 3 } } }, { 'project.name': { _icontains: 'X' } }, { tags: { _some: { name: 'x' } } }, { tags: { name: 'x' } }, { 'tags.name': 'x' }, { tags: { _none: {} } }, { tags: { _every: { budget: 1 } } },
		{ data: { _null: true } }, { title: { _eq: { $field: 'body' } } }, { title: { _nempty: true, _ncontains: '%' } },
	];
	const BAD = [
		[[]], [''], ['x'], [7], [true], [{ nope: 1 }], [{ title: {} }], [{ title: [] }], [{ _and: [] }], [{ _or: [] }], [{ _not: {} }], [{ _and: {} }], [{ _not: [] }],
		[{ _or: { 0: {}, length: 1 } }], [{ title: { _eqq: 1 } }], [{ title: { _regex: 'x' } }], [{ title: { eq: 1 } }], [{ _xor: [] }],
		[{ title: '$user.nope' }], [{ title: '$user.attributes.' }], [{ title: { _eq: '$CURRENT_USER' } }], [{ who: '$user' }], [{ title: { _eq: '$tenant.slug' } }], [{ title: '$nope' }], [{ title: { _eq: '$now.x' } }],
		[{ views: '$user.id' }], [{ at: '$user.id' }], [{ title: { _eq: '$user.roles' } }], [{ title: { _in: '$user.id' } }], [{ views: { _gt: '$now' } }],
		[{ at: { _gt: { $now: { sub: { fortnights: 1 } } } } }], [{ at: { _gt: { $now: {} } } }], [{ at: { _gt: { $now: { sub: { days: 'x' } } } } }], [{ at: { _gt: { $later: 1 } } }],
		[{ views: 'x' }], [{ views: 1.5 }], [{ live: 1 }], [{ at: 'soon' }], [{ who: 'x' }], [{ data: { _eq: {} } }], [{ data: { _contains: 'x' } }], [{ 'data.x': 1 }], [{ views: { _contains: '1' } }],
		[{ 'project.nope': 1 }], [{ project: { nope: 1 } }], [{ 'project.name.x': 1 }], [{ 'a.b.c.d.e': 1 }], [{ tags: { _some: { nope: 1 } } }],
		[{ title: { _eq: { $field: 'nope' } } }], [{ title: { _eq: { $field: 'views' } } }], [{ title: { _in: 'x' } }], [{ views: { _between: [1] } }], [{ title: { _null: 'x' } }],
		[{ __proto: 1 }], [{ '': 1 }], [{ "title' OR 1": 1 }], [{ title: { _in: Array(1001).fill('x') } }],
	];
	for (const face of FACES)
		test(`takes every rule of the language, and keeps it as it is, over ${face}`, async () => {
			const { id: roleId } = await role(ws);
			for (const condition of GOOD) {
				const got = await grant({ roleId, collection: slug, action: 'read', condition }, face);
				assert.ok(got.ok, `${JSON.stringify(condition)}: ${got.message}`);
				assert.equal(JSON.stringify(got.data.data.condition), JSON.stringify(condition));
			}
			assert.deepEqual((await listFor(roleId, face)).map((g) => JSON.stringify(g.condition)), GOOD.map((c) => JSON.stringify(c)));
		});

	for (const face of FACES)
		test(`refuses what is no rule when it is saved over ${face}`, async () => {
			const { id: roleId } = await role(ws);
			for (const [condition] of BAD)
				refused(await grant({ roleId, collection: slug, action: 'read', condition }, face), 'VALIDATION', undefined, JSON.stringify(condition).slice(0, 200));
			let deep = { title: 'x' };
			for (let i = 0; i < 20; i++) deep = { _not: deep };
			refused(await grant({ roleId, collection: slug, action: 'read', condition: deep }, face), 'VALIDATION');
			refused(await grant({ roleId, collection: slug, action: 'read', condition: { _or: Array.from({ length: 300 }, (_, i) => ({ views: i })) } }, face), 'VALIDATION');
			const got = refused(await grant({ roleId, collection: slug, action: 'read', condition: { _and: [{ live: true }, { nope: 1 }] } }, face), 'VALIDATION', /nope/);
			assert.match(got.path, /^condition\._and\[1\]/);
			assert.deepEqual(await listFor(roleId), [], 'nothing was saved');
		});

	for (const face of FACES)
		test(`on every collection a rule may speak of what all have over ${face}`, async () => {
			const { id: roleId } = await role(ws);
			for (const collection_ of ['*', 'system_files']) {
				assert.ok((await grant({ roleId, collection: collection_, action: 'read', condition: { owner_id: { _eq: '$user.id' } } }, face)).ok);
				refused(await grant({ roleId, collection: collection_, action: 'read', condition: { title: 'x' } }, face), 'VALIDATION', /title/);
			}
		});

	test('is for administrators', async () => {
		const { id: roleId } = await role(ws);
		const person = await member(ws, { roles: [roleId] });
		const { data } = (await grant({ roleId, collection: slug, action: 'read' })).data;
		for (const face of FACES) {
			refused(await grant({ roleId, collection: '*', action: 'delete' }, face, person), 'FORBIDDEN', 'Admin role required');
			refused(await person.call(face, 'permissions.list_for_role', { roleId }), 'FORBIDDEN', 'Admin role required');
			refused(await person.call(face, 'permissions.revoke', { id: data.id }), 'FORBIDDEN', 'Admin role required');
		}
		refused(await new Caller(to).rest('permissions.grant', { roleId, collection: '*', action: 'read' }), 'UNAUTHORIZED', 'Sign in required');
		assert.equal((await listFor(roleId)).length, 1);
	});
});

describe('permissions.list_for_role', () => {
	for (const face of FACES)
		test(`knows the roles of this workspace over ${face}`, async () => {
			assert.deepEqual(await listFor((await role(ws)).id, face), []);
			refused(await admin.call(face, 'permissions.list_for_role', { roleId: NO_ID }), 'NOT_FOUND', 'Role not found');
			refused(await admin.call(face, 'permissions.list_for_role', { roleId: 'x' }), 'VALIDATION', /"roleId" must be a UUID/);
			refused(await admin.mcp('permissions.list_for_role'), 'VALIDATION', 'missing required argument "roleId"');
			// what every member may do with files from the start (6.6)
			const fresh = await workspace(to);
			const authenticated = (await fresh.admin.do('roles.list')).data.find((r) => r.name === 'authenticated');
			const own = { owner_id: { _eq: '$user.id' } };
			const { data } = await fresh.admin.do('permissions.list_for_role', { roleId: authenticated.id }, face);
			assert.deepEqual(
				data.map((g) => [g.collection, g.action, g.condition, g.fields]).sort(),
				[['system_files', 'create', null, null], ['system_files', 'delete', own, null], ['system_files', 'read', own, null], ['system_files', 'update', own, null]],
			);
		});
});

describe('permissions.revoke', () => {
	for (const face of FACES)
		test(`takes a grant back, once, over ${face}`, async () => {
			const { id: roleId } = await role(ws);
			const { id } = (await grant({ roleId, collection: slug, action: 'read' })).data.data;
			const foreign = await workspace(to);
			refused(await foreign.admin.call(face, 'permissions.revoke', { id }), 'NOT_FOUND', 'Permission not found');
			assert.deepEqual(await admin.do('permissions.revoke', { id }, face), { ok: true });
			assert.deepEqual(await listFor(roleId), []);
			for (const gone of [id, NO_ID]) refused(await admin.call(face, 'permissions.revoke', { id: gone }), 'NOT_FOUND', 'Permission not found');
			for (const bad of ['x', "' OR 1=1", '%']) refused(await admin.call(face, 'permissions.revoke', { id: bad }), 'VALIDATION', /"id" must be a UUID/);
			refused(await admin.mcp('permissions.revoke'), 'VALIDATION', 'missing required argument "id"');
		});
});

describe('in force', () => {
	for (const face of FACES) {
		test(`at the next request, and no longer, over ${face}`, async () => {
			const one = await role(ws);
			const person = await member(ws, { roles: [one.id] });
			const list = () => person.call(face, 'collections.list', { collection: slug });
			for (let i = 0; i < 3; i++) {
				refused(await list(), 'FORBIDDEN', `No permission to read on "${slug}"`);
				const { id } = (await grant({ roleId: one.id, collection: i === 1 ? '*' : slug, action: 'read' }, FACES[i % 2])).data.data;
				assert.ok((await list()).ok);
				await admin.do('permissions.revoke', { id }, FACES[(i + 1) % 2]);
			}
			refused(await list(), 'FORBIDDEN');
			refused(await person.call(face, 'collections.insert', { collection: slug, data: { title: 'x' } }), 'FORBIDDEN', `No permission to create on "${slug}"`);
		});

		test(`each action for itself over ${face}`, async () => {
			const own = await collection(ws, [{ name: 'a', type: 'text' }]);
			const { id } = (await admin.do('collections.insert', { collection: own, data: { a: 'x' } })).data;
			const calls = {
				read: ['collections.read', { id }], create: ['collections.insert', { data: { a: 'y' } }], update: ['collections.update', { id, data: { a: 'z' } }], delete: ['collections.delete', { id: NO_ID }],
			};
			for (const allowed of Object.keys(calls)) {
				const person = await member(ws, { roles: [(await role(ws, { [own]: allowed })).id] });
				for (const [action, [tool, args]] of Object.entries(calls)) {
					const got = await person.call(face, tool, { collection: own, ...args });
					if (action !== allowed) refused(got, 'FORBIDDEN', `No permission to ${action} on "${own}"`);
					else if (action === 'delete') refused(got, 'NOT_FOUND', 'Item not found');
					else assert.ok(got.ok, `${action}: ${got.message}`);
				}
			}
		});

		test(`fields of several grants add up over ${face} (6.4)`, async () => {
			const own = await collection(ws, ['a', 'b', 'c'].map((name) => ({ name, type: 'text' })));
			await admin.do('collections.insert', { collection: own, data: { a: '1', b: '2', c: '3' } });
			const [one, two, all] = [await role(ws, { [own]: { read: ['a'] } }), await role(ws, { [own]: { read: ['b'] } }), await role(ws, { [own]: 'read' })];
			const seen = async (...roles) => {
				const person = await member(ws, { roles: roles.map((r) => r.id) });
				const { data } = await person.do('collections.list', { collection: own }, face);
				return Object.keys(data[0]).filter((k) => k.length === 1).sort().join('');
			};
			assert.equal(await seen(one), 'a');
			assert.equal(await seen(one, two), 'ab');
			assert.equal(await seen(one, all), 'abc');
			assert.equal(await seen(await role(ws, { '*': 'read' }), one), 'abc');
		});

		test(`a rule without condition counts, {} too; one with a condition gives nothing yet, over ${face}`, async () => {
			const own = await collection(ws, [{ name: 'a', type: 'text' }]);
			await admin.do('collections.insert', { collection: own, data: { a: 'x' } });
			const read = async (condition) => {
				const one = await role(ws);
				await grant({ roleId: one.id, collection: own, action: 'read', condition });
				return (await member(ws, { roles: [one.id] })).call(face, 'collections.list', { collection: own });
			};
			assert.equal((await read(null)).data.data.length, 1);
			assert.equal((await read({})).data.data.length, 1);
			refused(await read({ a: 'x' }), 'FORBIDDEN', `No permission to read on "${own}"`);
			refused(await read({ owner_id: { _eq: '$user.id' } }), 'FORBIDDEN');
		});

		test(`of the role authenticated for every member, of public for nobody signed in, over ${face}`, async () => {
			const fresh = await workspace(to);
			const own = await collection(fresh, [{ name: 'a', type: 'text' }]);
			const roles = (await fresh.admin.do('roles.list')).data;
			const person = await member(fresh);
			await fresh.admin.do('permissions.grant', { roleId: roles.find((r) => r.name === 'public').id, collection: own, action: 'read' });
			refused(await person.call(face, 'collections.list', { collection: own }), 'FORBIDDEN');
			await fresh.admin.do('permissions.grant', { roleId: roles.find((r) => r.name === 'authenticated').id, collection: own, action: 'read' });
			assert.ok((await person.call(face, 'collections.list', { collection: own })).ok);
			// a key narrowed to another role does without
			const one = await role(fresh, { [own]: 'create' });
			await fresh.admin.do('roles.assign', { userId: person.id, roleId: one.id });
			const narrow = await keyOf(fresh, person.email, ['--role', one.name]);
			refused(await narrow.call(face, 'collections.list', { collection: own }), 'FORBIDDEN');
			assert.ok((await narrow.call(face, 'collections.insert', { collection: own, data: { a: 'x' } })).ok);
		});

		test(`an administrator needs none, and only at home, over ${face}`, async () => {
			const chief = await member(ws, { admin: true });
			assert.ok((await chief.call(face, 'collections.list', { collection: slug })).ok);
			const other = await workspace(to);
			const own = await collection(other, [{ name: 'a', type: 'text' }]);
			const abroad = await session(other, chief);
			refused(await abroad.call(face, 'collections.list', { collection: own }), 'FORBIDDEN', `No permission to read on "${own}"`);
			// not even what every member there may
			const authenticated = (await other.admin.do('roles.list')).data.find((r) => r.name === 'authenticated');
			await other.admin.do('permissions.grant', { roleId: authenticated.id, collection: own, action: 'read' });
			refused(await abroad.call(face, 'collections.list', { collection: own }), 'FORBIDDEN');
		});
	}

	test('a grant dies with its collection, and with its field', async () => {
		const own = await collection(ws, ['a', 'b'].map((name) => ({ name, type: 'text' })));
		const one = await role(ws, { [own]: { read: ['a'] } });
		await admin.http('DELETE', `/api/collections/${own}/fields/a`);
		const [left] = await listFor(one.id);
		assert.ok(left === undefined || left.fields.length === 0, 'no field is left, least of all every field');
		const person = await member(ws, { roles: [one.id] });
		await admin.do('collections.insert', { collection: own, data: { b: 'secret' } });
		const got = await person.call('mcp', 'collections.list', { collection: own });
		assert.ok(!JSON.stringify(got.data ?? {}).includes('secret'));
		await admin.do('schema.drop_collection', { slug: own });
		assert.deepEqual(await listFor(one.id), []);
		assert.deepEqual(await sql(to, `SELECT COUNT(*) AS n FROM coffer_grant WHERE role_id = '${one.id}'`), [{ n: 0 }]);
	});
});

describe('attacks', () => {
	let notes, vault, reader, author, id;

	before(async () => {
		vault = await collection(ws, [{ name: 'data', type: 'text' }]);
		const v = (await admin.do('collections.insert', { collection: vault, data: { data: 'gold' } })).data.id;
		notes = await collection(ws, [
			{ name: 'title', type: 'text' }, { name: 'secret', type: 'text' }, { name: 'must', type: 'text', required: true }, { name: 'project', type: 'relation', to: target }, { name: 'box', type: 'relation', to: vault },
		]);
		id = (await admin.do('collections.insert', { collection: notes, data: { title: 'a', secret: 'abc', must: 'm', box: v } })).data.id;
		reader = await member(ws, { roles: [(await role(ws, { [notes]: { read: ['title'] } })).id] });
		author = await member(ws, { roles: [(await role(ws, { [notes]: { read: ['title'], create: ['title'], update: ['title', 'project'] } })).id] });
	});

	for (const face of FACES) {
		test(`hidden values steer no answer over ${face} (2.4: 1, 2, 3, 7, 10 to 15, 24 to 32)`, async () => {
			for (const args of [
				{ filter: { secret: { _starts_with: 'a' } } }, { filter: { _or: [{ _and: [{ secret: { _eq: 'x' } }] }, { title: { _nnull: true } }] } }, { sort: '-secret' }, { fields: ['secret'] },
				{ filter: { 'length(secret)': 3 } }, { filter: { 'secret.a': 1 } }, { filter: { 't0.secret': 'x' } }, { filter: { '`secret`': 'x' } }, { fields: ['title as secret'] }, { fields: ['x:secret'] },
				{ filter: { comments: { _some: {} } } }, { filter: { $FOLLOW: 1 } }, { fields: ['item:vault.data'] }, { lookup: { secret: 'x' } }, { where: {} }, { populate: '*' }, { deep: {} }, { _q: 'x' }, { groupBy: 'secret' },
			]) {
				const got = await reader.call(face, 'collections.list', { collection: notes, ...args });
				assert.equal(got.code, 'VALIDATION', `${JSON.stringify(args)}: ${got.code}`);
			}
			for (const box of [{ 'box.data': 'gold' }, { box: { data: 'gold' } }])
				assert.equal((await reader.call(face, 'collections.list', { collection: notes, filter: box })).ok, false);
			assert.deepEqual((await reader.do('collections.list', { collection: notes, q: 'abc' }, face)).data, []);
		});

		test(`a write changes what is allowed and nothing else over ${face} (60, 62, 63)`, async () => {
			const before_ = (await admin.do('collections.read', { collection: notes, id })).data;
			for (const [data, code] of [
				[{ secret: 'x' }, 'VALIDATION'], [{ secret: null }, 'VALIDATION'], [{ title: 'a', secret: 'abc' }, 'VALIDATION'], [{ id: NO_ID }, 'VALIDATION'], [{ created_at: '2020-01-01T00:00:00Z' }, 'VALIDATION'],
				[{ owner_id: NO_ID }, 'VALIDATION'], [{ version: 9 }, 'VALIDATION'], [{ project: { name: 'new', budget: 1 } }, 'VALIDATION'], [{ project: { id: NO_ID, budget: 1 } }, 'VALIDATION'], [{ __proto__x: {} }, 'VALIDATION'],
			])
				refused(await author.call(face, 'collections.update', { collection: notes, id, data }), code, undefined, JSON.stringify(data));
			assert.deepEqual((await admin.do('collections.read', { collection: notes, id })).data, before_);
			refused(await reader.call(face, 'collections.update', { collection: notes, id, data: { title: 'x' } }), 'FORBIDDEN', `No permission to update on "${notes}"`);
		});

		test(`a required field nobody told them of has no name over ${face}`, async () => {
			const got = await author.call(face, 'collections.insert', { collection: notes, data: { title: 'x' } });
			assert.equal(got.ok, false);
			assert.doesNotMatch(got.message, /must/);
			assert.equal(await countRows(ws, notes), 1);
		});

		test(`a key without tools gets nothing through any method over ${face} (68, F12)`, async () => {
			const { data } = await admin.do('apikeys.create', {}, face);
			const key = new Caller(to, { key: data.secret });
			const speak = client(to, { key: data.secret });
			assert.deepEqual((await speak.result('tools/list')).tools, []);
			assert.deepEqual((await speak.result('resources/list')).resources, []);
			await assert.rejects(speak.result('resources/read', { uri: `coffer://collection/${notes}` }), /FORBIDDEN|allowlist/);
			await assert.rejects(speak.result('resources/read', { uri: 'coffer://schema' }), /FORBIDDEN|allowlist/);
			refused(await key.mcp('collections.list', { collection: notes }), 'FORBIDDEN', /allowlist/);
			await assert.rejects(speak.result('prompts/get', { name: 'describe_collection', arguments: { collection: notes } }).then((r) => {
				if (JSON.stringify(r).includes('title')) return r;
				throw new Error('nothing of the collection shows');
			}));
		});
	}
});

describe('the limits of a rule', () => {
	const nested = (depth, inner) => (depth === 0 ? inner : { _not: nested(depth - 1, inner) });
	const leaves = (n) => ({ _or: Array.from({ length: n }, (_, i) => ({ views: i })) });
	const list = (n) => ({ title: { _in: Array.from({ length: n }, (_, i) => `t${i}`) } });

	for (const face of FACES)
		test(`depth 16, 200 nodes, 1,000 values and 3 hops over ${face} (design 5.1)`, async () => {
			const chain = [];
			for (let i = 0; i < 5; i++)
				chain.push(await collection(ws, [{ name: 'name', type: 'text' }, ...(i ? [{ name: 'up', type: 'relation', to: chain[i - 1] }] : [])]));
			const last = chain.at(-1);
			const { id: roleId } = await role(ws);
			for (const [condition, fits, on = slug] of [
				[nested(12, { title: 'x' }), true], [nested(17, { title: 'x' }), false],
				[leaves(190), true], [leaves(201), false],
				[list(1000), true], [list(1001), false], [{ _or: [list(600), list(401)] }, false], [{ _or: [list(600), list(400)] }, true],
				[{ 'up.up.up.name': 'x' }, true, last], [{ 'up.up.up.up.name': 'x' }, false, last],
				[{ up: { up: { up: { name: 'x' } } } }, true, last], [{ up: { up: { up: { up: { name: 'x' } } } } }, false, last],
			]) {
				const got = await grant({ roleId, collection: on, action: 'read', condition }, face);
				const note = JSON.stringify(condition).slice(0, 120);
				if (fits) assert.ok(got.ok, `${note}: ${got.message}`);
				else assert.match(refused(got, 'VALIDATION', undefined, note).path, /^condition/, note);
			}
			assert.equal((await listFor(roleId)).length, 6);
		});
});

describe('fields of a grant', () => {
	for (const face of FACES)
		test(`are answered as they are kept, each once, without what everybody sees, over ${face}`, async () => {
			const { id: roleId } = await role(ws);
			for (const [fields, kept] of [
				[['views', 'title'], ['title', 'views']],
				[['title', 'title'], ['title']],
				[['title', 'id', 'created_at'], ['title']],
				[['id'], []],
			]) {
				const { data } = (await grant({ roleId, collection: slug, action: 'read', fields }, face)).data;
				assert.deepEqual(data.fields, kept, JSON.stringify(fields));
				assert.deepEqual((await listFor(roleId, face)).find((g) => g.id === data.id), data);
			}
			// [] is no field, not every field
			const own = await collection(ws, [{ name: 'a', type: 'text' }]);
			await admin.do('collections.insert', { collection: own, data: { a: 'x' } });
			const person = await member(ws, { roles: [(await role(ws, { [own]: { read: ['id'] } })).id] });
			const { data } = await person.do('collections.list', { collection: own }, face);
			assert.deepEqual(Object.keys(data[0]).sort(), ['createdAt', 'id', 'updatedAt']);
		});

	for (const face of FACES)
		test(`and of collections are not inherited by what is made anew under their name over ${face}`, async () => {
			const fields = [{ name: 'a', type: 'text' }, { name: 'b', type: 'text' }];
			const own = await collection(ws, fields);
			const one = await role(ws, { [own]: { read: ['a'], update: ['a'] } });
			const person = await member(ws, { roles: [one.id] });
			const { id } = (await admin.do('collections.insert', { collection: own, data: { a: 'x', b: 'y' } })).data;
			const read = () => person.call(face, 'collections.read', { collection: own, id });
			assert.equal((await read()).data.data.a, 'x');
			assert.equal((await admin.http('DELETE', `/api/collections/${own}/fields/a`)).status, 200);
			await admin.do('schema.update_collection', { slug: own, fields: [{ name: 'a', type: 'text' }] });
			await admin.do('collections.update', { collection: own, id, data: { a: 'secret' } });
			const got = await read();
			assert.ok(!JSON.stringify(got).includes('secret'), JSON.stringify(got));
			for (const args of [{ filter: { a: 'secret' } }, { sort: 'a' }, { fields: ['a'] }])
				refused(await person.call(face, 'collections.list', { collection: own, ...args }), 'VALIDATION', undefined, JSON.stringify(args));
			assert.equal((await person.call(face, 'collections.update', { collection: own, id, data: { a: 'mine' } })).ok, false);
			assert.equal((await admin.do('collections.read', { collection: own, id })).data.a, 'secret');
			// the whole collection
			await grant({ roleId: one.id, collection: own, action: 'read' });
			assert.ok((await read()).ok);
			await admin.do('schema.drop_collection', { slug: own });
			await collection(ws, fields, { slug: own });
			refused(await person.call(face, 'collections.list', { collection: own }), 'FORBIDDEN', `No permission to read on "${own}"`);
			assert.deepEqual(await listFor(one.id), []);
		});
});
