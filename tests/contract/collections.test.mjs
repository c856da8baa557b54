// collections.*: single rows, order, search and aggregates.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { http, instance, unique } from './lib.mjs';
import { collection, countRows, FACES, NO_ID, refused, TIME, UUID, workspace } from './world.mjs';

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
const tryList = (slug, args, face = 'mcp', who = admin) => who.call(face, 'collections.list',
	{ collection: slug, ...args });

describe('one row', () => {
	for (const face of FACES)
		test(`is inserted, read, changed and deleted over ${face} (B4)`, async () => {
			const slug = await collection(ws, [text('title', { required: true }),
				{ name: 'views', type: 'integer' }]);
			const { data } = await admin.do('collections.insert',
				{ collection: slug, data: { title: 'One', views: 3 } }, face);
			assert.match(data.id, UUID);
			assert.match(data.createdAt, TIME);
			assert.equal(data.updatedAt, data.createdAt);
			assert.deepEqual(data, { id: data.id, title: 'One', views: 3, createdAt: data.createdAt,
				updatedAt: data.updatedAt });
			assert.deepEqual(await admin.do('collections.read', { collection: slug, id: data.id }, face),
				{ data });
			const changed = (await admin.do('collections.update',
				{ collection: slug, id: data.id, data: { title: 'Eins' } }, face)).data;
			assert.deepEqual({ ...changed, updatedAt: 0 }, { ...data, title: 'Eins', updatedAt: 0 });
			assert.ok(changed.updatedAt > data.updatedAt);
			const cleared = (await admin.do('collections.update',
				{ collection: slug, id: data.id, data: { views: null } }, face)).data;
			assert.equal(cleared.views, null);
			assert.deepEqual(await admin.do('collections.delete', { collection: slug, id: data.id }, face),
				{ ok: true });
			for (const [tool, args] of [['collections.read', {}],
				['collections.update', { data: { views: 1 } }], ['collections.delete', {}]])
				refused(await admin.call(face, tool, { collection: slug, id: data.id, ...args }), 'NOT_FOUND',
					'Item not found');
			assert.equal(await countRows(ws, slug), 0);
		});

	for (const face of FACES)
		test(`is not found by what is no id over ${face}`, async () => {
			const slug = await collection(ws, [text('a')]);
			const { id } = await insert(slug, { a: 'x' });
			for (const bad of [NO_ID, 'x', '0', "' OR 1=1 -- ", '%', `${id}x`, id.slice(0, -1), '../roles',
				'ü', `${id} `, '*'])
				for (const [tool, args] of [['collections.read', {}],
					['collections.update', { data: { a: 'y' } }], ['collections.delete', {}]])
					refused(await admin.call(face, tool, { collection: slug, id: bad, ...args }), 'NOT_FOUND',
						'Item not found', bad);
			assert.deepEqual((await list(slug)).data.map((r) => r.a), ['x']);
			// the same id in upper case is the same row
			assert.equal((await admin.do('collections.read', { collection: slug, id: id.toUpperCase() },
				face)).data.id, id);
			for (const args of [{ collection: slug }, { id }, {}])
				refused(await admin.mcp('collections.read', args), 'VALIDATION', /missing required argument/);
			refused(await admin.mcp('collections.read', { collection: slug, id: '' }), 'VALIDATION',
				/"id" must not be empty/);
			refused(await admin.mcp('collections.read', { collection: slug, id: 'x'.repeat(192) }),
				'VALIDATION', /"id"/);
		});

	for (const face of FACES)
		test(`is written with known fields and right values only over ${face} (B5, G10, 8.1)`, async () => {
			const slug = await collection(ws, [text('title', { required: true }),
				{ name: 'views', type: 'integer' }]);
			const row = await insert(slug, { title: 'x' });
			const cases = [
				[{}, 'VALIDATION', 'Field "title" is required'],
				[{ title: null }, 'VALIDATION', 'Field "title" is required'],
				[{ title: 'x', nope: 1 }, 'VALIDATION',
					/^Unknown field "nope"; fields to write are: title, views$/],
				// unknown before missing
				[{ nope: 1 }, 'VALIDATION', /^Unknown field "nope"/],
				// missing before a wrong type
				[{ views: 'x' }, 'VALIDATION', 'Field "title" is required'],
				...['id', 'owner_id', 'ownerId', 'created_at', 'createdAt', 'updated_at', 'updatedAt',
					'version', 'tenant_id', 'Title', 'title ', '__proto__x', 'constructor', 'f_1',
					'title\\u0000'].map(
					(name) => [{ title: 'x', [name]: 'x' }, 'VALIDATION', /^Unknown field "/],
				),
			];
			for (const [data, code, message] of cases)
				refused(await admin.call(face, 'collections.insert', { collection: slug, data }), code,
					message, JSON.stringify(data));
			for (const [data, message] of [
				[{ nope: 1 }, /^Unknown field "nope"/], [{ id: NO_ID }, /^Unknown field "id"/],
				[{ owner_id: NO_ID }, /^Unknown field "owner_id"/],
				[{ title: null }, 'Field "title" is required'], [{ views: 1.5 }, 'views: must be an integer'],
				[{}, /at least one field/],
			])
				refused(await admin.call(face, 'collections.update', { collection: slug, id: row.id, data }),
					'VALIDATION', message, JSON.stringify(data));
			assert.deepEqual((await list(slug)).data, [row], 'nothing was written');
			for (const data of [[], 'x', 7, true])
				refused(await admin.mcp('collections.insert', { collection: slug, data }), 'VALIDATION',
					/"data" must be an object/);
			refused(await admin.mcp('collections.insert', { collection: slug }), 'VALIDATION',
				/missing required argument "data"/);
			refused(await admin.mcp('collections.insert', { collection: slug, data: { title: 'x' },
				id: NO_ID }), 'VALIDATION', /unknown argument "id"/);
		});

	for (const face of FACES)
		test(`names its collection exactly over ${face}`, async () => {
			const slug = await collection(ws, [text('a')]);
			for (const name of [unique('none'), slug.toUpperCase(), `${slug} `, `${slug}'`, 'system_files',
				'*', 'coffer_user', '..'])
				for (const [tool, args] of [
					['collections.list', {}], ['collections.read', { id: NO_ID }],
					['collections.insert', { data: {} }],
					['collections.update', { id: NO_ID, data: {} }], ['collections.delete', { id: NO_ID }],
					['collections.bulk_insert', { rows: [{}] }],
					['collections.bulk_update', { updates: [{ id: NO_ID, data: {} }] }],
					['collections.aggregate', { agg: 'count' }],
				]) {
					if (face === 'rest' && name === '..') continue; // web servers take it out of the path
					refused(await admin.call(face, tool, { collection: name, ...args }), 'NOT_FOUND',
						'Collection not found', `${tool} ${name}`);
				}
		});
});

describe('sort', () => {
	let slug;
	const rows = [
		{ k: 1, a: 'b', n: 2 }, { k: 2, a: 'a', n: 2 }, { k: 3, a: null, n: 1 }, { k: 4, a: 'B', n: null },
		{ k: 5, a: 'ä', n: 1 }, { k: 6, a: 'a', n: 3 }, { k: 7, a: '', n: null },
	];

	before(async () => {
		slug = await collection(ws, [{ name: 'k', type: 'integer' }, text('a'),
			{ name: 'n', type: 'integer' }, { name: 'j', type: 'json' }, { name: 'l', type: 'longtext' }]);
		for (const row of rows) await insert(slug, row);
	});

	for (const face of FACES) {
		test(`keys one after the other, in code point order, empty first when ascending, over ${face}`,
			async () => {
			const by = async (sort) => (await list(slug, { sort }, face)).data.map((r) => r.k);
			assert.deepEqual(await by('a,k'), [3, 7, 4, 2, 6, 1, 5]);
			assert.deepEqual(await by('-a,k'), [5, 1, 2, 6, 4, 7, 3]);
			assert.deepEqual(await by('n,-k'), [7, 4, 5, 3, 2, 1, 6]);
			assert.deepEqual(await by('-n,k'), [6, 1, 2, 3, 5, 4, 7]);
			assert.deepEqual(await by('-n,a,k'), [6, 2, 1, 3, 5, 7, 4]);
			assert.deepEqual(await by('k'), [1, 2, 3, 4, 5, 6, 7]);
			assert.deepEqual(await by('-created_at'), [7, 6, 5, 4, 3, 2, 1]);
			assert.deepEqual(await by('id'), [1, 2, 3, 4, 5, 6, 7]);
		});

		test(`newest first, or the collection's own order, where none is named, over ${face}`, async () => {
			assert.deepEqual((await list(slug, {}, face)).data.map((r) => r.k), [7, 6, 5, 4, 3, 2, 1]);
			const own = await collection(ws, [{ name: 'k', type: 'integer' }], { defaultSort: '-k' });
			for (const k of [2, 3, 1]) await insert(own, { k });
			assert.deepEqual((await list(own, {}, face)).data.map((r) => r.k), [3, 2, 1]);
			assert.deepEqual((await list(own, { sort: 'k' }, face)).data.map((r) => r.k), [1, 2, 3]);
		});

		test(`refuses what cannot be sorted by over ${face}`, async () => {
			for (const sort of ['nope', '-nope', 'k,nope', 'K', 'k desc', 'k;', 'k--', '--k', "k'", '`k`',
				'f_1', 'tenant_id', 'j', 'k,j', 'a.b', '1', '-', 'length(a)', 'k asc, a']) {
				const got = refused(await tryList(slug, { sort }, face), 'VALIDATION',
					/^Cannot sort on field: /, sort);
				assert.equal(got.path, 'sort');
			}
			refused(await tryList(slug, { sort: 'x'.repeat(1001) }, face), 'VALIDATION', /"sort"/);
		});
	}

	test('up to 8 keys', async () => {
		const fields = Array.from({ length: 9 }, (_, i) => ({ name: `f${i}`, type: 'integer' }));
		const own = await collection(ws, fields);
		const keys = fields.map((f) => f.name);
		for (const face of FACES) {
			assert.ok((await tryList(own, { sort: keys.slice(0, 8).join() }, face)).ok);
			refused(await tryList(own, { sort: keys.join() }, face), 'VALIDATION', /8/);
		}
	});

	test('longtext sorts as text', async () => {
		const own = await collection(ws, [{ name: 'l', type: 'longtext' }]);
		const values = [`${'x'.repeat(2000)}b`, `${'x'.repeat(10)}`, 'a', null, `y${'x'.repeat(3000)}`];
		for (const l of values) await insert(own, { l });
		const { data } = await list(own, { sort: 'l', fields: ['l'] });
		assert.deepEqual(data.map((r) => r.l?.length ?? null), [null, 1, 10, 2001, 3001]);
	});
});

describe('q', () => {
	test('looks into all text fields, in any case, and nowhere else', async () => {
		const slug = await collection(ws, [text('a'), { name: 'l', type: 'longtext' },
			{ name: 'i', type: 'integer' }, { name: 'j', type: 'json' }, { name: 'k', type: 'integer' }]);
		const rows = [
			{ k: 0, a: 'Straße 12', l: null, i: 7 }, { k: 1, a: null, l: 'the STRASSE', j: { x: 'needle' } },
			{ k: 2, a: 'x', l: 'y', i: 12 }, { k: 3, a: '50% off', l: 'a_b' }, { k: 4, a: 'ÄPFEL' },
		];
		for (const row of rows) await insert(slug, row);
		for (const face of FACES)
			for (const [q, want] of [
				['straße', [0]], ['STRASSE', [1]], ['12', [0]], ['%', [3]], ['_', [3]], ['äpfel', [4]],
				['needle', []], ['y', [2]], ['', [0, 1, 2, 3, 4]], ['e', [0, 1, 4]], ["'", []],
			])
				assert.deepEqual((await list(slug, { q, sort: 'k' }, face)).data.map((r) => r.k), want, q);
		assert.deepEqual((await list(slug, { q: 'x', filter: { k: { _gt: 2 } } })).data, []);
		const plain = await collection(ws, [{ name: 'i', type: 'integer' }]);
		await insert(plain, { i: 7 });
		assert.deepEqual((await list(plain, { q: '7' })).data, [], 'where there is no text nothing is found');
		refused(await tryList(slug, { q: 'x'.repeat(501) }), 'VALIDATION', /"q"/);
		refused(await tryList(slug, { q: 7 }), 'VALIDATION', /"q"/);
	});
});

describe('collections.aggregate', () => {
	let slug, cities;
	const rows = [
		{ g: 'a', n: 1, f: 0.5, d: '2026-01-01T00:00:00Z' }, { g: 'a', n: 2, f: null,
			d: '2026-03-01T00:00:00Z' }, { g: 'b', n: null, f: 1.5, d: null },
		{ g: null, n: 10, f: -1, d: '2025-01-01T00:00:00Z' },
		{ g: 'b', n: -4, f: 2, d: '2026-02-01T00:00:00Z' }, { g: 'A', n: 3, f: 3, d: null },
	];

	before(async () => {
		cities = await collection(ws, [text('name')]);
		const berlin = (await insert(cities, { name: 'Berlin' })).id;
		slug = await collection(ws, [
			text('g'), { name: 'n', type: 'integer' }, { name: 'f', type: 'number' },
			{ name: 'd', type: 'timestamp' }, { name: 'j', type: 'json' }, { name: 'b', type: 'boolean' },
			{ name: 'c', type: 'relation', to: cities }, { name: 'm', type: 'relation_many', to: cities },
		]);
		for (const [i, row] of rows.entries()) await insert(slug,
			{ ...row, b: i % 2 === 0, c: i < 2 ? berlin : null });
	});

	const agg = async (args, face = 'mcp') => (await admin.do('collections.aggregate',
		{ collection: slug, ...args }, face)).data;

	for (const face of FACES) {
		test(`one value over all rows over ${face}`, async () => {
			for (const [args, value] of [
				[{ agg: 'count' }, 6], [{ agg: 'count', field: 'n' }, 5], [{ agg: 'sum', field: 'n' }, 12],
				[{ agg: 'avg', field: 'n' }, 2.4],
				[{ agg: 'min', field: 'n' }, -4], [{ agg: 'max', field: 'n' }, 10],
				[{ agg: 'sum', field: 'f' }, 6], [{ agg: 'avg', field: 'f' }, 1.2],
				[{ agg: 'min', field: 'f' }, -1], [{ agg: 'max', field: 'g' }, 'b'],
				[{ agg: 'min', field: 'g' }, 'A'],
				[{ agg: 'count', filter: { g: 'a' } }, 2], [{ agg: 'sum', field: 'n',
					filter: { n: { _gt: 100 } } }, null], [{ agg: 'count', filter: { n: { _gt: 100 } } }, 0],
				[{ agg: 'max', field: 'n', filter: { g: 'nope' } }, null],
				[{ agg: 'count', filter: { 'c.name': 'Berlin' } }, 2],
				[{ agg: 'count', field: 'c.name' }, 2],
			])
				assert.deepEqual(await agg(args, face), [{ value }], JSON.stringify(args));
			const [{ value }] = await agg({ agg: 'max', field: 'd' }, face);
			assert.equal(Date.parse(value), Date.parse('2026-03-01T00:00:00Z'));
		});

		test(`groups, the largest first, over ${face}`, async () => {
			assert.deepEqual(await agg({ agg: 'sum', field: 'n', groupBy: 'g' }, face), [
				{ label: null, value: 10 }, { label: 'A', value: 3 }, { label: 'a', value: 3 },
				{ label: 'b', value: -4 },
			]);
			assert.deepEqual(await agg({ agg: 'count', groupBy: 'b' }, face),
				[{ label: false, value: 3 }, { label: true, value: 3 }]);
			assert.deepEqual(await agg({ agg: 'count', groupBy: 'c.name' }, face),
				[{ label: null, value: 4 }, { label: 'Berlin', value: 2 }]);
			assert.deepEqual(await agg({ agg: 'count', groupBy: 'g', limit: 1 }, face),
				[{ label: 'a', value: 2 }]);
			assert.equal((await agg({ agg: 'count', groupBy: 'g', limit: 0 }, face)).length, 1);
			assert.equal((await agg({ agg: 'count', groupBy: 'g', limit: 1000 }, face)).length, 4);
			assert.deepEqual(await agg({ agg: 'count', groupBy: 'g', filter: { n: { _gt: 1000 } } }, face),
				[]);
		});

		test(`refuses what cannot be computed over ${face}`, async () => {
			for (const [args, message] of [
				[{}, /missing required argument "agg"/], [{ agg: 'median' }, /"agg" must be one of/],
				[{ agg: 'COUNT' }, /"agg"/], [{ agg: 'sum' }, /needs a field/],
				[{ agg: 'avg' }, /needs a field/], [{ agg: 'min' }, /needs a field/],
				[{ agg: 'sum', field: 'g' }, /numeric/], [{ agg: 'avg', field: 'd' }, /numeric/],
				[{ agg: 'sum', field: 'b' }, undefined],
				[{ agg: 'sum', field: 'nope' }, /^Unknown field: nope/],
				[{ agg: 'count', field: 'nope' }, /^Unknown field: nope/],
				[{ agg: 'count', groupBy: 'nope' }, /^Unknown field: nope/],
				[{ agg: 'count', groupBy: 'j' }, undefined], [{ agg: 'max', field: 'j' }, undefined],
				[{ agg: 'count', groupBy: 'm' }, undefined],
				[{ agg: 'count', groupBy: 'm.name' }, undefined],
				[{ agg: 'count', groupBy: 'year(d)' }, /^Unknown field/],
				[{ agg: 'count', filter: { nope: 1 } }, /^Cannot filter on field: nope/],
				[{ agg: 'count', limit: 'x' }, /"limit"/],
				[{ agg: 'count', having: {} }, /unknown argument "having"/],
				[{ agg: 'count', groupBy: 'g, n' }, /^Unknown field/],
				[{ agg: 'sum', field: 'n) FROM x --' }, /^Unknown field/],
			])
				refused(await admin.call(face, 'collections.aggregate', { collection: slug, ...args }),
					'VALIDATION', message, JSON.stringify(args));
		});
	}

	test('of large integers nothing is lost', async () => {
		const own = await collection(ws, [{ name: 'n', type: 'integer' }]);
		const raw = (body) => http(`${to.url}/api/items/${own}`,
			{ method: 'POST', key: admin.key, body, headers: { 'content-type': 'application/json' } });
		for (let i = 0; i < 2; i++) assert.equal((await raw('{"n":9223372036854775807}')).status, 201);
		const { text: sum } = await admin.http('POST', `/api/items/${own}/aggregate`,
			{ json: { agg: 'sum', field: 'n' } });
		assert.match(sum, /"value":18446744073709551614\b/);
		const { text: max } = await admin.http('POST', `/api/items/${own}/aggregate`,
			{ json: { agg: 'max', field: 'n' } });
		assert.match(max, /"value":9223372036854775807\b/);
	});

	test('more groups than fit are marked', async () => {
		const own = await collection(ws, [{ name: 'n', type: 'integer' }]);
		await admin.do('collections.bulk_insert', { collection: own,
			rows: Array.from({ length: 60 }, (_, n) => ({ n })) });
		const got = await admin.do('collections.aggregate', { collection: own, agg: 'count', groupBy: 'n' });
		assert.equal(got.data.length, 50);
		assert.equal(got.truncated, true);
	});
});
