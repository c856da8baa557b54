// schema.*: making, changing, adopting and dropping collections.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { client, http, instance, ROOMY, start, unique } from './lib.mjs';
import {
	Caller, coffer, collection, countRows, FACES, member, NO_ID, refused, role, sql, TIME, UUID, workspace,
} from './world.mjs';

let to, ws, admin;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	admin = ws.admin;
});

const text = (name, more = {}) => ({ name, type: 'text', ...more });
const describe_ = (slug, face = 'mcp') => admin.do('schema.describe_collection', { collection: slug }, face);
const insert = (slug, data, face = 'mcp') => admin.call(face, 'collections.insert', { collection: slug, data });
const update = (slug, args, face = 'mcp') => admin.call(face, 'schema.update_collection', { slug, ...args });
const names = async (slug) => (await describe_(slug)).fields.map((f) => f.name);

const TYPES = [
	'text', 'longtext', 'integer', 'number', 'boolean', 'json', 'timestamp', 'uuid', 'relation',
	'relation_many', 'file', 'i18n_text',
];

describe('schema.create_collection', () => {
	for (const face of FACES)
		test(`answers the collection, which is then listed and described, over ${face} (B1, B2, B9)`, async () => {
			const slug = unique('posts');
			const fields = [
				text('title', { required: true, label: 'Title', description: 'What it is called 😀' }),
				{ name: 'views', type: 'integer', indexed: true, default: 0, group: 'Figures' },
			];
			const args = {
				slug, fields, singular: 'Post', plural: 'Posts', note: 'Ärticles; “quoted”',
				defaultSort: '-views', indexes: [{ fields: ['title', 'views'] }],
			};
			const { data } = await admin.do('schema.create_collection', args, face);
			assert.match(data.id, UUID);
			assert.match(data.createdAt, TIME);
			assert.equal(data.createdAt, data.updatedAt);
			const expected = {
				slug, singular: 'Post', plural: 'Posts', note: 'Ärticles; “quoted”', ownerScoped: false,
				tenantScoped: true, adopted: false, versioned: false, vectorize: false, defaultSort: '-views',
				status: 'active', fields, indexes: [{ fields: ['title', 'views'], unique: false }],
			};
			for (const [name, value] of Object.entries(expected)) assert.deepEqual(data[name], value, name);
			const described = await describe_(slug, face);
			for (const [name, value] of Object.entries(expected)) assert.deepEqual(described[name], value, name);
			const { collections } = await admin.do('schema.list_collections', {}, face);
			assert.deepEqual(collections.find((c) => c.slug === slug), {
				slug, singular: 'Post', plural: 'Posts', note: 'Ärticles; “quoted”', fieldCount: 2,
				ownerScoped: false, tenantScoped: true, adopted: false, versioned: false, vectorize: false,
			});
		});

	test('links to the resource of the collection', async () => {
		const slug = unique('linked');
		const made = await admin.mcp('schema.create_collection', { slug, fields: [text('a')] });
		const described = await admin.mcp('schema.describe_collection', { collection: slug });
		for (const { result } of [made, described]) {
			const [, link] = result.content;
			assert.equal(result.content.length, 2);
			assert.equal(link.type, 'resource_link');
			assert.equal(link.uri, `coffer://collection/${slug}`);
			assert.equal(link.mimeType, 'application/json');
			const read = await client(to, { key: admin.key }).result('resources/read', { uri: link.uri });
			assert.equal(JSON.parse(read.contents[0].text).slug, slug);
		}
	});

	test('takes every field type and option, and keeps the order', async () => {
		const target = await collection(ws, [text('name')]);
		const fields = TYPES.map((type, i) => ({
			name: `f${i}_${type}`, type, ...(type.startsWith('relation') ? { to: target } : {}),
			label: `L ${i}`, description: 'D', group: 'G', interface: 'plain', visibleWhen: { x: 1 }, vectorize: false,
		})).reverse();
		const slug = await collection(ws, fields);
		assert.deepEqual((await describe_(slug)).fields, fields);
	});

	test('takes no fields at all, and flags', async () => {
		const slug = unique('flags');
		const { data } = await admin.do('schema.create_collection', {
			slug, fields: [], ownerScoped: true, versioned: true, vectorize: true, vectorizeModel: 'bge-m3', tenantScoped: true,
		});
		assert.deepEqual(
			[data.fields, data.ownerScoped, data.versioned, data.vectorize, data.tenantScoped],
			[[], true, true, true, true],
		);
		const row = await insert(slug, {});
		assert.equal(row.data.data.ownerId, (await admin.http('GET', '/api/me')).json.data.id);
	});

	test('names may be words of SQL, of the filter language or of coffer', async () => {
		const words = ['select', 'from', 'where', 'group', 'order', 'key', 'index', 'null', 'true', 'and', 'or', 'in', 'desc', 'table', 'values', 'rank', 'data', 'limit', 'filter', 'collection', 'error', 'constructor', 'x'.repeat(64)];
		for (const slug of ['select', 'order', 'items', 'me', 'aggregate', 'mcp', 'constructor']) {
			const fresh = await workspace(to);
			const boss = fresh.admin;
			await collection(fresh, [...words.map((w) => text(w, { indexed: w.length < 6 })), { name: 'rel', type: 'relation', to: slug }], { slug, defaultSort: 'order' });
			const data = Object.fromEntries(words.map((w) => [w, w.toUpperCase()]));
			for (const face of FACES) {
				const row = (await boss.do('collections.insert', { collection: slug, data }, face)).data;
				for (const w of words) assert.equal(row[w], w.toUpperCase(), w);
				const found = await boss.do('collections.list', { collection: slug, filter: { _and: [...words.map((w) => ({ [w]: { _icontains: w } })), { id: row.id }] }, sort: `${words.slice(0, 4).join()},-key`, fields: ['id', 'select', 'group'] }, face);
				assert.deepEqual(found.data.map((r) => [r.id, r.select, r.group]), [[row.id, 'SELECT', 'GROUP']]);
				const changed = await boss.do('collections.update', { collection: slug, id: row.id, data: { select: 'new', rel: row.id } }, face);
				assert.deepEqual([changed.data.select, changed.data.rel], ['new', row.id]);
				assert.equal((await boss.do('collections.aggregate', { collection: slug, agg: 'count', groupBy: 'group' }, face)).data[0].label, 'GROUP');
				await boss.do('collections.update', { collection: slug, id: row.id, data: { rel: null } }, face);
				await boss.do('collections.delete', { collection: slug, id: row.id }, face);
			}
			assert.deepEqual(await boss.do('schema.drop_collection', { slug }), { ok: true, archived: false });
		}
	});

	for (const face of FACES)
		test(`a slug is there once over ${face}`, async () => {
			const slug = await collection(ws, [text('a')]);
			refused(
				await admin.call(face, 'schema.create_collection', { slug, fields: [text('b')] }),
				'CONFLICT', 'Slug already exists',
			);
			assert.deepEqual(await names(slug), ['a']);
		});

	test('ten at once with one slug make one', async () => {
		const slug = unique('race');
		const got = await Promise.all(
			Array.from({ length: 10 }, (_, i) =>
				admin.call(FACES[i % 2], 'schema.create_collection', { slug, fields: [text(`f${i}`)] }),
			),
		);
		assert.equal(got.filter((g) => g.ok).length, 1);
		for (const g of got.filter((x) => !x.ok)) refused(g, 'CONFLICT', 'Slug already exists');
		const { collections } = await admin.do('schema.list_collections');
		assert.equal(collections.filter((c) => c.slug === slug).length, 1);
		assert.equal((await names(slug)).length, 1);
	});

	test('many at once with different slugs are all made', async () => {
		const got = await Promise.all(
			Array.from({ length: 6 }, (_, i) => admin.call(FACES[i % 2], 'schema.create_collection', { slug: unique('many'), fields: [text('a')] })),
		);
		for (const g of got) assert.ok(g.ok, g.message);
	});
});

