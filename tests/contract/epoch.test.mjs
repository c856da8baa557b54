// Rights and rows are read as of one moment: no request sees the rights of one time and the rows or
// grants of another, and once a change of rights is acknowledged, nothing that begins later has the old
// ones.  The races are made by connections beside the program's own, which hold what a worker needs next.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { Beside, physical } from './evidence.mjs';
import { instance, unique } from './lib.mjs';
import { sleep, until } from './stage.mjs';
import { collection, countRows, FACES, keyOf, member, refused, role, sql, workspace } from './world.mjs';

let to;
let ws;
let holder;
let watcher;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	holder = new Beside(to);
	watcher = new Beside(to);
});

// A test that failed lets go of what it held.
afterEach(() => holder.run('ROLLBACK; UNLOCK TABLES'));

after(async () => {
	await holder.end();
	await watcher.end();
});

// A collection with a row, and somebody whose only rights are these.
async function scene(actions) {
	const slug = await collection(ws, [
		{ name: 'title', type: 'text' },
		{ name: 'salary', type: 'integer' },
	]);
	await ws.admin.do('collections.insert', { collection: slug, data: { title: 'old', salary: 1000 } });
	const { id: roleId } = await role(ws, { [slug]: actions });
	const person = await member(ws, { roles: [roleId] });
	const { data: grants } = await ws.admin.do('permissions.list_for_role', { roleId });
	const { data: keys } = await ws.admin.do('apikeys.list');
	const keyId = keys.find(({ prefix }) => person.key.startsWith(prefix)).id;
	return { slug, roleId, person, grants, keyId, ...(await physical(ws, slug)) };
}

// Until a worker waits for the table.
const waiting = (table) =>
	until(
		async () => {
			const [[n]] = await watcher.run(
				`SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for table%' AND INFO LIKE '%${table}%' AND ID <> CONNECTION_ID()`,
			);
			return Number(n) > 0;
		},
		`a worker waits for ${table}`,
		5000,
	);

// Whether a promise has been settled by now.
async function isSettled(promise) {
	const pending = Symbol('pending');
	return (await Promise.race([promise, sleep(0).then(() => pending)])) !== pending;
}

const now = 'UTC_TIMESTAMP(6)';

// ---- the three races ----

// Other tests may wait for the same table, so it may be that our worker had not got so far; then once more.
async function mixed() {
	const { slug, roleId, person } = await scene({ read: ['title'] });
	// Everybody has to load the snapshot anew.
	await ws.admin.do('roles.create', { name: unique('bump') });
	await holder.run('LOCK TABLES coffer_grant WRITE');
	const answer = person.mcp('collections.list', { collection: slug });
	await waiting('coffer_grant');
	await sleep(100);
	// Who calls is known, with the role; now the role is taken away and given another field.
	await watcher.run(
		`START TRANSACTION; UPDATE coffer_workspace SET epoch = epoch + 1 WHERE id = '${ws.id}';` +
			` DELETE FROM coffer_user_role WHERE role_id = '${roleId}'; COMMIT`,
	);
	await holder.run(`UPDATE coffer_grant SET field_ids = NULL WHERE role_id = '${roleId}'; UNLOCK TABLES`);
	const got = await answer;
	for (const face of FACES) refused(await person.call(face, 'collections.list', { collection: slug }), 'FORBIDDEN');
	return got;
}

test('a snapshot is of one moment: no roles of before with grants of after', async () => {
	let got = await mixed();
	for (let i = 0; i < 5 && !got.ok; i++) got = await mixed();
	const { data } = got.data;
	assert.equal(data.length, 1);
	assert.equal(data[0].title, 'old');
	assert.equal('salary' in data[0], false, 'a field that no epoch ever gave');
});

test('rows are read as of the moment at which rights were', async () => {
	for (const face of FACES) {
		const { slug, grants, person, table, columns } = await scene('read');
		await person.do('collections.list', { collection: slug });
		await holder.run(`LOCK TABLES ${table} WRITE`);
		const answer = person.call(face, 'collections.list', { collection: slug });
		await waiting(table);
		await ws.admin.do('permissions.revoke', { id: grants[0].id });
		// Acknowledged: what is written from here on is not for this reader.
		await holder.run(
			`INSERT INTO ${table} (id, ${columns.title}, created_at, updated_at) VALUES (UUID(), 'new', ${now}, ${now});` +
				` UPDATE ${table} SET ${columns.salary} = 2000 WHERE ${columns.title} = 'old'; UNLOCK TABLES`,
		);
		const got = await answer;
		// The reader began before; the old rows it may have, or none.
		if (got.ok)
			assert.deepEqual(
				got.data.data.map((row) => [row.title, row.salary]),
				[['old', 1000]],
				face,
			);
		else refused(got, 'FORBIDDEN');
		refused(await person.call(face, 'collections.list', { collection: slug }), 'FORBIDDEN');
	}
});

