// What callers who are no administrators see and write, and what they cannot find out.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { instance, unique } from './lib.mjs';
import { Caller, collection, countRows, FACES, member, refused, role, sql, workspace } from './world.mjs';

let to, ws, admin;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	admin = ws.admin;
});

const text = (name, more = {}) => ({ name, type: 'text', ...more });
const insert = async (slug, data) => (await admin.do('collections.insert', { collection: slug, data })).data;
const list = (slug, args = {}, face = 'mcp') => admin.do('collections.list', { collection: slug, ...args },
	face);

describe('members', () => {
	let open, hidden, target, slug, person, id;

	before(async () => {
		target = await collection(ws, [text('name'), text('secret')]);
		hidden = await collection(ws, [text('name')]);
		slug = await collection(ws, [
			text('a'), text('b'), text('secret'), { name: 'n', type: 'integer' },
			{ name: 'pay', type: 'integer' },
			{ name: 'r', type: 'relation', to: target }, { name: 'h', type: 'relation', to: hidden },
			{ name: 'hm', type: 'relation_many', to: hidden },
			{ name: 's', type: 'relation', to: target },
		], { defaultSort: '-secret' });
		open = (await insert(target, { name: 'T', secret: 'ts' })).id;
		const h = (await insert(hidden, { name: 'H' })).id;
		id = (await insert(slug, { a: 'one', b: 'needle', secret: 'hush', n: 1, pay: 100, r: open, h, hm: [h],
			s: open })).id;
		await insert(slug, { a: 'two', b: 'x', secret: 'needle', n: 2, pay: 5 });
		person = await member(ws, {
			roles: [(await role(ws, { [slug]: { read: ['a', 'b', 'n', 'r', 'h', 'hm'],
				create: ['a', 'n', 'r', 'h'], update: ['a'], delete: true },
				[target]: { read: ['name'] } })).id],
		});
	});

	for (const face of FACES) {
		const call = (tool, args) => person.call(face, tool, { collection: slug, ...args });

		test(`see the fields they may read over ${face}`, async () => {
			const { data } = (await call('collections.list', { sort: 'n', fields: undefined })).data;
			assert.deepEqual(Object.keys(data[0]).sort(), ['a', 'b', 'createdAt', 'h', 'hm', 'id', 'n', 'r',
				'updatedAt']);
			const row = (await call('collections.read', { id })).data.data;
			assert.deepEqual(Object.keys(row).sort(), Object.keys(data[0]).sort());
			assert.equal((await call('collections.list', { fields: ['*'], sort: 'n' })).data.data[0].secret,
				undefined);
			const expanded = (await call('collections.read', { id, fields: ['r.*'] })).data.data;
			assert.deepEqual(Object.keys(expanded.r).sort(), ['createdAt', 'id', 'name', 'updatedAt']);
			assert.deepEqual((await call('collections.list', { expand: ['r'],
				filter: { id } })).data.data[0].r.name, 'T');
		});

		test(`cannot tell unreadable fields from unknown ones over ${face}`, async () => {
			// the same answer but for the name that was given
			const same = async (tool, build) => {
				const outcomes = [];
				for (const name of ['secret', 'secxet']) {
					const got = await call(tool, build(name));
					assert.equal(got.ok, false, `${tool} ${JSON.stringify(build(name))}`);
					// the hint names the same fields, the nearest first
					const message = got.message.replace(/(usable fields are )(.*)/,
						(_, text, names) => text + names.split(', ').sort());
					outcomes.push(JSON.stringify([got.code, message, got.path]).replaceAll(name, '?'));
				}
				assert.equal(outcomes[0], outcomes[1], tool);
				assert.match(outcomes[0], /VALIDATION/);
			};
			for (const build of [
				(f) => ({ filter: { [f]: 'x' } }), (f) => ({ filter: { [f]: { _starts_with: 'h' } } }),
				(f) => ({ filter: { [f]: { _null: true } } }),
				(f) => ({ filter: { _or: [{ _and: [{ [f]: { _eq: 'x' } }] }, { a: { _nnull: true } }] } }),
				(f) => ({ filter: { _not: { [f]: 'x' } } }),
				// the check of rights comes before the check of types
				(f) => ({ filter: { [f]: 7 } }), (f) => ({ filter: { [f]: { _nope: 1 } } }),
				(f) => ({ filter: { [f]: {} } }), (f) => ({ filter: { [f]: [] } }),
				(f) => ({ filter: { [`${f}.x`]: 1 } }), (f) => ({ filter: { a: { _eq: { $field: f } } } }),
				(f) => ({ sort: f }), (f) => ({ sort: `-${f}` }), (f) => ({ sort: `a,${f}` }),
				(f) => ({ fields: [f] }), (f) => ({ fields: ['a', f] }), (f) => ({ expand: [f] }),
				(f) => ({ fields: [`${f}.*`] }), (f) => ({ fields: [`${f}.name`] }),
				(f) => ({ filter: { [`r.${f}`]: 'x' } }), (f) => ({ sort: `r.${f}` }),
				(f) => ({ fields: [`r.${f}`] }), (f) => ({ filter: { r: { [f]: { _eq: 'x' } } } }),
			])
				await same('collections.list', build);
			for (const build of [
				(f) => ({ agg: 'count', field: f }), (f) => ({ agg: 'sum', field: f }),
				(f) => ({ agg: 'max', field: f }), (f) => ({ agg: 'count', groupBy: f }),
				(f) => ({ agg: 'count', filter: { [f]: 'x' } }), (f) => ({ agg: 'count', groupBy: `r.${f}` }),
			])
				await same('collections.aggregate', build);
			await same('collections.read', (f) => ({ id, fields: [f] }));
			await same('collections.insert', (f) => ({ data: { [f]: 'x' } }));
			await same('collections.update', (f) => ({ id, data: { [f]: 'x' } }));
			await same('collections.update', (f) => ({ id, data: { [f]: null } }));
		});

		test(`an unreadable relation is an unknown field over ${face}`, async () => {
			const shape = async (args) => {
				const got = await call('collections.list', args);
				assert.equal(got.ok, false, JSON.stringify(args));
				return JSON.stringify([got.code, got.message]);
			};
			for (const build of [(f) => ({ filter: { [`${f}.name`]: 'T' } }), (f) => ({ sort: `${f}.name` }),
				(f) => ({ fields: [`${f}.name`] }), (f) => ({ expand: [f] })])
				assert.equal((await shape(build('s'))).replaceAll('s.name', '?').replaceAll(': s',
					': ?').replaceAll('"s', '"?'), (await shape(build('z'))).replaceAll('z.name',
					'?').replaceAll(': z', ': ?').replaceAll('"z', '"?'));
		});

		test(`a relation whose target they may not read leads nowhere over ${face}`, async () => {
			const message = `No read permission on relation target: ${hidden}`;
			for (const args of [
				{ filter: { 'h.name': 'H' } }, { filter: { h: { name: 'H' } } },
				{ filter: { hm: { _some: { name: 'H' } } } },
				{ filter: { hm: { _none: { name: 'H' } } } },
				{ sort: 'h.name' }, { fields: ['h.name'] }, { fields: ['h.*'] }, { expand: ['h'] },
				{ expand: ['hm'] },
			])
				refused(await call('collections.list', args), 'FORBIDDEN', message, JSON.stringify(args));
			refused(await call('collections.aggregate', { agg: 'count', groupBy: 'h.name' }), 'FORBIDDEN',
				message);
			// a row they cannot see cannot be pointed to
			const h = (await list(hidden)).data[0].id;
			refused(await call('collections.insert', { data: { a: 'x', h } }), 'VALIDATION',
				`Relation target "${hidden}" has no row(s) with id: ${h}`);
		});

		test(`search and the default order keep to what they may read over ${face}`, async () => {
			assert.deepEqual((await call('collections.list', { q: 'needle' })).data.data.map((r) => r.a),
				['one']);
			assert.deepEqual((await call('collections.list', { q: 'hush' })).data.data, []);
			const { data } = (await call('collections.list', {})).data;
			assert.deepEqual(data.map((r) => r.a), ['two', 'one'], 'newest first, not by the secret');
		});

		test(`write what they may write, and get back what they may read, over ${face}`, async () => {
			const { data } = (await call('collections.insert', { data: { a: 'mine', n: 3, r: open } })).data;
			assert.deepEqual(Object.keys(data).sort(), ['a', 'b', 'createdAt', 'h', 'hm', 'id', 'n', 'r',
				'updatedAt']);
			refused(await call('collections.insert', { data: { a: 'x', b: 'y' } }), 'FORBIDDEN',
				'No permission to write field "b"');
			refused(await call('collections.insert', { data: { a: 'x', b: null } }), 'FORBIDDEN',
				'No permission to write field "b"');
			refused(await call('collections.update', { id: data.id, data: { n: 3 } }), 'FORBIDDEN',
				'No permission to write field "n"');
			const got = refused(await call('collections.insert', { data: { a: 'x', nope: 1 } }), 'VALIDATION',
				/^Unknown field "nope"; fields to write are: a, n, r, h$/);
			assert.doesNotMatch(got.message, /secret|pay/);
			assert.equal((await call('collections.update', { id: data.id,
				data: { a: 'changed' } })).data.data.a, 'changed');
			assert.deepEqual((await call('collections.delete', { id: data.id })).data, { ok: true });
			assert.equal(await countRows(ws, slug), 2);
		});

		test(`writing without reading gives back the id over ${face}`, async () => {
			const box = await collection(ws, [text('a', { required: true })]);
			const writer = await member(ws, { roles: [(await role(ws, { [box]: 'create' })).id] });
			const got = await writer.do('collections.insert', { collection: box, data: { a: 'x' } }, face);
			assert.deepEqual(Object.keys(got.data), ['id']);
			refused(await writer.call(face, 'collections.read', { collection: box, id: got.data.id }),
				'FORBIDDEN', `No permission to read on "${box}"`);
			refused(await writer.call(face, 'collections.list', { collection: box }), 'FORBIDDEN',
				`No permission to read on "${box}"`);
			refused(await writer.call(face, 'collections.update',
				{ collection: box, id: got.data.id, data: { a: 'y' } }), 'FORBIDDEN',
				`No permission to update on "${box}"`);
			refused(await writer.call(face, 'collections.delete', { collection: box, id: got.data.id }),
				'FORBIDDEN', `No permission to delete on "${box}"`);
		});

		test(`unknown and unreadable collections are one over ${face}`, async () => {
			const nobody = await member(ws);
			const none = unique('none');
			for (const [tool, args, action] of [
				['collections.list', {}, 'read'], ['collections.read', { id }, 'read'],
				['collections.aggregate', { agg: 'count' }, 'read'],
				['collections.insert', { data: { a: 'x' } }, 'create'],
				['collections.insert', { data: { nope: 1 } }, 'create'],
				['collections.update', { id, data: { a: 'x' } }, 'update'],
				['collections.delete', { id }, 'delete'],
				['collections.bulk_insert', { rows: [{ a: 'x' }] }, 'create'],
				['collections.bulk_update', { updates: [{ id, data: { a: 'x' } }] }, 'update'],
			])
				for (const name of [slug, none])
					refused(await nobody.call(face, tool, { collection: name, ...args }), 'FORBIDDEN',
						`No permission to ${action} on "${name}"`, tool);
			assert.equal(await countRows(ws, slug), 2);
		});
	}

	test('counts speak of the rows of the collection', async () => {
		const got = await person.do('collections.list', { collection: slug, meta: '*',
			filter: { a: 'one' } });
		assert.deepEqual(got.meta, { filter_count: 1, total_count: 2 });
	});

	test('a change of hidden values changes no answer', async () => {
		const ask = async () => {
			const answers = [];
			for (const args of [{}, { sort: 'a' }, { q: 'e' }, { filter: { n: { _gt: 0 } } }, { meta: '*' },
				{ expand: ['r'] }, { fields: ['a', 'r.name'] }])
				answers.push((await person.do('collections.list', { collection: slug, ...args },
					'rest')).data.map((r) => ({ ...r, updatedAt: 0 })));
			answers.push((await person.do('collections.aggregate',
				{ collection: slug, agg: 'count', groupBy: 'a' })).data);
			return JSON.stringify(answers);
		};
		const before_ = await ask();
		for (const row of (await list(slug)).data) await admin.do('collections.update',
			{ collection: slug, id: row.id, data: { secret: unique('s'), pay: 77 } });
		await sql(to, 'SELECT 1');
		assert.equal(await ask(), before_);
	});
});