describe('a definition is checked completely before anything is done', () => {
	const good = text('title');
	const cases = [
		['slug empty', { slug: '' }, /slug/],
		['slug with capitals', { slug: 'Posts' }, /slug/],
		['slug beginning with a digit', { slug: '1posts' }, /slug/],
		['slug beginning with _', { slug: '_posts' }, /slug/],
		['slug with a dash', { slug: 'my-posts' }, /slug/],
		['slug with a dot', { slug: 'a.b' }, /slug/],
		['slug with a blank', { slug: 'a b' }, /slug/],
		['slug with a quote', { slug: "a'b" }, /slug/],
		['slug with a backtick', { slug: 'a`b' }, /slug/],
		['slug with a letter of another script', { slug: 'pösts' }, /slug/],
		['slug too long', { slug: 'x'.repeat(65) }, /slug/],
		['slug of another type', { slug: 7 }, /"slug" must be a string/],
		['no slug', { slug: undefined }, /missing required argument "slug"/],
		['no fields', { fields: undefined }, /missing required argument "fields"/],
		['fields null', { fields: null }, /missing required argument "fields"/],
		['fields an object', { fields: {} }, /"fields" must be an array/],
		['a field that is a string', { fields: ['title'] }, /fields\[0\]/],
		['a field that is null', { fields: [good, null] }, /fields\[1\]/],
		['a field without a name', { fields: [{ type: 'text' }] }, /fields\[0\]\.name/],
		['a field without a type', { fields: [{ name: 'a' }] }, /fields\[0\]\.type/],
		['an unknown type', { fields: [{ name: 'a', type: 'string' }] }, /unknown type "string"; types are: text, longtext/],
		['a name with capitals', { fields: [text('Title')] }, /fields\[0\]\.name/],
		['a name with a backtick', { fields: [text('a`b')] }, /fields\[0\]\.name/],
		['a name with a quote', { fields: [text("a'; --")] }, /fields\[0\]\.name/],
		['a name with a dot', { fields: [text('a.b')] }, /fields\[0\]\.name/],
		['a name beginning with $', { fields: [text('$a')] }, /fields\[0\]\.name/],
		['a name beginning with _', { fields: [text('_and')] }, /fields\[0\]\.name/],
		['an empty name', { fields: [text('')] }, /fields\[0\]\.name/],
		['a name too long', { fields: [text('x'.repeat(65))] }, /fields\[0\]\.name/],
		...['id', 'owner_id', 'created_at', 'updated_at'].map((name) => [
			`the reserved name ${name}`, { fields: [text(name)] }, /fields\[0\]\.name: .*reserved/,
		]),
		['a field twice', { fields: [good, text('b'), { name: 'title', type: 'integer' }] }, /fields\[2\].*twice/],
		['an unknown key', { fields: [{ ...good, requierd: true }] }, /fields\[0\]\.requierd: unknown key/],
		['computed', { fields: [{ ...good, computed: { formula: 'a+b' } }] }, /fields\[0\]\.computed/],
		['required that is no flag', { fields: [{ ...good, required: 1 }] }, /fields\[0\]\.required/],
		['unique that is no flag', { fields: [{ ...good, unique: 'yes' }] }, /fields\[0\]\.unique/],
		['a relation without target', { fields: [{ name: 'r', type: 'relation' }] }, /fields\[0\]\.to/],
		['a relation to nowhere', { fields: [{ name: 'r', type: 'relation', to: 'no_such_thing' }] }, /no_such_thing/],
		['a list of relations to nowhere', { fields: [{ name: 'r', type: 'relation_many', to: 'no_such_thing' }] }, /no_such_thing/],
		['a target of a text', { fields: [{ ...good, to: 'x' }] }, /fields\[0\]\.to/],
		['unique longtext', { fields: [{ name: 'a', type: 'longtext', unique: true }] }, /longtext cannot be unique/],
		['indexed json', { fields: [{ name: 'a', type: 'json', indexed: true }] }, /json cannot be indexed/],
		['unique relation_many', { fields: [{ name: 'a', type: 'relation_many', to: 'x', unique: true }] }, /fields\[0\]/],
		['indexed i18n_text', { fields: [{ name: 'a', type: 'i18n_text', indexed: true }] }, /i18n_text cannot be indexed/],
		['a default of another type', { fields: [{ name: 'a', type: 'integer', default: 'x' }] }, /fields\[0\]\.default/],
		['a default that is too long', { fields: [{ ...good, default: 'x'.repeat(256) }] }, /fields\[0\]\.default/],
		['a default of json', { fields: [{ name: 'a', type: 'json', default: {} }] }, /fields\[0\]\.default/],
		['a default of a relation', { fields: [{ name: 'a', type: 'relation_many', to: 'x', default: [] }] }, /fields\[0\]/],
		['a default against its own rule', { fields: [{ name: 'a', type: 'integer', default: 3, validation: { min: 5 } }] }, /fields\[0\]\.default/],
		['options of another type', { fields: [{ ...good, options: [] }] }, /fields\[0\]\.options/],
		['an unknown option', { fields: [{ ...good, options: { values_: [] } }] }, /fields\[0\]\.options\.values_/],
		['choices without value', { fields: [{ ...good, interface: 'dropdown', options: { choices: [{ label: 'x' }] } }] }, /choices\[0\]\.value/],
		['a validation that is no object', { fields: [{ ...good, validation: 'min' }] }, /fields\[0\]\.validation/],
		['an unknown validation', { fields: [{ ...good, validation: { minLenght: 1 } }] }, /fields\[0\]\.validation\.minLenght/],
		['a pattern that does not compile', { fields: [{ ...good, validation: { regex: '(' } }] }, /fields\[0\]\.validation\.regex/],
		['a length that is negative', { fields: [{ ...good, validation: { minLength: -1 } }] }, /fields\[0\]\.validation\.minLength/],
		['a bound that is text', { fields: [{ name: 'a', type: 'integer', validation: { min: '1' } }] }, /fields\[0\]\.validation\.min/],
		['a bound of a text', { fields: [{ ...good, validation: { min: 1 } }] }, /fields\[0\]\.validation\.min/],
		['a length of a number', { fields: [{ name: 'a', type: 'integer', validation: { minLength: 1 } }] }, /fields\[0\]\.validation\.minLength/],
		['a date that is none', { fields: [{ name: 'a', type: 'timestamp', validation: { minDate: 'soon' } }] }, /fields\[0\]\.validation\.minDate/],
		['an unknown format', { fields: [{ ...good, validation: { format: 'phone' } }] }, /fields\[0\]\.validation\.format/],
		['an unknown severity', { fields: [{ ...good, validation: { severity: 'fatal' } }] }, /fields\[0\]\.validation\.severity/],
		['a message that is too long', { fields: [{ ...good, validation: { minLength: 1, message: 'x'.repeat(301) } }] }, /fields\[0\]\.validation\.message/],
		['a rule of an unknown field', { fields: [{ ...good, validation: { rule: { nope: 1 } } }] }, /nope/],
		['a rule of an unknown operator', { fields: [{ ...good, validation: { rule: { title: { _eqq: 1 } } } }] }, /_eqq/],
		['a rule that is no condition', { fields: [{ ...good, validation: { rule: [] } }] }, /fields\[0\]\.validation\.rule/],
		['an index of nothing', { indexes: [{ fields: [] }] }, /indexes\[0\]/],
		['an index of an unknown field', { indexes: [{ fields: ['nope'] }] }, /indexes\[0\].*"nope"/],
		['an index of a json', { fields: [good, { name: 'j', type: 'json' }], indexes: [{ fields: ['j'] }] }, /indexes\[0\]/],
		['an index with a field twice', { indexes: [{ fields: ['title', 'title'] }] }, /indexes\[0\].*twice/],
		['an index twice', { indexes: [{ fields: ['title'] }, { fields: ['title'] }] }, /indexes\[1\]/],
		['indexes that are no list', { indexes: { fields: ['title'] } }, /indexes/],
		['an unknown key of an index', { indexes: [{ fields: ['title'], uniqe: true }] }, /indexes\[0\]\.uniqe/],
		['a default sort by an unknown field', { defaultSort: '-nope' }, 'Cannot sort on field: nope'],
		['a default sort by a json', { fields: [{ name: 'j', type: 'json' }], defaultSort: 'j' }, 'Cannot sort on field: j'],
		['301 fields', { fields: Array.from({ length: 301 }, (_, i) => text(`f${i}`)) }, /at most 300 fields/],
		['41 indexes', { fields: Array.from({ length: 41 }, (_, i) => ({ name: `f${i}`, type: 'integer', indexed: true })) }, /at most 40 indexes/],
		['ownerScoped that is no flag', { ownerScoped: 'true' }, /"ownerScoped" must be true or false/],
		['a note that is no text', { note: 7 }, /"note" must be a string/],
		['an unknown argument', { feilds: [] }, /unknown argument "feilds"; did you mean "fields"/],
	];
	let fresh, before_;

	before(async () => {
		fresh = await workspace(to);
		before_ = await sql(to, `SELECT COUNT(*) AS n FROM coffer_collection WHERE workspace_id = '${fresh.id}'`);
	});

	for (const [title, more, message] of cases)
		test(title, async () => {
			const args = { slug: unique('bad'), fields: [good], ...more };
			for (const name of Object.keys(args)) if (args[name] === undefined) delete args[name];
			for (const face of FACES) refused(await fresh.admin.call(face, 'schema.create_collection', args), 'VALIDATION', message, face);
		});

	test('nothing of all that was made', async () => {
		const where = `workspace_id = '${fresh.id}'`;
		assert.deepEqual(await sql(to, `SELECT COUNT(*) AS n FROM coffer_collection WHERE ${where}`), before_);
		const [{ no }] = await sql(to, `SELECT no FROM coffer_workspace WHERE id = '${fresh.id}'`);
		assert.deepEqual(
			await sql(to, `SELECT COUNT(*) AS n FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name LIKE 'c\\\\_${no}\\\\_%'`),
			[{ n: 0 }],
		);
		assert.deepEqual(await sql(to, `SELECT COUNT(*) AS n FROM coffer_journal WHERE ${where} AND state = 'open'`), [{ n: 0 }]);
		assert.deepEqual((await fresh.admin.do('schema.list_collections')).collections, []);
	});

	test('the limits themselves are fine', async () => {
		const fields = Array.from({ length: 300 }, (_, i) => text(`f${i}`));
		const wide = await collection(fresh, fields);
		const data = Object.fromEntries(fields.map((f) => [f.name, 'x'.repeat(255)]));
		const got = await fresh.admin.do('collections.insert', { collection: wide, data });
		assert.equal(got.data.f299.length, 255);
		await collection(fresh, Array.from({ length: 40 }, (_, i) => ({ name: `f${i}`, type: 'integer', indexed: true })));
		await collection(fresh, Array.from({ length: 40 }, (_, i) => text(`t${i}`, { unique: true })));
		await collection(fresh, [text('x'.repeat(64))], { slug: `${unique('long')}${'x'.repeat(64)}`.slice(0, 64) });
	});
});

