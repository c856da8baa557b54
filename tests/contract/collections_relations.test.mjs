// Rows that point to rows: filters, sorts, fields and expand through relations.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { instance, unique } from './lib.mjs';
import { collection, FACES, refused, TIME, workspace } from './world.mjs';

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

describe('relations', () => {
	const slug = {};
	const id = {};

	before(async () => {
		slug.continents = await collection(ws, [text('name')]);
		slug.countries = await collection(ws, [text('name'), { name: 'continent', type: 'relation',
			to: slug.continents }]);
		slug.cities = await collection(ws, [text('name'), { name: 'country', type: 'relation',
			to: slug.countries }]);
		slug.tags = await collection(ws, [text('label'), { name: 'weight', type: 'integer' }]);
		slug.people = await collection(ws, [
			text('name'), { name: 'city', type: 'relation', to: slug.cities },
			{ name: 'tags', type: 'relation_many', to: slug.tags },
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

	const people = async (args, face) => (await list(slug.people, { sort: 'name', ...args },
		face)).data.map((r) => r.name);

	for (const face of FACES) {
		test(`filter through one, two and three hops over ${face} (8.4)`, async () => {
			const find = (filter) => people({ filter }, face);
			assert.deepEqual(await find({ 'city.name': 'Berlin' }), ['Ann', 'Eve']);
			assert.deepEqual(await find({ 'city.country.name': { _eq: 'Japan' } }), ['Bob']);
			assert.deepEqual(await find({ 'city.country.continent.name': { _in: ['Europe', 'Asia'] } }),
				['Ann', 'Bob', 'Eve']);
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
			assert.deepEqual(await find({ _or: [{ 'city.name': 'Tokyo' },
				{ 'city.country.name': 'Nowhere' }] }), ['Bob', 'Cid']);
			assert.deepEqual(await find({ _and: [{ 'city.name': { _starts_with: 'B' } },
				{ 'city.country.continent.name': 'Europe' }] }), ['Ann', 'Eve']);
		});

		test(`four hops are one too many over ${face}`, async () => {
			for (const filter of [
				{ 'city.country.continent.name.x': 1 }, { 'a.b.c.d.e.f': 1 },
			]) {
				const got = refused(await tryList(slug.people, { filter }, face), 'VALIDATION', undefined,
					JSON.stringify(filter));
				assert.match(got.message, /exceeds max depth|Cannot filter on field/);
			}
			const deep = unique('deep');
			await collection(ws, [text('name'), { name: 'next', type: 'relation', to: deep }],
				{ slug: deep });
			assert.ok((await tryList(deep, { filter: { 'next.next.next.name': 'x' } }, face)).ok);
			for (const args of [
				{ filter: { 'next.next.next.next.name': 'x' } },
				{ filter: { next: { next: { next: { next: { name: 'x' } } } } } },
				{ sort: 'next.next.next.next.name' }, { fields: ['next.next.next.next.name'] },
				{ fields: ['next.next.next.next.*'] }, { expand: ['next.next.next.next'] },
			])
				refused(await tryList(deep, args, face), 'VALIDATION', /exceeds max depth/,
					JSON.stringify(args));
			assert.ok((await tryList(deep, { expand: ['next.next.next'] }, face)).ok);
			refused(await admin.call(face, 'collections.aggregate',
				{ collection: deep, agg: 'count', groupBy: 'next.next.next.next.name' }), 'VALIDATION',
				/exceeds max depth/);
		});

		test(`relation_many: _some, _none and _every over ${face}`, async () => {
			const find = (filter) => people({ filter }, face);
			assert.deepEqual(await find({ tags: { _some: { label: 'red' } } }), ['Ann', 'Eve']);
			assert.deepEqual(await find({ tags: { _some: { weight: { _gt: 1 } } } }), ['Ann', 'Bob']);
			assert.deepEqual(await find({ tags: { _none: { label: 'red' } } }), ['Bob', 'Cid', 'Dot']);
			assert.deepEqual(await find({ tags: { _every: { label: 'blue' } } }), ['Bob', 'Cid', 'Dot']);
			assert.deepEqual(await find({ tags: { _every: { weight: { _lte: 2 } } } }),
				['Ann', 'Bob', 'Cid', 'Dot', 'Eve']);
			assert.deepEqual(await find({ _not: { tags: { _some: { label: 'red' } } } }),
				['Bob', 'Cid', 'Dot']);
			assert.deepEqual(await find({ tags: { _some: { label: 'red' }, _none: { label: 'blue' } } }),
				['Eve']);
			assert.deepEqual(await find({ tags: { _some: { _or: [{ label: 'red' }, { label: 'blue' }] } } }),
				['Ann', 'Bob', 'Eve']);
			assert.deepEqual(await find({ tags: { _null: true } }), ['Dot']);
			// a dotted or nested name means _some (8.3)
			assert.deepEqual(await find({ 'tags.label': 'red' }), ['Ann', 'Eve']);
			assert.deepEqual(await find({ tags: { label: 'red', weight: 1 } }), ['Ann', 'Eve']);
			assert.deepEqual(await find({ tags: { label: 'red', weight: 2 } }), [],
				'of one and the same row');
			assert.deepEqual(await find({ 'tags.label': 'red', 'tags.weight': 2 }), ['Ann']);
			for (const filter of [{ tags: { _some: [] } }, { tags: { _some: 'x' } },
				{ tags: { _some: { nope: 1 } } }, { tags: id.red }, { city: { _some: { name: 'x' } } },
				{ name: { _some: { x: 1 } } }])
				refused(await tryList(slug.people, { filter }, face), 'VALIDATION', undefined,
					JSON.stringify(filter));
		});

		test(`sort through them over ${face}`, async () => {
			const by = async (sort) => (await list(slug.people, { sort }, face)).data.map((r) => r.name);
			assert.deepEqual(await by('city.name,name'), ['Dot', 'Ann', 'Eve', 'Cid', 'Bob']);
			assert.deepEqual(await by('-city.name,-name'), ['Bob', 'Cid', 'Eve', 'Ann', 'Dot']);
			assert.deepEqual(await by('city.country.continent.name,name'),
				['Cid', 'Dot', 'Bob', 'Ann', 'Eve']);
			refused(await tryList(slug.people, { sort: 'tags.label' }, face), 'VALIDATION',
				/^Cannot sort on field: tags\.label/);
			refused(await tryList(slug.people, { sort: 'tags' }, face), 'VALIDATION',
				/^Cannot sort on field: tags/);
			refused(await tryList(slug.people, { sort: 'city.nope' }, face), 'VALIDATION',
				/^Cannot sort on field: city\.nope/);
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
			const deep = (await list(slug.people, { filter: { name: 'Ann' },
				expand: ['city.country.continent'] }, face)).data[0];
			assert.equal(deep.city.country.continent.name, 'Europe');
			for (const expand of [['name'], ['nope'], ['city.name'], ['city', 'nope']])
				refused(await tryList(slug.people, { expand }, face), 'VALIDATION', undefined,
					String(expand));
		});

		test(`fields choose, through dots as well, over ${face}`, async () => {
			const one = async (fields, more = {}) => (await list(slug.people,
				{ filter: { name: 'Ann' }, fields, ...more }, face)).data[0];
			assert.deepEqual(Object.keys(await one(['name'])).sort(),
				['createdAt', 'id', 'name', 'updatedAt']);
			assert.deepEqual((await one(['city.name'])).city, { id: id.berlin, name: 'Berlin' });
			assert.deepEqual((await one(['city.country.name', 'city.name'])).city,
				{ id: id.berlin, name: 'Berlin', country: { id: id.de, name: 'Germany' } });
			assert.equal((await one(['city.*'])).city.country, id.de);
			assert.deepEqual((await one(['tags.label'])).tags,
				[{ id: id.red, label: 'red' }, { id: id.blue, label: 'blue' }]);
			assert.equal((await one(['city'])).city, id.berlin);
			assert.deepEqual(Object.keys(await one(['*'])).sort(),
				['boss', 'city', 'createdAt', 'id', 'name', 'tags', 'updatedAt']);
			for (const fields of [['nope'], ['name', 'city.nope'], ['name.x'], ['nope.*'], ['name.*'],
				['f_1'], ['name as secret'], ['`name`'], ['count(tags)'], ['version']])
				refused(await tryList(slug.people, { fields }, face), 'VALIDATION',
					new RegExp(`^Unknown field: ${fields.at(-1).replace('.*', '').replace(/[().]/g, '\\$&')}`), String(fields));
			const read = await admin.do('collections.read', { collection: slug.people, id: id.ann,
				fields: ['name', 'city.name'] }, face);
			assert.deepEqual([read.data.city, 'tags' in read.data],
				[{ id: id.berlin, name: 'Berlin' }, false]);
			refused(await admin.call(face, 'collections.read',
				{ collection: slug.people, id: id.ann, fields: ['nope'] }), 'VALIDATION',
				/^Unknown field: nope/);
		});
	}

	test('fields and expand may be one text with commas', async () => {
		const { data } = await list(slug.people, { fields: 'name,city.name', filter: { name: 'Ann' } });
		assert.equal(data[0].city.name, 'Berlin');
		assert.equal((await list(slug.people, { expand: 'city,tags',
			filter: { name: 'Ann' } })).data[0].tags.length, 2);
	});

	test('at most 20 relation paths', async () => {
		const wide = unique('wide');
		const fields = Array.from({ length: 25 }, (_, i) => ({ name: `r${i}`, type: 'relation',
			to: slug.continents }));
		await collection(ws, [...fields, text('t')], { slug: wide });
		const filter = (n) => ({ _or: fields.slice(0, n).map((f) => ({ [`${f.name}.name`]: 'x' })) });
		assert.ok((await tryList(wide, { filter: filter(20) })).ok);
		for (const args of [{ filter: filter(21) }, { fields: fields.slice(0,
			21).map((f) => `${f.name}.name`) }, { expand: fields.slice(0, 21).map((f) => f.name) }])
			refused(await tryList(wide, args), 'VALIDATION', /20/);
	});
});
