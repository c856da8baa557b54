// Field types, indexes, defaults and validation: what rows may hold.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { http, instance, unique } from './lib.mjs';
import { collection, countRows, FACES, NO_ID, refused, TIME, workspace } from './world.mjs';

let to, ws, admin;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	admin = ws.admin;
});

const text = (name, more = {}) => ({ name, type: 'text', ...more });
const insert = (slug, data, face = 'mcp') => admin.call(face, 'collections.insert',
	{ collection: slug, data });

const TYPES = [
	'text', 'longtext', 'integer', 'number', 'boolean', 'json', 'timestamp', 'uuid', 'relation',
	'relation_many', 'file', 'i18n_text',
];

describe('field types', () => {
	let slug, target, other;
	const id = {};

	before(async () => {
		target = await collection(ws, [text('name')]);
		other = await collection(ws, [text('name')]);
		for (const [name, where] of [['a', target], ['b', target], ['other', other]])
			id[name] = (await insert(where, { name })).data.data.id;
		slug = await collection(ws, TYPES.map((type) => ({ name: type, type,
			...(type.startsWith('relation') ? { to: target } : {}) })));
	});

	const raw = (body) =>
		http(`${to.url}/api/items/${slug}`, { method: 'POST', key: admin.key, body,
			headers: { 'content-type': 'application/json' } });
	// stored as given: JSON text in, the same JSON text out
	const verbatim = [
		['text', '""'], ['text', '"x"'], ['text', `"${'😀'.repeat(255)}"`], ['text', '"a "'], ['text', '" a"'],
		['text', '"null"'], ['text', '"true"'], ['text', '"%_\\\\\'\\"`;--"'], ['text', 'null'],
		['text', '"\\u0001\\u001f\\u007f"'],
		['longtext', `"${'ü'.repeat(100000)}"`], ['longtext', '"line\\nline\\ttab\\r"'],
		['integer', '0'], ['integer', '-1'], ['integer', '9223372036854775807'],
		['integer', '-9223372036854775808'], ['integer', 'null'],
		['number', '0'], ['number', '-1.5'], ['number', '0.1'], ['number', '123456789.125'],
		['boolean', 'true'], ['boolean', 'false'], ['boolean', 'null'],
		['json', '{"a":[1,2.50,{"b":null}],"ü":"😀"}'], ['json', '[]'], ['json', '"text"'], ['json', '0'],
		['json', 'false'], ['json', '123456789012345678901234567890'],
		['json', '{}'], ['json', '[1e400,-0]'],
		['uuid', '"01890a5d-ac96-774b-bcce-b302099a8057"'], ['uuid',
			'"00000000-0000-0000-0000-000000000000"'],
		['file', '"tenants/a/b.txt"'], ['i18n_text', '{"en":"Hello","de":"Grüß Gott","pt-BR":""}'],
		['i18n_text', '{}'],
	];
	test('give back what they were given', async () => {
		for (const [type, json] of verbatim) {
			const res = await raw(`{"${type}":${json}}`);
			assert.equal(res.status, 201, `${type} ${json.slice(0, 60)}: ${res.text}`);
			const expected = json.replaceAll('\\u007f', '\x7f').replaceAll('\\/', '/');
			assert.ok(
				res.text.includes(`"${type}":${expected}`) || JSON.stringify(JSON.parse(res.text).data[type]) === JSON.stringify(JSON.parse(json)),
				`${type} ${json.slice(0, 60)} became ${res.text.slice(0, 300)}`,
			);
			if (type === 'integer' || (type === 'json' && /\d{20}|e400/.test(json)))
				assert.ok(res.text.includes(`"${type}":${json}`),
					`${json} digit for digit: ${res.text.slice(0, 300)}`);
		}
	});

	test('relations and times are canonical', async () => {
		const one = (await insert(slug, { relation: id.a.toUpperCase(), relation_many: [id.b, id.a],
			uuid: '01890A5D-AC96-774B-BCCE-B302099A8057' })).data.data;
		assert.equal(one.relation, id.a);
		assert.deepEqual(one.relation_many, [id.b, id.a]);
		assert.equal(one.uuid, '01890a5d-ac96-774b-bcce-b302099a8057');
		for (const [given, expected] of [
			['2026-01-31T12:00:00Z', '2026-01-31T12:00:00Z'],
			['2026-01-31T12:00:00.123456Z', '2026-01-31T12:00:00.123456Z'],
			['2026-01-31T12:00:00+02:00', '2026-01-31T10:00:00Z'],
			['2026-01-31T00:00:00-05:30', '2026-01-31T05:30:00Z'],
			['2024-02-29T23:59:59Z', '2024-02-29T23:59:59Z'],
			['1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'],
		]) {
			const { timestamp } = (await insert(slug, { timestamp: given })).data.data;
			assert.match(timestamp, TIME, given);
			assert.equal(
				timestamp.replace(/(\.\d*?)0*Z$/, '$1Z').replace('.Z', 'Z'),
				expected, given,
			);
		}
		assert.deepEqual((await insert(slug, { relation_many: [] })).data.data.relation_many, []);
		assert.equal((await insert(slug, { relation: null, relation_many: null })).data.data.relation, null);
	});

	const wrong = [
		['text', '7'], ['text', 'true'], ['text', '[]'], ['text', '{}'], ['text', `"${'x'.repeat(256)}"`],
		['longtext', '7'],
		['integer', '"7"'], ['integer', '1.5'], ['integer', 'true'], ['integer', '[1]'],
		['integer', '9223372036854775808'],
		['integer', '-9223372036854775809'], ['integer', '123456789012345678901234567890'],
		['integer', '1e400'],
		['number', '"1"'], ['number', '1e400'], ['number', '-1e999'], ['number', '[]'], ['number', 'true'],
		['boolean', '1'], ['boolean', '0'], ['boolean', '"true"'], ['boolean', '[]'],
		['timestamp', '"soon"'], ['timestamp', '""'], ['timestamp', '1700000000'],
		['timestamp', '"2026-13-01T00:00:00Z"'],
		['timestamp', '"2025-02-29T00:00:00Z"'], ['timestamp', '"2026-01-01T25:00:00Z"'],
		['timestamp', '"0000-00-00T00:00:00Z"'],
		['timestamp', '"10000-01-01T00:00:00Z"'],
		['uuid', '"x"'], ['uuid', '""'], ['uuid', '7'], ['uuid', '"01890a5d-ac96-774b-bcce-b302099a805"'],
		['uuid', '"01890a5d-ac96-774b-bcce-b302099a805g"'],
		['relation', '"x"'], ['relation', '7'], ['relation', '[]'], ['relation', '{"id":"x"}'],
		['relation', '""'],
		['relation_many', '"x"'], ['relation_many', '["x"]'], ['relation_many', '[7]'],
		['relation_many', '[null]'], ['relation_many', '{}'],
		['file', '7'], ['file', `"${'x'.repeat(192)}"`],
		['i18n_text', '"text"'], ['i18n_text', '{"en":7}'], ['i18n_text', '{"en":null}'],
		['i18n_text', '{"not a locale":"x"}'], ['i18n_text', '[]'],
	];
	test('refuse values that are none of theirs', async () => {
		const before_ = await countRows(ws, slug);
		for (const [type, json] of wrong) {
			const res = await raw(`{"${type}":${json}}`);
			assert.equal(res.status, 422, `${type} ${json.slice(0, 60)}: ${res.text.slice(0, 200)}`);
			const { error } = JSON.parse(res.text);
			assert.equal(error.code, 'VALIDATION');
			assert.ok(error.message.startsWith(`${type}: `) || error.message.startsWith('Relation target'),
				error.message);
			assert.equal(error.details.path, `data.${type}`);
		}
		assert.equal(await countRows(ws, slug), before_, 'nothing was written');
	});

	test('relations point to rows that are there, of their own target', async () => {
		for (const face of FACES) {
			for (const [data, missing] of [
				[{ relation: NO_ID }, NO_ID],
				[{ relation: id.other }, id.other],
				[{ relation_many: [id.a, NO_ID] }, NO_ID],
				[{ relation_many: [id.other, NO_ID] }, [NO_ID, id.other].join(', ')],
			]) {
				const got = await insert(slug, data, face);
				refused(got, 'VALIDATION', `Relation target "${target}" has no row(s) with id: ${missing}`,
					JSON.stringify(data));
			}
			const row = (await insert(slug, { relation: id.a }, face)).data.data;
			refused(
				await admin.call(face, 'collections.update', { collection: slug, id: row.id,
					data: { relation: NO_ID } }),
				'VALIDATION', `Relation target "${target}" has no row(s) with id: ${NO_ID}`,
			);
			assert.equal((await admin.do('collections.read', { collection: slug, id: row.id })).data.relation,
				id.a);
		}
	});

	test('a row that is referred to stays', async () => {
		const { data } = (await insert(target, { name: 'held' })).data;
		const row = (await insert(slug, { relation: data.id })).data.data;
		for (const face of FACES)
			refused(
				await admin.call(face, 'collections.delete', { collection: target, id: data.id }),
				'VALIDATION', new RegExp(`rows of "${slug}" refer to this item in "relation"`),
			);
		await admin.do('collections.update', { collection: slug, id: row.id, data: { relation: null } });
		assert.deepEqual(await admin.do('collections.delete', { collection: target, id: data.id }),
			{ ok: true });
	});

	test('a relation may point to its own collection', async () => {
		const own = unique('tree');
		await collection(ws, [text('name'), { name: 'parent', type: 'relation', to: own },
			{ name: 'friends', type: 'relation_many', to: own }], { slug: own });
		const root = (await insert(own, { name: 'root' })).data.data;
		const leaf = (await insert(own, { name: 'leaf', parent: root.id, friends: [root.id] })).data.data;
		assert.equal(leaf.parent, root.id);
		const got = await admin.do('collections.list', { collection: own,
			filter: { 'parent.name': 'root' } });
		assert.deepEqual(got.data.map((r) => r.name), ['leaf']);
	});
});