describe('field types', () => {
	let slug, target, other;
	const id = {};

	before(async () => {
		target = await collection(ws, [text('name')]);
		other = await collection(ws, [text('name')]);
		for (const [name, where] of [['a', target], ['b', target], ['other', other]])
			id[name] = (await insert(where, { name })).data.data.id;
		slug = await collection(ws, TYPES.map((type) => ({ name: type, type, ...(type.startsWith('relation') ? { to: target } : {}) })));
	});

	const raw = (body) =>
		http(`${to.url}/api/items/${slug}`, { method: 'POST', key: admin.key, body, headers: { 'content-type': 'application/json' } });
	// stored as given: JSON text in, the same JSON text out
	const verbatim = [
		['text', '""'], ['text', '"x"'], ['text', `"${'😀'.repeat(255)}"`], ['text', '"a "'], ['text', '" a"'],
		['text', '"null"'], ['text', '"true"'], ['text', '"%_\\\\\'\\"`;--"'], ['text', 'null'], ['text', '"\\u0001\\u001f\\u007f"'],
		['longtext', `"${'ü'.repeat(100000)}"`], ['longtext', '"line\\nline\\ttab\\r"'],
		['integer', '0'], ['integer', '-1'], ['integer', '9223372036854775807'], ['integer', '-9223372036854775808'], ['integer', 'null'],
		['number', '0'], ['number', '-1.5'], ['number', '0.1'], ['number', '123456789.125'],
		['boolean', 'true'], ['boolean', 'false'], ['boolean', 'null'],
		['json', '{"a":[1,2.50,{"b":null}],"ü":"😀"}'], ['json', '[]'], ['json', '"text"'], ['json', '0'], ['json', 'false'], ['json', '123456789012345678901234567890'],
		['json', '{}'], ['json', '[1e400,-0]'],
		['uuid', '"01890a5d-ac96-774b-bcce-b302099a8057"'], ['uuid', '"00000000-0000-0000-0000-000000000000"'],
		['file', '"tenants/a/b.txt"'], ['i18n_text', '{"en":"Hello","de":"Grüß Gott","pt-BR":""}'], ['i18n_text', '{}'],
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
				assert.ok(res.text.includes(`"${type}":${json}`), `${json} digit for digit: ${res.text.slice(0, 300)}`);
		}
	});

	test('relations and times are canonical', async () => {
		const one = (await insert(slug, { relation: id.a.toUpperCase(), relation_many: [id.b, id.a], uuid: '01890A5D-AC96-774B-BCCE-B302099A8057' })).data.data;
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
		['integer', '"7"'], ['integer', '1.5'], ['integer', 'true'], ['integer', '[1]'], ['integer', '9223372036854775808'],
		['integer', '-9223372036854775809'], ['integer', '123456789012345678901234567890'], ['integer', '1e400'],
		['number', '"1"'], ['number', '1e400'], ['number', '-1e999'], ['number', '[]'], ['number', 'true'],
		['boolean', '1'], ['boolean', '0'], ['boolean', '"true"'], ['boolean', '[]'],
		['timestamp', '"soon"'], ['timestamp', '""'], ['timestamp', '1700000000'], ['timestamp', '"2026-13-01T00:00:00Z"'],
		['timestamp', '"2025-02-29T00:00:00Z"'], ['timestamp', '"2026-01-01T25:00:00Z"'], ['timestamp', '"0000-00-00T00:00:00Z"'],
		['timestamp', '"10000-01-01T00:00:00Z"'],
		['uuid', '"x"'], ['uuid', '""'], ['uuid', '7'], ['uuid', '"01890a5d-ac96-774b-bcce-b302099a805"'], ['uuid', '"01890a5d-ac96-774b-bcce-b302099a805g"'],
		['relation', '"x"'], ['relation', '7'], ['relation', '[]'], ['relation', '{"id":"x"}'], ['relation', '""'],
		['relation_many', '"x"'], ['relation_many', '["x"]'], ['relation_many', '[7]'], ['relation_many', '[null]'], ['relation_many', '{}'],
		['file', '7'], ['file', `"${'x'.repeat(192)}"`],
		['i18n_text', '"text"'], ['i18n_text', '{"en":7}'], ['i18n_text', '{"en":null}'], ['i18n_text', '{"not a locale":"x"}'], ['i18n_text', '[]'],
	];
	test('refuse values that are none of theirs', async () => {
		const before_ = await countRows(ws, slug);
		for (const [type, json] of wrong) {
			const res = await raw(`{"${type}":${json}}`);
			assert.equal(res.status, 422, `${type} ${json.slice(0, 60)}: ${res.text.slice(0, 200)}`);
			const { error } = JSON.parse(res.text);
			assert.equal(error.code, 'VALIDATION');
			assert.ok(error.message.startsWith(`${type}: `) || error.message.startsWith('Relation target'), error.message);
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
				refused(got, 'VALIDATION', `Relation target "${target}" has no row(s) with id: ${missing}`, JSON.stringify(data));
			}
			const row = (await insert(slug, { relation: id.a }, face)).data.data;
			refused(
				await admin.call(face, 'collections.update', { collection: slug, id: row.id, data: { relation: NO_ID } }),
				'VALIDATION', `Relation target "${target}" has no row(s) with id: ${NO_ID}`,
			);
			assert.equal((await admin.do('collections.read', { collection: slug, id: row.id })).data.relation, id.a);
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
		assert.deepEqual(await admin.do('collections.delete', { collection: target, id: data.id }), { ok: true });
	});

	test('a relation may point to its own collection', async () => {
		const own = unique('tree');
		await collection(ws, [text('name'), { name: 'parent', type: 'relation', to: own }, { name: 'friends', type: 'relation_many', to: own }], { slug: own });
		const root = (await insert(own, { name: 'root' })).data.data;
		const leaf = (await insert(own, { name: 'leaf', parent: root.id, friends: [root.id] })).data.data;
		assert.equal(leaf.parent, root.id);
		const got = await admin.do('collections.list', { collection: own, filter: { 'parent.name': 'root' } });
		assert.deepEqual(got.data.map((r) => r.name), ['leaf']);
	});
});

