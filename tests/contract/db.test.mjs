// db.*: SQL for the operator of the instance, and for nobody else.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { instance, unique } from './lib.mjs';
import { Caller, FACES, keyOf, member, refused, session, workspace } from './world.mjs';

let to, ws, operator;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	operator = ws.admin; // owned by the instance's first administrator
});

const run = (face, sql, writes) =>
	operator.call(face, 'db.execute_sql', { sql, ...(writes === undefined ? {} : { writes }) });

async function rows(sql, writes) {
	const { data } = await operator.do('db.execute_sql', { sql, ...(writes ? { writes } : {}) });
	return data.at(-1).rows;
}

describe('db.execute_sql', () => {
	for (const face of FACES)
		test(`answers rows and times over ${face} (B18)`, async () => {
			const got = await operator.do('db.execute_sql', { sql: 'SELECT 1' }, face);
			assert.deepEqual(Object.keys(got).sort(), ['count', 'data', 'ms']);
			assert.equal(got.count, 1);
			assert.ok(Number.isInteger(got.ms) && got.ms >= 0);
			assert.deepEqual(got.data, [{ rows: [{ 1: 1 }], ms: got.data[0].ms }]);
			assert.ok(Number.isInteger(got.data[0].ms));
		});

	test('splits on semicolons outside of quotes and comments', async () => {
		const got = await operator.do('db.execute_sql', {
			sql: "SELECT 'a;b' AS a; ; SELECT \"c;d\" AS b -- ; here\n; SELECT 1 AS `x;y`; /* ; */ SELECT 2 AS c # ;\n;",
		});
		assert.deepEqual(got.data.map((d) => d.rows), [[{ a: 'a;b' }], [{ b: 'c;d' }], [{ 'x;y': 1 }],
			[{ c: 2 }]]);
		assert.equal(got.count, 4);
	});

	test('gives values as JSON values', async () => {
		assert.deepEqual(
			await rows(
				"SELECT NULL AS n, 9007199254740993 AS big, -5 AS neg, 1.50 AS dec_, 2.5e0 AS dbl, 'ü😀\"\\\\' AS s," +
					" TIMESTAMP'2026-01-02 03:04:05.678' AS t, '' AS e",
			),
			[
				{
					n: null, big: Number('9007199254740993'), neg: -5,
					dec_: (await rows('SELECT 1.50 AS dec_'))[0].dec_, dbl: 2.5, s: 'ü😀"\\',
					t: (await rows("SELECT TIMESTAMP'2026-01-02 03:04:05.678' AS t"))[0].t, e: '',
				},
			],
		);
		assert.match((await rows("SELECT TIMESTAMP'2026-01-02 03:04:05.678' AS t"))[0].t,
			/^2026-01-02T03:04:05\.678(000)?Z$/);
	});

	for (const face of FACES)
		test(`a reading session refuses to write over ${face}`, async () => {
			const table = unique('t');
			await rows(`CREATE TABLE ${table} (a INT) ENGINE=InnoDB`, true);
			for (const sql of [
				`INSERT INTO ${table} VALUES (1)`, `UPDATE ${table} SET a = 2`, `DELETE FROM ${table}`,
				`DROP TABLE ${table}`, `ALTER TABLE ${table} ADD b INT`, 'CREATE TABLE x_x (a INT)',
				`TRUNCATE ${table}`,
				`REPLACE INTO ${table} VALUES (1)`, "GRANT ALL ON *.* TO x@y", "REVOKE ALL ON *.* FROM x@y",
				`SELECT 1; INSERT INTO ${table} VALUES (1)`, `COMMIT; DROP TABLE ${table}`,
				'SET SESSION TRANSACTION READ WRITE',
				'SET autocommit = 1', 'START TRANSACTION READ WRITE', 'BEGIN', 'COMMIT',
				`LOCK TABLES ${table} WRITE`,
				`/*!50000 DROP TABLE ${table} */`, `/*M!100000 DROP TABLE ${table} */`,
				`SELECT 1 /*! ; DROP TABLE ${table} */`,
				`SELECT /*m!100000 1, */ 2`, 'CALL x()', 'DO 1', 'USE mysql',
				`PREPARE s FROM 'DROP TABLE ${table}'`,
				`EXECUTE IMMEDIATE 'DROP TABLE ${table}'`, `SET STATEMENT max_statement_time=0 FOR SELECT 1`,
				`(DELETE FROM ${table})`, `-- x\nDELETE FROM ${table}`, `/* x */ DELETE FROM ${table}`,
				`HANDLER ${table} OPEN`,
				`ANALYZE DELETE FROM ${table}`, `LOAD DATA INFILE '/etc/passwd' INTO TABLE ${table}`,
				'KILL 1', 'FLUSH TABLES', 'SHUTDOWN',
			]) {
				const got = await run(face, sql);
				assert.equal(got.ok, false, sql);
				assert.ok(['FORBIDDEN', 'VALIDATION'].includes(got.code), `${sql}: ${got.code}`);
			}
			assert.deepEqual(await rows(`SELECT COUNT(*) AS n FROM ${table}`), [{ n: 0 }],
				'the table is there and empty');
			assert.deepEqual(await rows(`SELECT COUNT(*) AS n FROM information_schema.tables WHERE table_name = 'x_x'`), [{ n: 0 }]);
			await rows(`DROP TABLE ${table}`, true);
		});

	test('files of the server are out of reach', async () => {
		for (const sql of ["SELECT 1 INTO OUTFILE '/tmp/coffer-contract'",
			"SELECT 1 INTO DUMPFILE '/tmp/coffer-contract'"])
			for (const writes of [false, true]) assert.equal((await run('mcp', sql, writes)).code,
				'VALIDATION');
		assert.deepEqual(await rows("SELECT LOAD_FILE('/etc/passwd') AS f"), [{ f: null }]);
	});

	for (const face of FACES)
		test(`writes:true changes data over ${face}`, async () => {
			const table = unique('t');
			const { count } = await operator.do(
				'db.execute_sql',
				{ sql: `CREATE TABLE ${table} (a INT, b TEXT); INSERT INTO ${table} VALUES (1, 'x'), (2, NULL)`, writes: true },
				face,
			);
			assert.equal(count, 2);
			assert.deepEqual(await rows(`SELECT * FROM ${table} ORDER BY a`),
				[{ a: 1, b: 'x' }, { a: 2, b: null }]);
			await operator.do('db.execute_sql', { sql: `UPDATE ${table} SET b = 'y' WHERE a = 2`,
				writes: true }, face);
			assert.deepEqual(await rows(`SELECT b FROM ${table} WHERE a = 2`), [{ b: 'y' }]);
			await operator.do('db.execute_sql', { sql: `DROP TABLE ${table}`, writes: true }, face);
		});

	test('statements before one that fails are undone', async () => {
		const table = unique('t');
		await rows(`CREATE TABLE ${table} (a INT PRIMARY KEY) ENGINE=InnoDB`, true);
		refused2(await run('mcp', `INSERT INTO ${table} VALUES (1); INSERT INTO ${table} VALUES (1)`, true));
		assert.deepEqual(await rows(`SELECT COUNT(*) AS n FROM ${table}`), [{ n: 0 }]);
		await rows(`DROP TABLE ${table}`, true);
	});

	const refused2 = (got) => {
		assert.equal(got.code, 'VALIDATION');
		assert.match(got.message, /^SQL error: /);
	};

	for (const face of FACES)
		test(`says what was wrong with the SQL over ${face}`, async () => {
			for (const sql of ['SELECT', 'SELECT * FROM no_such_table', 'SELECT no_such_column',
				'SELECT 1; SELECT FROM'])
				refused2(await run(face, sql));
			for (const sql of ['', ' ', ';', ' ; ;\n', '-- nothing', '/* nothing */']) {
				const got = await run(face, sql);
				assert.equal(got.code, 'VALIDATION', JSON.stringify(sql));
			}
			refused(await operator.call(face, 'db.execute_sql', {}), 'VALIDATION',
				/missing required argument "sql"/);
			for (const args of [{ sql: 7 }, { sql: ['SELECT 1'] }, { sql: 'SELECT 1', writes: 'true' },
				{ sql: 'SELECT 1', write: true }])
				refused(await operator.call(face, 'db.execute_sql', args), 'VALIDATION');
		});

	test('takes 10,000 characters and not one more', async () => {
		const sql = (n) => `SELECT '${'x'.repeat(n - 9)}'`;
		assert.equal(sql(10000).length, 10000);
		assert.ok((await run('mcp', sql(10000))).ok);
		refused(await run('mcp', sql(10001)), 'VALIDATION', /at most 10000 characters/);
	});

	test('does not answer more than a model can read', async () => {
		const got = await operator.mcp('db.execute_sql',
			{ sql: "SELECT REPEAT('x', 1000) AS x FROM seq_1_to_5000" });
		assert.ok(got.ok);
		assert.equal(got.data.data[0].truncated, true);
		assert.ok(JSON.stringify(got.data).length < 70000);
		const many = await operator.do('db.execute_sql', { sql: 'SELECT seq FROM seq_1_to_100000' });
		assert.equal(many.data[0].truncated, true);
	});

	test('leaves its session behind', async () => {
		await rows('SET @left := 7; SET SESSION sql_mode = \'\'', true);
		assert.deepEqual(await rows('SELECT @left AS l'), [{ l: null }]);
		assert.match((await rows('SELECT @@sql_mode AS m'))[0].m, /STRICT/);
	});
});