// Ways to take rights away, each with what the caller is told afterwards.
const WAYS = {
	'a grant': {
		take: ({ grants }) =>
			ws.admin.do('permissions.revoke', { id: grants.find(({ action }) => action === 'create').id }),
		left: 'FORBIDDEN',
	},
	'a role': {
		take: ({ person, roleId }) => ws.admin.do('roles.unassign', { userId: person.id, roleId }),
		left: 'FORBIDDEN',
	},
	'a key': { take: ({ keyId }) => ws.admin.do('apikeys.revoke', { id: keyId }), left: 'UNAUTHORIZED' },
	'the membership': { take: ({ person }) => ws.admin.do('users.suspend', { id: person.id }), left: 'UNAUTHORIZED' },
	'the tool': {
		take: async ({ keyId }) => {
			const res = await ws.admin.http('PATCH', `/api/api-keys/${keyId}/mcp-guards`, {
				json: { mcpTools: ['collections.list'] },
			});
			assert.equal(res.status, 200, res.text);
		},
		left: 'FORBIDDEN',
	},
};

// One insert; the code of the refusal, or undefined when it was done.
async function insert({ person, slug }, title) {
	try {
		const got = await person.mcp('collections.insert', { collection: slug, data: { title } });
		return got.code;
	} catch (error) {
		if (error.status !== 401) throw error;
		return 'UNAUTHORIZED';
	}
}

for (const [what, { take, left }] of Object.entries(WAYS))
	test(`a write that has begun is done before ${what} is taken away, and none after`, async () => {
		const place = await scene('read create');
		assert.equal(await insert(place, 'first'), undefined);
		await holder.run(`LOCK TABLES ${place.table} WRITE`);
		const writing = insert(place, 'begun before');
		await waiting(place.table);
		const taking = take(place);
		await sleep(300);
		assert.equal(await isSettled(taking), false, 'taking away waits for the write');
		await holder.run('UNLOCK TABLES');
		assert.equal(await writing, undefined);
		await taking;
		assert.equal(await insert(place, 'begun after'), left);
		assert.equal(await countRows(ws, place.slug), 3);
	});

test('a write waits for a change of rights that has begun, and then goes by the new ones', async () => {
	const cases = [
		({ roleId }) => `DELETE FROM coffer_grant WHERE role_id = '${roleId}'`,
		({ roleId }) => `DELETE FROM coffer_user_role WHERE role_id = '${roleId}'`,
		({ keyId }) => `UPDATE coffer_api_key SET revoked_at = ${now} WHERE id = '${keyId}'`,
		({ person }) => `UPDATE coffer_member SET status = 'suspended' WHERE user_id = '${person.id}'`,
	];
	for (const change of cases) {
		const place = await scene('read create');
		assert.equal(await insert(place, 'first'), undefined);
		const statement = change(place);
		await holder.run(
			`START TRANSACTION; UPDATE coffer_workspace SET epoch = epoch + 1 WHERE id = '${ws.id}'; ${statement}`,
		);
		const writing = insert(place, 'second');
		await sleep(300);
		assert.equal(await isSettled(writing), false, `the write waits: ${statement}`);
		// Who reads does not wait, and has what held until now.
		const [reading] = await Promise.all([place.person.mcp('collections.list', { collection: place.slug })]);
		assert.equal(reading.data.data.length, 2);
		await holder.run('COMMIT');
		assert.match(await writing, /^(FORBIDDEN|UNAUTHORIZED)$/, statement);
		assert.equal(await countRows(ws, place.slug), 2, statement);
	}
});

test('a change of rights that is undone takes nothing away', async () => {
	const place = await scene('read create');
	await holder.run(
		`START TRANSACTION; UPDATE coffer_workspace SET epoch = epoch + 1 WHERE id = '${ws.id}';` +
			` DELETE FROM coffer_grant WHERE role_id = '${place.roleId}'`,
	);
	const writing = insert(place, 'a');
	await sleep(200);
	await holder.run('ROLLBACK');
	assert.equal(await writing, undefined);
	assert.equal(await insert(place, 'b'), undefined);
});

test('a shape that changes under a reader is read as the old or the new one', async () => {
	const place = await scene('read');
	await place.person.do('collections.list', { collection: place.slug });
	await holder.run(`LOCK TABLES ${place.table} WRITE`);
	const reading = place.person.mcp('collections.list', { collection: place.slug });
	await waiting(place.table);
	const fields = [
		{ name: 'title', type: 'text' },
		{ name: 'salary', type: 'integer' },
		{ name: 'added', type: 'text' },
	];
	const changing = ws.admin.mcp('schema.update_collection', { slug: place.slug, fields });
	await sleep(200);
	await holder.run('UNLOCK TABLES');
	const got = await reading;
	assert.ok(got.ok, got.message);
	assert.equal(got.data.data[0].title, 'old');
	const changed = await changing;
	assert.ok(changed.ok, changed.message);
	const after = await place.person.do('collections.list', { collection: place.slug });
	assert.equal(after.data[0].added, null);
});