describe('unique and composite indexes', () => {
	for (const face of FACES)
		test(`a value is there once, exactly, over ${face}`, async () => {
			const slug = await collection(ws, [
				text('a', { unique: true }), { name: 'n', type: 'integer', unique: true }, { name: 'r', type: 'timestamp', unique: true },
			]);
			for (const a of ['x', 'X', 'x ', ' x', '', 'ä', 'a']) assert.ok((await insert(slug, { a }, face)).ok, JSON.stringify(a));
			for (const a of ['x', '', 'ä']) {
				const got = refused(await insert(slug, { a }, face), 'CONFLICT', /^a: /, JSON.stringify(a));
				assert.ok(!got.message.includes('Duplicate entry'));
			}
			for (let i = 0; i < 2; i++) assert.ok((await insert(slug, { a: null }, face)).ok, 'null as often as you like');
			assert.ok((await insert(slug, { n: 5, r: '2026-01-01T00:00:00Z' }, face)).ok);
			refused(await insert(slug, { n: 5 }, face), 'CONFLICT', /^n: /);
			refused(await insert(slug, { r: '2026-01-01T01:00:00+01:00' }, face), 'CONFLICT', /^r: /);
			// indexed text is shorter
			assert.ok((await insert(slug, { a: 'y'.repeat(191) }, face)).ok);
			refused(await insert(slug, { a: 'z'.repeat(192) }, face), 'VALIDATION', /^a: must be at most 191 characters/);
			const [row] = (await admin.do('collections.list', { collection: slug, filter: { n: 5 } })).data;
			refused(
				await admin.call(face, 'collections.update', { collection: slug, id: row.id, data: { a: 'x' } }),
				'CONFLICT', /^a: /,
			);
			// to its own value
			assert.ok((await admin.call(face, 'collections.update', { collection: slug, id: row.id, data: { n: 5 } })).ok);
		});

	test('a unique index over several fields', async () => {
		const slug = await collection(ws, [text('a'), { name: 'n', type: 'integer' }], { indexes: [{ fields: ['a', 'n'], unique: true }] });
		assert.ok((await insert(slug, { a: 'x', n: 1 })).ok);
		assert.ok((await insert(slug, { a: 'x', n: 2 })).ok);
		refused(await insert(slug, { a: 'x', n: 1 }), 'CONFLICT', /a.*n/);
		assert.ok((await insert(slug, { a: 'x' })).ok);
		assert.ok((await insert(slug, { a: 'x' })).ok, 'a null makes no duplicate');
	});

	test('ten writers of one value: one wins', async () => {
		const slug = await collection(ws, [text('a', { unique: true })]);
		const got = await Promise.all(Array.from({ length: 10 }, (_, i) => insert(slug, { a: 'x' }, FACES[i % 2])));
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
				const got = refused(await insert(slug, { v }, face), 'VALIDATION', message, JSON.stringify([field, v]));
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
				await admin.call(face, 'collections.update', { collection: slug, id: data.id, data: { title: null } }),
				'VALIDATION', 'Field "title" is required',
			);
			assert.ok((await admin.call(face, 'collections.update', { collection: slug, id: data.id, data: { other: 'x' } })).ok);
		}
	});

	test('defaults fill in what is not given', async () => {
		const slug = await collection(ws, [
			text('a', { default: 'x', required: true }), { name: 'i', type: 'integer', default: -5 }, { name: 'n', type: 'number', default: 2.5 },
			{ name: 'b', type: 'boolean', default: true }, { name: 't', type: 'timestamp', default: '2026-01-01T00:00:00Z' },
			{ name: 'l', type: 'longtext', default: 'long' }, { name: 'u', type: 'uuid', default: NO_ID },
		]);
		const got = (await insert(slug, {})).data.data;
		assert.deepEqual([got.a, got.i, got.n, got.b, got.l, got.u], ['x', -5, 2.5, true, 'long', NO_ID]);
		assert.equal(Date.parse(got.t), Date.parse('2026-01-01T00:00:00Z'));
		const given = (await insert(slug, { a: 'y', i: null, b: false })).data.data;
		assert.deepEqual([given.a, given.i, given.b, given.n], ['y', null, false, 2.5]);
		// an update does not fill in
		const kept = (await admin.do('collections.update', { collection: slug, id: given.id, data: { a: 'z' } })).data;
		assert.equal(kept.i, null);
	});

	test('dropdown takes its choices only', async () => {
		const choices = [{ value: 'red', label: 'Rot', color: '#f00', icon: 'x' }, { value: 'blue' }];
		await one({ type: 'text', interface: 'dropdown', options: { choices } }, ['red', 'blue', '', null], [
			['green', 'v: must be one of "red", "blue"'], ['Red', /must be one of/], ['red ', /must be one of/],
		]);
		await one({ type: 'text', interface: 'dropdown', options: { values: ['a', 'b'] } }, ['a', 'b'], [['c', /must be one of "a", "b"/]]);
		// without the interface they are suggestions
		await one({ type: 'text', options: { values: ['a', 'b'] } }, ['a', 'c'], []);
		await one({ type: 'integer', interface: 'dropdown', options: { choices: [{ value: 1 }, { value: 2 }] } }, [1, 2], [[3, /must be one of/]]);
	});

	test('lengths count characters', () =>
		one({ type: 'text', validation: { minLength: 3, maxLength: 5 } }, ['abc', '😀😀😀', 'abcde', '😀😀😀😀😀', '', null], [
			['ab', 'v: must be at least 3 characters'], ['😀😀', 'v: must be at least 3 characters'], ['abcdef', 'v: must be at most 5 characters'],
		]));

	test('bounds of numbers include themselves', async () => {
		await one({ type: 'integer', validation: { min: -2, max: 10 } }, [-2, 0, 10, null], [
			[-3, 'v: must be at least -2'], [11, 'v: must be at most 10'],
		]);
		await one({ type: 'number', validation: { min: 0.5, max: 1.5 } }, [0.5, 1, 1.5], [[0.4999, /at least 0\.5/], [1.5001, /at most 1\.5/]]);
		await one({ type: 'number', validation: { integer: true } }, [1, -7, 0], [[1.5, 'v: must be an integer']]);
		await one({ type: 'integer', validation: { max: 9007199254740991 } }, [9007199254740991], [[9007199254740992, /at most 9007199254740991/]]);
	});

	test('a pattern', async () => {
		await one({ type: 'text', validation: { regex: '^[a-z]+-\\d{2}$' } }, ['ab-12', '', null], [
			['ab-1', 'v: must match the pattern ^[a-z]+-\\d{2}$'], ['ab-12\n', /pattern/], ['AB-12', /pattern/],
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
		await one({ type: 'text', validation: { format: 'email' } }, ['a@b.co', 'first.last+tag@sub.example.org', '', null], [
			['a', 'v: must be an email address'], ['a@', /email/], ['@b.co', /email/], ['a@b', /email/], ['a b@c.de', /email/], ['a@b@c.de', /email/], ['a@b..co', /email/],
		]);
		await one({ type: 'text', validation: { format: 'url' } }, ['http://x.org', 'https://x.org/a?b=c#d', 'https://x.org:8443/'], [
			['x.org', /URL/], ['ftp://x.org', /URL/], ['javascript:alert(1)', /URL/], ['http://', /URL/], ['http://a b', /URL/], ['//x.org', /URL/],
		]);
	});

	test('dates', () =>
		one({ type: 'timestamp', validation: { minDate: '2026-01-01T00:00:00Z', maxDate: '2026-12-31T23:59:59Z' } },
			['2026-01-01T00:00:00Z', '2026-12-31T23:59:59Z', '2026-01-01T01:00:00+01:00', null], [
				['2025-12-31T23:59:59Z', /must not be before 2026-01-01/], ['2027-01-01T00:00:00Z', /must not be after 2026-12-31/],
				['2026-01-01T00:30:00+01:00', /must not be before/],
			]));

	test('numbers of choices', async () => {
		const target = await collection(ws, [text('name')]);
		const ids = [];
		for (const name of ['a', 'b', 'c', 'd']) ids.push((await insert(target, { name })).data.data.id);
		await one({ type: 'relation_many', to: target, validation: { minSelect: 2, maxSelect: 3 } }, [ids.slice(0, 2), ids.slice(0, 3), [], null], [
			[ids.slice(0, 1), 'v: must have at least 2 entries'], [ids, 'v: must have at most 3 entries'],
		]);
		await one({ type: 'json', validation: { minSelect: 1, maxSelect: 1 } }, [[1], [], { a: 1 }], [[[1, 2], /at most 1/]]);
	});

	test('their message and severity', async () => {
		await one({ type: 'text', validation: { minLength: 3, message: 'zu kurz 😀' } }, ['abc'], [['ab', 'v: zu kurz 😀']]);
		for (const severity of ['warning', 'info'])
			await one({ type: 'text', validation: { minLength: 3, severity } }, ['ab', 'abc'], []);
		await one({ type: 'text', validation: { minLength: 3, severity: 'error' } }, ['abc'], [['ab', /at least 3/]]);
	});

	test('a rule looks at the whole row, as it will be', async () => {
		const slug = await collection(ws, [
			{ name: 'from', type: 'integer' },
			{ name: 'to', type: 'integer', validation: { rule: { to: { _gt: { $field: 'from' } } }, message: 'must come after from' } },
		]);
		for (const face of FACES) {
			const { data } = (await insert(slug, { from: 1, to: 2 }, face)).data;
			const got = refused(await insert(slug, { from: 2, to: 1 }, face), 'VALIDATION', 'to: must come after from');
			assert.equal(got.path, 'data.to');
			assert.ok((await insert(slug, { from: 2 }, face)).ok, 'an empty value is not judged');
			const set = (fields) => admin.call(face, 'collections.update', { collection: slug, id: data.id, data: fields });
			refused(await set({ to: 0 }), 'VALIDATION', 'to: must come after from');
			assert.ok((await set({ from: 5, to: 6 })).ok);
			refused(await set({ to: 5 }), 'VALIDATION', 'to: must come after from');
		}
	});

	test('hold for updates and bulk as well', async () => {
		const slug = await collection(ws, [text('v', { validation: { minLength: 3 } })]);
		const { data } = (await insert(slug, { v: 'abc' })).data;
		refused(await admin.mcp('collections.update', { collection: slug, id: data.id, data: { v: 'x' } }), 'VALIDATION', 'v: must be at least 3 characters');
		const bulk = await admin.mcp('collections.bulk_insert', { collection: slug, rows: [{ v: 'abcd' }, { v: 'x' }] });
		assert.deepEqual(bulk.data.results[1], { ok: false, error: { code: 'VALIDATION', message: 'v: must be at least 3 characters' } });
		const changed = await admin.mcp('collections.bulk_update', { collection: slug, updates: [{ id: data.id, data: { v: 'y' } }] });
		assert.deepEqual(changed.data.results[0], { ok: false, error: { code: 'VALIDATION', message: 'v: must be at least 3 characters' } });
	});
});