describe('unique and composite indexes', () => {
	for (const face of FACES)
		test(`a value is there once, exactly, over ${face}`, async () => {
			const slug = await collection(ws, [
				text('a', { unique: true }), { name: 'n', type: 'integer', unique: true },
				{ name: 'r', type: 'timestamp', unique: true },
			]);
			for (const a of ['x', 'X', 'x ', ' x', '', 'ä', 'a']) assert.ok((await insert(slug, { a },
				face)).ok, JSON.stringify(a));
			for (const a of ['x', '', 'ä']) {
				const got = refused(await insert(slug, { a }, face), 'CONFLICT', /^a: /, JSON.stringify(a));
				assert.ok(!got.message.includes('Duplicate entry'));
			}
			for (let i = 0; i < 2; i++) assert.ok((await insert(slug, { a: null }, face)).ok,
				'null as often as you like');
			assert.ok((await insert(slug, { n: 5, r: '2026-01-01T00:00:00Z' }, face)).ok);
			refused(await insert(slug, { n: 5 }, face), 'CONFLICT', /^n: /);
			refused(await insert(slug, { r: '2026-01-01T01:00:00+01:00' }, face), 'CONFLICT', /^r: /);
			// indexed text is shorter
			assert.ok((await insert(slug, { a: 'y'.repeat(191) }, face)).ok);
			refused(await insert(slug, { a: 'z'.repeat(192) }, face), 'VALIDATION',
				/^a: must be at most 191 characters/);
			const [row] = (await admin.do('collections.list', { collection: slug, filter: { n: 5 } })).data;
			refused(
				await admin.call(face, 'collections.update', { collection: slug, id: row.id,
					data: { a: 'x' } }),
				'CONFLICT', /^a: /,
			);
			// to its own value
			assert.ok((await admin.call(face, 'collections.update',
				{ collection: slug, id: row.id, data: { n: 5 } })).ok);
		});

	test('a unique index over several fields', async () => {
		const slug = await collection(ws, [text('a'), { name: 'n', type: 'integer' }],
			{ indexes: [{ fields: ['a', 'n'], unique: true }] });
		assert.ok((await insert(slug, { a: 'x', n: 1 })).ok);
		assert.ok((await insert(slug, { a: 'x', n: 2 })).ok);
		refused(await insert(slug, { a: 'x', n: 1 }), 'CONFLICT', /a.*n/);
		assert.ok((await insert(slug, { a: 'x' })).ok);
		assert.ok((await insert(slug, { a: 'x' })).ok, 'a null makes no duplicate');
	});

	test('ten writers of one value: one wins', async () => {
		const slug = await collection(ws, [text('a', { unique: true })]);
		const got = await Promise.all(Array.from({ length: 10 },
			(_, i) => insert(slug, { a: 'x' }, FACES[i % 2])));
		assert.equal(got.filter((g) => g.ok).length, 1);
		for (const g of got.filter((x) => !x.ok)) refused(g, 'CONFLICT', /^a: /);
		assert.equal(await countRows(ws, slug), 1);
	});
});

