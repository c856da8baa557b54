// Pages of collections.list: limits, cursors, counts and the size of an answer.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { instance } from './lib.mjs';
import { collection, FACES, refused, workspace } from './world.mjs';

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

describe('pages', () => {
	let slug;
	const N = 230;

	before(async () => {
		slug = await collection(ws, [{ name: 'k', type: 'integer' }, { name: 'g', type: 'integer' },
			text('t')]);
		const rows = Array.from({ length: N }, (_, k) => ({ k, g: k % 7 === 0 ? null : k % 3,
			t: `t${k % 5}` }));
		await admin.do('collections.bulk_insert', { collection: slug, rows });
	});

	for (const face of FACES) {
		test(`limit and offset over ${face}`, async () => {
			const page = async (args) => {
				const got = await list(slug, { sort: 'k', ...args }, face);
				return [got.data.map((r) => r.k), got.limit, got.offset, got.has_more];
			};
			const range = (from, n) => Array.from({ length: Math.max(0, Math.min(n, N - from)) },
				(_, i) => from + i);
			assert.deepEqual(await page({}), [range(0, 50), 50, 0, true]);
			assert.deepEqual(await page({ limit: 1 }), [[0], 1, 0, true]);
			assert.deepEqual(await page({ limit: 200 }), [range(0, 200), 200, 0, true]);
			assert.deepEqual(await page({ limit: 200, offset: 30 }), [range(30, 200), 200, 30, false]);
			assert.deepEqual(await page({ limit: 10, offset: 225 }), [range(225, 5), 10, 225, false]);
			assert.deepEqual(await page({ offset: N }), [[], 50, N, false]);
			assert.deepEqual(await page({ offset: 1000000000 }), [[], 50, 1000000000, false]);
			// out of range: the nearer bound
			for (const limit of [0, -1, -1000000]) assert.deepEqual(await page({ limit }), [[0], 1, 0, true],
				String(limit));
			for (const limit of [201, 1000000000, 9007199254740991]) assert.deepEqual(await page({ limit }),
				[range(0, 200), 200, 0, true], String(limit));
			for (const limit of ['x', '', '5,5', '0x10', '1e2', 1.5, '1 OR 1=1', '٣'])
				refused(await tryList(slug, { limit }, face), 'VALIDATION', /"limit" must be an integer/,
					String(limit));
			for (const offset of ['x', 1.5, -5]) refused(await tryList(slug, { offset }, face), 'VALIDATION',
				/"offset"/, String(offset));
		});

		test(`a cursor walks through all rows once over ${face}`, async () => {
			for (const [sort, key] of [
				['k', (r) => r.k], ['-k', (r) => -r.k], ['g', undefined], ['-g', undefined],
				['t,-g', undefined], ['-t,g,k', undefined], [undefined, undefined],
				['-created_at', undefined],
			]) {
				const seen = [];
				let cursor, pages = 0, last;
				do {
					const got = await list(slug, { limit: 37, ...(sort ? { sort } : {}),
						...(cursor ? { cursor } : {}) }, face);
					seen.push(...got.data);
					assert.equal(got.has_more, 'next_cursor' in got);
					cursor = got.next_cursor;
					last = got;
					if (cursor) assert.match(cursor, /^[A-Za-z0-9_-]+$/, 'base64url');
					assert.ok(++pages < 20);
				} while (cursor);
				assert.equal(pages, Math.ceil(N / 37), sort);
				assert.equal(last.has_more, false);
				assert.equal(new Set(seen.map((r) => r.id)).size, N, `${sort}: every row once`);
				if (key) assert.deepEqual(seen.map(key), seen.map(key).sort((a, b) => a - b));
				// the same order as in one go
				const whole = [];
				for (const offset of [0, 200]) whole.push(...(await list(slug,
					{ limit: 200, offset, ...(sort ? { sort } : {}) }, face)).data);
				if (sort) assert.deepEqual(seen.map((r) => r.id), whole.map((r) => r.id), sort);
			}
		});

		test(`a cursor belongs to its query over ${face}`, async () => {
			const { next_cursor: cursor } = await list(slug, { limit: 10, sort: 'k', filter: { t: 't1' } },
				face);
			assert.ok((await tryList(slug, { limit: 20, sort: 'k', filter: { t: 't1' }, cursor }, face)).ok,
				'the limit may change');
			const other = await collection(ws, [{ name: 'k', type: 'integer' }, text('t')]);
			const broken = cursor.slice(0, -2) + (cursor.endsWith('AA') ? 'BB' : 'AA');
			for (const [on, args] of [
				[slug, { sort: '-k', filter: { t: 't1' } }], [slug, { filter: { t: 't1' } }],
				[slug, { sort: 'k', filter: { t: 't2' } }], [slug, { sort: 'k' }],
				[slug, { sort: 'k', filter: { t: 't1' }, q: 't' }],
				[other, { sort: 'k', filter: { t: 't1' } }],
				[slug, { sort: 'k', filter: { t: 't1' }, cursor: broken }],
				[slug, { sort: 'k', filter: { t: 't1' }, cursor: 'x' }],
				[slug, { sort: 'k', filter: { t: 't1' }, cursor: "' OR 1=1" }],
				[slug, { sort: 'k', filter: { t: 't1' }, cursor: 'A'.repeat(5000) }],
				[slug, { sort: 'k', filter: { t: 't1' }, offset: 5 }],
			])
				refused(await tryList(on, { cursor, ...args }, face), 'VALIDATION', undefined,
					JSON.stringify(args));
		});

		test(`counts come when asked for over ${face}`, async () => {
			const meta = async (args) => (await list(slug, { limit: 1, ...args }, face)).meta;
			const filter = { t: 't1' };
			for (const all of [true, '*']) assert.deepEqual(await meta({ filter, meta: all }),
				{ filter_count: N / 5, total_count: N });
			assert.deepEqual(await meta({ filter, meta: 'filter_count' }), { filter_count: N / 5 });
			assert.deepEqual(await meta({ filter, meta: 'total_count' }), { total_count: N });
			assert.deepEqual(await meta({ filter, meta: 'filter_count,total_count' }),
				{ filter_count: N / 5, total_count: N });
			assert.deepEqual(await meta({ filter: { k: -1 }, meta: '*' }),
				{ filter_count: 0, total_count: N });
			assert.deepEqual(await meta({ q: 't1', meta: '*' }), { filter_count: N / 5, total_count: N });
			for (const none of [undefined, false]) assert.equal(await meta({ meta: none }), undefined);
			for (const bad of ['x', 'count', 'filter_count;x']) refused(await tryList(slug, { meta: bad },
				face), 'VALIDATION', /meta/);
		});
	}

	test('a cursor stands on values of every type, missing ones too', async () => {
		const target = await collection(ws, [text('name')]);
		const ids = [];
		for (const name of ['b', 'a', null, 'a']) ids.push((await insert(target, { name })).id);
		const own = await collection(ws, [
			text('t'), text('ti', { indexed: true }), { name: 'l', type: 'longtext' },
			{ name: 'i', type: 'integer' }, { name: 'f', type: 'number' }, { name: 'b', type: 'boolean' },
			{ name: 'd', type: 'timestamp' }, { name: 'u', type: 'uuid' },
			{ name: 'r', type: 'relation', to: target },
		], { indexes: [{ fields: ['b', 'f'] }] });
		const long = 'x'.repeat(300);
		const values = {
			t: ['', 'a', 'A', 'ä', '😀', 'a ', "'", '\\', null], ti: ['', 'a', 'a ', null, 'Ä'],
			l: [long, `${long}a`, `${long}b`, '', null, 'x'],
			i: [0, -1, 1, 9007199254740991, -9007199254740991, null],
			f: [0, 0.1, 0.30000000000000004, -0.1, 1e300, -1e300, 1e-300, 123456.789, null],
			b: [true, false, null],
			d: ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000001Z', '1000-01-01T00:00:00Z',
				'9999-12-31T23:59:59.999999Z', null],
			u: ['01890a5d-ac96-774b-bcce-b302099a8057', '00000000-0000-0000-0000-000000000000',
				'ffffffff-ffff-ffff-ffff-ffffffffffff', '01890a5d-ac96-474b-bcce-b302099a8057', null],
				r: [...ids, null],
		};
		const rows = Array.from({ length: 60 },
			(_, n) => Object.fromEntries(Object.entries(values).map(([name, list_]) => [name,
			list_[(n * 7 + name.charCodeAt(0)) % list_.length]])));
		for (const row of rows) if (row.f === 0.30000000000000004) row.f = 0.3;
		const { failed, results } = await admin.do('collections.bulk_insert', { collection: own, rows });
		assert.equal(failed, 0, JSON.stringify(results.find((r) => !r.ok)));
		const sorts = [...Object.keys(values), 'r.name', 'r.created_at', 'b,f', 'f,b,t', 'u,-d', '-r.name,l'];
		for (const [n, sort] of [...sorts,
			...sorts.map((k) => (k.startsWith('-') ? k.slice(1) : `-${k}`))].entries()) {
			const face = FACES[n % 2];
			const whole = (await list(own, { sort, limit: 200, fields: ['i'] }, face)).data.map((r) => r.id);
			assert.equal(new Set(whole).size, 60);
			for (const filter of [undefined, { b: true }]) {
				const want = filter ? (await list(own, { sort, limit: 200, fields: ['i'], filter },
					face)).data.map((r) => r.id) : whole;
				const seen = [];
				let cursor;
				do {
					const got = await list(own, { sort, limit: 7, fields: ['i'],
						...(filter ? { filter } : {}), ...(cursor ? { cursor } : {}) }, face);
					seen.push(...got.data.map((r) => r.id));
					cursor = got.next_cursor;
				} while (cursor && seen.length < 100);
				assert.deepEqual(seen, want, `${sort} ${JSON.stringify(filter)}`);
			}
		}
	});

	test('a page goes on where it ended, whatever was written meanwhile', async () => {
		const own = await collection(ws, [{ name: 'k', type: 'integer' }]);
		for (const k of [10, 20, 30, 40]) await insert(own, { k });
		const first = await list(own, { sort: 'k', limit: 2 });
		await insert(own, { k: 5 });
		await insert(own, { k: 25 });
		await admin.do('collections.delete', { collection: own, id: first.data[1].id });
		const second = await list(own, { sort: 'k', limit: 10, cursor: first.next_cursor });
		assert.deepEqual(second.data.map((r) => r.k), [25, 30, 40]);
	});

	test('an answer is cut at 64 KiB, and its cursor goes on', async () => {
		const own = await collection(ws, [{ name: 'k', type: 'integer' }, { name: 'l', type: 'longtext' },
			{ name: 'r', type: 'relation', to: slug }]);
		const target = (await list(slug, { limit: 1 })).data[0].id;
		await admin.do('collections.bulk_insert', {
			collection: own, rows: Array.from({ length: 60 },
				(_, k) => ({ k, l: 'ü'.repeat(1500), r: target })),
		});
		for (const face of FACES)
			for (const more of [{}, { expand: ['r'] }]) {
				const seen = [];
				let cursor;
				do {
					const got = await list(own, { sort: 'k', limit: 200, ...more,
						...(cursor ? { cursor } : {}) }, face);
					assert.ok(Buffer.byteLength(JSON.stringify(got)) <= 65536,
						`${Buffer.byteLength(JSON.stringify(got))} bytes`);
					seen.push(...got.data.map((r) => r.k));
					assert.equal(got.truncated ?? false, got.has_more, 'cut means more');
					cursor = got.next_cursor;
				} while (cursor);
				assert.deepEqual(seen, Array.from({ length: 60 }, (_, k) => k));
			}
		// a row that alone is larger is given whole
		const { id } = await insert(own, { k: 100, l: 'x'.repeat(300000) });
		const got = await list(own, { sort: '-k', limit: 5 });
		assert.deepEqual(got.data.map((r) => r.k), [100]);
		assert.equal(got.truncated, true);
		assert.equal(got.data[0].l.length, 300000);
		assert.equal((await admin.do('collections.read', { collection: own, id })).data.l.length, 300000);
		const next = await list(own, { sort: '-k', limit: 2, cursor: got.next_cursor });
		assert.deepEqual(next.data.map((r) => r.k), [59, 58]);
	});
});
