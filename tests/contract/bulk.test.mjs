// collections.bulk_insert and collections.bulk_update: many rows in one call, each for itself or all or none.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { client, instance } from './lib.mjs';
import { collection, countRows, FACES, member, NO_ID, refused, role, UUID, workspace } from './world.mjs';

let to, ws, admin;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	admin = ws.admin;
});

const FIELDS = [{ name: 'title', type: 'text', required: true }, { name: 'n', type: 'integer' }];
const insert = (slug, rows, more = {}, face = 'mcp', who = admin) => who.call(face, 'collections.bulk_insert',
	{ collection: slug, rows, ...more });
const update = (slug, updates, more = {}, face = 'mcp', who = admin) => who.call(face,
	'collections.bulk_update', { collection: slug, updates, ...more });
const all = async (slug, sort = 'n') => {
	const rows = [];
	let cursor;
	do {
		const got = await admin.do('collections.list', { collection: slug, sort, limit: 200,
			...(cursor ? { cursor } : {}) });
		rows.push(...got.data);
		cursor = got.next_cursor;
	} while (cursor);
	return rows;
};
const failure = (code, message) => ({ ok: false, error: { code, message } });

describe('collections.bulk_insert', () => {
	for (const face of FACES)
		test(`answers every row in order over ${face}`, async () => {
			const slug = await collection(ws, FIELDS);
			const got = await insert(slug, [{ title: 'a', n: 1 }, { title: 'b' }, { n: 3, title: 'c' }], {},
				face);
			assert.equal(got.isError, false);
			const { total, succeeded, failed, results } = got.data;
			assert.deepEqual([total, succeeded, failed, Object.keys(got.data).length], [3, 3, 0, 4]);
			for (const [i, result] of results.entries()) {
				assert.deepEqual(Object.keys(result), ['ok', 'data']);
				assert.match(result.data.id, UUID);
				assert.deepEqual((await admin.do('collections.read',
					{ collection: slug, id: result.data.id })).data, result.data);
				assert.equal(result.data.title, 'abc'[i]);
			}
			assert.equal(results[1].data.n, null);
			assert.equal(new Set(results.map((r) => r.data.id)).size, 3);
		});

	for (const face of FACES)
		test(`rows stand alone over ${face} (B10)`, async () => {
			const slug = await collection(ws, FIELDS);
			const got = await insert(slug, [{ title: 'a', n: 1 }, { title: 'b', n: 2 }, { n: 3 },
				{ title: 'd', n: 4 }], {}, face);
			assert.deepEqual([got.data.total, got.data.succeeded, got.data.failed, got.isError],
				[4, 3, 1, true]);
			assert.deepEqual(got.data.results.map((r) => r.ok), [true, true, false, true]);
			assert.deepEqual(got.data.results[2], failure('VALIDATION', 'Field "title" is required'));
			assert.deepEqual((await all(slug)).map((r) => r.title), ['a', 'b', 'd']);
		});

	for (const face of FACES)
		test(`every kind of bad row fails for itself over ${face}`, async () => {
			const slug = await collection(ws, [...FIELDS, { name: 'v', type: 'text',
				validation: { minLength: 3 } }]);
			const rows = [
				{ title: 'good', n: 0 }, null, 'text', 7, [], {}, { title: null }, { title: 'x', nope: 1 },
				{ title: 7 }, { title: 'x', n: 'x' }, { title: 'x', v: 'ab' },
				{ title: 'x'.repeat(256) }, { title: 'x', id: NO_ID }, { title: 'x', owner_id: NO_ID },
				{ title: 'good', n: 1 },
			];
			const { data } = await insert(slug, rows, {}, face).catch((e) => assert.fail(e));
			assert.deepEqual([data.total, data.succeeded, data.failed], [rows.length, 2, rows.length - 2]);
			for (const [i, result] of data.results.entries()) {
				assert.equal(result.ok, i === 0 || i === rows.length - 1, `row ${i}`);
				if (!result.ok) assert.equal(result.error.code, 'VALIDATION', `row ${i}`);
			}
			assert.equal(data.results[7].error.message.split(';')[0], 'Unknown field "nope"');
			assert.equal(data.results[10].error.message, 'v: must be at least 3 characters');
			assert.equal(await countRows(ws, slug), 2);
		});

	for (const face of FACES)
		test(`duplicates among the rows and with those that are there over ${face}`, async () => {
			const slug = await collection(ws, [{ name: 'k', type: 'text', unique: true },
				{ name: 'n', type: 'integer' }]);
			await insert(slug, [{ k: 'old', n: -1 }]);
			const rows = ['a', 'b', 'a', 'old', 'c', null, null, 'b'].map((k, n) => ({ k, n }));
			const { data } = await insert(slug, rows, {}, face);
			assert.deepEqual(data.results.map((r) => r.ok), [true, true, false, false, true, true, true,
				false]);
			for (const i of [2, 3, 7]) {
				assert.equal(data.results[i].error.code, 'CONFLICT');
				assert.match(data.results[i].error.message, /^k: /);
			}
			assert.deepEqual((await all(slug)).map((r) => [r.n, r.k]),
				[[-1, 'old'], [0, 'a'], [1, 'b'], [4, 'c'], [5, null], [6, null]]);
		});

	for (const face of FACES)
		test(`relation targets are looked for row by row over ${face}`, async () => {
			const target = await collection(ws, [{ name: 'name', type: 'text' }]);
			const [a, b] = (await insert(target, [{ name: 'a' },
				{ name: 'b' }])).data.results.map((r) => r.data.id);
			const slug = await collection(ws, [{ name: 'n', type: 'integer' },
				{ name: 'one', type: 'relation', to: target },
				{ name: 'many', type: 'relation_many', to: target }]);
			const rows = [
				{ n: 0, one: a }, { n: 1, one: NO_ID }, { n: 2, many: [a, b] }, { n: 3, many: [b, NO_ID] },
				{ n: 4, one: b, many: [] }, { n: 5, one: 'x' }, { n: 6, one: null, many: null }, { n: 7 },
			];
			const { data } = await insert(slug, rows, {}, face);
			assert.deepEqual(data.results.map((r) => r.ok), [true, false, true, false, true, false, true,
				true]);
			const missing = failure('VALIDATION',
				`Relation target "${target}" has no row(s) with id: ${NO_ID}`);
			assert.deepEqual([data.results[1], data.results[3]], [missing, missing]);
			assert.deepEqual((await all(slug)).map((r) => r.n), [0, 2, 4, 6, 7]);
		});

	for (const face of FACES)
		test(`atomic is all or none over ${face}`, async () => {
			const slug = await collection(ws, [...FIELDS, { name: 'k', type: 'text', unique: true }]);
			const good = Array.from({ length: 5 }, (_, n) => ({ title: `t${n}`, n, k: `k${n}` }));
			const done = await insert(slug, good, { atomic: true }, face);
			assert.deepEqual([done.data.succeeded, done.isError], [5, false]);
			for (const [bad, code, message] of [
				[{ n: 9 }, 'VALIDATION', /^rows\[5\]: Field "title" is required; nothing was written/],
				[{ title: 'x', k: 'k3' }, 'CONFLICT', /^rows\[5\]: k: .*nothing was written/],
				[{ title: 'x', nope: 1 }, 'VALIDATION', /^rows\[5\]: Unknown field "nope"/],
				['x', 'VALIDATION', /^rows\[5\]: /],
			]) {
				const fresh = good.map((row) => ({ ...row, k: `${row.k}${code}${message}` .slice(0, 100) }));
				refused(await insert(slug, [...fresh, bad, { title: 'after' }], { atomic: true }, face), code,
					message);
			}
			// a duplicate among the rows themselves
			refused(await insert(slug, [{ title: 'x', k: 'same' }, { title: 'y', k: 'same' }],
				{ atomic: true }, face), 'CONFLICT', /^rows\[1\]: k: /);
			assert.equal(await countRows(ws, slug), 5);
		});

	test('rows of different fields take their own defaults', async () => {
		const slug = await collection(ws, [
			{ name: 'n', type: 'integer' }, { name: 'd', type: 'text', default: 'default' },
			{ name: 'b', type: 'boolean' }, { name: 'j', type: 'json' },
		]);
		const { data } = await insert(slug, [{ n: 1 }, { n: 2, d: 'given' }, { n: 3, d: null, j: [1] },
			{ n: 4, b: false }]);
		assert.deepEqual(data.results.map(({ data: r }) => [r.n, r.d, r.b, r.j]), [
			[1, 'default', null, null], [2, 'given', null, null], [3, null, null, [1]],
			[4, 'default', false, null],
		]);
	});

	for (const face of FACES)
		test(`up to 200 rows come back whole, more as ids, over ${face}`, async () => {
			const slug = await collection(ws, FIELDS);
			const rows = (n) => Array.from({ length: n }, (_, i) => ({ title: 'x', n: i }));
			const small = await insert(slug, rows(200), {}, face);
			assert.ok(small.data.results.every((r) => r.data?.title === 'x'));
			const large = await insert(slug, rows(201), {}, face);
			for (const result of large.data.results) {
				assert.deepEqual(Object.keys(result), ['ok', 'id']);
				assert.match(result.id, UUID);
			}
			assert.equal(await countRows(ws, slug), 401);
		});

	for (const face of FACES)
		test(`10,000 rows in one call over ${face}`, async () => {
			const slug = await collection(ws, [{ name: 'title', type: 'text', required: true },
				{ name: 'n', type: 'integer', unique: true }]);
			const rows = Array.from({ length: 10000 }, (_, n) => ({ title: `row ${n}`, n }));
			rows[17] = { n: 17 };
			rows[1500].n = 3;
			rows[9999].n = 1234;
			const got = await insert(slug, rows, {}, face);
			assert.deepEqual([got.data.total, got.data.succeeded, got.data.failed, got.isError],
				[10000, 9997, 3, true]);
			assert.deepEqual(got.data.results.flatMap((r, i) => (r.ok ? [] : [i])), [17, 1500, 9999]);
			assert.equal(new Set(got.data.results.filter((r) => r.ok).map((r) => r.id)).size, 9997);
			assert.equal(await countRows(ws, slug), 9997);
			const { data } = await admin.do('collections.aggregate',
				{ collection: slug, agg: 'sum', field: 'n' });
			assert.equal(data[0].value, (9999 * 10000) / 2 - 17 - 1500 - 9999);
			// the order of results is that of the rows
			const read = await admin.do('collections.read', { collection: slug,
				id: got.data.results[5000].id });
			assert.equal(read.data.n, 5000);
			refused(await insert(slug, [...rows, { title: 'one too many' }], {}, face), 'VALIDATION',
				/at most 10000 rows/);
			assert.equal(await countRows(ws, slug), 9997);
		});

	test('more than one packet of bytes', async () => {
		const slug = await collection(ws, [{ name: 'n', type: 'integer' }, { name: 'l', type: 'longtext' }]);
		const rows = Array.from({ length: 48 }, (_, n) => ({ n, l: String(n % 10).repeat(100000) }));
		const got = await insert(slug, rows);
		assert.equal(got.data.succeeded, 48);
		const { data } = await admin.do('collections.aggregate',
			{ collection: slug, agg: 'count', filter: { l: { _starts_with: '7'.repeat(1000) } } });
		assert.equal(data[0].value, 5); // 7, 17, 27, 37, 47
		assert.ok(JSON.stringify(got.data).length < 400000, 'the answer is no echo of 5 MB');
	});

	for (const face of FACES)
		test(`no rows, and what is no list, over ${face}`, async () => {
			const slug = await collection(ws, FIELDS);
			const got = await insert(slug, [], {}, face);
			assert.deepEqual(got.data, { total: 0, succeeded: 0, failed: 0, results: [] });
			for (const rows of [{}, 'x', 7, true, { 0: { title: 'x' }, length: 1 }])
				refused(await insert(slug, rows, {}, face), 'VALIDATION', /rows/, JSON.stringify(rows));
			refused(await admin.call(face, 'collections.bulk_insert', { collection: slug }), 'VALIDATION',
				/missing required argument "rows"/);
			refused(await insert(slug, [{ title: 'x' }], { atomic: 'yes' }, face), 'VALIDATION', /"atomic"/);
			refused(await insert(slug, [{ title: 'x' }], { upsert: true }, face), 'VALIDATION',
				/unknown argument "upsert"/);
			assert.equal(await countRows(ws, slug), 0);
		});

	test('is one entry in the log', async () => {
		const slug = await collection(ws, FIELDS);
		const { data } = await insert(slug, [{ title: 'a' }, { n: 1 }, { title: 'b' }]);
		const log = (await admin.do('activity.search', { collection: slug, action: 'item.' })).data;
		assert.equal(log.length, 1);
		assert.equal(log[0].action, 'item.create');
		assert.equal(log[0].payload.count, 2);
		assert.deepEqual(log[0].payload.ids, [data.results[0].data.id, data.results[2].data.id]);
	});

	test('writers at the same time do not lose or double a row', async () => {
		const slug = await collection(ws, [{ name: 'k', type: 'integer', unique: true }]);
		const batches = [0, 1, 2, 3].map((b) => Array.from({ length: 300 }, (_, i) => ({ k: i + b * 100 })));
		const got = await Promise.all(batches.map((rows, i) => insert(slug, rows, {}, FACES[i % 2])));
		for (const g of got) assert.ok(g.data, g.message);
		const keys = (await all(slug, 'k')).map((r) => r.k);
		assert.deepEqual(keys, Array.from({ length: 600 }, (_, i) => i));
		assert.equal(got.reduce((sum, g) => sum + g.data.succeeded, 0), 600);
		for (const g of got) for (const r of g.data.results) if (!r.ok) assert.equal(r.error.code, 'CONFLICT',
			JSON.stringify(r));
	});
});