describe('options, defaults and validation', () => {
	async function one(field, good, bad) {
		const slug = await collection(ws, [{ name: 'v', ...field }]);
		for (const v of good) {
			const got = await insert(slug, { v });
			assert.ok(got.ok, `${JSON.stringify(field)} takes ${JSON.stringify(v)}: ${got.message}`);
		}
		for (const [v, message] of bad) {
			for (const face of FACES) {
				const got = refused(await insert(slug, { v }, face), 'VALIDATION', message,
					JSON.stringify([field, v]));
				assert.equal(got.path, 'data.v');
			}
		}
		assert.equal(await countRows(ws, slug), good.length);
		return slug;
	}

	test('required', async () => {
		const slug = await collection(ws, [text('title', { required: true }), text('other')]);
		for (const face of FACES) {
			refused(await insert(slug, {}, face), 'VALIDATION', 'Field "title" is required');
			refused(await insert(slug, { title: null }, face), 'VALIDATION', 'Field "title" is required');
			const { data } = (await insert(slug, { title: '' }, face)).data;
			refused(
				await admin.call(face, 'collections.update', { collection: slug, id: data.id,
					data: { title: null } }),
				'VALIDATION', 'Field "title" is required',
			);
			assert.ok((await admin.call(face, 'collections.update',
				{ collection: slug, id: data.id, data: { other: 'x' } })).ok);
		}
	});

	test('defaults fill in what is not given', async () => {
		const slug = await collection(ws, [
			text('a', { default: 'x', required: true }), { name: 'i', type: 'integer', default: -5 },
			{ name: 'n', type: 'number', default: 2.5 },
			{ name: 'b', type: 'boolean', default: true }, { name: 't', type: 'timestamp',
				default: '2026-01-01T00:00:00Z' },
			{ name: 'l', type: 'longtext', default: 'long' }, { name: 'u', type: 'uuid', default: NO_ID },
		]);
		const got = (await insert(slug, {})).data.data;
		assert.deepEqual([got.a, got.i, got.n, got.b, got.l, got.u], ['x', -5, 2.5, true, 'long', NO_ID]);
		assert.equal(Date.parse(got.t), Date.parse('2026-01-01T00:00:00Z'));
		const given = (await insert(slug, { a: 'y', i: null, b: false })).data.data;
		assert.deepEqual([given.a, given.i, given.b, given.n], ['y', null, false, 2.5]);
		// an update does not fill in
		const kept = (await admin.do('collections.update', { collection: slug, id: given.id,
			data: { a: 'z' } })).data;
		assert.equal(kept.i, null);
	});

	test('dropdown takes its choices only', async () => {
		const choices = [{ value: 'red', label: 'Rot', color: '#f00', icon: 'x' }, { value: 'blue' }];
		await one({ type: 'text', interface: 'dropdown', options: { choices } }, ['red', 'blue', '', null], [
			['green', 'v: must be one of "red", "blue"'], ['Red', /must be one of/],
			['red ', /must be one of/],
		]);
		await one({ type: 'text', interface: 'dropdown', options: { values: ['a', 'b'] } }, ['a', 'b'],
			[['c', /must be one of "a", "b"/]]);
		// without the interface they are suggestions
		await one({ type: 'text', options: { values: ['a', 'b'] } }, ['a', 'c'], []);
		await one({ type: 'integer', interface: 'dropdown', options: { choices: [{ value: 1 },
			{ value: 2 }] } }, [1, 2], [[3, /must be one of/]]);
	});

	test('lengths count characters', () =>
		one({ type: 'text', validation: { minLength: 3, maxLength: 5 } },
			['abc', '😀😀😀', 'abcde', '😀😀😀😀😀', '', null], [
			['ab', 'v: must be at least 3 characters'], ['😀😀', 'v: must be at least 3 characters'],
			['abcdef', 'v: must be at most 5 characters'],
		]));

	test('bounds of numbers include themselves', async () => {
		await one({ type: 'integer', validation: { min: -2, max: 10 } }, [-2, 0, 10, null], [
			[-3, 'v: must be at least -2'], [11, 'v: must be at most 10'],
		]);
		await one({ type: 'number', validation: { min: 0.5, max: 1.5 } }, [0.5, 1, 1.5],
			[[0.4999, /at least 0\.5/], [1.5001, /at most 1\.5/]]);
		await one({ type: 'number', validation: { integer: true } }, [1, -7, 0],
			[[1.5, 'v: must be an integer']]);
		await one({ type: 'integer', validation: { max: 9007199254740991 } }, [9007199254740991],
			[[9007199254740992, /at most 9007199254740991/]]);
	});

	test('a pattern', async () => {
		await one({ type: 'text', validation: { regex: '^[a-z]+-\\d{2}$' } }, ['ab-12', '', null], [
			['ab-1', 'v: must match the pattern ^[a-z]+-\\d{2}$'], ['ab-12\n', /pattern/],
			['AB-12', /pattern/],
		]);
		await one({ type: 'text', validation: { regex: 'ü.x' } }, ['üäx', 'aü😀xb'], [['üx', /pattern/]]);
	});

	test('a pattern that never ends is stopped', async () => {
		const slug = await collection(ws, [text('v', { validation: { regex: '^(a+)+$' } })]);
		const started = Date.now();
		refused(await insert(slug, { v: `${'a'.repeat(200)}!` }), 'VALIDATION', /^v: /);
		assert.ok(Date.now() - started < 3000, 'within seconds');
		assert.ok((await insert(slug, { v: 'aaa' })).ok);
	});

	test('formats', async () => {
		await one({ type: 'text', validation: { format: 'email' } },
			['a@b.co', 'first.last+tag@sub.example.org', '', null], [
			['a', 'v: must be an email address'], ['a@', /email/], ['@b.co', /email/], ['a@b', /email/],
			['a b@c.de', /email/], ['a@b@c.de', /email/], ['a@b..co', /email/],
		]);
		await one({ type: 'text', validation: { format: 'url' } },
			['http://x.org', 'https://x.org/a?b=c#d', 'https://x.org:8443/'], [
			['x.org', /URL/], ['ftp://x.org', /URL/], ['javascript:alert(1)', /URL/], ['http://', /URL/],
			['http://a b', /URL/], ['//x.org', /URL/],
		]);
	});

	test('dates', () =>
		one({ type: 'timestamp', validation: { minDate: '2026-01-01T00:00:00Z',
			maxDate: '2026-12-31T23:59:59Z' } },
			['2026-01-01T00:00:00Z', '2026-12-31T23:59:59Z', '2026-01-01T01:00:00+01:00', null], [
				['2025-12-31T23:59:59Z', /must not be before 2026-01-01/],
				['2027-01-01T00:00:00Z', /must not be after 2026-12-31/],
				['2026-01-01T00:30:00+01:00', /must not be before/],
			]));

	test('numbers of choices', async () => {
		const target = await collection(ws, [text('name')]);
		const ids = [];
		for (const name of ['a', 'b', 'c', 'd']) ids.push((await insert(target, { name })).data.data.id);
		await one({ type: 'relation_many', to: target, validation: { minSelect: 2, maxSelect: 3 } },
			[ids.slice(0, 2), ids.slice(0, 3), [], null], [
			[ids.slice(0, 1), 'v: must have at least 2 entries'], [ids, 'v: must have at most 3 entries'],
		]);
		await one({ type: 'json', validation: { minSelect: 1, maxSelect: 1 } }, [[1], [], { a: 1 }],
			[[[1, 2], /at most 1/]]);
	});

	test('their message and severity', async () => {
		await one({ type: 'text', validation: { minLength: 3, message: 'zu kurz 😀' } }, ['abc'],
			[['ab', 'v: zu kurz 😀']]);
		for (const severity of ['warning', 'info'])
			await one({ type: 'text', validation: { minLength: 3, severity } }, ['ab', 'abc'], []);
		await one({ type: 'text', validation: { minLength: 3, severity: 'error' } }, ['abc'],
			[['ab', /at least 3/]]);
	});

	test('a rule looks at the whole row, as it will be', async () => {
		const slug = await collection(ws, [
			{ name: 'from', type: 'integer' },
			{ name: 'to', type: 'integer', validation: { rule: { to: { _gt: { $field: 'from' } } },
				message: 'must come after from' } },
		]);
		for (const face of FACES) {
			const { data } = (await insert(slug, { from: 1, to: 2 }, face)).data;
			const got = refused(await insert(slug, { from: 2, to: 1 }, face), 'VALIDATION',
				'to: must come after from');
			assert.equal(got.path, 'data.to');
			assert.ok((await insert(slug, { from: 2 }, face)).ok, 'an empty value is not judged');
			const set = (fields) => admin.call(face, 'collections.update',
				{ collection: slug, id: data.id, data: fields });
			refused(await set({ to: 0 }), 'VALIDATION', 'to: must come after from');
			assert.ok((await set({ from: 5, to: 6 })).ok);
			refused(await set({ to: 5 }), 'VALIDATION', 'to: must come after from');
		}
	});

	test('hold for updates and bulk as well', async () => {
		const slug = await collection(ws, [text('v', { validation: { minLength: 3 } })]);
		const { data } = (await insert(slug, { v: 'abc' })).data;
		refused(await admin.mcp('collections.update', { collection: slug, id: data.id, data: { v: 'x' } }),
			'VALIDATION', 'v: must be at least 3 characters');
		const bulk = await admin.mcp('collections.bulk_insert',
			{ collection: slug, rows: [{ v: 'abcd' }, { v: 'x' }] });
		assert.deepEqual(bulk.data.results[1], { ok: false, error: { code: 'VALIDATION',
			message: 'v: must be at least 3 characters' } });
		const changed = await admin.mcp('collections.bulk_update',
			{ collection: slug, updates: [{ id: data.id, data: { v: 'y' } }] });
		assert.deepEqual(changed.data.results[0], { ok: false,
			error: { code: 'VALIDATION', message: 'v: must be at least 3 characters' } });
	});
});
