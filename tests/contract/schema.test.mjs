// schema.*: making, changing and dropping collections.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { client, instance, unique } from './lib.mjs';
import { Caller, coffer, collection, countRows, FACES, member, refused, role, sql, TIME, UUID,
	workspace } from './world.mjs';

let to, ws, admin;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	admin = ws.admin;
});

const text = (name, more = {}) => ({ name, type: 'text', ...more });
const describe_ = (slug, face = 'mcp') => admin.do('schema.describe_collection', { collection: slug }, face);
const insert = (slug, data, face = 'mcp') => admin.call(face, 'collections.insert',
	{ collection: slug, data });
const update = (slug, args, face = 'mcp') => admin.call(face, 'schema.update_collection', { slug, ...args });
const names = async (slug) => (await describe_(slug)).fields.map((f) => f.name);

const TYPES = [
	'text', 'longtext', 'integer', 'number', 'boolean', 'json', 'timestamp', 'uuid', 'relation',
	'relation_many', 'file', 'i18n_text',
];

describe('schema.create_collection', () => {
	for (const face of FACES)
		test(`answers the collection, which is then listed and described, over ${face} (B1, B2, B9)`,
			async () => {
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
			for (const [name, value] of Object.entries(expected)) assert.deepEqual(described[name], value,
				name);
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
			label: `L ${i}`, description: 'D', group: 'G', interface: 'plain', visibleWhen: { x: 1 },
			vectorize: false,
		})).reverse();
		const slug = await collection(ws, fields);
		assert.deepEqual((await describe_(slug)).fields, fields);
	});

	test('takes no fields at all, and flags', async () => {
		const slug = unique('flags');
		const { data } = await admin.do('schema.create_collection', {
			slug, fields: [], ownerScoped: true, versioned: true, vectorize: true, vectorizeModel: 'bge-m3',
			tenantScoped: true,
		});
		assert.deepEqual(
			[data.fields, data.ownerScoped, data.versioned, data.vectorize, data.tenantScoped],
			[[], true, true, true, true],
		);
		const row = await insert(slug, {});
		assert.equal(row.data.data.ownerId, (await admin.http('GET', '/api/me')).json.data.id);
	});

	test('names may be words of SQL, of the filter language or of coffer', async () => {
		const words = ['select', 'from', 'where', 'group', 'order', 'key', 'index', 'null', 'true', 'and',
			'or', 'in', 'desc', 'table', 'values', 'rank', 'data', 'limit', 'filter', 'collection', 'error',
			'constructor', 'x'.repeat(64)];
		for (const slug of ['select', 'order', 'items', 'me', 'aggregate', 'mcp', 'constructor']) {
			const fresh = await workspace(to);
			const boss = fresh.admin;
			await collection(fresh, [...words.map((w) => text(w, { indexed: w.length < 6 })),
				{ name: 'rel', type: 'relation', to: slug }], { slug, defaultSort: 'order' });
			const data = Object.fromEntries(words.map((w) => [w, w.toUpperCase()]));
			for (const face of FACES) {
				const row = (await boss.do('collections.insert', { collection: slug, data }, face)).data;
				for (const w of words) assert.equal(row[w], w.toUpperCase(), w);
				const found = await boss.do('collections.list',
					{ collection: slug, filter: { _and: [...words.map((w) => ({ [w]: { _icontains: w } })),
					{ id: row.id }] }, sort: `${words.slice(0, 4).join()},-key`,
					fields: ['id', 'select', 'group'] }, face);
				assert.deepEqual(found.data.map((r) => [r.id, r.select, r.group]),
					[[row.id, 'SELECT', 'GROUP']]);
				const changed = await boss.do('collections.update',
					{ collection: slug, id: row.id, data: { select: 'new', rel: row.id } }, face);
				assert.deepEqual([changed.data.select, changed.data.rel], ['new', row.id]);
				assert.equal((await boss.do('collections.aggregate',
					{ collection: slug, agg: 'count', groupBy: 'group' }, face)).data[0].label, 'GROUP');
				await boss.do('collections.update', { collection: slug, id: row.id, data: { rel: null } },
					face);
				await boss.do('collections.delete', { collection: slug, id: row.id }, face);
			}
			assert.deepEqual(await boss.do('schema.drop_collection', { slug }),
				{ ok: true, archived: false });
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
			Array.from({ length: 6 }, (_, i) => admin.call(FACES[i % 2], 'schema.create_collection',
				{ slug: unique('many'), fields: [text('a')] })),
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
		['an unknown type', { fields: [{ name: 'a', type: 'string' }] },
			/unknown type "string"; types are: text, longtext/],
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
		['a field twice', { fields: [good, text('b'), { name: 'title', type: 'integer' }] },
			/fields\[2\].*twice/],
		['an unknown key', { fields: [{ ...good, requierd: true }] }, /fields\[0\]\.requierd: unknown key/],
		['computed', { fields: [{ ...good, computed: { formula: 'a+b' } }] }, /fields\[0\]\.computed/],
		['required that is no flag', { fields: [{ ...good, required: 1 }] }, /fields\[0\]\.required/],
		['unique that is no flag', { fields: [{ ...good, unique: 'yes' }] }, /fields\[0\]\.unique/],
		['a relation without target', { fields: [{ name: 'r', type: 'relation' }] }, /fields\[0\]\.to/],
		['a relation to nowhere', { fields: [{ name: 'r', type: 'relation', to: 'no_such_thing' }] },
			/no_such_thing/],
		['a list of relations to nowhere', { fields: [{ name: 'r', type: 'relation_many',
			to: 'no_such_thing' }] }, /no_such_thing/],
		['a target of a text', { fields: [{ ...good, to: 'x' }] }, /fields\[0\]\.to/],
		['unique longtext', { fields: [{ name: 'a', type: 'longtext', unique: true }] },
			/longtext cannot be unique/],
		['indexed json', { fields: [{ name: 'a', type: 'json', indexed: true }] }, /json cannot be indexed/],
		['unique relation_many', { fields: [{ name: 'a', type: 'relation_many', to: 'x', unique: true }] },
			/fields\[0\]/],
		['indexed i18n_text', { fields: [{ name: 'a', type: 'i18n_text', indexed: true }] },
			/i18n_text cannot be indexed/],
		['a default of another type', { fields: [{ name: 'a', type: 'integer', default: 'x' }] },
			/fields\[0\]\.default/],
		['a default that is too long', { fields: [{ ...good, default: 'x'.repeat(256) }] },
			/fields\[0\]\.default/],
		['a default of json', { fields: [{ name: 'a', type: 'json', default: {} }] }, /fields\[0\]\.default/],
		['a default of a relation', { fields: [{ name: 'a', type: 'relation_many', to: 'x', default: [] }] },
			/fields\[0\]/],
		['a default against its own rule', { fields: [{ name: 'a', type: 'integer', default: 3,
			validation: { min: 5 } }] }, /fields\[0\]\.default/],
		['options of another type', { fields: [{ ...good, options: [] }] }, /fields\[0\]\.options/],
		['an unknown option', { fields: [{ ...good, options: { values_: [] } }] },
			/fields\[0\]\.options\.values_/],
		['choices without value', { fields: [{ ...good, interface: 'dropdown',
			options: { choices: [{ label: 'x' }] } }] }, /choices\[0\]\.value/],
		['a validation that is no object', { fields: [{ ...good, validation: 'min' }] },
			/fields\[0\]\.validation/],
		['an unknown validation', { fields: [{ ...good, validation: { minLenght: 1 } }] },
			/fields\[0\]\.validation\.minLenght/],
		['a pattern that does not compile', { fields: [{ ...good, validation: { regex: '(' } }] },
			/fields\[0\]\.validation\.regex/],
		['a length that is negative', { fields: [{ ...good, validation: { minLength: -1 } }] },
			/fields\[0\]\.validation\.minLength/],
		['a bound that is text', { fields: [{ name: 'a', type: 'integer', validation: { min: '1' } }] },
			/fields\[0\]\.validation\.min/],
		['a bound of a text', { fields: [{ ...good, validation: { min: 1 } }] },
			/fields\[0\]\.validation\.min/],
		['a length of a number', { fields: [{ name: 'a', type: 'integer', validation: { minLength: 1 } }] },
			/fields\[0\]\.validation\.minLength/],
		['a date that is none', { fields: [{ name: 'a', type: 'timestamp',
			validation: { minDate: 'soon' } }] }, /fields\[0\]\.validation\.minDate/],
		['an unknown format', { fields: [{ ...good, validation: { format: 'phone' } }] },
			/fields\[0\]\.validation\.format/],
		['an unknown severity', { fields: [{ ...good, validation: { severity: 'fatal' } }] },
			/fields\[0\]\.validation\.severity/],
		['a message that is too long', { fields: [{ ...good, validation: { minLength: 1,
			message: 'x'.repeat(301) } }] }, /fields\[0\]\.validation\.message/],
		['a rule of an unknown field', { fields: [{ ...good, validation: { rule: { nope: 1 } } }] }, /nope/],
		['a rule of an unknown operator', { fields: [{ ...good,
			validation: { rule: { title: { _eqq: 1 } } } }] }, /_eqq/],
		['a rule that is no condition', { fields: [{ ...good, validation: { rule: [] } }] },
			/fields\[0\]\.validation\.rule/],
		['an index of nothing', { indexes: [{ fields: [] }] }, /indexes\[0\]/],
		['an index of an unknown field', { indexes: [{ fields: ['nope'] }] }, /indexes\[0\].*"nope"/],
		['an index of a json', { fields: [good, { name: 'j', type: 'json' }], indexes: [{ fields: ['j'] }] },
			/indexes\[0\]/],
		['an index with a field twice', { indexes: [{ fields: ['title', 'title'] }] }, /indexes\[0\].*twice/],
		['an index twice', { indexes: [{ fields: ['title'] }, { fields: ['title'] }] }, /indexes\[1\]/],
		['indexes that are no list', { indexes: { fields: ['title'] } }, /indexes/],
		['an unknown key of an index', { indexes: [{ fields: ['title'], uniqe: true }] },
			/indexes\[0\]\.uniqe/],
		['a default sort by an unknown field', { defaultSort: '-nope' }, 'Cannot sort on field: nope'],
		['a default sort by a json', { fields: [{ name: 'j', type: 'json' }], defaultSort: 'j' },
			'Cannot sort on field: j'],
		['301 fields', { fields: Array.from({ length: 301 }, (_, i) => text(`f${i}`)) },
			/at most 300 fields/],
		['41 indexes', { fields: Array.from({ length: 41 }, (_,
			i) => ({ name: `f${i}`, type: 'integer', indexed: true })) }, /at most 40 indexes/],
		['ownerScoped that is no flag', { ownerScoped: 'true' }, /"ownerScoped" must be true or false/],
		['a note that is no text', { note: 7 }, /"note" must be a string/],
		['an unknown argument', { feilds: [] }, /unknown argument "feilds"; did you mean "fields"/],
	];
	let fresh, before_;

	before(async () => {
		fresh = await workspace(to);
		before_ = await sql(to,
			`SELECT COUNT(*) AS n FROM coffer_collection WHERE workspace_id = '${fresh.id}'`);
	});

	for (const [title, more, message] of cases)
		test(title, async () => {
			const args = { slug: unique('bad'), fields: [good], ...more };
			for (const name of Object.keys(args)) if (args[name] === undefined) delete args[name];
			for (const face of FACES) refused(await fresh.admin.call(face, 'schema.create_collection', args),
				'VALIDATION', message, face);
		});

	test('nothing of all that was made', async () => {
		const where = `workspace_id = '${fresh.id}'`;
		assert.deepEqual(await sql(to, `SELECT COUNT(*) AS n FROM coffer_collection WHERE ${where}`),
			before_);
		const [{ no }] = await sql(to, `SELECT no FROM coffer_workspace WHERE id = '${fresh.id}'`);
		assert.deepEqual(
			await sql(to,
				`SELECT COUNT(*) AS n FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name LIKE 'c\\\\_${no}\\\\_%'`),
			[{ n: 0 }],
		);
		assert.deepEqual(await sql(to,
			`SELECT COUNT(*) AS n FROM coffer_journal WHERE ${where} AND state = 'open'`), [{ n: 0 }]);
		assert.deepEqual((await fresh.admin.do('schema.list_collections')).collections, []);
	});

	test('the limits themselves are fine', async () => {
		const fields = Array.from({ length: 300 }, (_, i) => text(`f${i}`));
		const wide = await collection(fresh, fields);
		const data = Object.fromEntries(fields.map((f) => [f.name, 'x'.repeat(255)]));
		const got = await fresh.admin.do('collections.insert', { collection: wide, data });
		assert.equal(got.data.f299.length, 255);
		await collection(fresh, Array.from({ length: 40 }, (_,
			i) => ({ name: `f${i}`, type: 'integer', indexed: true })));
		await collection(fresh, Array.from({ length: 40 }, (_, i) => text(`t${i}`, { unique: true })));
		await collection(fresh, [text('x'.repeat(64))], { slug: `${unique('long')}${'x'.repeat(64)}`.slice(0,
			64) });
	});
});