describe('collections.bulk_update', () => {
	async function seeded(n = 4, fields = FIELDS) {
		const slug = await collection(ws, fields);
		const { data } = await insert(slug, Array.from({ length: n }, (_, i) => ({ title: `t${i}`, n: i })));
		return { slug, ids: data.results.map((r) => r.data?.id ?? r.id) };
	}

	for (const face of FACES)
		test(`changes rows and answers them over ${face} (B11)`, async () => {
			const { slug, ids } = await seeded();
			const got = await update(slug, [{ id: ids[2], data: { title: 'two' } },
				{ id: ids[0], data: { n: null } }], {}, face);
			assert.deepEqual([got.data.total, got.data.succeeded, got.data.failed, got.isError],
				[2, 2, 0, false]);
			assert.deepEqual(got.data.results.map(({ data: r }) => [r.id, r.title, r.n]),
				[[ids[2], 'two', 2], [ids[0], 't0', null]]);
			assert.deepEqual((await all(slug, 'id')).map((r) => [r.title, r.n]),
				[['t0', null], ['t1', 1], ['two', 2], ['t3', 3]]);
		});

	for (const face of FACES)
		test(`rows stand alone over ${face}`, async () => {
			const { slug, ids } = await seeded();
			const updates = [
				{ id: ids[0], data: { title: 'good' } }, { data: { title: 'x' } },
				{ id: null, data: { title: 'x' } }, { id: 7, data: { title: 'x' } },
				{ id: NO_ID, data: { title: 'x' } },
				{ id: 'x', data: { title: 'x' } }, { id: ids[1] }, { id: ids[1], data: {} },
				{ id: ids[1], data: null }, { id: ids[1], data: [] },
				{ id: ids[1], data: { title: null } },
				{ id: ids[1], data: { nope: 1 } }, { id: ids[1], data: { n: 'x' } },
				{ id: ids[1], data: { id: NO_ID } }, { id: ids[1], title: 'x' }, null, 'x', [],
				{ id: ids[3], data: { title: 'good' } },
			];
			const { data, isError } = await update(slug, updates, {}, face);
			assert.equal(isError, true);
			for (const [i, r] of data.results.entries()) {
				const good = i === 0 || i === updates.length - 1;
				assert.equal(r.ok, good, `update ${i}: ${JSON.stringify(r)}`);
				if (i === 4) assert.deepEqual(r, failure('NOT_FOUND', 'Item not found'));
				else if (i === 3 || i === 5) assert.ok(['NOT_FOUND', 'VALIDATION'].includes(r.error.code));
				else if (!good) assert.equal(r.error.code, 'VALIDATION', `update ${i}: ${JSON.stringify(r)}`);
			}
			assert.deepEqual((await all(slug)).map((r) => r.title), ['good', 't1', 't2', 'good']);
		});

	for (const face of FACES)
		test(`atomic is all or none over ${face}`, async () => {
			const { slug, ids } = await seeded();
			for (const [bad, code, message] of [
				[{ id: NO_ID, data: { title: 'x' } }, 'NOT_FOUND',
					/^updates\[1\]: Item not found; nothing was written/],
				[{ id: ids[1], data: { n: 'x' } }, 'VALIDATION', /^updates\[1\]: n: /],
				[{ id: ids[1], data: { title: null } }, 'VALIDATION',
					/^updates\[1\]: Field "title" is required/],
			])
				refused(await update(slug, [{ id: ids[0], data: { title: 'changed' } }, bad,
					{ id: ids[2], data: { title: 'changed' } }], { atomic: true }, face), code, message);
			assert.deepEqual((await all(slug)).map((r) => r.title), ['t0', 't1', 't2', 't3']);
			const done = await update(slug, ids.map((id) => ({ id, data: { title: 'all' } })),
				{ atomic: true }, face);
			assert.equal(done.data.succeeded, 4);
			assert.deepEqual((await all(slug)).map((r) => r.title), ['all', 'all', 'all', 'all']);
		});

	for (const face of FACES)
		test(`the same row twice: in order over ${face}`, async () => {
			const { slug, ids } = await seeded(2);
			const { data } = await update(slug, [
				{ id: ids[0], data: { title: 'first', n: 10 } }, { id: ids[1], data: { title: 'other' } },
				{ id: ids[0].toUpperCase(), data: { title: 'second' } },
			], {}, face);
			assert.equal(data.succeeded, 3);
			const row = (await admin.do('collections.read', { collection: slug, id: ids[0] })).data;
			assert.deepEqual([row.title, row.n], ['second', 10]);
		});

	for (const face of FACES)
		test(`unique values over ${face}`, async () => {
			const { slug, ids } = await seeded(3, [{ name: 'title', type: 'text', unique: true },
				{ name: 'n', type: 'integer' }]);
			const { data } = await update(slug, [
				{ id: ids[0], data: { title: 't1' } }, { id: ids[1], data: { title: 'free' } },
				{ id: ids[2], data: { title: 't1' } },
			], {}, face);
			// one after the other: t1 is taken, then given up, then free
			assert.deepEqual(data.results.map((r) => r.ok), [false, true, true]);
			assert.equal(data.results[0].error.code, 'CONFLICT');
			assert.deepEqual((await all(slug)).map((r) => r.title), ['t0', 'free', 't1']);
		});

	test('a rule on the row sees what is stored', async () => {
		const slug = await collection(ws, [
			{ name: 'n', type: 'integer' }, { name: 'to', type: 'integer',
				validation: { rule: { to: { _gte: { $field: 'n' } } }, message: 'must not be before n' } },
		]);
		const { data } = await insert(slug, [{ n: 1, to: 2 }, { n: 5, to: 9 }, { n: 9, to: 1 }]);
		assert.deepEqual(data.results[2], failure('VALIDATION', 'to: must not be before n'));
		const ids = data.results.slice(0, 2).map((r) => r.data.id);
		const got = await update(slug, [{ id: ids[0], data: { n: 3 } }, { id: ids[1], data: { to: 5 } },
			{ id: ids[0], data: { n: 2 } }]);
		assert.deepEqual(got.data.results.map((r) => r.ok), [false, true, true]);
	});

	test('10,000 rows in one call', async () => {
		const slug = await collection(ws, FIELDS);
		const made = await insert(slug, Array.from({ length: 10000 }, (_, n) => ({ title: 'x', n })));
		const updates = made.data.results.map((r, n) => ({ id: r.id,
			data: { n: n + 1, ...(n % 2 ? { title: 'odd' } : {}) } })).reverse();
		updates[5] = { id: NO_ID, data: { n: 1 } };
		const got = await update(slug, updates);
		assert.deepEqual([got.data.total, got.data.succeeded, got.data.failed], [10000, 9999, 1]);
		assert.deepEqual(got.data.results[5], failure('NOT_FOUND', 'Item not found'));
		assert.deepEqual(Object.keys(got.data.results[6]), ['ok', 'id']);
		const { data } = await admin.do('collections.aggregate',
			{ collection: slug, agg: 'count', groupBy: 'title' });
		assert.deepEqual(data, [{ label: 'odd', value: 5000 }, { label: 'x', value: 5000 }]);
		refused(await update(slug, [...updates, { id: NO_ID, data: { n: 1 } }]), 'VALIDATION',
			/at most 10000 rows/);
	});

	test('two at once in opposite order both get through', async () => {
		const { slug, ids } = await seeded(300);
		for (let i = 0; i < 3; i++) {
			const [one, two] = await Promise.all([
				update(slug, ids.map((id) => ({ id, data: { title: 'one' } })), {}, 'mcp'),
				update(slug, [...ids].reverse().map((id) => ({ id, data: { title: 'two' } })), {}, 'rest'),
			]);
			for (const got of [one, two]) assert.equal(got.data?.succeeded, 300, got.message);
			const titles = new Set((await all(slug)).map((r) => r.title));
			assert.equal(titles.size, 1, 'one of the two came last, with all its rows');
		}
	});

	for (const face of FACES)
		test(`what is no list over ${face}`, async () => {
			const { slug } = await seeded(1);
			assert.deepEqual((await update(slug, [], {}, face)).data,
				{ total: 0, succeeded: 0, failed: 0, results: [] });
			for (const updates of [{}, 'x', 7]) refused(await update(slug, updates, {}, face), 'VALIDATION',
				/updates/);
			refused(await admin.call(face, 'collections.bulk_update', { collection: slug }), 'VALIDATION',
				/missing required argument "updates"/);
			refused(await admin.call(face, 'collections.bulk_update',
				{ collection: slug, filter: {}, data: { title: 'x' } }), 'VALIDATION', /unknown argument/);
		});
});