// ---- the hammer ----

// Eight connections read and write without a pause; the administrator takes a right away in their midst.
// Answers what each call did, with when it began.
async function hammer(place, take) {
	const calls = [];
	let end = false;
	const lane = async (no) => {
		while (!end) {
			const write = (calls.length + no) % 2 === 0;
			const call = { began: performance.now(), write };
			const json = { title: `${no}` };
			const route = `/api/items/${place.slug}`;
			const over = no % 4 < 2;
			if (over) call.code = write ? await insert(place, `${no}`) : await readOnce(place);
			else {
				const res = await place.person.http(write ? 'POST' : 'GET', route, write ? { json } : {});
				call.code = res.status < 300 ? undefined : res.json.error.code;
				call.rest = true;
			}
			calls.push(call);
		}
	};
	const lanes = Array.from({ length: 8 }, (_, no) => lane(no));
	await until(() => calls.length > 40, 'the hammer is under way');
	await take(place);
	const acknowledged = performance.now();
	await until(() => calls.filter(({ began }) => began > acknowledged).length > 24, 'calls that begin later');
	end = true;
	await Promise.all(lanes);
	return { calls, acknowledged };
}

async function readOnce({ person, slug }) {
	try {
		return (await person.mcp('collections.list', { collection: slug, limit: 1 })).code;
	} catch (error) {
		if (error.status !== 401) throw error;
		return 'UNAUTHORIZED';
	}
}

const HAMMERED = {
	'every grant': {
		take: async ({ grants }) => {
			for (const { id } of grants) await ws.admin.do('permissions.revoke', { id });
		},
		left: 'FORBIDDEN',
	},
	'a role': WAYS['a role'],
	'a key': WAYS['a key'],
	'the membership': WAYS['the membership'],
};

for (const [what, { take, left }] of Object.entries(HAMMERED))
	test(`under load nothing that begins after ${what} was taken away succeeds`, async () => {
		for (let round = 0; round < 2; round++) {
			const place = await scene('read create');
			const { calls, acknowledged } = await hammer(place, take);
			const late = calls.filter(({ began }) => began > acknowledged);
			for (const call of late)
				assert.equal(call.code, left, `${JSON.stringify(call)}, acknowledged at ${acknowledged}`);
			for (const { code } of calls) assert.ok(code === undefined || code === left, code);
			const written = calls.filter(({ write, code }) => write && code === undefined).length;
			assert.equal(await countRows(ws, place.slug), 1 + written, 'what was answered is what was written');
			assert.ok(written > 5 && calls.some(({ write, code }) => !write && code === undefined));
		}
	});

test('under load a key that is narrowed writes no more, and reads on', async () => {
	const place = await scene('read create');
	const { calls, acknowledged } = await hammer(place, WAYS['the tool'].take);
	// The allowlist is about MCP; routes are not affected by it (facts: guards).
	for (const { began, code, write, rest } of calls)
		if (began > acknowledged) assert.equal(code, write && !rest ? 'FORBIDDEN' : undefined);
	const other = await keyOf(ws, place.person.email, []);
	assert.ok(
		(await other.mcp('collections.insert', { collection: place.slug, data: {} })).ok,
		'another key is as it was',
	);
});

test('rights that come and go are never mixed', async () => {
	// The role may read either of two fields, never both: changed as one transaction by one call each.
	const slug = await collection(ws, [
		{ name: 'a', type: 'text' },
		{ name: 'b', type: 'text' },
	]);
	await ws.admin.do('collections.insert', { collection: slug, data: { a: '1', b: '2' } });
	const { id: roleId } = await role(ws);
	const person = await member(ws, { roles: [roleId] });
	const seen = { a: 0, b: 0, none: 0 };
	let end = false;
	const look = async () => {
		while (!end) {
			const got = await person.mcp('collections.list', { collection: slug });
			if (!got.ok) {
				refused(got, 'FORBIDDEN');
				seen.none++;
				continue;
			}
			const fields = ['a', 'b'].filter((name) => name in got.data.data[0]);
			assert.equal(fields.length, 1, `${fields} were never granted together`);
			seen[fields[0]]++;
		}
	};
	const lanes = Array.from({ length: 6 }, look);
	for (let i = 0; i < 10; i++)
		for (const field of ['a', 'b']) {
			const { data } = await ws.admin.do('permissions.grant', {
				roleId,
				collection: slug,
				action: 'read',
				fields: [field],
			});
			await ws.admin.do('permissions.revoke', { id: data.id });
		}
	end = true;
	await Promise.all(lanes);
	assert.ok(seen.a > 0 && seen.b > 0 && seen.none > 0, JSON.stringify(seen));
});

test('nobody waits for what was held here', async () => {
	const count = "SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for table%'";
	await until(async () => Number((await sql(to, count))[0].n) === 0, 'everybody has gone on');
});
