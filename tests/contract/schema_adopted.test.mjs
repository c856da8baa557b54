// Adopted collections: tables that were there before.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { instance, ROOMY, start, unique } from './lib.mjs';
import { Caller, collection, countRows, FACES, member, refused, sql, TIME, workspace } from './world.mjs';

let to, ws, admin;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	admin = ws.admin;
});

const text = (name, more = {}) => ({ name, type: 'text', ...more });
const insert = (slug, data, face = 'mcp') => admin.call(face, 'collections.insert',
	{ collection: slug, data });

describe('adopted tables', () => {
	const run = (statement) => admin.do('db.execute_sql', { sql: statement, writes: true });

	async function table(columns, more = 'ENGINE=InnoDB') {
		const name = unique('adopt');
		await run(`CREATE TABLE ${name} (${columns}) ${more} DEFAULT CHARSET=utf8mb4`);
		return name;
	}
	const adopt = (physicalTable, fields, more = {}, face = 'rest', who = admin) =>
		who.call(face, 'schema.create_collection', { slug: more.slug ?? unique('legacy'), fields,
			adopted: true, physicalTable, ...more });

	for (const face of FACES)
		test(`are used as they are over ${face}`, async () => {
			const name = await table('post_id INT PRIMARY KEY, title VARCHAR(100) NOT NULL, body TEXT, price DECIMAL(10,2), live TINYINT(1), made DATETIME, extra INT DEFAULT 3');
			await run(`INSERT INTO ${name} (post_id, title, body, price, live, made) VALUES (1, 'One', NULL, 1.50, 1, '2026-01-02 03:04:05'), (2, 'Two', 'x', NULL, 0, NULL)`);
			const shape = await sql(to, `SHOW CREATE TABLE ${name}`);
			const fields = [
				text('title', { required: true }), { name: 'body', type: 'longtext' },
				{ name: 'price', type: 'number' },
				{ name: 'live', type: 'boolean' }, { name: 'made', type: 'timestamp' },
			];
			const made = await adopt(name, fields, {}, face);
			assert.ok(made.ok, made.message);
			const { slug, adopted } = made.data.data;
			assert.equal(adopted, true);
			const list = (await admin.do('collections.list', { collection: slug, sort: 'id' }, face)).data;
			assert.deepEqual(list.map(({ title, body, price, live }) => ({ title, body, price, live })), [
				{ title: 'One', body: null, price: 1.5, live: true },
				{ title: 'Two', body: 'x', price: null, live: false },
			]);
			assert.equal(Date.parse(list[0].made), Date.parse('2026-01-02T03:04:05Z'));
			assert.deepEqual(list.map((r) => String(r.id)), ['1', '2']);
			assert.equal((await admin.do('collections.read', { collection: slug, id: '2' }, face)).data.title,
				'Two');
			// writing: the key is the caller's
			refused(await insert(slug, { title: 'Three' }, face), 'VALIDATION',
				/^Primary key "\w+" is required/);
			const three = await insert(slug, { id: 3, title: 'Three', price: 2.25 }, face);
			assert.ok(three.ok, three.message);
			refused(await insert(slug, { id: 3, title: 'Again' }, face), 'CONFLICT');
			await admin.do('collections.update', { collection: slug, id: '3', data: { title: 'Drei' } },
				face);
			assert.deepEqual(await sql(to, `SELECT title, extra FROM ${name} WHERE post_id = 3`),
				[{ title: 'Drei', extra: 3 }]);
			await admin.do('collections.delete', { collection: slug, id: '1' }, face);
			assert.deepEqual(await sql(to, `SELECT COUNT(*) AS n FROM ${name}`), [{ n: 2 }]);
			refused(await admin.call(face, 'collections.read', { collection: slug, id: 'x' }), 'NOT_FOUND',
				'Item not found');
			// no DDL was run
			assert.deepEqual(await sql(to, `SHOW CREATE TABLE ${name}`), shape);
			// dropping archives
			assert.deepEqual(await admin.do('schema.drop_collection', { slug }, face),
				{ ok: true, archived: true });
			refused(await admin.call(face, 'collections.list', { collection: slug }), 'NOT_FOUND',
				'Collection not found');
			assert.ok(!(await admin.do('schema.list_collections', {},
				face)).collections.some((c) => c.slug === slug));
			assert.ok((await admin.do('schema.list_collections', { includeArchived: true },
				face)).collections.some((c) => c.slug === slug));
			refused(await admin.call(face, 'schema.create_collection', { slug, fields: [] }), 'CONFLICT',
				'Slug already exists');
			assert.deepEqual(await sql(to, `SELECT COUNT(*) AS n FROM ${name}`), [{ n: 2 }]);
			const restored = await admin.http('POST', `/api/collections/${slug}/restore`);
			assert.deepEqual([restored.status, restored.json], [200, { ok: true }]);
			assert.equal((await admin.do('collections.list', { collection: slug }, face)).data.length, 2);
			assert.equal((await admin.http('POST', `/api/collections/${unique('none')}/restore`)).status,
				404);
		});

	test('take special columns over REST', async () => {
		const me = (await admin.http('GET', '/api/me')).json.data.id;
		const name = await table('k VARCHAR(20) PRIMARY KEY, t TEXT, c DATETIME(6), u DATETIME(6), o CHAR(36)');
		const made = await adopt(name, [text('t')], { pkColumn: 'k', createdAtColumn: 'c',
			updatedAtColumn: 'u', ownerIdColumn: 'o', ownerScoped: true });
		assert.ok(made.ok, made.message);
		const { slug } = made.data.data;
		const row = (await insert(slug, { id: 'a b/c', t: 'x' })).data.data;
		assert.match(row.createdAt, TIME);
		assert.equal(row.ownerId, me);
		assert.equal((await sql(to, `SELECT o FROM ${name}`))[0].o, me);
		for (const face of FACES) assert.equal((await admin.do('collections.read',
			{ collection: slug, id: 'a b/c' }, face)).data.t, 'x');
	});

	test('without an owner column keep owners beside', async () => {
		const me = (await admin.http('GET', '/api/me')).json.data.id;
		const name = await table('id INT PRIMARY KEY, t TEXT');
		const { slug } = (await adopt(name, [text('t')], { ownerScoped: true })).data.data;
		assert.ok((await insert(slug, { id: 1, t: 'x' })).ok);
		const [owner] = await sql(to,
			`SELECT o.owner_id FROM coffer_item_owner o JOIN coffer_collection c ON c.id = o.collection_id WHERE c.slug = '${slug}'`);
		assert.equal(owner.owner_id, me);
	});

	test('owned by rows get their grants back when they are restored (7.7)', async () => {
		const fresh = await workspace(to);
		const boss = fresh.admin;
		const name = await table('id INT PRIMARY KEY, t TEXT');
		const { slug } = (await adopt(name, [text('t')], { ownerScoped: true }, 'rest', boss)).data.data;
		const authenticated = (await boss.do('roles.list')).data.find((r) => r.name === 'authenticated');
		const grants = async () =>
			(await boss.do('permissions.list_for_role', { roleId: authenticated.id })).data.filter(
				(grant) => grant.collection === slug,
			);
		assert.equal((await grants()).length, 4);
		for (const { id } of await grants()) await boss.do('permissions.revoke', { id });
		await boss.do('schema.drop_collection', { slug });
		assert.equal((await boss.http('POST', `/api/collections/${slug}/restore`)).status, 200);
		assert.deepEqual(
			(await grants()).map((grant) => grant.action).sort(),
			['create', 'delete', 'read', 'update'],
		);
	});

	test('take further columns as fields later, those that are there', async () => {
		const name = await table('id INT PRIMARY KEY, a TEXT, b INT');
		const { slug } = (await adopt(name, [text('a')])).data.data;
		assert.ok((await insert(slug, { id: 1, a: 'x' })).ok);
		const change = (fields) => admin.mcp('schema.update_collection', { slug, fields });
		refused(await change([text('nope')]), 'VALIDATION', /no column "nope"/);
		refused(await change([{ name: 'b', type: 'timestamp' }]), 'VALIDATION', /cannot be a field of type/);
		assert.ok((await change([{ name: 'b', type: 'integer' }])).ok);
		await admin.do('collections.update', { collection: slug, id: '1', data: { b: 7 } });
		assert.deepEqual(await sql(to, `SELECT * FROM ${name}`), [{ id: 1, a: 'x', b: 7 }]);
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
			refused(await adopt(name, fields, more), 'VALIDATION', message,
				`${name} ${JSON.stringify(more)}`);
		refused(await adopt('adopt_no_such_table', []), 'NOT_FOUND');
	});

	test('are never ours, nor off the list, and only for operators', async () => {
		for (const name of ['coffer_user', 'COFFER_API_KEY', 'c_1_1', 'mysql.user',
			'information_schema.tables', 'legacy_posts', "adopt_' OR 1", '*'])
			for (const face of FACES) {
				const got = await adopt(name, [], {}, face);
				assert.equal(got.ok, false, name);
				assert.ok(['FORBIDDEN', 'NOT_FOUND'].includes(got.code),
					`${name}: ${got.code} ${got.message}`);
			}
		const good = await table('id INT PRIMARY KEY, t TEXT');
		const chief = await member(ws, { admin: true });
		for (const face of FACES) refused(await adopt(good, [text('t')], {}, face, chief), 'FORBIDDEN',
			/operator/);
		// where nothing is on the list, nothing can be adopted
		const strict = await start({ env: { ...ROOMY, COFFER_DATABASE_ADOPTABLE_TABLES: '' } });
		const one = new Caller(strict, { key: strict.key });
		await one.do('db.execute_sql', { sql: 'CREATE TABLE adopt_x (id INT PRIMARY KEY)', writes: true });
		refused(await one.rest('schema.create_collection', { slug: 'x', fields: [], adopted: true,
			physicalTable: 'adopt_x' }), 'FORBIDDEN', /adoptable_tables/);
	});

	test('of other collations are compared exactly all the same', async () => {
		const name = await table(
			"id INT PRIMARY KEY, ci VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, la VARCHAR(50) CHARACTER SET latin1 COLLATE latin1_swedish_ci, u CHAR(36) CHARACTER SET ascii, e ENUM('small','Large'), KEY (ci), KEY (la)",
		);
		await run(`INSERT INTO ${name} VALUES (1, 'abc', 'müller', '01890a5d-ac96-774b-bcce-b302099a8057', 'small'), (2, 'ABC', 'MÜLLER', '01890A5D-AC96-774B-BCCE-B302099A8058', 'Large'), (3, 'abc ', 'muller', NULL, NULL), (4, NULL, NULL, NULL, 'small'), (5, 'äbc', 'x', NULL, 'small')`);
		const { slug } = (await adopt(name, [text('ci'), text('la'), { name: 'u', type: 'uuid' },
			text('e')])).data.data;
		for (const face of FACES) {
			const find = async (filter, more = {}) => (await admin.do('collections.list',
				{ collection: slug, filter, sort: 'id', ...more }, face)).data.map((r) => Number(r.id));
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
				const got = await admin.do('collections.list',
					{ collection: slug, sort: 'ci', limit: 2, ...(cursor ? { cursor } : {}) }, face);
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
			{ name: 'd', type: 'timestamp' }, { name: 'y', type: 'integer' }, { name: 'p', type: 'number' },
			{ name: 't', type: 'boolean' }, { name: 'ts', type: 'timestamp' }, text('tm'), text('s'),
			{ name: 'f', type: 'number' },
		])).data.data;
		const { text: answer } = await admin.http('GET', `/api/items/${slug}?sort=-id`);
		assert.ok(answer.includes('9223372036854775807'), answer);
		const [row, empty] = JSON.parse(answer).data;
		assert.deepEqual([row.y, row.t, row.tm, row.s], [2026, true, '-01:02:03', 'a,b']);
		assert.equal(Date.parse(row.d), Date.parse('2026-01-31T00:00:00Z'));
		assert.ok(answer.includes('123456789012345.12345'), 'no digit is lost');
		assert.deepEqual([empty.d, empty.y, empty.p, empty.t, empty.ts, empty.tm, empty.s, empty.f],
			Array(8).fill(null));
		for (const face of FACES) assert.equal((await admin.do('collections.read',
			{ collection: slug, id: '9223372036854775807' }, face)).data.y, 2026);
		assert.equal((await admin.do('collections.list', { collection: slug,
			filter: { d: '2026-01-31T00:00:00Z' } })).data.length, 1);
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
			refused(await admin.call(face, 'collections.update',
				{ collection: slug, id: '1', data: { t: 'y' } }), 'VALIDATION');
			refused(await admin.call(face, 'collections.delete', { collection: slug, id: '1' }),
				'VALIDATION');
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
		refused(await insert(own, { r: '8' }), 'VALIDATION',
			`Relation target "${slug}" has no row(s) with id: 8`);
		const list = await admin.do('collections.list', { collection: own, filter: { 'r.t': 'seven' },
			expand: ['r'] });
		assert.equal(list.data[0].r.t, 'seven');
	});
});