describe('members', () => {
	for (const face of FACES)
		test(`write only the fields they may, row by row, over ${face}`, async () => {
			const slug = await collection(ws, [{ name: 'a', type: 'text' }, { name: 'b', type: 'text' },
				{ name: 'secret', type: 'text' }]);
			const person = await member(ws, { roles: [(await role(ws,
				{ [slug]: { create: ['a'], update: ['a'], read: ['a', 'b'] } })).id] });
			const got = await insert(slug, [{ a: 'x' }, { a: 'x', b: 'y' }, { a: 'x', secret: 'y' },
				{ a: 'x', secxet: 'y' }], {}, face, person);
			assert.deepEqual(got.data.results.map((r) => r.ok), [true, false, false, false]);
			assert.deepEqual(got.data.results[1], failure('FORBIDDEN', 'No permission to write field "b"'));
			assert.equal(got.data.results[2].error.message.replace('secret', 'secxet'),
				got.data.results[3].error.message);
			assert.deepEqual(Object.keys(got.data.results[0].data).sort(),
				['a', 'b', 'createdAt', 'id', 'updatedAt']);
			const { id } = got.data.results[0].data;
			const changed = await update(slug, [{ id, data: { a: 'z' } }, { id, data: { b: null } },
				{ id: NO_ID, data: { a: 'z' } }], {}, face, person);
			assert.deepEqual(changed.data.results.map((r) => r.ok), [true, false, false]);
			assert.deepEqual(changed.data.results[1], failure('FORBIDDEN',
				'No permission to write field "b"'));
			refused(await insert(slug, [{ a: 'x' }, { b: 'x' }], { atomic: true }, face, person), 'FORBIDDEN',
				/^rows\[1\]: No permission to write field "b"/);
			assert.equal(await countRows(ws, slug), 1);
		});
});

test('isError is stated over MCP, true or false', async () => {
	const slug = await collection(ws, FIELDS);
	const call = (rows) => client(to, { key: admin.key }).result('tools/call',
		{ name: 'collections.bulk_insert', arguments: { collection: slug, rows } });
	assert.equal((await call([{ title: 'x' }])).isError, false);
	assert.equal((await call([{ n: 1 }])).isError, true);
	assert.equal((await call([])).isError, false);
});