describe('schema.update_collection', () => {
	for (const face of FACES)
		test(`adds fields and keeps the others over ${face} (B9)`, async () => {
			const slug = await collection(ws, [text('a', { required: true }), text('b')], { singular: 'One', note: 'first' });
			const { data } = (await insert(slug, { a: 'x', b: 'y' })).data;
			assert.deepEqual(
				(await update(slug, { fields: [{ name: 'c', type: 'integer', default: 7, indexed: true }], note: 'second' }, face)).data,
				{ ok: true, slug, renamed: false },
			);
			const after = await describe_(slug, face);
			assert.deepEqual(after.fields.map((f) => f.name), ['a', 'b', 'c']);
			assert.deepEqual([after.singular, after.note], ['One', 'second']);
			assert.equal(after.fields[0].required, true);
			const row = (await admin.do('collections.read', { collection: slug, id: data.id }, face)).data;
			assert.deepEqual([row.a, row.b], ['x', 'y']);
			assert.equal((await insert(slug, { a: 'z' }, face)).data.data.c, 7);
		});

	for (const face of FACES)
		test(`changes what a field demands over ${face}`, async () => {
			const slug = await collection(ws, [text('a'), text('b')]);
			await insert(slug, { a: 'x'.repeat(200), b: null });
			assert.ok((await update(slug, { fields: [text('b', { required: true, label: 'B', validation: { minLength: 2 } })] }, face)).ok);
			refused(await insert(slug, { a: 'y' }, face), 'VALIDATION', 'Field "b" is required');
			refused(await insert(slug, { b: 'z' }, face), 'VALIDATION', /at least 2/);
			assert.deepEqual((await describe_(slug)).fields[1], text('b', { required: true, label: 'B', validation: { minLength: 2 } }));
			// a key given as null goes away
			assert.ok((await update(slug, { fields: [{ name: 'b', type: 'text', required: false, validation: null }] }, face)).ok);
			assert.ok((await insert(slug, { b: 'z' }, face)).ok);
		});

	for (const face of FACES)
		test(`makes a field unique only where its values are, over ${face}`, async () => {
			const slug = await collection(ws, [text('a'), { name: 'n', type: 'integer' }]);
			for (const a of ['x', 'y']) await insert(slug, { a, n: 1 });
			refused(await update(slug, { fields: [{ name: 'n', type: 'integer', unique: true }] }, face), 'CONFLICT', /^n cannot become unique/);
			assert.ok((await update(slug, { fields: [text('a', { unique: true })] }, face)).ok);
			refused(await insert(slug, { a: 'x' }, face), 'CONFLICT', /^a: /);
			assert.ok((await insert(slug, { n: 1 }, face)).ok, 'n is as it was');
			assert.deepEqual((await describe_(slug)).fields[1], { name: 'n', type: 'integer' });
			// and gives it up again
			assert.ok((await update(slug, { fields: [{ name: 'a', type: 'text', unique: false }] }, face)).ok);
			assert.ok((await insert(slug, { a: 'x' }, face)).ok);
		});

	test('an index loses nothing of values that are longer than it takes', async () => {
		const slug = await collection(ws, [text('a')]);
		const long = 'x'.repeat(255);
		await insert(slug, { a: long });
		await update(slug, { fields: [text('a', { indexed: true })] });
		for (const filter of [{}, { a: long }, { a: { _starts_with: 'xxx' } }])
			assert.deepEqual((await admin.do('collections.list', { collection: slug, filter })).data.map((r) => r.a), [long]);
		assert.equal((await admin.do('collections.list', { collection: slug, filter: { a: `${long.slice(0, 254)}y` } })).data.length, 0);
	});

	test('indexes are replaced as a list', async () => {
		const slug = await collection(ws, [text('a'), text('b')], { indexes: [{ fields: ['a', 'b'], unique: true }] });
		await insert(slug, { a: 'x', b: 'y' });
		refused(await insert(slug, { a: 'x', b: 'y' }), 'CONFLICT');
		assert.ok((await update(slug, { note: 'untouched' })).ok);
		assert.deepEqual((await describe_(slug)).indexes, [{ fields: ['a', 'b'], unique: true }]);
		assert.ok((await update(slug, { indexes: [{ fields: ['b'] }] })).ok);
		assert.deepEqual((await describe_(slug)).indexes, [{ fields: ['b'], unique: false }]);
		assert.ok((await insert(slug, { a: 'x', b: 'y' })).ok);
		refused(await update(slug, { indexes: [{ fields: ['a', 'b'], unique: true }] }), 'CONFLICT', /cannot become unique/);
		assert.ok((await update(slug, { indexes: [] })).ok);
		assert.deepEqual((await describe_(slug)).indexes, []);
	});

	for (const face of FACES)
		test(`refuses to change types and targets, and unknown things, over ${face}`, async () => {
			const target = await collection(ws, [text('name')]), other = await collection(ws, [text('name')]);
			const slug = await collection(ws, [text('a'), { name: 'r', type: 'relation', to: target }]);
			const before_ = await describe_(slug);
			for (const [args, message] of [
				[{ fields: [{ name: 'a', type: 'integer' }] }, /cannot change/],
				[{ fields: [{ name: 'r', type: 'relation', to: other }] }, /cannot change/],
				[{ fields: [text('b'), text('b')] }, /twice/],
				[{ fields: [text('b'), text('id')] }, /reserved/],
				[{ fields: [text('b'), { name: 'c' }] }, /fields\[1\]\.type/],
				[{ fields: {} }, /"fields" must be an array/],
				[{ defaultSort: 'nope' }, 'Cannot sort on field: nope'],
				[{ note: 'x'.repeat(4001) }, /at most 4000/],
				[{ slugg: 'x' }, /unknown argument "slugg"/],
			])
				refused(await update(slug, args, face), 'VALIDATION', message, JSON.stringify(args).slice(0, 80));
			assert.deepEqual(await describe_(slug), before_);
			refused(await update(unique('none'), { note: 'x' }, face), 'NOT_FOUND', 'Collection not found');
		});

	test('MCP does not rename', async () => {
		const slug = await collection(ws, [text('a')]);
		refused(await update(slug, { newSlug: unique('x') }), 'VALIDATION', /unknown argument "newSlug"/);
	});

	test('fields added at the same time are all there', async () => {
		const slug = await collection(ws, [text('a')]);
		const got = await Promise.all(
			Array.from({ length: 6 }, (_, i) => update(slug, { fields: [text(`f${i}`)] }, FACES[i % 2])),
		);
		for (const g of got) assert.ok(g.ok, g.message);
		assert.deepEqual((await names(slug)).sort(), ['a', 'f0', 'f1', 'f2', 'f3', 'f4', 'f5']);
		assert.ok((await insert(slug, { f0: 'x', f5: 'y' })).ok);
	});

	test('writers do not notice', async () => {
		const slug = await collection(ws, [text('a')]);
		let done = false;
		const writers = [0, 1].map(async () => {
			for (let n = 0; ; n++) {
				const got = await insert(slug, { a: 'x' });
				assert.ok(got.ok, got.message);
				if (done) return n + 1;
			}
		});
		for (let i = 0; i < 4; i++) assert.ok((await update(slug, { fields: [text(`g${i}`, { default: 'd', indexed: i % 2 === 0 })] })).ok);
		done = true;
		const written = (await Promise.all(writers)).reduce((a, b) => a + b);
		assert.equal(await countRows(ws, slug), written);
	});

	test('a required field without a default can be added beside rows', async () => {
		const slug = await collection(ws, [text('a')]);
		const { data } = (await insert(slug, { a: 'x' })).data;
		assert.ok((await update(slug, { fields: [text('must', { required: true })] })).ok);
		assert.equal((await admin.do('collections.read', { collection: slug, id: data.id })).data.must, null);
		assert.ok((await admin.mcp('collections.update', { collection: slug, id: data.id, data: { a: 'y' } })).ok);
		refused(await insert(slug, { a: 'z' }), 'VALIDATION', 'Field "must" is required');
	});
});

describe('renaming over REST', () => {
	test('takes rows, relations and grants along', async () => {
		const old = await collection(ws, [text('a')]);
		const referring = await collection(ws, [{ name: 'r', type: 'relation', to: old }]);
		const { data } = (await insert(old, { a: 'x' })).data;
		const reader = await member(ws, { roles: [(await role(ws, { [old]: 'read' })).id] });
		assert.ok((await reader.call('mcp', 'collections.list', { collection: old })).ok);
		const slug = unique('renamed');
		const res = await admin.http('PATCH', `/api/collections/${old}`, { json: { newSlug: slug } });
		assert.deepEqual([res.status, res.json], [200, { ok: true, slug, renamed: true }]);
		for (const face of FACES) {
			refused(await admin.call(face, 'collections.list', { collection: old }), 'NOT_FOUND', 'Collection not found');
			assert.equal((await admin.do('collections.read', { collection: slug, id: data.id }, face)).data.a, 'x');
			assert.ok((await reader.call(face, 'collections.list', { collection: slug })).ok);
		}
		assert.equal((await describe_(referring)).fields[0].to, slug);
		assert.ok((await insert(referring, { r: data.id })).ok);
		const listed = await admin.do('collections.list', { collection: referring, expand: ['r'] });
		assert.equal(listed.data[0].r.a, 'x');
	});

	test('refuses taken and impossible slugs', async () => {
		const one = await collection(ws, [text('a')]), two = await collection(ws, [text('a')]);
		const rename = (newSlug) => admin.http('PATCH', `/api/collections/${one}`, { json: { newSlug } });
		let res = await rename(two);
		assert.deepEqual([res.status, res.json.error.code, res.json.error.message], [409, 'CONFLICT', 'Slug already exists']);
		for (const slug of ['', 'A', 'a-b', "a'b", 'x'.repeat(65), 7, 'system_files']) {
			res = await rename(slug);
			assert.deepEqual([res.status, res.json.error.code], [422, 'VALIDATION'], JSON.stringify(slug));
		}
		res = await rename(one);
		assert.deepEqual(res.json, { ok: true, slug: one, renamed: false });
		assert.ok((await insert(one, { a: 'x' })).ok);
	});
});