describe('db.list_tables', () => {
	for (const face of FACES)
		test(`answers names and numbers of rows over ${face} (B18)`, async () => {
			const { data } = await operator.do('db.list_tables', { limit: 500 }, face);
			assert.ok(data.some((t) => t.name === 'coffer_user'));
			for (const table of data) {
				assert.deepEqual(Object.keys(table), ['name', 'rows']);
				assert.ok(Number.isInteger(table.rows), JSON.stringify(table));
			}
			assert.equal((await operator.do('db.list_tables', { limit: 1 }, face)).data.length, 1);
			// out of range: the nearer bound
			assert.equal((await operator.do('db.list_tables', { limit: 0 }, face)).data.length, 1);
			assert.ok((await operator.do('db.list_tables', { limit: 100000 }, face)).data.length <= 500);
			assert.ok((await operator.do('db.list_tables', {}, face)).data.length <= 200);
			for (const limit of ['x', 1.5]) refused(await operator.call(face, 'db.list_tables', { limit }),
				'VALIDATION', /"limit"/);
		});
});

describe('who may', () => {
	for (const face of FACES)
		for (const [tool, args] of [['db.execute_sql', { sql: 'SELECT 1' }], ['db.list_tables', {}]])
			test(`${tool}: operators only, over ${face}`, async () => {
				const chief = await member(ws, { admin: true });
				refused(await chief.call(face, tool, args), 'FORBIDDEN', /operator/);
				refused(await (await member(ws)).call(face, tool, args), 'FORBIDDEN');
				refused(await new Caller(to).rest(tool, args), 'UNAUTHORIZED', 'Sign in required');
				const second = await member(ws, { operator: true });
				assert.ok((await second.call(face, tool, args)).ok);
				const person = await session(ws, second);
				assert.ok((await person.call(face, tool, args)).ok);
				// the administrator of a workspace who makes one on their own is no operator either
				const cookie = await session(ws, chief);
				const made = (await cookie.http('POST', '/api/tenants',
					{ json: { name: 'Mine' } })).json.data;
				const there = new Caller(to, { cookie: cookie.cookie, workspace: made.slug });
				refused(await there.call(face, tool, args), 'FORBIDDEN', /operator/);
			});

	test('an operator is none where they are no administrator', async () => {
		const cookie = await session(ws, await member(ws, { admin: true }));
		const made = (await cookie.http('POST', '/api/tenants', { json: { name: 'Theirs' } })).json.data;
		const second = await session(ws, await member(ws, { operator: true }));
		const there = new Caller(to, { cookie: second.cookie, workspace: made.slug });
		for (const face of FACES) refused(await there.call(face, 'db.execute_sql', { sql: 'SELECT 1' }),
			'FORBIDDEN');
	});

	test('a key narrowed to a role without the flag is none', async () => {
		const second = await member(ws, { operator: true });
		const narrow = await keyOf(ws, second.email, ['--role', 'authenticated']);
		for (const face of FACES) refused(await narrow.call(face, 'db.execute_sql', { sql: 'SELECT 1' }),
			'FORBIDDEN');
	});
});
