// The filter of collections.list: every operator on every type against their meaning in three-valued logic.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { instance } from './lib.mjs';
import { collection, FACES, NO_ID, refused, workspace } from './world.mjs';

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

// ---- a collection of all types, and what the filter language says about it ----

const ROWS = [
	{ n: 0, t: 'alpha', l: 'The quick brown fox', i: 1, f: 1.5, b: true, d: '2026-01-01T00:00:00Z',
		u: '01890a5d-ac96-774b-bcce-b302099a8057' },
	{ n: 1, t: 'Alpha', l: '100% sure_thing', i: 2, f: -2.25, b: false, d: '2026-01-01T00:00:00.000001Z',
		u: '01890a5d-ac96-774b-bcce-b302099a8058' },
	{ n: 2, t: 'beta', l: '', i: -5, f: 0, b: true, d: '2025-12-31T23:59:59Z', u: null },
	{ n: 3, t: '', l: 'back\\slash', i: 0, f: null, b: null, d: null,
		u: '00000000-0000-0000-0000-000000000000' },
	{ n: 4, t: null, l: null, i: null, f: 1000000.5, b: false, d: '2026-06-15T12:30:45.5Z', u: null },
	{ n: 5, t: 'ÄÖÜ straße', l: 'ÄB äb', i: 9223372036854775000, f: 0.1, b: null, d: '1999-02-03T04:05:06Z',
		u: '01890a5d-ac96-774b-bcce-b302099a8059' },
	{ n: 6, t: 'a%b_c\\d', l: '%', i: 10, f: 1.5, b: true, d: '2026-01-01T00:00:00Z', u: null },
	{ n: 7, t: 'alpha ', l: '_', i: 1, f: null, b: true, d: null, u: null },
	{ n: 8, t: "o'brien \"x\"", l: null, i: null, f: -0.5, b: false, d: '2030-01-01T00:00:00Z',
		u: '01890a5d-ac96-774b-bcce-b302099a8057' },
	{ n: 9, t: '😀 end', l: 'null', i: 3, f: 3, b: null, d: '2026-01-02T00:00:00Z', u: null },
];
const FIELDS = [
	{ name: 'n', type: 'integer' }, text('t'), { name: 'l', type: 'longtext' },
	{ name: 'i', type: 'integer', indexed: true },
	{ name: 'f', type: 'number' }, { name: 'b', type: 'boolean' }, { name: 'd', type: 'timestamp' },
	{ name: 'u', type: 'uuid' },
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
const KINDS = { n: 'number', t: 'text', l: 'text', i: 'number', f: 'number', b: 'boolean', d: 'time',
	u: 'uuid' };
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
	contains: (v, o) => v.includes(o), starts_with: (v, o) => v.startsWith(o),
	ends_with: (v, o) => v.endsWith(o),
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
		return every(Object.entries(value).map(([op, operand]) => OPERATORS[op](KINDS[key], row[key],
			operand)));
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

	const found = async (filter, face = 'mcp') => (await list(slug, { filter, sort: 'n', fields: ['n'] },
		face)).data.map((r) => r.n);
	async function check(filter, face) {
		assert.deepEqual(await found(filter, face), expected(filter), `${face}: ${JSON.stringify(filter)}`);
	}

	const OPERANDS = {
		text: ['alpha', 'Alpha', 'alpha ', '', 'beta', 'ÄÖÜ straße', '%', 'null', 'NULL', 'true', 'a%b_c\\d',
			"o'brien \"x\"", '😀 end', 'zzz', "' OR '1'='1"],
		number: [0, 1, -5, 10, 1.5, 0.1, -2.25, 1000000.5, 3],
		boolean: [true, false],
		time: ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000001Z', '2025-12-31T23:59:59Z',
			'2030-01-01T00:00:00Z', '2100-01-01T00:00:00Z'],
		uuid: ['01890a5d-ac96-774b-bcce-b302099a8057', '01890A5D-AC96-774B-BCCE-B302099A8058',
			'00000000-0000-0000-0000-000000000000', '01890a5d-ac96-774b-bcce-b302099a0000'],
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
				...['_in', '_nin'].flatMap((op) => [[], operands.slice(0, 1), operands.slice(0, 3),
					operands].map((o) => ({ [op]: o }))),
				...(ordered ? ORDER.flatMap((op) => operands.map((o) => ({ [op]: o }))) : []),
				...(ordered ? ['_between', '_nbetween'].flatMap((op) => [[0, 1], [1, 0], [2, 3],
					[0, 0]].map(([a, b]) => ({ [op]: [operands[a], operands[b]] }))) : []),
				...['_null', '_nnull'].flatMap((op) => [true, false].map((o) => ({ [op]: o }))),
				{ _empty: true }, { _nempty: true },
				...(kind === 'text' ? LIKE.flatMap((op) => ['a', 'A', '', '%', '_', '\\', 'äb', 'ÄB', 'ss',
					'ß', 'alpha', '😀', "'", 'l'].map((o) => ({ [op]: o }))) : []),
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
		return { pick: (items) => items[Math.floor(next() * items.length)],
			below: (n) => Math.floor(next() * n) };
	}
	function condition(rnd, depth) {
		if (depth > 0 && rnd.below(3) > 0) {
			const kids = Array.from({ length: 1 + rnd.below(3) }, () => condition(rnd, depth - 1));
			return rnd.pick([{ _and: kids }, { _or: kids }, { _not: kids[0] }, { $and: kids }, { $or: kids },
				{ $not: kids[0] }]);
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
			const parts = await Promise.all([found(p), found({ _not: p }),
				found({ [field]: { _null: true } })]);
			assert.deepEqual(parts.flat().sort((a, b) => a - b), ROWS.map((r) => r.n), field);
		}
	});

	test('several fields and several operators are AND-ed', async () => {
		for (const face of FACES) {
			assert.deepEqual(await found({ b: true, i: { _gt: 0, _lt: 10 } }, face), [0, 7]);
			assert.deepEqual(await found({ _or: [{ t: 'beta' }, { i: { _gte: 10 } }], f: { _nnull: true } },
				face), [2, 5, 6]);
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
			assert.deepEqual(await found({ id: { _in: [rows[1].id, rows[2].id.toUpperCase(), NO_ID] } },
				face), [1, 2]);
			assert.deepEqual(await found({ created_at: { _lte: new Date(Date.now() + 60000).toISOString() } },
				face), ROWS.map((r) => r.n));
			assert.deepEqual(await found({ updated_at: { _gt: new Date(Date.now() + 60000).toISOString() } },
				face), []);
		}
	});

	test('times are compared as moments', async () => {
		for (const face of FACES) {
			assert.deepEqual(await found({ d: '2026-01-01T02:00:00+02:00' }, face), [0, 6]);
			assert.deepEqual(await found({ d: { _between: ['2025-12-31T22:59:59-01:00',
				'2026-01-01T00:00:00Z'] } }, face), [0, 2, 6]);
		}
	});

	test('text stays text: variables, words and metacharacters mean nothing', async () => {
		const own = await collection(ws, [text('t')]);
		const words = ['$user.id', '$now', '$CURRENT_USER', 'null', 'true', "'; DROP TABLE x; --",
			'{"_eq":1}', '%', '\\', '\\%', '_eq', '`t`'];
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
		[{ nope: 1 }, /^Cannot filter on field: nope/], [{ nope: { _eq: 1 } },
			/^Cannot filter on field: nope/],
		[{ _and: [{ t: 'x' }, { _or: [{ nope: 1 }] }] }, /^Cannot filter on field: nope/],
		[{ 'nope.x': 1 }, /^Cannot filter on field: nope/], [{ 't.x': 1 }, /^Cannot filter on field: t\.x/],
		[{ 't.x': { _eq: 1 } }, /^Cannot filter on field/], [{ t: { x: { _eq: 1 } } }, undefined],
		[{ tenant_id: 'x' }, /^Cannot filter on field: tenant_id/],
		[{ f_1: 'x' }, /^Cannot filter on field: f_1/],
		[{ 't0.t': 'x' }, /^Cannot filter on field/], [{ '`t`': 'x' }, /^Cannot filter on field/],
		[{ T: 'x' }, /^Cannot filter on field: T/],
		[{ ' t': 'x' }, /^Cannot filter on field/], [{ '': 'x' }, /^Cannot filter on field/],
		[{ 1: 1 }, /^Cannot filter on field: 1/],
		[{ constructor: 1 }, /^Cannot filter on field: constructor/],
		[{ 'json(j)': 1 }, /^Cannot filter on field/],
		[{ 'year(d)': 2026 }, /^Cannot filter on field/], [{ 'length(t)': 1 }, /^Cannot filter on field/],
		[{ '$FOLLOW(t)': 1 }, /^Cannot filter on field/],
		[{ t: { _eqq: 'x' } }, /unknown operator "_eqq"/], [{ t: { _regex: '(' } }, /_regex/],
		[{ t: { eq: 'x' } }, undefined], [{ t: { _some: {} } }, /_some/],
		[{ _eq: 'x' }, undefined], [{ _xor: [] }, undefined], [{ $expr: {} }, undefined],
		[{ t: {} }, undefined], [{ t: [] }, undefined], [{ t: ['x'] }, undefined],
		[{ _and: [] }, undefined], [{ _or: [] }, undefined], [{ $and: [] }, undefined],
		[{ _and: {} }, undefined], [{ _or: { 0: {}, length: 1 } }, undefined],
		[{ _and: 'x' }, undefined], [{ _not: [] }, undefined], [{ _not: null }, undefined],
		[{ _not: 'x' }, undefined], [{ _and: [null] }, undefined], [{ _and: [[]] }, undefined],
		[{ t: 7 }, /integer|string/], [{ t: { _eq: true } }, undefined], [{ t: { _eq: {} } }, undefined],
		[{ t: { _eq: ['x'] } }, undefined],
		[{ t: { _in: 'x' } }, undefined], [{ t: { _in: [7] } }, undefined],
		[{ t: { _in: [['x']] } }, undefined],
		[{ i: '1' }, undefined], [{ i: 1.5 }, undefined], [{ i: { _gt: 'x' } }, undefined],
		[{ i: { _gt: null } }, undefined], [{ i: { _contains: '1' } }, undefined],
		[{ f: 'x' }, undefined], [{ b: 'true' }, undefined], [{ b: 1 }, undefined],
		[{ b: { _gt: true } }, undefined],
		[{ d: 'soon' }, undefined], [{ d: 1700000000 }, undefined], [{ d: { _contains: '2026' } }, undefined],
		[{ u: 'x' }, undefined], [{ u: 7 }, undefined],
		[{ j: 'x' }, undefined], [{ j: { _eq: {} } }, undefined],
		[{ 'j.a': 1 }, /^Cannot filter on field: j\.a/], [{ x: { _contains: 'x' } }, undefined],
		[{ 'x.en': 'x' }, /^Cannot filter on field/],
		[{ i: { _between: [1] } }, undefined], [{ i: { _between: [1, 2, 3] } }, undefined],
		[{ i: { _between: 1 } }, undefined], [{ i: { _between: { 0: 1, 1: 2 } } }, undefined],
		[{ t: { _null: 'yes' } }, undefined], [{ t: { _null: 1 } }, undefined],
		[{ t: { _null: null } }, undefined],
		[{ t: { _empty: false } }, undefined], [{ t: { _empty: 'x' } }, undefined],
		[{ t: { _contains: null } }, undefined], [{ t: { _contains: 7 } }, undefined],
		[{ t: { _contains: ['x'] } }, undefined],
		[{ t: { _eq: { $field: 'nope' } } }, undefined],
	];
	for (const face of FACES)
		test(`what is no condition is refused over ${face}, never ignored`, async () => {
			for (const [filter, message] of BAD)
				refused(await tryList(slug, { filter }, face), 'VALIDATION', message, JSON.stringify(filter));
		});

	test('neither is what is no object', async () => {
		for (const filter of [[], '', 'x', 7, true, null, [{ t: 'x' }]])
			assert.match(refused(await admin.mcp('collections.list', { collection: slug, filter }),
				'VALIDATION', undefined, JSON.stringify(filter)).path, /^filter/);
		for (const given of ['', 'x', '7', 'true', 'null', '[]', '{', '{"t":}', "{'t':'x'}",
			'{"t":"x","t":"y"}', '{"t":NaN}', '{"t":"\ud800"}'.replace('\ud800', '\\ud800')]) {
			const got = await admin.http('GET',
				`/api/items/${slug}?${new URLSearchParams({ filter: given })}`);
			assert.deepEqual([got.status, got.json.error.code], [422, 'VALIDATION'], given);
		}
		const bad = await admin.http('GET', `/api/items/${slug}?filter=%7Bnope`);
		assert.match(bad.json.error.message, /^Invalid `filter` JSON/);
		for (const filter of [[], '', null])
			refused(await admin.mcp('collections.aggregate', { collection: slug, agg: 'count', filter }),
				'VALIDATION', undefined, JSON.stringify(filter));
	});

	test('an error says where it is and what would do', async () => {
		for (const face of FACES) {
			const got = refused(await tryList(slug, { filter: { _and: [{ t: 'x' }, { nope: 1 }] } }, face),
				'VALIDATION', /usable fields are n, t, l/);
			assert.match(got.path, /^filter\._and\[1\]/);
			refused(await tryList(slug, { filter: { i: { _like: 1 } } }, face), 'VALIDATION',
				/unknown operator "_like"; the integer field "i" takes _eq/);
		}
	});

	test('limits: depth 16, 200 nodes, 1,000 values', async () => {
		const nest = (n) => { let c = { t: 'x' }; for (let k = 0; k < n; k++) c = { _not: c }; return c; };
		const width = (n) => ({ _or: Array.from({ length: n }, (_, k) => ({ i: k })) });
		const values = (n) => ({ i: { _in: Array.from({ length: n }, (_, k) => k) } });
		assert.ok((await tryList(slug, { filter: nest(10) })).ok);
		for (const n of [20, 40]) refused(await tryList(slug, { filter: nest(n) }), 'VALIDATION', undefined,
			`nested ${n}`);
		assert.ok((await tryList(slug, { filter: width(90) })).ok);
		refused(await tryList(slug, { filter: width(300) }), 'VALIDATION', /200/);
		assert.ok((await tryList(slug, { filter: values(1000) })).ok);
		refused(await tryList(slug, { filter: values(1001) }), 'VALIDATION', /1000/);
		refused(await tryList(slug, { filter: values(5000) }), 'VALIDATION', /1000/);
	});
});