describe('DELETE /api/collections/{slug}/fields/{name}', () => {
	const drop = (slug, name, who = admin) => who.http('DELETE', `/api/collections/${slug}/fields/${name}`);

	test('takes the field and its values, for good', async () => {
		const slug = await collection(ws, [text('a', { unique: true }), text('b', { indexed: true }), text('c')]);
		const { data } = (await insert(slug, { a: 'x', b: 'y', c: 'z' })).data;
		const reader = await member(ws, { roles: [(await role(ws, { [slug]: { read: ['b', 'c'] } })).id] });
		for (const name of ['a', 'b']) {
			const res = await drop(slug, name);
			assert.deepEqual([res.status, res.json], [200, { ok: true }]);
		}
		assert.deepEqual(await names(slug), ['c']);
		refused(await insert(slug, { b: 'x' }), 'VALIDATION', /^Unknown field "b"/);
		refused(await admin.mcp('collections.list', { collection: slug, filter: { b: 1 } }), 'VALIDATION', /^Cannot filter on field: b/);
		// the name made again inherits neither values nor grants
		assert.ok((await update(slug, { fields: [text('b')] })).ok);
		assert.equal((await admin.do('collections.read', { collection: slug, id: data.id })).data.b, null);
		const row = (await reader.do('collections.read', { collection: slug, id: data.id })).data;
		assert.deepEqual([row.c, 'b' in row], ['z', false]);
	});

	test('refuses what is not there or in use', async () => {
		const slug = await collection(ws, [text('a'), text('b'), text('s')], { indexes: [{ fields: ['a', 'b'] }], defaultSort: 's' });
		for (const name of ['nope', 'id', 'created_at', 'owner_id', "a'b", '%60']) {
			const res = await drop(slug, name);
			assert.ok([404, 422, 403].includes(res.status), `${name}: ${res.status}`);
		}
		assert.equal((await drop(unique('none'), 'a')).status, 404);
		for (const name of ['a', 's']) {
			const res = await drop(slug, name);
			assert.ok(res.status === 409 || res.status === 422, `${name} is in use: ${res.text}`);
		}
		assert.deepEqual(await names(slug), ['a', 'b', 's']);
		assert.ok((await update(slug, { indexes: [] })).ok);
		assert.equal((await drop(slug, 'a')).status, 200);
		const person = await member(ws);
		assert.equal((await drop(slug, 'b', person)).status, 403);
		assert.equal((await drop(slug, 'b', new Caller(to))).status, 401);
	});
});

describe('schema.drop_collection', () => {
	for (const face of FACES)
		test(`takes rows and grants over ${face} (B9)`, async () => {
			const slug = await collection(ws, [text('a')]);
			await insert(slug, { a: 'x' });
			const one = await role(ws, { [slug]: 'read' });
			const reader = await member(ws, { roles: [one.id] });
			const [{ no }] = await sql(to, `SELECT no FROM coffer_collection WHERE slug = '${slug}' AND workspace_id = '${ws.id}'`);
			const [{ no: wno }] = await sql(to, `SELECT no FROM coffer_workspace WHERE id = '${ws.id}'`);
			assert.deepEqual(await admin.do('schema.drop_collection', { slug }, face), { ok: true, archived: false });
			refused(await admin.call(face, 'schema.describe_collection', { collection: slug }), 'NOT_FOUND', 'Collection not found');
			refused(await admin.call(face, 'collections.list', { collection: slug }), 'NOT_FOUND', 'Collection not found');
			refused(await admin.call(face, 'schema.drop_collection', { slug }), 'NOT_FOUND', 'Collection not found');
			assert.deepEqual(await sql(to, `SELECT COUNT(*) AS n FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'c_${wno}_${no}'`), [{ n: 0 }]);
			// made again it is another one
			await collection(ws, [text('a')], { slug });
			assert.equal(await countRows(ws, slug), 0);
			refused(await reader.call(face, 'collections.list', { collection: slug }), 'FORBIDDEN', `No permission to read on "${slug}"`);
			assert.deepEqual((await admin.do('permissions.list_for_role', { roleId: one.id }, face)).data, []);
		});

	test('takes the argument collection as well', async () => {
		const slug = await collection(ws, [text('a')]);
		const res = await client(to, { key: admin.key }).result('tools/call', { name: 'schema.drop_collection', arguments: { collection: slug } });
		assert.deepEqual(res.structuredContent, { ok: true, archived: false });
	});

	for (const face of FACES)
		test(`leaves a target of relations alone over ${face}`, async () => {
			const target = await collection(ws, [text('a')]);
			const slug = await collection(ws, [{ name: 'r', type: 'relation', to: target }]);
			refused(await admin.call(face, 'schema.drop_collection', { slug: target }), 'CONFLICT', new RegExp(`${slug}\\.r`));
			await admin.do('schema.drop_collection', { slug }, face);
			await admin.do('schema.drop_collection', { slug: target }, face);
		});

	test('one that points to itself goes', async () => {
		const slug = unique('self');
		await collection(ws, [{ name: 'r', type: 'relation', to: slug }], { slug });
		const { data } = (await insert(slug, {})).data;
		await insert(slug, { r: data.id });
		assert.deepEqual(await admin.do('schema.drop_collection', { slug }), { ok: true, archived: false });
	});

	test('the journal is settled', async () => {
		assert.deepEqual(
			await sql(to, `SELECT COUNT(*) AS n FROM coffer_journal WHERE workspace_id = '${ws.id}' AND state = 'open'`),
			[{ n: 0 }],
		);
	});
});

