// collections.*: rows, and every way to find them.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { http, instance, unique } from './lib.mjs';
import { Caller, collection, countRows, FACES, member, NO_ID, refused, role, sql, TIME, UUID, workspace } from './world.mjs';

let to, ws, admin;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	admin = ws.admin;
});

const text = (name, more = {}) => ({ name, type: 'text', ...more });
const insert = async (slug, data) => (await admin.do('collections.insert', { collection: slug, data })).data;
const list = (slug, args = {}, face = 'mcp') => admin.do('collections.list', { collection: slug, ...args }, face);
const tryList = (slug, args, face = 'mcp', who = admin) => who.call(face, 'collections.list', { collection: slug, ...args });

describe('one row', () => {
	for (const face of FACES)
		test(`is inserted, read, changed and deleted over ${face} (B4)`, async () => {
			const slug = await collection(ws, [text('title', { required: true }), { name: 'views', type: 'integer' }]);
			const { data } = await admin.do('collections.insert', { collection: slug, data: { title: 'One', views: 3 } }, face);
			assert.match(data.id, UUID);
			assert.match(data.createdAt, TIME);
			assert.equal(data.updatedAt, data.createdAt);
			assert.deepEqual(data, { id: data.id, title: 'One', views: 3, createdAt: data.createdAt, updatedAt: data.updatedAt });
			assert.deepEqual(await admin.do('collections.read', { collection: slug, id: data.id }, face), { data });
			const changed = (await admin.do('collections.update', { collection: slug, id: data.id, data: { title: 'Eins' } }, face)).data;
			assert.deepEqual({ ...changed, updatedAt: 0 }, { ...data, title: 'Eins', updatedAt: 0 });
			assert.ok(changed.updatedAt > data.updatedAt);
			const cleared = (await admin.do('collections.update', { collection: slug, id: data.id, data: { views: null } }, face)).data;
			assert.equal(cleared.views, null);
			assert.deepEqual(await admin.do('collections.delete', { collection: slug, id: data.id }, face), { ok: true });
			for (const [tool, args] of [['collections.read', {}], ['collections.update', { data: { views: 1 } }], ['collections.delete', {}]])
				refused(await admin.call(face, tool, { collection: slug, id: data.id, ...args }), 'NOT_FOUND', 'Item not found');
			assert.equal(await countRows(ws, slug), 0);
		});

	for (const face of FACES)
		test(`is not found by what is no id over ${face}`, async () => {
			const slug = await collection(ws, [text('a')]);
			const { id } = await insert(slug, { a: 'x' });
			for (const bad of [NO_ID, 'x', '0', "' OR 1=1 -- ", '%', `${id}x`, id.slice(0, -1), '../roles', 'ü', `${id} `, '*'])
				for (const [tool, args] of [['collections.read', {}], ['collections.update', { data: { a: 'y' } }], ['collections.delete', {}]])
					refused(await admin.call(face, tool, { collection: slug, id: bad, ...args }), 'NOT_FOUND', 'Item not found', bad);
			assert.deepEqual((await list(slug)).data.map((r) => r.a), ['x']);
			// the same id in upper case is the same row
			assert.equal((await admin.do('collections.read', { collection: slug, id: id.toUpperCase() }, face)).data.id, id);
			for (const args of [{ collection: slug }, { id }, {}])
				refused(await admin.mcp('collections.read', args), 'VALIDATION', /missing required argument/);
			refused(await admin.mcp('collections.read', { collection: slug, id: '' }), 'VALIDATION', /"id" must not be empty/);
			refused(await admin.mcp('collections.read', { collection: slug, id: 'x'.repeat(192) }), 'VALIDATION', /"id"/);
		});

	for (const face of FACES)
		test(`is written with known fields and right values only over ${face} (B5, G10, 8.1)`, async () => {
			const slug = await collection(ws, [text('title', { required: true }), { name: 'views', type: 'integer' }]);
			const row = await insert(slug, { title: 'x' });
			const cases = [
				[{}, 'VALIDATION', 'Field "title" is required'],
				[{ title: null }, 'VALIDATION', 'Field "title" is required'],
				[{ title: 'x', nope: 1 }, 'VALIDATION', /^Unknown field "nope"; fields to write are: title, views$/],
				// unknown before missing
				[{ nope: 1 }, 'VALIDATION', /^Unknown field "nope"/],
				// missing before a wrong type
				[{ views: 'x' }, 'VALIDATION', 'Field "title" is required'],
				...['id', 'owner_id', 'ownerId', 'created_at', 'createdAt', 'updated_at', 'updatedAt', 'version', 'tenant_id', 'Title', 'title ', '__proto__x', 'constructor', 'f_1', 'title\\u0000'].map(
					(name) => [{ title: 'x', [name]: 'x' }, 'VALIDATION', /^Unknown field "/],
				),
			];
			for (const [data, code, message] of cases)
				refused(await admin.call(face, 'collections.insert', { collection: slug, data }), code, message, JSON.stringify(data));
			for (const [data, message] of [
				[{ nope: 1 }, /^Unknown field "nope"/], [{ id: NO_ID }, /^Unknown field "id"/], [{ owner_id: NO_ID }, /^Unknown field "owner_id"/],
				[{ title: null }, 'Field "title" is required'], [{ views: 1.5 }, 'views: must be an integer'], [{}, /at least one field/],
			])
				refused(await admin.call(face, 'collections.update', { collection: slug, id: row.id, data }), 'VALIDATION', message, JSON.stringify(data));
			assert.deepEqual((await list(slug)).data, [row], 'nothing was written');
			for (const data of [[], 'x', 7, true])
				refused(await admin.mcp('collections.insert', { collection: slug, data }), 'VALIDATION', /"data" must be an object/);
			refused(await admin.mcp('collections.insert', { collection: slug }), 'VALIDATION', /missing required argument "data"/);
			refused(await admin.mcp('collections.insert', { collection: slug, data: { title: 'x' }, id: NO_ID }), 'VALIDATION', /unknown argument "id"/);
		});

	for (const face of FACES)
		test(`names its collection exactly over ${face}`, async () => {
			const slug = await collection(ws, [text('a')]);
			for (const name of [unique('none'), slug.toUpperCase(), `${slug} `, `${slug}'`, 'system_files', '*', 'coffer_user', '..'])
				for (const [tool, args] of [
					['collections.list', {}], ['collections.read', { id: NO_ID }], ['collections.insert', { data: {} }],
					['collections.update', { id: NO_ID, data: {} }], ['collections.delete', { id: NO_ID }],
					['collections.bulk_insert', { rows: [{}] }], ['collections.bulk_update', { updates: [{ id: NO_ID, data: {} }] }],
					['collections.aggregate', { agg: 'count' }],
				]) {
					if (face === 'rest' && name === '..') continue; // web servers take it out of the path
					refused(await admin.call(face, tool, { collection: name, ...args }), 'NOT_FOUND', 'Collection not found', `${tool} ${name}`);
				}
		});
});

// ---- a collection of all types, and what the filter language says about it ----

const ROWS = [
	{ n: 0, t: 'alpha', l: 'The quick brown fox', i: 1, f: 1.5, b: true, d: '2026-01-01T00:00:00Z', u: '01890a5d-ac96-774b-bcce-b302099a8057' },
	{ n: 1, t: 'Alpha', l: '100% sure_thing', i: 2, f: -2.25, b: false, d: '2026-01-01T00:00:00.000001Z', u: '01890a5d-ac96-774b-bcce-b302099a8058' },
	{ n: 2, t: 'beta', l: '', i: -5, f: 0, b: true, d: '2025-12-31T23:59:59Z', u: null },
	{ n: 3, t: '', l: 'back\\slash', i: 0, f: null, b: null, d: null, u: '00000000-0000-0000-0000-000000000000' },
	{ n: 4, t: null, l: null, i: null, f: 1000000.5, b: false, d: '2026-06-15T12:30:45.5Z', u: null },
	{ n: 5, t: 'ÄÖÜ straße', l: 'ÄB äb', i: 9223372036854775000, f: 0.1, b: null, d: '1999-02-03T04:05:06Z', u: '01890a5d-ac96-774b-bcce-b302099a8059' },
	{ n: 6, t: 'a%b_c\\d', l: '%', i: 10, f: 1.5, b: true, d: '2026-01-01T00:00:00Z', u: null },
	{ n: 7, t: 'alpha ', l: '_', i: 1, f: null, b: true, d: null, u: null },
	{ n: 8, t: "o'brien \"x\"", l: null, i: null, f: -0.5, b: false, d: '2030-01-01T00:00:00Z', u: '01890a5d-ac96-774b-bcce-b302099a8057' },
	{ n: 9, t: '😀 end', l: 'null', i: 3, f: 3, b: null, d: '2026-01-02T00:00:00Z', u: null },
];
const FIELDS = [
	{ name: 'n', type: 'integer' }, text('t'), { name: 'l', type: 'longtext' }, { name: 'i', type: 'integer', indexed: true },
	{ name: 'f', type: 'number' }, { name: 'b', type: 'boolean' }, { name: 'd', type: 'timestamp' }, { name: 'u', type: 'uuid' },
	{ name: 'j', type: 'json' }, { name: 'x', type: 'i18n_text' },
];

// The meaning of the operators, in three-valued logic: true, false, or null where a value is missing.
const codePoints = (s) => [...s].map((c) => c.codePointAt(0));
function compareText(a, b) {
	const [x, y] = [codePoints(a), codePoints(b)];
	for (let k = 0; k < Math.min(x.length, y.length); k++) if (x[k] !== y[k]) return x[k] - y[k];
	return x.length - y.length;
}
const micros = (s) => {
	const [, whole, fraction = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(s);
	return BigInt(Date.parse(`${whole}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'));
};
function compare(kind, a, b) {
	if (kind === 'text') return compareText(a, b);
	if (kind === 'time') return Number(micros(a) - micros(b));
	if (kind === 'uuid') return a.toLowerCase() === b.toLowerCase() ? 0 : 1;
	return a === b ? 0 : a < b ? -1 : 1;
}
const KINDS = { n: 'number', t: 'text', l: 'text', i: 'number', f: 'number', b: 'boolean', d: 'time', u: 'uuid' };
const not = (v) => (v === null ? null : !v);
const OPERATORS = {
	// with null it is unknown, so that no _not makes it true: a rule with an unset variable never opens
	_eq: (k, v, o) => (o === null || v === null ? null : compare(k, v, o) === 0),
	_neq: (k, v, o) => (o === null ? v !== null : v === null ? null : compare(k, v, o) !== 0),
	_in: (k, v, o) => (o.length === 0 ? false : v === null ? null : o.some((x) => compare(k, v, x) === 0)),
	_nin: (k, v, o) => (o.length === 0 ? true : v === null ? null : !o.some((x) => compare(k, v, x) === 0)),
	_gt: (k, v, o) => (v === null ? null : compare(k, v, o) > 0),
	_gte: (k, v, o) => (v === null ? null : compare(k, v, o) >= 0),
	_lt: (k, v, o) => (v === null ? null : compare(k, v, o) < 0),
	_lte: (k, v, o) => (v === null ? null : compare(k, v, o) <= 0),
	_between: (k, v, [a, b]) => (v === null ? null : compare(k, v, a) >= 0 && compare(k, v, b) <= 0),
	_nbetween: (k, v, o) => not(OPERATORS._between(k, v, o)),
	_null: (k, v, o) => (v === null) === o,
	_nnull: (k, v, o) => (v !== null) === o,
	_empty: (k, v) => v === null || v === '',
	_nempty: (k, v) => !(v === null || v === ''),
};
for (const [stem, found] of Object.entries({
	contains: (v, o) => v.includes(o), starts_with: (v, o) => v.startsWith(o), ends_with: (v, o) => v.endsWith(o),
})) {
	OPERATORS[`_${stem}`] = (k, v, o) => (v === null ? null : found(v, o));
	OPERATORS[`_i${stem}`] = (k, v, o) => (v === null ? null : found(v.toLowerCase(), o.toLowerCase()));
	OPERATORS[`_n${stem}`] = (k, v, o) => not(OPERATORS[`_${stem}`](k, v, o));
	OPERATORS[`_ni${stem}`] = (k, v, o) => not(OPERATORS[`_i${stem}`](k, v, o));
}
function judge(condition, row) {
	const all = Object.entries(condition).map(([key, value]) => {
		if (key === '_and' || key === '$and') return every(value.map((c) => judge(c, row)));
		if (key === '_or' || key === '$or') return not(every(value.map((c) => not(judge(c, row)))));
		if (key === '_not' || key === '$not') return not(judge(value, row));
		if (value === null || typeof value !== 'object') return OPERATORS._eq(KINDS[key], row[key], value);
		return every(Object.entries(value).map(([op, operand]) => OPERATORS[op](KINDS[key], row[key], operand)));
	});
	return every(all);
}
const every = (values) => (values.includes(false) ? false : values.includes(null) ? null : true);
const expected = (condition) => ROWS.filter((row) => judge(condition, row) === true).map((row) => row.n);

describe('filter', () => {
	let slug;

	before(async () => {
		slug = await collection(ws, FIELDS);
		const { failed } = await admin.do('collections.bulk_insert', { collection: slug, rows: ROWS });
		assert.equal(failed, 0);
	});

	const found = async (filter, face = 'mcp') => (await list(slug, { filter, sort: 'n', fields: ['n'] }, face)).data.map((r) => r.n);
	async function check(filter, face) {
		assert.deepEqual(await found(filter, face), expected(filter), `${face}: ${JSON.stringify(filter)}`);
	}

	const OPERANDS = {
		text: ['alpha', 'Alpha', 'alpha ', '', 'beta', 'ÄÖÜ straße', '%', 'null', 'NULL', 'true', 'a%b_c\\d', "o'brien \"x\"", '😀 end', 'zzz', "' OR '1'='1"],
		number: [0, 1, -5, 10, 1.5, 0.1, -2.25, 1000000.5, 3],
		boolean: [true, false],
		time: ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000001Z', '2025-12-31T23:59:59Z', '2030-01-01T00:00:00Z', '2100-01-01T00:00:00Z'],
		uuid: ['01890a5d-ac96-774b-bcce-b302099a8057', '01890A5D-AC96-774B-BCCE-B302099A8058', '00000000-0000-0000-0000-000000000000', '01890a5d-ac96-774b-bcce-b302099a0000'],
	};
	const fits = (field, operand) => field !== 'i' && field !== 'n' ? true : Number.isInteger(operand);
	const SCALAR = ['_eq', '_neq'], ORDER = ['_gt', '_gte', '_lt', '_lte'];
	const LIKE = Object.keys(OPERATORS).filter((op) => /contains|with/.test(op));

	for (const [field, kind] of Object.entries(KINDS))
		test(`every operator on ${field}, a ${FIELDS.find((f) => f.name === field).type}`, async () => {
			const operands = OPERANDS[kind].filter((o) => fits(field, o));
			const ordered = kind !== 'boolean' && kind !== 'uuid';
			const conditions = [
				...SCALAR.flatMap((op) => [...operands, null].map((o) => ({ [op]: o }))),
				...['_in', '_nin'].flatMap((op) => [[], operands.slice(0, 1), operands.slice(0, 3), operands].map((o) => ({ [op]: o }))),
				...(ordered ? ORDER.flatMap((op) => operands.map((o) => ({ [op]: o }))) : []),
				...(ordered ? ['_between', '_nbetween'].flatMap((op) => [[0, 1], [1, 0], [2, 3], [0, 0]].map(([a, b]) => ({ [op]: [operands[a], operands[b]] }))) : []),
				...['_null', '_nnull'].flatMap((op) => [true, false].map((o) => ({ [op]: o }))),
				{ _empty: true }, { _nempty: true },
				...(kind === 'text' ? LIKE.flatMap((op) => ['a', 'A', '', '%', '_', '\\', 'äb', 'ÄB', 'ss', 'ß', 'alpha', '😀', "'", 'l'].map((o) => ({ [op]: o }))) : []),
			];
			await Promise.all(
				conditions.map(async (condition, at) => {
					const face = FACES[at % 2];
					await check({ [field]: condition }, face);
					await check({ _not: { [field]: condition } }, FACES[(at + 1) % 2]);
				}),
			);
		});

	// A generator with a fixed seed: the same conditions every time.
	function random(seed) {
		let state = seed;
		const next = () => (state = (state * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
		return { pick: (items) => items[Math.floor(next() * items.length)], below: (n) => Math.floor(next() * n) };
	}
	function condition(rnd, depth) {
		if (depth > 0 && rnd.below(3) > 0) {
			const kids = Array.from({ length: 1 + rnd.below(3) }, () => condition(rnd, depth - 1));
			return rnd.pick([{ _and: kids }, { _or: kids }, { _not: kids[0] }, { $and: kids }, { $or: kids }, { $not: kids[0] }]);
		}
		const field = rnd.pick(Object.keys(KINDS)), kind = KINDS[field];
		const operands = OPERANDS[kind].filter((o) => fits(field, o));
		const names = [...SCALAR, '_in', '_nin', '_null', '_nnull', '_empty', '_nempty'];
		if (kind !== 'boolean' && kind !== 'uuid') names.push(...ORDER, '_between', '_nbetween');
		if (kind === 'text') names.push(...LIKE);
		const one = (op) => {
			if (/^_n?null$/.test(op)) return rnd.below(2) === 0;
			if (/empty/.test(op)) return true;
			if (/^_n?in$/.test(op)) return Array.from({ length: rnd.below(4) }, () => rnd.pick(operands));
			if (/between/.test(op)) return [rnd.pick(operands), rnd.pick(operands)];
			return rnd.pick(operands);
		};
		if (rnd.below(6) === 0) return { [field]: rnd.pick(operands) };
		const ops = [...new Set([rnd.pick(names), rnd.pick(names)])].slice(0, 1 + rnd.below(2));
		return { [field]: Object.fromEntries(ops.map((op) => [op, one(op)])) };
	}

	test('300 conditions put together at random mean what they say', async () => {
		const rnd = random(20261122);
		const conditions = Array.from({ length: 300 }, () => condition(rnd, 3));
		for (let at = 0; at < conditions.length; at += 20)
			await Promise.all(conditions.slice(at, at + 20).map((c, k) => check(c, FACES[k % 2])));
	});

	test('rows with P, without P and with P unknown are all rows', async () => {
		for (const field of Object.keys(KINDS)) {
			const operand = OPERANDS[KINDS[field]].find((o) => fits(field, o));
			const p = { [field]: { _eq: operand } };
			const parts = await Promise.all([found(p), found({ _not: p }), found({ [field]: { _null: true } })]);
			assert.deepEqual(parts.flat().sort((a, b) => a - b), ROWS.map((r) => r.n), field);
		}
	});

	test('several fields and several operators are AND-ed', async () => {
		for (const face of FACES) {
			assert.deepEqual(await found({ b: true, i: { _gt: 0, _lt: 10 } }, face), [0, 7]);
			assert.deepEqual(await found({ _or: [{ t: 'beta' }, { i: { _gte: 10 } }], f: { _nnull: true } }, face), [2, 5, 6]);
		}
	});

	test('{} and no filter at all are every row', async () => {
		for (const face of FACES) {
			assert.deepEqual(await found({}, face), ROWS.map((r) => r.n));
			assert.equal((await list(slug, {}, face)).data.length, ROWS.length);
		}
	});

	test('nothing is in a list that is null', async () => {
		for (const face of FACES) assert.deepEqual(await found({ t: { _in: null } }, face), []);
	});

	test('system columns can be used', async () => {
		const rows = (await list(slug, { sort: 'n' })).data;
		for (const face of FACES) {
			assert.deepEqual(await found({ id: rows[3].id }, face), [3]);
			assert.deepEqual(await found({ id: { _in: [rows[1].id, rows[2].id.toUpperCase(), NO_ID] } }, face), [1, 2]);
			assert.deepEqual(await found({ created_at: { _lte: new Date(Date.now() + 60000).toISOString() } }, face), ROWS.map((r) => r.n));
			assert.deepEqual(await found({ updated_at: { _gt: new Date(Date.now() + 60000).toISOString() } }, face), []);
		}
	});

	test('times are compared as moments', async () => {
		for (const face of FACES) {
			assert.deepEqual(await found({ d: '2026-01-01T02:00:00+02:00' }, face), [0, 6]);
			assert.deepEqual(await found({ d: { _between: ['2025-12-31T22:59:59-01:00', '2026-01-01T00:00:00Z'] } }, face), [0, 2, 6]);
		}
	});

	test('text stays text: variables, words and metacharacters mean nothing', async () => {
		const own = await collection(ws, [text('t')]);
		const words = ['$user.id', '$now', '$CURRENT_USER', 'null', 'true', "'; DROP TABLE x; --", '{"_eq":1}', '%', '\\', '\\%', '_eq', '`t`'];
		for (const t of words) await insert(own, { t });
		for (const t of words)
			for (const op of ['_eq', '_contains', '_icontains', '_starts_with'])
				for (const face of FACES) {
					const { data } = await list(own, { filter: { t: { [op]: t } } }, face);
					const want = words.filter((w) => (op === '_eq' ? w === t : op === '_starts_with' ? w.startsWith(t) : w.toLowerCase().includes(t.toLowerCase())));
					assert.deepEqual(data.map((r) => r.t).sort(), want.sort(), `${op} ${t}`);
				}
	});

	const BAD = [
		[{ nope: 1 }, /^Cannot filter on field: nope/], [{ nope: { _eq: 1 } }, /^Cannot filter on field: nope/],
		[{ _and: [{ t: 'x' }, { _or: [{ nope: 1 }] }] }, /^Cannot filter on field: nope/],
		[{ 'nope.x': 1 }, /^Cannot filter on field: nope/], [{ 't.x': 1 }, /^Cannot filter on field: t\.x/],
		[{ 't.x': { _eq: 1 } }, /^Cannot filter on field/], [{ t: { x: { _eq: 1 } } }, undefined],
		[{ tenant_id: 'x' }, /^Cannot filter on field: tenant_id/], [{ f_1: 'x' }, /^Cannot filter on field: f_1/],
		[{ 't0.t': 'x' }, /^Cannot filter on field/], [{ '`t`': 'x' }, /^Cannot filter on field/], [{ T: 'x' }, /^Cannot filter on field: T/],
		[{ ' t': 'x' }, /^Cannot filter on field/], [{ '': 'x' }, /^Cannot filter on field/], [{ 1: 1 }, /^Cannot filter on field: 1/],
		[{ constructor: 1 }, /^Cannot filter on field: constructor/], [{ 'json(j)': 1 }, /^Cannot filter on field/],
		[{ 'year(d)': 2026 }, /^Cannot filter on field/], [{ 'length(t)': 1 }, /^Cannot filter on field/], [{ '$FOLLOW(t)': 1 }, /^Cannot filter on field/],
		[{ t: { _eqq: 'x' } }, /unknown operator "_eqq"/], [{ t: { _regex: '(' } }, /_regex/], [{ t: { eq: 'x' } }, undefined], [{ t: { _some: {} } }, /_some/],
		[{ _eq: 'x' }, undefined], [{ _xor: [] }, undefined], [{ $expr: {} }, undefined],
		[{ t: {} }, undefined], [{ t: [] }, undefined], [{ t: ['x'] }, undefined],
		[{ _and: [] }, undefined], [{ _or: [] }, undefined], [{ $and: [] }, undefined], [{ _and: {} }, undefined], [{ _or: { 0: {}, length: 1 } }, undefined],
		[{ _and: 'x' }, undefined], [{ _not: [] }, undefined], [{ _not: null }, undefined], [{ _not: 'x' }, undefined], [{ _and: [null] }, undefined], [{ _and: [[]] }, undefined],
		[{ t: 7 }, /integer|string/], [{ t: { _eq: true } }, undefined], [{ t: { _eq: {} } }, undefined], [{ t: { _eq: ['x'] } }, undefined],
		[{ t: { _in: 'x' } }, undefined], [{ t: { _in: [7] } }, undefined], [{ t: { _in: [['x']] } }, undefined],
		[{ i: '1' }, undefined], [{ i: 1.5 }, undefined], [{ i: { _gt: 'x' } }, undefined], [{ i: { _gt: null } }, undefined], [{ i: { _contains: '1' } }, undefined],
		[{ f: 'x' }, undefined], [{ b: 'true' }, undefined], [{ b: 1 }, undefined], [{ b: { _gt: true } }, undefined],
		[{ d: 'soon' }, undefined], [{ d: 1700000000 }, undefined], [{ d: { _contains: '2026' } }, undefined],
		[{ u: 'x' }, undefined], [{ u: 7 }, undefined],
		[{ j: 'x' }, undefined], [{ j: { _eq: {} } }, undefined], [{ 'j.a': 1 }, /^Cannot filter on field: j\.a/], [{ x: { _contains: 'x' } }, undefined], [{ 'x.en': 'x' }, /^Cannot filter on field/],
		[{ i: { _between: [1] } }, undefined], [{ i: { _between: [1, 2, 3] } }, undefined], [{ i: { _between: 1 } }, undefined], [{ i: { _between: { 0: 1, 1: 2 } } }, undefined],
		[{ t: { _null: 'yes' } }, undefined], [{ t: { _null: 1 } }, undefined], [{ t: { _null: null } }, undefined],
		[{ t: { _empty: false } }, undefined], [{ t: { _empty: 'x' } }, undefined],
		[{ t: { _contains: null } }, undefined], [{ t: { _contains: 7 } }, undefined], [{ t: { _contains: ['x'] } }, undefined],
		[{ t: { _eq: { $field: 'nope' } } }, undefined],
	];
	for (const face of FACES)
		test(`what is no condition is refused over ${face}, never ignored`, async () => {
			for (const [filter, message] of BAD)
				refused(await tryList(slug, { filter }, face), 'VALIDATION', message, JSON.stringify(filter));
		});

	test('neither is what is no object', async () => {
		for (const filter of [[], '', 'x', 7, true, null, [{ t: 'x' }]])
			assert.match(refused(await admin.mcp('collections.list', { collection: slug, filter }), 'VALIDATION', undefined, JSON.stringify(filter)).path, /^filter/);
		for (const given of ['', 'x', '7', 'true', 'null', '[]', '{', '{"t":}', "{'t':'x'}", '{"t":"x","t":"y"}', '{"t":NaN}', '{"t":"\ud800"}'.replace('\ud800', '\\ud800')]) {
			const got = await admin.http('GET', `/api/items/${slug}?${new URLSearchParams({ filter: given })}`);
			assert.deepEqual([got.status, got.json.error.code], [422, 'VALIDATION'], given);
		}
		const bad = await admin.http('GET', `/api/items/${slug}?filter=%7Bnope`);
		assert.match(bad.json.error.message, /^Invalid `filter` JSON/);
		for (const filter of [[], '', null])
			refused(await admin.mcp('collections.aggregate', { collection: slug, agg: 'count', filter }), 'VALIDATION', undefined, JSON.stringify(filter));
	});

	test('an error says where it is and what would do', async () => {
		for (const face of FACES) {
			const got = refused(await tryList(slug, { filter: { _and: [{ t: 'x' }, { nope: 1 }] } }, face), 'VALIDATION', /usable fields are n, t, l/);
			assert.match(got.path, /^filter\._and\[1\]/);
			refused(await tryList(slug, { filter: { i: { _like: 1 } } }, face), 'VALIDATION', /unknown operator "_like"; the integer field "i" takes _eq/);
		}
	});

	test('limits: depth 16, 200 nodes, 1,000 values', async () => {
		const nest = (n) => { let c = { t: 'x' }; for (let k = 0; k < n; k++) c = { _not: c }; return c; };
		const width = (n) => ({ _or: Array.from({ length: n }, (_, k) => ({ i: k })) });
		const values = (n) => ({ i: { _in: Array.from({ length: n }, (_, k) => k) } });
		assert.ok((await tryList(slug, { filter: nest(10) })).ok);
		for (const n of [20, 40]) refused(await tryList(slug, { filter: nest(n) }), 'VALIDATION', undefined, `nested ${n}`);
		assert.ok((await tryList(slug, { filter: width(90) })).ok);
		refused(await tryList(slug, { filter: width(300) }), 'VALIDATION', /200/);
		assert.ok((await tryList(slug, { filter: values(1000) })).ok);
		refused(await tryList(slug, { filter: values(1001) }), 'VALIDATION', /1000/);
		refused(await tryList(slug, { filter: values(5000) }), 'VALIDATION', /1000/);
	});
});

describe('relations', () => {
	const slug = {};
	const id = {};

	before(async () => {
		slug.continents = await collection(ws, [text('name')]);
		slug.countries = await collection(ws, [text('name'), { name: 'continent', type: 'relation', to: slug.continents }]);
		slug.cities = await collection(ws, [text('name'), { name: 'country', type: 'relation', to: slug.countries }]);
		slug.tags = await collection(ws, [text('label'), { name: 'weight', type: 'integer' }]);
		slug.people = await collection(ws, [
			text('name'), { name: 'city', type: 'relation', to: slug.cities }, { name: 'tags', type: 'relation_many', to: slug.tags },
			{ name: 'boss', type: 'integer' },
		]);
		const add = async (kind, key, data) => (id[key] = (await insert(slug[kind], data)).id);
		await add('continents', 'europe', { name: 'Europe' });
		await add('continents', 'asia', { name: 'Asia' });
		await add('countries', 'de', { name: 'Germany', continent: id.europe });
		await add('countries', 'jp', { name: 'Japan', continent: id.asia });
		await add('countries', 'xx', { name: 'Nowhere', continent: null });
		await add('cities', 'berlin', { name: 'Berlin', country: id.de });
		await add('cities', 'tokyo', { name: 'Tokyo', country: id.jp });
		await add('cities', 'limbo', { name: 'Limbo', country: id.xx });
		await add('tags', 'red', { label: 'red', weight: 1 });
		await add('tags', 'blue', { label: 'blue', weight: 2 });
		await add('tags', 'gone', { label: 'gone', weight: 3 });
		await add('people', 'ann', { name: 'Ann', city: id.berlin, tags: [id.red, id.blue] });
		await add('people', 'bob', { name: 'Bob', city: id.tokyo, tags: [id.blue] });
		await add('people', 'cid', { name: 'Cid', city: id.limbo, tags: [] });
		await add('people', 'dot', { name: 'Dot', city: null, tags: null });
		await add('people', 'eve', { name: 'Eve', city: id.berlin, tags: [id.gone, id.red] });
		await admin.do('collections.delete', { collection: slug.tags, id: id.gone });
	});

	const people = async (args, face) => (await list(slug.people, { sort: 'name', ...args }, face)).data.map((r) => r.name);

	for (const face of FACES) {
		test(`filter through one, two and three hops over ${face} (8.4)`, async () => {
			const find = (filter) => people({ filter }, face);
			assert.deepEqual(await find({ 'city.name': 'Berlin' }), ['Ann', 'Eve']);
			assert.deepEqual(await find({ 'city.country.name': { _eq: 'Japan' } }), ['Bob']);
			assert.deepEqual(await find({ 'city.country.continent.name': { _in: ['Europe', 'Asia'] } }), ['Ann', 'Bob', 'Eve']);
			assert.deepEqual(await find({ 'city.country.continent.name': { _null: true } }), ['Cid', 'Dot']);
			assert.deepEqual(await find({ 'city.country.continent': { _null: true } }), ['Cid', 'Dot']);
			assert.deepEqual(await find({ city: { country: { name: { _eq: 'Germany' } } } }), ['Ann', 'Eve']);
			assert.deepEqual(await find({ city: { country: { name: 'Germany' } } }), ['Ann', 'Eve']);
			assert.deepEqual(await find({ city: { 'country.name': 'Germany' }, name: 'Eve' }), ['Eve']);
			assert.deepEqual(await find({ city: id.tokyo }), ['Bob']);
			assert.deepEqual(await find({ city: { _in: [id.tokyo, id.limbo] } }), ['Bob', 'Cid']);
			assert.deepEqual(await find({ city: { _null: true } }), ['Dot']);
			assert.deepEqual(await find({ 'city.id': id.tokyo }), ['Bob']);
			assert.deepEqual(await find({ _not: { 'city.name': 'Berlin' } }), ['Bob', 'Cid']);
			assert.deepEqual(await find({ _or: [{ 'city.name': 'Tokyo' }, { 'city.country.name': 'Nowhere' }] }), ['Bob', 'Cid']);
			assert.deepEqual(await find({ _and: [{ 'city.name': { _starts_with: 'B' } }, { 'city.country.continent.name': 'Europe' }] }), ['Ann', 'Eve']);
		});

		test(`four hops are one too many over ${face}`, async () => {
			for (const filter of [
				{ 'city.country.continent.name.x': 1 }, { 'a.b.c.d.e.f': 1 },
			]) {
				const got = refused(await tryList(slug.people, { filter }, face), 'VALIDATION', undefined, JSON.stringify(filter));
				assert.match(got.message, /exceeds max depth|Cannot filter on field/);
			}
			const deep = unique('deep');
			await collection(ws, [text('name'), { name: 'next', type: 'relation', to: deep }], { slug: deep });
			assert.ok((await tryList(deep, { filter: { 'next.next.next.name': 'x' } }, face)).ok);
			for (const args of [
				{ filter: { 'next.next.next.next.name': 'x' } }, { filter: { next: { next: { next: { next: { name: 'x' } } } } } },
				{ sort: 'next.next.next.next.name' }, { fields: ['next.next.next.next.name'] }, { fields: ['next.next.next.next.*'] }, { expand: ['next.next.next.next'] },
			])
				refused(await tryList(deep, args, face), 'VALIDATION', /exceeds max depth/, JSON.stringify(args));
			assert.ok((await tryList(deep, { expand: ['next.next.next'] }, face)).ok);
			refused(await admin.call(face, 'collections.aggregate', { collection: deep, agg: 'count', groupBy: 'next.next.next.next.name' }), 'VALIDATION', /exceeds max depth/);
		});

		test(`relation_many: _some, _none and _every over ${face}`, async () => {
			const find = (filter) => people({ filter }, face);
			assert.deepEqual(await find({ tags: { _some: { label: 'red' } } }), ['Ann', 'Eve']);
			assert.deepEqual(await find({ tags: { _some: { weight: { _gt: 1 } } } }), ['Ann', 'Bob']);
			assert.deepEqual(await find({ tags: { _none: { label: 'red' } } }), ['Bob', 'Cid', 'Dot']);
			assert.deepEqual(await find({ tags: { _every: { label: 'blue' } } }), ['Bob', 'Cid', 'Dot']);
			assert.deepEqual(await find({ tags: { _every: { weight: { _lte: 2 } } } }), ['Ann', 'Bob', 'Cid', 'Dot', 'Eve']);
			assert.deepEqual(await find({ _not: { tags: { _some: { label: 'red' } } } }), ['Bob', 'Cid', 'Dot']);
			assert.deepEqual(await find({ tags: { _some: { label: 'red' }, _none: { label: 'blue' } } }), ['Eve']);
			assert.deepEqual(await find({ tags: { _some: { _or: [{ label: 'red' }, { label: 'blue' }] } } }), ['Ann', 'Bob', 'Eve']);
			assert.deepEqual(await find({ tags: { _null: true } }), ['Dot']);
			// a dotted or nested name means _some (8.3)
			assert.deepEqual(await find({ 'tags.label': 'red' }), ['Ann', 'Eve']);
			assert.deepEqual(await find({ tags: { label: 'red', weight: 1 } }), ['Ann', 'Eve']);
			assert.deepEqual(await find({ tags: { label: 'red', weight: 2 } }), [], 'of one and the same row');
			assert.deepEqual(await find({ 'tags.label': 'red', 'tags.weight': 2 }), ['Ann']);
			for (const filter of [{ tags: { _some: [] } }, { tags: { _some: 'x' } }, { tags: { _some: { nope: 1 } } }, { tags: id.red }, { city: { _some: { name: 'x' } } }, { name: { _some: { x: 1 } } }])
				refused(await tryList(slug.people, { filter }, face), 'VALIDATION', undefined, JSON.stringify(filter));
		});

		test(`sort through them over ${face}`, async () => {
			const by = async (sort) => (await list(slug.people, { sort }, face)).data.map((r) => r.name);
			assert.deepEqual(await by('city.name,name'), ['Dot', 'Ann', 'Eve', 'Cid', 'Bob']);
			assert.deepEqual(await by('-city.name,-name'), ['Bob', 'Cid', 'Eve', 'Ann', 'Dot']);
			assert.deepEqual(await by('city.country.continent.name,name'), ['Cid', 'Dot', 'Bob', 'Ann', 'Eve']);
			refused(await tryList(slug.people, { sort: 'tags.label' }, face), 'VALIDATION', /^Cannot sort on field: tags\.label/);
			refused(await tryList(slug.people, { sort: 'tags' }, face), 'VALIDATION', /^Cannot sort on field: tags/);
			refused(await tryList(slug.people, { sort: 'city.nope' }, face), 'VALIDATION', /^Cannot sort on field: city\.nope/);
		});

		test(`expand puts rows in place of ids over ${face}`, async () => {
			const { data } = await list(slug.people, { sort: 'name', expand: ['city', 'tags'] }, face);
			const [ann, bob, cid, dot, eve] = data;
			assert.deepEqual([ann.city.id, ann.city.name, ann.city.country], [id.berlin, 'Berlin', id.de]);
			assert.match(ann.city.createdAt, TIME);
			assert.deepEqual(ann.tags.map((t) => t.label), ['red', 'blue']);
			assert.deepEqual(bob.tags.map((t) => [t.id, t.weight]), [[id.blue, 2]]);
			assert.deepEqual(cid.tags, []);
			assert.equal(dot.city, null);
			assert.ok(dot.tags === null || dot.tags.length === 0);
			assert.deepEqual(eve.tags.map((t) => t.label), ['red'], 'what is gone is dropped');
			// unexpanded the ids stand
			const plain = (await list(slug.people, { filter: { name: 'Eve' } }, face)).data[0];
			assert.deepEqual(plain.tags, [id.gone, id.red]);
			assert.equal(plain.city, id.berlin);
			const deep = (await list(slug.people, { filter: { name: 'Ann' }, expand: ['city.country.continent'] }, face)).data[0];
			assert.equal(deep.city.country.continent.name, 'Europe');
			for (const expand of [['name'], ['nope'], ['city.name'], ['city', 'nope']])
				refused(await tryList(slug.people, { expand }, face), 'VALIDATION', undefined, String(expand));
		});

		test(`fields choose, through dots as well, over ${face}`, async () => {
			const one = async (fields, more = {}) => (await list(slug.people, { filter: { name: 'Ann' }, fields, ...more }, face)).data[0];
			assert.deepEqual(Object.keys(await one(['name'])).sort(), ['createdAt', 'id', 'name', 'updatedAt']);
			assert.deepEqual((await one(['city.name'])).city, { id: id.berlin, name: 'Berlin' });
			assert.deepEqual((await one(['city.country.name', 'city.name'])).city, { id: id.berlin, name: 'Berlin', country: { id: id.de, name: 'Germany' } });
			assert.equal((await one(['city.*'])).city.country, id.de);
			assert.deepEqual((await one(['tags.label'])).tags, [{ id: id.red, label: 'red' }, { id: id.blue, label: 'blue' }]);
			assert.equal((await one(['city'])).city, id.berlin);
			assert.deepEqual(Object.keys(await one(['*'])).sort(), ['boss', 'city', 'createdAt', 'id', 'name', 'tags', 'updatedAt']);
			for (const fields of [['nope'], ['name', 'city.nope'], ['name.x'], ['nope.*'], ['name.*'], ['f_1'], ['name as secret'], ['`name`'], ['count(tags)'], ['version']])
				refused(await tryList(slug.people, { fields }, face), 'VALIDATION', new RegExp(`^Unknown field: ${fields.at(-1).replace('.*', '').replace(/[().]/g, '\\$&')}`), String(fields));
			const read = await admin.do('collections.read', { collection: slug.people, id: id.ann, fields: ['name', 'city.name'] }, face);
			assert.deepEqual([read.data.city, 'tags' in read.data], [{ id: id.berlin, name: 'Berlin' }, false]);
			refused(await admin.call(face, 'collections.read', { collection: slug.people, id: id.ann, fields: ['nope'] }), 'VALIDATION', /^Unknown field: nope/);
		});
	}

	test('fields and expand may be one text with commas', async () => {
		const { data } = await list(slug.people, { fields: 'name,city.name', filter: { name: 'Ann' } });
		assert.equal(data[0].city.name, 'Berlin');
		assert.equal((await list(slug.people, { expand: 'city,tags', filter: { name: 'Ann' } })).data[0].tags.length, 2);
	});

	test('at most 20 relation paths', async () => {
		const wide = unique('wide');
		const fields = Array.from({ length: 25 }, (_, i) => ({ name: `r${i}`, type: 'relation', to: slug.continents }));
		await collection(ws, [...fields, text('t')], { slug: wide });
		const filter = (n) => ({ _or: fields.slice(0, n).map((f) => ({ [`${f.name}.name`]: 'x' })) });
		assert.ok((await tryList(wide, { filter: filter(20) })).ok);
		for (const args of [{ filter: filter(21) }, { fields: fields.slice(0, 21).map((f) => `${f.name}.name`) }, { expand: fields.slice(0, 21).map((f) => f.name) }])
			refused(await tryList(wide, args), 'VALIDATION', /20/);
	});
});

describe('sort', () => {
	let slug;
	const rows = [
		{ k: 1, a: 'b', n: 2 }, { k: 2, a: 'a', n: 2 }, { k: 3, a: null, n: 1 }, { k: 4, a: 'B', n: null }, { k: 5, a: 'ä', n: 1 }, { k: 6, a: 'a', n: 3 }, { k: 7, a: '', n: null },
	];

	before(async () => {
		slug = await collection(ws, [{ name: 'k', type: 'integer' }, text('a'), { name: 'n', type: 'integer' }, { name: 'j', type: 'json' }, { name: 'l', type: 'longtext' }]);
		for (const row of rows) await insert(slug, row);
	});

	for (const face of FACES) {
		test(`keys one after the other, in code point order, empty first when ascending, over ${face}`, async () => {
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
			for (const sort of ['nope', '-nope', 'k,nope', 'K', 'k desc', 'k;', 'k--', '--k', "k'", '`k`', 'f_1', 'tenant_id', 'j', 'k,j', 'a.b', '1', '-', 'length(a)', 'k asc, a']) {
				const got = refused(await tryList(slug, { sort }, face), 'VALIDATION', /^Cannot sort on field: /, sort);
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

describe('pages', () => {
	let slug;
	const N = 230;

	before(async () => {
		slug = await collection(ws, [{ name: 'k', type: 'integer' }, { name: 'g', type: 'integer' }, text('t')]);
		const rows = Array.from({ length: N }, (_, k) => ({ k, g: k % 7 === 0 ? null : k % 3, t: `t${k % 5}` }));
		await admin.do('collections.bulk_insert', { collection: slug, rows });
	});

	for (const face of FACES) {
		test(`limit and offset over ${face}`, async () => {
			const page = async (args) => {
				const got = await list(slug, { sort: 'k', ...args }, face);
				return [got.data.map((r) => r.k), got.limit, got.offset, got.has_more];
			};
			const range = (from, n) => Array.from({ length: Math.max(0, Math.min(n, N - from)) }, (_, i) => from + i);
			assert.deepEqual(await page({}), [range(0, 50), 50, 0, true]);
			assert.deepEqual(await page({ limit: 1 }), [[0], 1, 0, true]);
			assert.deepEqual(await page({ limit: 200 }), [range(0, 200), 200, 0, true]);
			assert.deepEqual(await page({ limit: 200, offset: 30 }), [range(30, 200), 200, 30, false]);
			assert.deepEqual(await page({ limit: 10, offset: 225 }), [range(225, 5), 10, 225, false]);
			assert.deepEqual(await page({ offset: N }), [[], 50, N, false]);
			assert.deepEqual(await page({ offset: 1000000000 }), [[], 50, 1000000000, false]);
			// out of range: the nearer bound
			for (const limit of [0, -1, -1000000]) assert.deepEqual(await page({ limit }), [[0], 1, 0, true], String(limit));
			for (const limit of [201, 1000000000, 9007199254740991]) assert.deepEqual(await page({ limit }), [range(0, 200), 200, 0, true], String(limit));
			for (const limit of ['x', '', '5,5', '0x10', '1e2', 1.5, '1 OR 1=1', '٣'])
				refused(await tryList(slug, { limit }, face), 'VALIDATION', /"limit" must be an integer/, String(limit));
			for (const offset of ['x', 1.5, -5]) refused(await tryList(slug, { offset }, face), 'VALIDATION', /"offset"/, String(offset));
		});

		test(`a cursor walks through all rows once over ${face}`, async () => {
			for (const [sort, key] of [
				['k', (r) => r.k], ['-k', (r) => -r.k], ['g', undefined], ['-g', undefined], ['t,-g', undefined], ['-t,g,k', undefined], [undefined, undefined], ['-created_at', undefined],
			]) {
				const seen = [];
				let cursor, pages = 0, last;
				do {
					const got = await list(slug, { limit: 37, ...(sort ? { sort } : {}), ...(cursor ? { cursor } : {}) }, face);
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
				for (const offset of [0, 200]) whole.push(...(await list(slug, { limit: 200, offset, ...(sort ? { sort } : {}) }, face)).data);
				if (sort) assert.deepEqual(seen.map((r) => r.id), whole.map((r) => r.id), sort);
			}
		});

		test(`a cursor belongs to its query over ${face}`, async () => {
			const { next_cursor: cursor } = await list(slug, { limit: 10, sort: 'k', filter: { t: 't1' } }, face);
			assert.ok((await tryList(slug, { limit: 20, sort: 'k', filter: { t: 't1' }, cursor }, face)).ok, 'the limit may change');
			const other = await collection(ws, [{ name: 'k', type: 'integer' }, text('t')]);
			const broken = cursor.slice(0, -2) + (cursor.endsWith('AA') ? 'BB' : 'AA');
			for (const [on, args] of [
				[slug, { sort: '-k', filter: { t: 't1' } }], [slug, { filter: { t: 't1' } }], [slug, { sort: 'k', filter: { t: 't2' } }], [slug, { sort: 'k' }],
				[slug, { sort: 'k', filter: { t: 't1' }, q: 't' }], [other, { sort: 'k', filter: { t: 't1' } }],
				[slug, { sort: 'k', filter: { t: 't1' }, cursor: broken }], [slug, { sort: 'k', filter: { t: 't1' }, cursor: 'x' }],
				[slug, { sort: 'k', filter: { t: 't1' }, cursor: "' OR 1=1" }], [slug, { sort: 'k', filter: { t: 't1' }, cursor: 'A'.repeat(5000) }],
				[slug, { sort: 'k', filter: { t: 't1' }, offset: 5 }],
			])
				refused(await tryList(on, { cursor, ...args }, face), 'VALIDATION', undefined, JSON.stringify(args));
		});

		test(`counts come when asked for over ${face}`, async () => {
			const meta = async (args) => (await list(slug, { limit: 1, ...args }, face)).meta;
			const filter = { t: 't1' };
			for (const all of [true, '*']) assert.deepEqual(await meta({ filter, meta: all }), { filter_count: N / 5, total_count: N });
			assert.deepEqual(await meta({ filter, meta: 'filter_count' }), { filter_count: N / 5 });
			assert.deepEqual(await meta({ filter, meta: 'total_count' }), { total_count: N });
			assert.deepEqual(await meta({ filter, meta: 'filter_count,total_count' }), { filter_count: N / 5, total_count: N });
			assert.deepEqual(await meta({ filter: { k: -1 }, meta: '*' }), { filter_count: 0, total_count: N });
			assert.deepEqual(await meta({ q: 't1', meta: '*' }), { filter_count: N / 5, total_count: N });
			for (const none of [undefined, false]) assert.equal(await meta({ meta: none }), undefined);
			for (const bad of ['x', 'count', 'filter_count;x']) refused(await tryList(slug, { meta: bad }, face), 'VALIDATION', /meta/);
		});
	}

	test('a cursor stands on values of every type, missing ones too', async () => {
		const target = await collection(ws, [text('name')]);
		const ids = [];
		for (const name of ['b', 'a', null, 'a']) ids.push((await insert(target, { name })).id);
		const own = await collection(ws, [
			text('t'), text('ti', { indexed: true }), { name: 'l', type: 'longtext' }, { name: 'i', type: 'integer' }, { name: 'f', type: 'number' }, { name: 'b', type: 'boolean' },
			{ name: 'd', type: 'timestamp' }, { name: 'u', type: 'uuid' }, { name: 'r', type: 'relation', to: target },
		], { indexes: [{ fields: ['b', 'f'] }] });
		const long = 'x'.repeat(300);
		const values = {
			t: ['', 'a', 'A', 'ä', '😀', 'a ', "'", '\\', null], ti: ['', 'a', 'a ', null, 'Ä'], l: [long, `${long}a`, `${long}b`, '', null, 'x'], i: [0, -1, 1, 9007199254740991, -9007199254740991, null],
			f: [0, 0.1, 0.30000000000000004, -0.1, 1e300, -1e300, 1e-300, 123456.789, null], b: [true, false, null],
			d: ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000001Z', '1000-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z', null],
			u: ['01890a5d-ac96-774b-bcce-b302099a8057', '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '01890a5d-ac96-474b-bcce-b302099a8057', null], r: [...ids, null],
		};
		const rows = Array.from({ length: 60 }, (_, n) => Object.fromEntries(Object.entries(values).map(([name, list_]) => [name, list_[(n * 7 + name.charCodeAt(0)) % list_.length]])));
		for (const row of rows) if (row.f === 0.30000000000000004) row.f = 0.3;
		const { failed, results } = await admin.do('collections.bulk_insert', { collection: own, rows });
		assert.equal(failed, 0, JSON.stringify(results.find((r) => !r.ok)));
		const sorts = [...Object.keys(values), 'r.name', 'r.created_at', 'b,f', 'f,b,t', 'u,-d', '-r.name,l'];
		for (const [n, sort] of [...sorts, ...sorts.map((k) => (k.startsWith('-') ? k.slice(1) : `-${k}`))].entries()) {
			const face = FACES[n % 2];
			const whole = (await list(own, { sort, limit: 200, fields: ['i'] }, face)).data.map((r) => r.id);
			assert.equal(new Set(whole).size, 60);
			for (const filter of [undefined, { b: true }]) {
				const want = filter ? (await list(own, { sort, limit: 200, fields: ['i'], filter }, face)).data.map((r) => r.id) : whole;
				const seen = [];
				let cursor;
				do {
					const got = await list(own, { sort, limit: 7, fields: ['i'], ...(filter ? { filter } : {}), ...(cursor ? { cursor } : {}) }, face);
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
		const own = await collection(ws, [{ name: 'k', type: 'integer' }, { name: 'l', type: 'longtext' }, { name: 'r', type: 'relation', to: slug }]);
		const target = (await list(slug, { limit: 1 })).data[0].id;
		await admin.do('collections.bulk_insert', {
			collection: own, rows: Array.from({ length: 60 }, (_, k) => ({ k, l: 'ü'.repeat(1500), r: target })),
		});
		for (const face of FACES)
			for (const more of [{}, { expand: ['r'] }]) {
				const seen = [];
				let cursor;
				do {
					const got = await list(own, { sort: 'k', limit: 200, ...more, ...(cursor ? { cursor } : {}) }, face);
					assert.ok(Buffer.byteLength(JSON.stringify(got)) <= 65536, `${Buffer.byteLength(JSON.stringify(got))} bytes`);
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

describe('q', () => {
	test('looks into all text fields, in any case, and nowhere else', async () => {
		const slug = await collection(ws, [text('a'), { name: 'l', type: 'longtext' }, { name: 'i', type: 'integer' }, { name: 'j', type: 'json' }, { name: 'k', type: 'integer' }]);
		const rows = [
			{ k: 0, a: 'Straße 12', l: null, i: 7 }, { k: 1, a: null, l: 'the STRASSE', j: { x: 'needle' } }, { k: 2, a: 'x', l: 'y', i: 12 }, { k: 3, a: '50% off', l: 'a_b' }, { k: 4, a: 'ÄPFEL' },
		];
		for (const row of rows) await insert(slug, row);
		for (const face of FACES)
			for (const [q, want] of [
				['straße', [0]], ['STRASSE', [1]], ['12', [0]], ['%', [3]], ['_', [3]], ['äpfel', [4]], ['needle', []], ['y', [2]], ['', [0, 1, 2, 3, 4]], ['e', [0, 1, 4]], ["'", []],
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
		{ g: 'a', n: 1, f: 0.5, d: '2026-01-01T00:00:00Z' }, { g: 'a', n: 2, f: null, d: '2026-03-01T00:00:00Z' }, { g: 'b', n: null, f: 1.5, d: null },
		{ g: null, n: 10, f: -1, d: '2025-01-01T00:00:00Z' }, { g: 'b', n: -4, f: 2, d: '2026-02-01T00:00:00Z' }, { g: 'A', n: 3, f: 3, d: null },
	];

	before(async () => {
		cities = await collection(ws, [text('name')]);
		const berlin = (await insert(cities, { name: 'Berlin' })).id;
		slug = await collection(ws, [
			text('g'), { name: 'n', type: 'integer' }, { name: 'f', type: 'number' }, { name: 'd', type: 'timestamp' }, { name: 'j', type: 'json' }, { name: 'b', type: 'boolean' },
			{ name: 'c', type: 'relation', to: cities }, { name: 'm', type: 'relation_many', to: cities },
		]);
		for (const [i, row] of rows.entries()) await insert(slug, { ...row, b: i % 2 === 0, c: i < 2 ? berlin : null });
	});

	const agg = async (args, face = 'mcp') => (await admin.do('collections.aggregate', { collection: slug, ...args }, face)).data;

	for (const face of FACES) {
		test(`one value over all rows over ${face}`, async () => {
			for (const [args, value] of [
				[{ agg: 'count' }, 6], [{ agg: 'count', field: 'n' }, 5], [{ agg: 'sum', field: 'n' }, 12], [{ agg: 'avg', field: 'n' }, 2.4],
				[{ agg: 'min', field: 'n' }, -4], [{ agg: 'max', field: 'n' }, 10], [{ agg: 'sum', field: 'f' }, 6], [{ agg: 'avg', field: 'f' }, 1.2],
				[{ agg: 'min', field: 'f' }, -1], [{ agg: 'max', field: 'g' }, 'b'], [{ agg: 'min', field: 'g' }, 'A'],
				[{ agg: 'count', filter: { g: 'a' } }, 2], [{ agg: 'sum', field: 'n', filter: { n: { _gt: 100 } } }, null], [{ agg: 'count', filter: { n: { _gt: 100 } } }, 0],
				[{ agg: 'max', field: 'n', filter: { g: 'nope' } }, null], [{ agg: 'count', filter: { 'c.name': 'Berlin' } }, 2], [{ agg: 'count', field: 'c.name' }, 2],
			])
				assert.deepEqual(await agg(args, face), [{ value }], JSON.stringify(args));
			const [{ value }] = await agg({ agg: 'max', field: 'd' }, face);
			assert.equal(Date.parse(value), Date.parse('2026-03-01T00:00:00Z'));
		});

		test(`groups, the largest first, over ${face}`, async () => {
			assert.deepEqual(await agg({ agg: 'sum', field: 'n', groupBy: 'g' }, face), [
				{ label: null, value: 10 }, { label: 'A', value: 3 }, { label: 'a', value: 3 }, { label: 'b', value: -4 },
			]);
			assert.deepEqual(await agg({ agg: 'count', groupBy: 'b' }, face), [{ label: false, value: 3 }, { label: true, value: 3 }]);
			assert.deepEqual(await agg({ agg: 'count', groupBy: 'c.name' }, face), [{ label: null, value: 4 }, { label: 'Berlin', value: 2 }]);
			assert.deepEqual(await agg({ agg: 'count', groupBy: 'g', limit: 1 }, face), [{ label: 'a', value: 2 }]);
			assert.equal((await agg({ agg: 'count', groupBy: 'g', limit: 0 }, face)).length, 1);
			assert.equal((await agg({ agg: 'count', groupBy: 'g', limit: 1000 }, face)).length, 4);
			assert.deepEqual(await agg({ agg: 'count', groupBy: 'g', filter: { n: { _gt: 1000 } } }, face), []);
		});

		test(`refuses what cannot be computed over ${face}`, async () => {
			for (const [args, message] of [
				[{}, /missing required argument "agg"/], [{ agg: 'median' }, /"agg" must be one of/], [{ agg: 'COUNT' }, /"agg"/], [{ agg: 'sum' }, /needs a field/],
				[{ agg: 'avg' }, /needs a field/], [{ agg: 'min' }, /needs a field/], [{ agg: 'sum', field: 'g' }, /numeric/], [{ agg: 'avg', field: 'd' }, /numeric/], [{ agg: 'sum', field: 'b' }, undefined],
				[{ agg: 'sum', field: 'nope' }, /^Unknown field: nope/], [{ agg: 'count', field: 'nope' }, /^Unknown field: nope/], [{ agg: 'count', groupBy: 'nope' }, /^Unknown field: nope/],
				[{ agg: 'count', groupBy: 'j' }, undefined], [{ agg: 'max', field: 'j' }, undefined], [{ agg: 'count', groupBy: 'm' }, undefined], [{ agg: 'count', groupBy: 'm.name' }, undefined],
				[{ agg: 'count', groupBy: 'year(d)' }, /^Unknown field/], [{ agg: 'count', filter: { nope: 1 } }, /^Cannot filter on field: nope/], [{ agg: 'count', limit: 'x' }, /"limit"/],
				[{ agg: 'count', having: {} }, /unknown argument "having"/], [{ agg: 'count', groupBy: 'g, n' }, /^Unknown field/], [{ agg: 'sum', field: 'n) FROM x --' }, /^Unknown field/],
			])
				refused(await admin.call(face, 'collections.aggregate', { collection: slug, ...args }), 'VALIDATION', message, JSON.stringify(args));
		});
	}

	test('of large integers nothing is lost', async () => {
		const own = await collection(ws, [{ name: 'n', type: 'integer' }]);
		const raw = (body) => http(`${to.url}/api/items/${own}`, { method: 'POST', key: admin.key, body, headers: { 'content-type': 'application/json' } });
		for (let i = 0; i < 2; i++) assert.equal((await raw('{"n":9223372036854775807}')).status, 201);
		const { text: sum } = await admin.http('POST', `/api/items/${own}/aggregate`, { json: { agg: 'sum', field: 'n' } });
		assert.match(sum, /"value":18446744073709551614\b/);
		const { text: max } = await admin.http('POST', `/api/items/${own}/aggregate`, { json: { agg: 'max', field: 'n' } });
		assert.match(max, /"value":9223372036854775807\b/);
	});

	test('more groups than fit are marked', async () => {
		const own = await collection(ws, [{ name: 'n', type: 'integer' }]);
		await admin.do('collections.bulk_insert', { collection: own, rows: Array.from({ length: 60 }, (_, n) => ({ n })) });
		const got = await admin.do('collections.aggregate', { collection: own, agg: 'count', groupBy: 'n' });
		assert.equal(got.data.length, 50);
		assert.equal(got.truncated, true);
	});
});

describe('members', () => {
	let open, hidden, target, slug, person, id;

	before(async () => {
		target = await collection(ws, [text('name'), text('secret')]);
		hidden = await collection(ws, [text('name')]);
		slug = await collection(ws, [
			text('a'), text('b'), text('secret'), { name: 'n', type: 'integer' }, { name: 'pay', type: 'integer' },
			{ name: 'r', type: 'relation', to: target }, { name: 'h', type: 'relation', to: hidden }, { name: 'hm', type: 'relation_many', to: hidden },
			{ name: 's', type: 'relation', to: target },
		], { defaultSort: '-secret' });
		open = (await insert(target, { name: 'T', secret: 'ts' })).id;
		const h = (await insert(hidden, { name: 'H' })).id;
		id = (await insert(slug, { a: 'one', b: 'needle', secret: 'hush', n: 1, pay: 100, r: open, h, hm: [h], s: open })).id;
		await insert(slug, { a: 'two', b: 'x', secret: 'needle', n: 2, pay: 5 });
		person = await member(ws, {
			roles: [(await role(ws, { [slug]: { read: ['a', 'b', 'n', 'r', 'h', 'hm'], create: ['a', 'n', 'r', 'h'], update: ['a'], delete: true }, [target]: { read: ['name'] } })).id],
		});
	});

	for (const face of FACES) {
		const call = (tool, args) => person.call(face, tool, { collection: slug, ...args });

		test(`see the fields they may read over ${face}`, async () => {
			const { data } = (await call('collections.list', { sort: 'n', fields: undefined })).data;
			assert.deepEqual(Object.keys(data[0]).sort(), ['a', 'b', 'createdAt', 'h', 'hm', 'id', 'n', 'r', 'updatedAt']);
			const row = (await call('collections.read', { id })).data.data;
			assert.deepEqual(Object.keys(row).sort(), Object.keys(data[0]).sort());
			assert.equal((await call('collections.list', { fields: ['*'], sort: 'n' })).data.data[0].secret, undefined);
			const expanded = (await call('collections.read', { id, fields: ['r.*'] })).data.data;
			assert.deepEqual(Object.keys(expanded.r).sort(), ['createdAt', 'id', 'name', 'updatedAt']);
			assert.deepEqual((await call('collections.list', { expand: ['r'], filter: { id } })).data.data[0].r.name, 'T');
		});

		test(`cannot tell unreadable fields from unknown ones over ${face}`, async () => {
			// the same answer but for the name that was given
			const same = async (tool, build) => {
				const outcomes = [];
				for (const name of ['secret', 'secxet']) {
					const got = await call(tool, build(name));
					assert.equal(got.ok, false, `${tool} ${JSON.stringify(build(name))}`);
					// the hint names the same fields, the nearest first
					const message = got.message.replace(/(usable fields are )(.*)/, (_, text, names) => text + names.split(', ').sort());
					outcomes.push(JSON.stringify([got.code, message, got.path]).replaceAll(name, '?'));
				}
				assert.equal(outcomes[0], outcomes[1], tool);
				assert.match(outcomes[0], /VALIDATION/);
			};
			for (const build of [
				(f) => ({ filter: { [f]: 'x' } }), (f) => ({ filter: { [f]: { _starts_with: 'h' } } }), (f) => ({ filter: { [f]: { _null: true } } }),
				(f) => ({ filter: { _or: [{ _and: [{ [f]: { _eq: 'x' } }] }, { a: { _nnull: true } }] } }), (f) => ({ filter: { _not: { [f]: 'x' } } }),
				// the check of rights comes before the check of types
				(f) => ({ filter: { [f]: 7 } }), (f) => ({ filter: { [f]: { _nope: 1 } } }), (f) => ({ filter: { [f]: {} } }), (f) => ({ filter: { [f]: [] } }),
				(f) => ({ filter: { [`${f}.x`]: 1 } }), (f) => ({ filter: { a: { _eq: { $field: f } } } }),
				(f) => ({ sort: f }), (f) => ({ sort: `-${f}` }), (f) => ({ sort: `a,${f}` }), (f) => ({ fields: [f] }), (f) => ({ fields: ['a', f] }), (f) => ({ expand: [f] }),
				(f) => ({ fields: [`${f}.*`] }), (f) => ({ fields: [`${f}.name`] }),
				(f) => ({ filter: { [`r.${f}`]: 'x' } }), (f) => ({ sort: `r.${f}` }), (f) => ({ fields: [`r.${f}`] }), (f) => ({ filter: { r: { [f]: { _eq: 'x' } } } }),
			])
				await same('collections.list', build);
			for (const build of [
				(f) => ({ agg: 'count', field: f }), (f) => ({ agg: 'sum', field: f }), (f) => ({ agg: 'max', field: f }), (f) => ({ agg: 'count', groupBy: f }),
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
			for (const build of [(f) => ({ filter: { [`${f}.name`]: 'T' } }), (f) => ({ sort: `${f}.name` }), (f) => ({ fields: [`${f}.name`] }), (f) => ({ expand: [f] })])
				assert.equal((await shape(build('s'))).replaceAll('s.name', '?').replaceAll(': s', ': ?').replaceAll('"s', '"?'), (await shape(build('z'))).replaceAll('z.name', '?').replaceAll(': z', ': ?').replaceAll('"z', '"?'));
		});

		test(`a relation whose target they may not read leads nowhere over ${face}`, async () => {
			const message = `No read permission on relation target: ${hidden}`;
			for (const args of [
				{ filter: { 'h.name': 'H' } }, { filter: { h: { name: 'H' } } }, { filter: { hm: { _some: { name: 'H' } } } }, { filter: { hm: { _none: { name: 'H' } } } },
				{ sort: 'h.name' }, { fields: ['h.name'] }, { fields: ['h.*'] }, { expand: ['h'] }, { expand: ['hm'] },
			])
				refused(await call('collections.list', args), 'FORBIDDEN', message, JSON.stringify(args));
			refused(await call('collections.aggregate', { agg: 'count', groupBy: 'h.name' }), 'FORBIDDEN', message);
			// a row they cannot see cannot be pointed to
			const h = (await list(hidden)).data[0].id;
			refused(await call('collections.insert', { data: { a: 'x', h } }), 'VALIDATION', `Relation target "${hidden}" has no row(s) with id: ${h}`);
		});

		test(`search and the default order keep to what they may read over ${face}`, async () => {
			assert.deepEqual((await call('collections.list', { q: 'needle' })).data.data.map((r) => r.a), ['one']);
			assert.deepEqual((await call('collections.list', { q: 'hush' })).data.data, []);
			const { data } = (await call('collections.list', {})).data;
			assert.deepEqual(data.map((r) => r.a), ['two', 'one'], 'newest first, not by the secret');
		});

		test(`write what they may write, and get back what they may read, over ${face}`, async () => {
			const { data } = (await call('collections.insert', { data: { a: 'mine', n: 3, r: open } })).data;
			assert.deepEqual(Object.keys(data).sort(), ['a', 'b', 'createdAt', 'h', 'hm', 'id', 'n', 'r', 'updatedAt']);
			refused(await call('collections.insert', { data: { a: 'x', b: 'y' } }), 'FORBIDDEN', 'No permission to write field "b"');
			refused(await call('collections.insert', { data: { a: 'x', b: null } }), 'FORBIDDEN', 'No permission to write field "b"');
			refused(await call('collections.update', { id: data.id, data: { n: 3 } }), 'FORBIDDEN', 'No permission to write field "n"');
			const got = refused(await call('collections.insert', { data: { a: 'x', nope: 1 } }), 'VALIDATION', /^Unknown field "nope"; fields to write are: a, n, r, h$/);
			assert.doesNotMatch(got.message, /secret|pay/);
			assert.equal((await call('collections.update', { id: data.id, data: { a: 'changed' } })).data.data.a, 'changed');
			assert.deepEqual((await call('collections.delete', { id: data.id })).data, { ok: true });
			assert.equal(await countRows(ws, slug), 2);
		});

		test(`writing without reading gives back the id over ${face}`, async () => {
			const box = await collection(ws, [text('a', { required: true })]);
			const writer = await member(ws, { roles: [(await role(ws, { [box]: 'create' })).id] });
			const got = await writer.do('collections.insert', { collection: box, data: { a: 'x' } }, face);
			assert.deepEqual(Object.keys(got.data), ['id']);
			refused(await writer.call(face, 'collections.read', { collection: box, id: got.data.id }), 'FORBIDDEN', `No permission to read on "${box}"`);
			refused(await writer.call(face, 'collections.list', { collection: box }), 'FORBIDDEN', `No permission to read on "${box}"`);
			refused(await writer.call(face, 'collections.update', { collection: box, id: got.data.id, data: { a: 'y' } }), 'FORBIDDEN', `No permission to update on "${box}"`);
			refused(await writer.call(face, 'collections.delete', { collection: box, id: got.data.id }), 'FORBIDDEN', `No permission to delete on "${box}"`);
		});

		test(`unknown and unreadable collections are one over ${face}`, async () => {
			const nobody = await member(ws);
			const none = unique('none');
			for (const [tool, args, action] of [
				['collections.list', {}, 'read'], ['collections.read', { id }, 'read'], ['collections.aggregate', { agg: 'count' }, 'read'],
				['collections.insert', { data: { a: 'x' } }, 'create'], ['collections.insert', { data: { nope: 1 } }, 'create'],
				['collections.update', { id, data: { a: 'x' } }, 'update'], ['collections.delete', { id }, 'delete'],
				['collections.bulk_insert', { rows: [{ a: 'x' }] }, 'create'], ['collections.bulk_update', { updates: [{ id, data: { a: 'x' } }] }, 'update'],
			])
				for (const name of [slug, none])
					refused(await nobody.call(face, tool, { collection: name, ...args }), 'FORBIDDEN', `No permission to ${action} on "${name}"`, tool);
			assert.equal(await countRows(ws, slug), 2);
		});
	}

	test('counts speak of the rows of the collection', async () => {
		const got = await person.do('collections.list', { collection: slug, meta: '*', filter: { a: 'one' } });
		assert.deepEqual(got.meta, { filter_count: 1, total_count: 2 });
	});

	test('a change of hidden values changes no answer', async () => {
		const ask = async () => {
			const answers = [];
			for (const args of [{}, { sort: 'a' }, { q: 'e' }, { filter: { n: { _gt: 0 } } }, { meta: '*' }, { expand: ['r'] }, { fields: ['a', 'r.name'] }])
				answers.push((await person.do('collections.list', { collection: slug, ...args }, 'rest')).data.map((r) => ({ ...r, updatedAt: 0 })));
			answers.push((await person.do('collections.aggregate', { collection: slug, agg: 'count', groupBy: 'a' })).data);
			return JSON.stringify(answers);
		};
		const before_ = await ask();
		for (const row of (await list(slug)).data) await admin.do('collections.update', { collection: slug, id: row.id, data: { secret: unique('s'), pay: 77 } });
		await sql(to, 'SELECT 1');
		assert.equal(await ask(), before_);
	});
});

describe('strangers', () => {
	test('are let in where the role public is (10, 6.4)', async () => {
		const slug = await collection(ws, [text('a'), text('secret')]);
		const { id } = await insert(slug, { a: 'x', secret: 's' });
		const nobody = new Caller(to, { workspace: ws.slug });
		for (const [tool, args] of [['collections.list', {}], ['collections.read', { id }], ['collections.insert', { data: { a: 'y' } }], ['collections.aggregate', { agg: 'count' }]]) {
			refused(await nobody.rest(tool, { collection: slug, ...args }), 'UNAUTHORIZED', 'Sign in required', tool);
			refused(await nobody.rest(tool, { collection: unique('none'), ...args }), 'UNAUTHORIZED', 'Sign in required', tool);
		}
		const open = (await admin.do('roles.list')).data.find((r) => r.name === 'public');
		await admin.do('permissions.grant', { roleId: open.id, collection: slug, action: 'read', fields: ['a'] });
		const { data } = await nobody.do('collections.list', { collection: slug }, 'rest');
		assert.deepEqual(data.map((r) => [r.a, r.secret]), [['x', undefined]]);
		refused(await nobody.rest('collections.list', { collection: slug, filter: { secret: 's' } }), 'VALIDATION', /^Cannot filter on field: secret/);
		refused(await nobody.rest('collections.insert', { collection: slug, data: { a: 'y' } }), 'UNAUTHORIZED', 'Sign in required');
		// a member who holds other roles is not the public
		refused(await (await member(ws)).rest('collections.list', { collection: slug }), 'FORBIDDEN');
		// a bad key is not nobody
		const bad = new Caller(to, { key: 'pak_00000000_deadbeef' });
		refused(await bad.rest('collections.list', { collection: slug }), 'UNAUTHORIZED', 'Sign in required');
		assert.equal((await nobody.http('POST', '/mcp', { json: { jsonrpc: '2.0', id: 1, method: 'ping' } })).status, 401);
	});
});