describe('schema.update_collection', () => {
	for (const face of FACES)
		test(`adds fields and keeps the others over ${face} (B9)`, async () => {
			const slug = await collection(ws, [text('a', { required: true }), text('b')],
				{ singular: 'One', note: 'first' });
			const { data } = (await insert(slug, { a: 'x', b: 'y' })).data;
			assert.deepEqual(
				(await update(slug, { fields: [{ name: 'c', type: 'integer', default: 7, indexed: true }],
					note: 'second' }, face)).data,
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
			assert.ok((await update(slug, { fields: [text('b',
				{ required: true, label: 'B', validation: { minLength: 2 } })] }, face)).ok);
			refused(await insert(slug, { a: 'y' }, face), 'VALIDATION', 'Field "b" is required');
			refused(await insert(slug, { b: 'z' }, face), 'VALIDATION', /at least 2/);
			assert.deepEqual((await describe_(slug)).fields[1],
				text('b', { required: true, label: 'B', validation: { minLength: 2 } }));
			// a key given as null goes away
			assert.ok((await update(slug, { fields: [{ name: 'b', type: 'text', required: false,
				validation: null }] }, face)).ok);
			assert.ok((await insert(slug, { b: 'z' }, face)).ok);
		});

	for (const face of FACES)
		test(`makes a field unique only where its values are, over ${face}`, async () => {
			const slug = await collection(ws, [text('a'), { name: 'n', type: 'integer' }]);
			for (const a of ['x', 'y']) await insert(slug, { a, n: 1 });
			refused(await update(slug, { fields: [{ name: 'n', type: 'integer', unique: true }] }, face),
				'CONFLICT', /^n cannot become unique/);
			assert.ok((await update(slug, { fields: [text('a', { unique: true })] }, face)).ok);
			refused(await insert(slug, { a: 'x' }, face), 'CONFLICT', /^a: /);
			assert.ok((await insert(slug, { n: 1 }, face)).ok, 'n is as it was');
			assert.deepEqual((await describe_(slug)).fields[1], { name: 'n', type: 'integer' });
			// and gives it up again
			assert.ok((await update(slug, { fields: [{ name: 'a', type: 'text', unique: false }] },
				face)).ok);
			assert.ok((await insert(slug, { a: 'x' }, face)).ok);
		});

	test('an index loses nothing of values that are longer than it takes', async () => {
		const slug = await collection(ws, [text('a')]);
		const long = 'x'.repeat(255);
		await insert(slug, { a: long });
		await update(slug, { fields: [text('a', { indexed: true })] });
		for (const filter of [{}, { a: long }, { a: { _starts_with: 'xxx' } }])
			assert.deepEqual((await admin.do('collections.list',
				{ collection: slug, filter })).data.map((r) => r.a), [long]);
		assert.equal((await admin.do('collections.list', { collection: slug,
			filter: { a: `${long.slice(0, 254)}y` } })).data.length, 0);
	});

	test('indexes are replaced as a list', async () => {
		const slug = await collection(ws, [text('a'), text('b')],
			{ indexes: [{ fields: ['a', 'b'], unique: true }] });
		await insert(slug, { a: 'x', b: 'y' });
		refused(await insert(slug, { a: 'x', b: 'y' }), 'CONFLICT');
		assert.ok((await update(slug, { note: 'untouched' })).ok);
		assert.deepEqual((await describe_(slug)).indexes, [{ fields: ['a', 'b'], unique: true }]);
		assert.ok((await update(slug, { indexes: [{ fields: ['b'] }] })).ok);
		assert.deepEqual((await describe_(slug)).indexes, [{ fields: ['b'], unique: false }]);
		assert.ok((await insert(slug, { a: 'x', b: 'y' })).ok);
		refused(await update(slug, { indexes: [{ fields: ['a', 'b'], unique: true }] }), 'CONFLICT',
			/cannot become unique/);
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
				refused(await update(slug, args, face), 'VALIDATION', message,
					JSON.stringify(args).slice(0, 80));
			assert.deepEqual(await describe_(slug), before_);
			refused(await update(unique('none'), { note: 'x' }, face), 'NOT_FOUND', 'Collection not found');
		});

	test('null clears a text', async () => {
		const slug = await collection(ws, [{ name: 'n', type: 'integer' }], {
			singular: 'One', plural: 'Many', note: 'Text', defaultSort: 'n', vectorizeModel: 'm',
		});
		for (const n of [2, 1, 3]) await insert(slug, { n });
		const order = async () =>
			(await admin.do('collections.list', { collection: slug })).data.map((row) => row.n);
		assert.deepEqual(await order(), [1, 2, 3]);
		const none = { singular: null, plural: null, note: null, defaultSort: null, vectorizeModel: null };
		assert.ok((await update(slug, { fields: [] })).ok);
		assert.equal((await describe_(slug)).note, 'Text', 'what is not given stays');
		assert.ok((await update(slug, none)).ok);
		const after = await describe_(slug);
		for (const name of Object.keys(none)) assert.equal(after[name], null, name);
		assert.deepEqual(await order(), [3, 1, 2], 'newest first again');
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
		for (let i = 0; i < 4; i++) assert.ok((await update(slug,
			{ fields: [text(`g${i}`, { default: 'd', indexed: i % 2 === 0 })] })).ok);
		done = true;
		const written = (await Promise.all(writers)).reduce((a, b) => a + b);
		assert.equal(await countRows(ws, slug), written);
	});

	test('a required field without a default can be added beside rows', async () => {
		const slug = await collection(ws, [text('a')]);
		const { data } = (await insert(slug, { a: 'x' })).data;
		assert.ok((await update(slug, { fields: [text('must', { required: true })] })).ok);
		assert.equal((await admin.do('collections.read', { collection: slug, id: data.id })).data.must, null);
		assert.ok((await admin.mcp('collections.update', { collection: slug, id: data.id,
			data: { a: 'y' } })).ok);
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
			refused(await admin.call(face, 'collections.list', { collection: old }), 'NOT_FOUND',
				'Collection not found');
			assert.equal((await admin.do('collections.read', { collection: slug, id: data.id }, face)).data.a,
				'x');
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
		assert.deepEqual([res.status, res.json.error.code, res.json.error.message],
			[409, 'CONFLICT', 'Slug already exists']);
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
		const slug = await collection(ws, [text('a', { unique: true }), text('b', { indexed: true }),
			text('c')]);
		const { data } = (await insert(slug, { a: 'x', b: 'y', c: 'z' })).data;
		const reader = await member(ws, { roles: [(await role(ws, { [slug]: { read: ['b', 'c'] } })).id] });
		for (const name of ['a', 'b']) {
			const res = await drop(slug, name);
			assert.deepEqual([res.status, res.json], [200, { ok: true }]);
		}
		assert.deepEqual(await names(slug), ['c']);
		refused(await insert(slug, { b: 'x' }), 'VALIDATION', /^Unknown field "b"/);
		refused(await admin.mcp('collections.list', { collection: slug, filter: { b: 1 } }), 'VALIDATION',
			/^Cannot filter on field: b/);
		// the name made again inherits neither values nor grants
		assert.ok((await update(slug, { fields: [text('b')] })).ok);
		assert.equal((await admin.do('collections.read', { collection: slug, id: data.id })).data.b, null);
		const row = (await reader.do('collections.read', { collection: slug, id: data.id })).data;
		assert.deepEqual([row.c, 'b' in row], ['z', false]);
	});

	test('refuses what is not there or in use', async () => {
		const slug = await collection(ws, [text('a'), text('b'), text('s')],
			{ indexes: [{ fields: ['a', 'b'] }], defaultSort: 's' });
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

	test('leaves no rule and no order of others in the air', async () => {
		const target = await collection(ws, [text('name'), text('other')]);
		const slug = await collection(ws, [
			{ name: 'r', type: 'relation', to: target },
			{ name: 'from', type: 'integer' },
			{ name: 'to', type: 'integer', validation: { rule: { to: { _gt: { $field: 'from' } } } } },
		], { defaultSort: 'r.name' });
		const res = await drop(slug, 'from');
		assert.deepEqual([res.status, res.json.error.code], [409, 'CONFLICT']);
		assert.match(res.json.error.message, /"to"/);
		assert.ok((await insert(slug, { from: 1, to: 2 })).ok);
		// what only points from afar does not stand in the way, and nothing breaks
		assert.equal((await drop(target, 'name')).status, 200);
		for (const face of FACES)
			assert.equal((await admin.do('collections.list', { collection: slug }, face)).data.length, 1);
		assert.ok((await update(slug, { fields: [{ name: 'to', type: 'integer', validation: null }] })).ok);
		assert.equal((await drop(slug, 'from')).status, 200);
	});

	test('of an adopted table forgets the field and leaves the column', async () => {
		const name = unique('adopt');
		const run = (statement) => admin.do('db.execute_sql', { sql: statement, writes: true });
		await run(`CREATE TABLE ${name} (id INT PRIMARY KEY, a TEXT, b TEXT)`);
		const slug = await collection(ws, [text('a'), text('b')], { adopted: true, physicalTable: name });
		assert.ok((await insert(slug, { id: 1, a: 'x', b: 'y' })).ok);
		assert.equal((await drop(slug, 'b')).status, 200);
		assert.deepEqual(await names(slug), ['a']);
		assert.deepEqual(await sql(to, `SELECT * FROM ${name}`), [{ id: 1, a: 'x', b: 'y' }]);
		assert.ok((await update(slug, { fields: [text('b')] })).ok);
		const { data } = await admin.do('collections.read', { collection: slug, id: '1' });
		assert.deepEqual([data.a, data.b], ['x', 'y']);
	});
});

describe('schema.drop_collection', () => {
	for (const face of FACES)
		test(`takes rows and grants over ${face} (B9)`, async () => {
			const slug = await collection(ws, [text('a')]);
			await insert(slug, { a: 'x' });
			const one = await role(ws, { [slug]: 'read' });
			const reader = await member(ws, { roles: [one.id] });
			const [{ no }] = await sql(to,
				`SELECT no FROM coffer_collection WHERE slug = '${slug}' AND workspace_id = '${ws.id}'`);
			const [{ no: wno }] = await sql(to, `SELECT no FROM coffer_workspace WHERE id = '${ws.id}'`);
			assert.deepEqual(await admin.do('schema.drop_collection', { slug }, face),
				{ ok: true, archived: false });
			refused(await admin.call(face, 'schema.describe_collection', { collection: slug }), 'NOT_FOUND',
				'Collection not found');
			refused(await admin.call(face, 'collections.list', { collection: slug }), 'NOT_FOUND',
				'Collection not found');
			refused(await admin.call(face, 'schema.drop_collection', { slug }), 'NOT_FOUND',
				'Collection not found');
			assert.deepEqual(await sql(to,
				`SELECT COUNT(*) AS n FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'c_${wno}_${no}'`), [{ n: 0 }]);
			// made again it is another one
			await collection(ws, [text('a')], { slug });
			assert.equal(await countRows(ws, slug), 0);
			refused(await reader.call(face, 'collections.list', { collection: slug }), 'FORBIDDEN',
				`No permission to read on "${slug}"`);
			assert.deepEqual((await admin.do('permissions.list_for_role', { roleId: one.id }, face)).data,
				[]);
		});

	test('takes the argument collection as well', async () => {
		const slug = await collection(ws, [text('a')]);
		const res = await client(to, { key: admin.key }).result('tools/call',
			{ name: 'schema.drop_collection', arguments: { collection: slug } });
		assert.deepEqual(res.structuredContent, { ok: true, archived: false });
	});

	for (const face of FACES)
		test(`leaves a target of relations alone over ${face}`, async () => {
			const target = await collection(ws, [text('a')]);
			const slug = await collection(ws, [{ name: 'r', type: 'relation', to: target }]);
			refused(await admin.call(face, 'schema.drop_collection', { slug: target }), 'CONFLICT',
				new RegExp(`${slug}\\.r`));
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
			await sql(to,
				`SELECT COUNT(*) AS n FROM coffer_journal WHERE workspace_id = '${ws.id}' AND state = 'open'`),
			[{ n: 0 }],
		);
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
			refused(await boss.call(face, 'schema.create_collection', { slug: unique('x'), fields: [] }),
				'FORBIDDEN', message);
			refused(await boss.call(face, 'schema.update_collection', { slug, fields: [text('c')] }),
				'FORBIDDEN', message);
			refused(await boss.call(face, 'schema.drop_collection', { slug }), 'FORBIDDEN', message);
			assert.ok((await boss.call(face, 'collections.insert',
				{ collection: slug, data: { a: face } })).ok);
			assert.ok((await boss.call(face, 'schema.describe_collection', { collection: slug })).ok);
		}
		assert.equal((await boss.http('DELETE', `/api/collections/${slug}/fields/b`)).status, 403);
		assert.equal((await boss.http('POST', `/api/collections/${slug}/restore`)).status, 403);
		assert.equal((await boss.http('PATCH', `/api/collections/${slug}`,
			{ json: { newSlug: unique('y') } })).status, 403);
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
			const person = await member(ws, { roles: [(await role(ws,
				{ [slug]: 'create read update delete', '*': 'read' })).id] });
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
			const open = await collection(ws, [text('a'), text('hidden'),
				{ name: 'r', type: 'relation', to: secret }], {
				indexes: [{ fields: ['a'] }, { fields: ['hidden', 'a'] }], note: 'open',
			});
			const writeOnly = await collection(ws, [text('a')]);
			const person = await member(ws, { roles: [(await role(ws,
				{ [open]: { read: ['a', 'r'] }, [writeOnly]: 'create update delete' })).id] });
			const { collections } = await person.do('schema.list_collections', {}, face);
			assert.deepEqual(collections.map((c) => [c.slug, c.fieldCount]), [[open, 2]]);
			const described = await person.do('schema.describe_collection', { collection: open }, face);
			assert.deepEqual(described.fields.map((f) => f.name), ['a', 'r']);
			assert.deepEqual(described.indexes, [{ fields: ['a'], unique: false }]);
			assert.doesNotMatch(JSON.stringify(described), /hidden/);
			assert.ok(!JSON.stringify(described).includes(secret), 'the target is not theirs to know');
			// there and not there are one answer
			const unreadable = await person.call(face, 'schema.describe_collection', { collection: secret });
			const unknown = await person.call(face, 'schema.describe_collection',
				{ collection: unique('none') });
			refused(unreadable, 'FORBIDDEN', `No permission to read on "${secret}"`);
			assert.equal(unknown.code, 'FORBIDDEN');
			assert.match(unknown.message, /^No permission to read on "none_/);
			refused(await person.call(face, 'schema.describe_collection', { collection: writeOnly }),
				'FORBIDDEN');
			// "*" reads all
			const all = await member(ws, { roles: [(await role(ws, { '*': 'read' })).id] });
			const seen = (await all.do('schema.list_collections', {}, face)).collections.map((c) => c.slug);
			for (const slug of [secret, open, writeOnly]) assert.ok(seen.includes(slug), slug);
			// archived ones are for administrators
			assert.deepEqual((await person.do('schema.list_collections', { includeArchived: true },
				face)).collections.map((c) => c.slug), [open]);
		});

	for (const face of FACES)
		test(`administrators are told what is not there over ${face} (B3)`, async () => {
			for (const slug of [unique('none'), 'x', 'id', "a' OR 1=1", 'NO SUCH', 'ü'])
				refused(await admin.call(face, 'schema.describe_collection', { collection: slug }),
					'NOT_FOUND', 'Collection not found');
			const own = await collection(ws, [text('a')]);
			refused(await admin.call(face, 'schema.describe_collection', { collection: own.toUpperCase() }),
				'NOT_FOUND', 'Collection not found');
		});

	test('ownerScoped gives the role authenticated its own rows (6.6)', async () => {
		const fresh = await workspace(to);
		const slug = await collection(fresh, [text('a')], { ownerScoped: true });
		const authenticated = (await fresh.admin.do('roles.list')).data.find((r) => r.name === 'authenticated');
		const grants = async () =>
			(await fresh.admin.do('permissions.list_for_role',
				{ roleId: authenticated.id })).data.filter((g) => g.collection === slug);
		const own = { owner_id: { _eq: '$user.id' } };
		assert.deepEqual(
			(await grants()).map((g) => [g.action, g.condition, g.fields]).sort(),
			[['create', null, null], ['delete', own, null], ['read', own, null], ['update', own, null]],
		);
		// switched on later it is the same, and what is there is not doubled
		const later = await collection(fresh, [text('a')]);
		await fresh.admin.do('permissions.grant', { roleId: authenticated.id, collection: later,
			action: 'read' });
		await fresh.admin.do('schema.update_collection', { slug: later, ownerScoped: true });
		const after = (await fresh.admin.do('permissions.list_for_role',
			{ roleId: authenticated.id })).data.filter((g) => g.collection === later);
		assert.deepEqual(after.map((g) => [g.action, g.condition]).sort(),
			[['create', null], ['delete', own], ['read', null], ['update', own]]);
	});
});