describe('adopted tables', () => {
	const run = (statement) => admin.do('db.execute_sql', { sql: statement, writes: true });

	async function table(columns, more = 'ENGINE=InnoDB') {
		const name = unique('adopt');
		await run(`CREATE TABLE ${name} (${columns}) ${more} DEFAULT CHARSET=utf8mb4`);
		return name;
	}
	const adopt = (physicalTable, fields, more = {}, face = 'rest', who = admin) =>
		who.call(face, 'schema.create_collection', { slug: more.slug ?? unique('legacy'), fields, adopted: true, physicalTable, ...more });

	for (const face of FACES)
		test(`are used as they are over ${face}`, async () => {
			const name = await table('post_id INT PRIMARY KEY, title VARCHAR(100) NOT NULL, body TEXT, price DECIMAL(10,2), live TINYINT(1), made DATETIME, extra INT DEFAULT 3');
			await run(`INSERT INTO ${name} (post_id, title, body, price, live, made) VALUES (1, 'One', NULL, 1.50, 1, '2026-01-02 03:04:05'), (2, 'Two', 'x', NULL, 0, NULL)`);
			const shape = await sql(to, `SHOW CREATE TABLE ${name}`);
			const fields = [
				text('title', { required: true }), { name: 'body', type: 'longtext' }, { name: 'price', type: 'number' },
				{ name: 'live', type: 'boolean' }, { name: 'made', type: 'timestamp' },
			];
			const made = await adopt(name, fields, {}, face);
			assert.ok(made.ok, made.message);
			const { slug, adopted } = made.data.data;
			assert.equal(adopted, true);
			const list = (await admin.do('collections.list', { collection: slug, sort: 'id' }, face)).data;
			assert.deepEqual(list.map(({ title, body, price, live }) => ({ title, body, price, live })), [
				{ title: 'One', body: null, price: 1.5, live: true }, { title: 'Two', body: 'x', price: null, live: false },
			]);
			assert.equal(Date.parse(list[0].made), Date.parse('2026-01-02T03:04:05Z'));
			assert.deepEqual(list.map((r) => String(r.id)), ['1', '2']);
			assert.equal((await admin.do('collections.read', { collection: slug, id: '2' }, face)).data.title, 'Two');
			// writing: the key is the caller's
			refused(await insert(slug, { title: 'Three' }, face), 'VALIDATION', /^Primary key "\w+" is required/);
			const three = await insert(slug, { id: 3, title: 'Three', price: 2.25 }, face);
			assert.ok(three.ok, three.message);
			refused(await insert(slug, { id: 3, title: 'Again' }, face), 'CONFLICT');
			await admin.do('collections.update', { collection: slug, id: '3', data: { title: 'Drei' } }, face);
			assert.deepEqual(await sql(to, `SELECT title, extra FROM ${name} WHERE post_id = 3`), [{ title: 'Drei', extra: 3 }]);
			await admin.do('collections.delete', { collection: slug, id: '1' }, face);
			assert.deepEqual(await sql(to, `SELECT COUNT(*) AS n FROM ${name}`), [{ n: 2 }]);
			refused(await admin.call(face, 'collections.read', { collection: slug, id: 'x' }), 'NOT_FOUND', 'Item not found');
			// no DDL was run
			assert.deepEqual(await sql(to, `SHOW CREATE TABLE ${name}`), shape);
			// dropping archives
			assert.deepEqual(await admin.do('schema.drop_collection', { slug }, face), { ok: true, archived: true });
			refused(await admin.call(face, 'collections.list', { collection: slug }), 'NOT_FOUND', 'Collection not found');
			assert.ok(!(await admin.do('schema.list_collections', {}, face)).collections.some((c) => c.slug === slug));
			assert.ok((await admin.do('schema.list_collections', { includeArchived: true }, face)).collections.some((c) => c.slug === slug));
			refused(await admin.call(face, 'schema.create_collection', { slug, fields: [] }), 'CONFLICT', 'Slug already exists');
			assert.deepEqual(await sql(to, `SELECT COUNT(*) AS n FROM ${name}`), [{ n: 2 }]);
			const restored = await admin.http('POST', `/api/collections/${slug}/restore`);
			assert.deepEqual([restored.status, restored.json], [200, { ok: true }]);
			assert.equal((await admin.do('collections.list', { collection: slug }, face)).data.length, 2);
			assert.equal((await admin.http('POST', `/api/collections/${unique('none')}/restore`)).status, 404);
		});

	test('take special columns over REST', async () => {
		const me = (await admin.http('GET', '/api/me')).json.data.id;
		const name = await table('k VARCHAR(20) PRIMARY KEY, t TEXT, c DATETIME(6), u DATETIME(6), o CHAR(36)');
		const made = await adopt(name, [text('t')], { pkColumn: 'k', createdAtColumn: 'c', updatedAtColumn: 'u', ownerIdColumn: 'o', ownerScoped: true });
		assert.ok(made.ok, made.message);
		const { slug } = made.data.data;
		const row = (await insert(slug, { id: 'a b/c', t: 'x' })).data.data;
		assert.match(row.createdAt, TIME);
		assert.equal(row.ownerId, me);
		assert.equal((await sql(to, `SELECT o FROM ${name}`))[0].o, me);
		for (const face of FACES) assert.equal((await admin.do('collections.read', { collection: slug, id: 'a b/c' }, face)).data.t, 'x');
	});

	test('without an owner column keep owners beside', async () => {
		const me = (await admin.http('GET', '/api/me')).json.data.id;
		const name = await table('id INT PRIMARY KEY, t TEXT');
		const { slug } = (await adopt(name, [text('t')], { ownerScoped: true })).data.data;
		assert.ok((await insert(slug, { id: 1, t: 'x' })).ok);
		const [owner] = await sql(to, `SELECT o.owner_id FROM coffer_item_owner o JOIN coffer_collection c ON c.id = o.collection_id WHERE c.slug = '${slug}'`);
		assert.equal(owner.owner_id, me);
	});

	test('need one primary key, columns that are there, and types that fit', async () => {
		const none = await table('a INT'), two = await table('a INT, b INT, PRIMARY KEY (a, b)');
		const good = await table('id INT PRIMARY KEY, t TEXT, n INT, b BLOB');
		for (const [name, fields, more, message] of [
			[none, [], {}, /primary key of one column/],
			[two, [], {}, /primary key of one column/],
			[good, [], { pkColumn: 't' }, /pkColumn/],
			[good, [text('nope')], {}, /no column "nope"/],
			[good, [{ name: 't', type: 'integer' }], {}, /cannot be a field of type integer/],
			[good, [{ name: 'n', type: 'timestamp' }], {}, /cannot be a field of type timestamp/],
			[good, [{ name: 'b', type: 'json' }], {}, /cannot be a field of type json/],
			[good, [text('t', { unique: true })], {}, /keeps the indexes/],
			[good, [text('t')], { indexes: [{ fields: ['t'] }] }, /keeps the indexes/],
			[good, [text('t')], { createdAtColumn: 't' }, /createdAtColumn/],
			[good, [text('t')], { ownerIdColumn: 'nope' }, /ownerIdColumn/],
			['', [], {}, /physicalTable/],
			[undefined, [], {}, /physicalTable/],
		])
			refused(await adopt(name, fields, more), 'VALIDATION', message, `${name} ${JSON.stringify(more)}`);
		refused(await adopt('adopt_no_such_table', []), 'NOT_FOUND');
	});

	test('are never ours, nor off the list, and only for operators', async () => {
		for (const name of ['coffer_user', 'COFFER_API_KEY', 'c_1_1', 'mysql.user', 'information_schema.tables', 'legacy_posts', "adopt_' OR 1", '*'])
			for (const face of FACES) {
				const got = await adopt(name, [], {}, face);
				assert.equal(got.ok, false, name);
				assert.ok(['FORBIDDEN', 'NOT_FOUND'].includes(got.code), `${name}: ${got.code} ${got.message}`);
			}
		const good = await table('id INT PRIMARY KEY, t TEXT');
		const chief = await member(ws, { admin: true });
		for (const face of FACES) refused(await adopt(good, [text('t')], {}, face, chief), 'FORBIDDEN', /operator/);
		// where nothing is on the list, nothing can be adopted
		const strict = await start({ env: { ...ROOMY, COFFER_DATABASE_ADOPTABLE_TABLES: '' } });
		const one = new Caller(strict, { key: strict.key });
		await one.do('db.execute_sql', { sql: 'CREATE TABLE adopt_x (id INT PRIMARY KEY)', writes: true });
		refused(await one.rest('schema.create_collection', { slug: 'x', fields: [], adopted: true, physicalTable: 'adopt_x' }), 'FORBIDDEN', /adoptable_tables/);
	});

	test('of other collations are compared exactly all the same', async () => {
		const name = await table(
			"id INT PRIMARY KEY, ci VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, la VARCHAR(50) CHARACTER SET latin1 COLLATE latin1_swedish_ci, u CHAR(36) CHARACTER SET ascii, e ENUM('small','Large'), KEY (ci), KEY (la)",
		);
		await run(`INSERT INTO ${name} VALUES (1, 'abc', 'müller', '01890a5d-ac96-774b-bcce-b302099a8057', 'small'), (2, 'ABC', 'MÜLLER', '01890A5D-AC96-774B-BCCE-B302099A8058', 'Large'), (3, 'abc ', 'muller', NULL, NULL), (4, NULL, NULL, NULL, 'small'), (5, 'äbc', 'x', NULL, 'small')`);
		const { slug } = (await adopt(name, [text('ci'), text('la'), { name: 'u', type: 'uuid' }, text('e')])).data.data;
		for (const face of FACES) {
			const find = async (filter, more = {}) => (await admin.do('collections.list', { collection: slug, filter, sort: 'id', ...more }, face)).data.map((r) => Number(r.id));
			assert.deepEqual(await find({ ci: 'abc' }), [1]);
			assert.deepEqual(await find({ ci: { _in: ['ABC', 'abc '] } }), [2, 3]);
			assert.deepEqual(await find({ ci: { _neq: 'abc' } }), [2, 3, 5]);
			assert.deepEqual(await find({ ci: { _nin: ['abc', 'ABC'] } }), [3, 5]);
			assert.deepEqual(await find({ ci: { _contains: 'b' } }), [1, 3, 5]);
			assert.deepEqual(await find({ ci: { _icontains: 'B' } }), [1, 2, 3, 5]);
			assert.deepEqual(await find({ ci: { _starts_with: 'a' } }), [1, 3]);
			assert.deepEqual(await find({ ci: { _gt: 'abc' } }), [3, 5]);
			assert.deepEqual(await find({ ci: { _lt: 'abc' } }), [2]);
			assert.deepEqual(await find({ la: 'müller' }), [1]);
			assert.deepEqual(await find({ la: { _iends_with: 'ÜLLER' } }), [1, 2]);
			assert.deepEqual(await find({ la: '😀' }), [], 'a text the column cannot hold');
			assert.deepEqual(await find({ la: { _contains: '日本' } }), []);
			assert.deepEqual(await find({ u: '01890A5D-AC96-774B-BCCE-B302099A8057' }), [1]);
			assert.deepEqual(await find({ e: 'Large' }), [2]);
			const pages = [];
			let cursor;
			do {
				const got = await admin.do('collections.list', { collection: slug, sort: 'ci', limit: 2, ...(cursor ? { cursor } : {}) }, face);
				pages.push(...got.data.map((r) => Number(r.id)));
				cursor = got.next_cursor;
			} while (cursor && pages.length < 20);
			assert.deepEqual([...pages].sort(), [1, 2, 3, 4, 5], 'each row once');
			// what a column cannot take is refused, not cut
			for (const data of [{ id: 9, la: '日本' }, { id: 9, ci: 'x'.repeat(51) }, { id: 9, e: 'medium' }]) {
				const got = await insert(slug, data, face);
				assert.equal(got.ok, false, JSON.stringify(data));
				assert.equal(got.code, 'VALIDATION', `${JSON.stringify(data)}: ${got.message}`);
			}
			assert.equal(await countRows(ws, slug), 5);
		}
	});

	test('of odd columns are shown as what they hold', async () => {
		const name = await table("id BIGINT UNSIGNED PRIMARY KEY, d DATE, y YEAR, p DECIMAL(20,5), t TINYINT(1), ts TIMESTAMP NULL, tm TIME, s SET('a','b'), f FLOAT");
		await run(`INSERT INTO ${name} VALUES (9223372036854775807, '2026-01-31', 2026, 123456789012345.12345, 5, '2026-01-31 12:00:00', '-01:02:03', 'a,b', 0.1), (1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`);
		const { slug } = (await adopt(name, [
			{ name: 'd', type: 'timestamp' }, { name: 'y', type: 'integer' }, { name: 'p', type: 'number' }, { name: 't', type: 'boolean' }, { name: 'ts', type: 'timestamp' }, text('tm'), text('s'), { name: 'f', type: 'number' },
		])).data.data;
		const { text: answer } = await admin.http('GET', `/api/items/${slug}?sort=-id`);
		assert.ok(answer.includes('9223372036854775807'), answer);
		const [row, empty] = JSON.parse(answer).data;
		assert.deepEqual([row.y, row.t, row.tm, row.s], [2026, true, '-01:02:03', 'a,b']);
		assert.equal(Date.parse(row.d), Date.parse('2026-01-31T00:00:00Z'));
		assert.ok(answer.includes('123456789012345.12345'), 'no digit is lost');
		assert.deepEqual([empty.d, empty.y, empty.p, empty.t, empty.ts, empty.tm, empty.s, empty.f], Array(8).fill(null));
		for (const face of FACES) assert.equal((await admin.do('collections.read', { collection: slug, id: '9223372036854775807' }, face)).data.y, 2026);
		assert.equal((await admin.do('collections.list', { collection: slug, filter: { d: '2026-01-31T00:00:00Z' } })).data.length, 1);
	});

	test('that know no transactions are only read', async () => {
		const name = await table('id INT PRIMARY KEY, t TEXT', 'ENGINE=MyISAM');
		await run(`INSERT INTO ${name} VALUES (1, 'x')`);
		const made = await adopt(name, [text('t')]);
		assert.ok(made.ok, made.message);
		const { slug } = made.data.data;
		assert.equal((await admin.do('collections.list', { collection: slug })).data.length, 1);
		for (const face of FACES) {
			refused(await insert(slug, { id: 2, t: 'y' }, face), 'VALIDATION');
			refused(await admin.call(face, 'collections.update', { collection: slug, id: '1', data: { t: 'y' } }), 'VALIDATION');
			refused(await admin.call(face, 'collections.delete', { collection: slug, id: '1' }), 'VALIDATION');
		}
		assert.deepEqual(await sql(to, `SELECT * FROM ${name}`), [{ id: 1, t: 'x' }]);
	});

	test('a managed collection may be a target and a source of relations', async () => {
		const name = await table('id INT PRIMARY KEY, t TEXT');
		await run(`INSERT INTO ${name} VALUES (7, 'seven')`);
		const { slug } = (await adopt(name, [text('t')])).data.data;
		const own = await collection(ws, [{ name: 'r', type: 'relation', to: slug }]);
		const got = await insert(own, { r: 7 });
		const row = got.ok ? got : await insert(own, { r: '7' });
		assert.ok(row.ok, row.message);
		refused(await insert(own, { r: '8' }), 'VALIDATION', `Relation target "${slug}" has no row(s) with id: 8`);
		const list = await admin.do('collections.list', { collection: own, filter: { 'r.t': 'seven' }, expand: ['r'] });
		assert.equal(list.data[0].r.t, 'seven');
	});
});