describe('strangers', () => {
	test('are let in where the role public is (10, 6.4)', async () => {
		const slug = await collection(ws, [text('a'), text('secret')]);
		const { id } = await insert(slug, { a: 'x', secret: 's' });
		const nobody = new Caller(to, { workspace: ws.slug });
		for (const [tool, args] of [['collections.list', {}], ['collections.read', { id }],
			['collections.insert', { data: { a: 'y' } }], ['collections.aggregate', { agg: 'count' }]]) {
			refused(await nobody.rest(tool, { collection: slug, ...args }), 'UNAUTHORIZED',
				'Sign in required', tool);
			refused(await nobody.rest(tool, { collection: unique('none'), ...args }), 'UNAUTHORIZED',
				'Sign in required', tool);
		}
		const open = (await admin.do('roles.list')).data.find((r) => r.name === 'public');
		await admin.do('permissions.grant', { roleId: open.id, collection: slug, action: 'read',
			fields: ['a'] });
		const { data } = await nobody.do('collections.list', { collection: slug }, 'rest');
		assert.deepEqual(data.map((r) => [r.a, r.secret]), [['x', undefined]]);
		refused(await nobody.rest('collections.list', { collection: slug, filter: { secret: 's' } }),
			'VALIDATION', /^Cannot filter on field: secret/);
		refused(await nobody.rest('collections.insert', { collection: slug, data: { a: 'y' } }),
			'UNAUTHORIZED', 'Sign in required');
		// a member who holds other roles is not the public
		refused(await (await member(ws)).rest('collections.list', { collection: slug }), 'FORBIDDEN');
		// a bad key is not nobody
		const bad = new Caller(to, { key: 'pak_00000000_deadbeef' });
		refused(await bad.rest('collections.list', { collection: slug }), 'UNAUTHORIZED', 'Sign in required');
		assert.equal((await nobody.http('POST', '/mcp', { json: { jsonrpc: '2.0', id: 1,
			method: 'ping' } })).status, 401);
	});
});