describe('a protected workspace', () => {
	test('takes rows and no changes of shape, on every face', async () => {
		const fresh = await workspace(to);
		const boss = fresh.admin;
		const slug = await collection(fresh, [text('a'), text('b')]);
		await coffer(to, ['workspace', 'protect', fresh.slug]);
		const message = /is protected/;
		for (const face of FACES) {
			refused(await boss.call(face, 'schema.create_collection', { slug: unique('x'), fields: [] }), 'FORBIDDEN', message);
			refused(await boss.call(face, 'schema.update_collection', { slug, fields: [text('c')] }), 'FORBIDDEN', message);
			refused(await boss.call(face, 'schema.drop_collection', { slug }), 'FORBIDDEN', message);
			assert.ok((await boss.call(face, 'collections.insert', { collection: slug, data: { a: face } })).ok);
			assert.ok((await boss.call(face, 'schema.describe_collection', { collection: slug })).ok);
		}
		assert.equal((await boss.http('DELETE', `/api/collections/${slug}/fields/b`)).status, 403);
		assert.equal((await boss.http('POST', `/api/collections/${slug}/restore`)).status, 403);
		assert.equal((await boss.http('PATCH', `/api/collections/${slug}`, { json: { newSlug: unique('y') } })).status, 403);
		const { data: [own] } = await boss.do('tenants.list');
		assert.equal(own.protected, true);
		await coffer(to, ['workspace', 'unprotect', fresh.slug]);
		assert.ok((await boss.call('mcp', 'schema.update_collection', { slug, fields: [text('c')] })).ok);
		const described = await boss.do('schema.describe_collection', { collection: slug });
		assert.deepEqual(described.fields.map((f) => f.name), ['a', 'b', 'c']);
	});
});

describe('who may see and change shapes', () => {
	for (const face of FACES)
		test(`changing is for administrators over ${face}`, async () => {
			const slug = await collection(ws, [text('a')]);
			const person = await member(ws, { roles: [(await role(ws, { [slug]: 'create read update delete', '*': 'read' })).id] });
			for (const [tool, args] of [
				['schema.create_collection', { slug: unique('x'), fields: [] }],
				['schema.update_collection', { slug, note: 'x' }],
				['schema.drop_collection', { slug }],
			]) {
				refused(await person.call(face, tool, args), 'FORBIDDEN', 'Admin role required');
				refused(await new Caller(to).rest(tool, args), 'UNAUTHORIZED', 'Sign in required');
			}
		});

	for (const face of FACES)
		test(`a member sees what they may read, and nothing else, over ${face}`, async () => {
			const secret = await collection(ws, [text('a')]);
			const open = await collection(ws, [text('a'), text('hidden'), { name: 'r', type: 'relation', to: secret }], {
				indexes: [{ fields: ['a'] }, { fields: ['hidden', 'a'] }], note: 'open',
			});
			const writeOnly = await collection(ws, [text('a')]);
			const person = await member(ws, { roles: [(await role(ws, { [open]: { read: ['a', 'r'] }, [writeOnly]: 'create update delete' })).id] });
			const { collections } = await person.do('schema.list_collections', {}, face);
			assert.deepEqual(collections.map((c) => [c.slug, c.fieldCount]), [[open, 2]]);
			const described = await person.do('schema.describe_collection', { collection: open }, face);
			assert.deepEqual(described.fields.map((f) => f.name), ['a', 'r']);
			assert.deepEqual(described.indexes, [{ fields: ['a'], unique: false }]);
			assert.doesNotMatch(JSON.stringify(described), /hidden/);
			assert.ok(!JSON.stringify(described).includes(secret), 'the target is not theirs to know');
			// there and not there are one answer
			const unreadable = await person.call(face, 'schema.describe_collection', { collection: secret });
			const unknown = await person.call(face, 'schema.describe_collection', { collection: unique('none') });
			refused(unreadable, 'FORBIDDEN', `No permission to read on "${secret}"`);
			assert.equal(unknown.code, 'FORBIDDEN');
			assert.match(unknown.message, /^No permission to read on "none_/);
			refused(await person.call(face, 'schema.describe_collection', { collection: writeOnly }), 'FORBIDDEN');
			// "*" reads all
			const all = await member(ws, { roles: [(await role(ws, { '*': 'read' })).id] });
			const seen = (await all.do('schema.list_collections', {}, face)).collections.map((c) => c.slug);
			for (const slug of [secret, open, writeOnly]) assert.ok(seen.includes(slug), slug);
			// archived ones are for administrators
			assert.deepEqual((await person.do('schema.list_collections', { includeArchived: true }, face)).collections.map((c) => c.slug), [open]);
		});

	for (const face of FACES)
		test(`administrators are told what is not there over ${face} (B3)`, async () => {
			for (const slug of [unique('none'), 'x', 'id', "a' OR 1=1", 'NO SUCH', 'ü'])
				refused(await admin.call(face, 'schema.describe_collection', { collection: slug }), 'NOT_FOUND', 'Collection not found');
			const own = await collection(ws, [text('a')]);
			refused(await admin.call(face, 'schema.describe_collection', { collection: own.toUpperCase() }), 'NOT_FOUND', 'Collection not found');
		});

	test('ownerScoped gives the role authenticated its own rows (6.6)', async () => {
		const fresh = await workspace(to);
		const slug = await collection(fresh, [text('a')], { ownerScoped: true });
		const authenticated = (await fresh.admin.do('roles.list')).data.find((r) => r.name === 'authenticated');
		const grants = async () =>
			(await fresh.admin.do('permissions.list_for_role', { roleId: authenticated.id })).data.filter((g) => g.collection === slug);
		const own = { owner_id: { _eq: '$user.id' } };
		assert.deepEqual(
			(await grants()).map((g) => [g.action, g.condition, g.fields]).sort(),
			[['create', null, null], ['delete', own, null], ['read', own, null], ['update', own, null]],
		);
		// switched on later it is the same, and what is there is not doubled
		const later = await collection(fresh, [text('a')]);
		await fresh.admin.do('permissions.grant', { roleId: authenticated.id, collection: later, action: 'read' });
		await fresh.admin.do('schema.update_collection', { slug: later, ownerScoped: true });
		const after = (await fresh.admin.do('permissions.list_for_role', { roleId: authenticated.id })).data.filter((g) => g.collection === later);
		assert.deepEqual(after.map((g) => [g.action, g.condition]).sort(), [['create', null], ['delete', own], ['read', null], ['update', own]]);
	});
});
