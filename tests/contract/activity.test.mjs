// activity.search: who did what, by action, object, person and time.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { instance, unique } from './lib.mjs';
import { Caller, collection, FACES, keyOf, member, NO_ID, refused, role, session, TIME, UUID, workspace } from './world.mjs';

const MEMBERS = [
	'action', 'collection', 'createdAt', 'durationMs', 'face', 'id', 'ip', 'itemId', 'keyId', 'outcome', 'payload', 'response', 'tool', 'userAgent', 'userId',
];
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let to, ws, admin, me, slug, person, item, times;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	admin = ws.admin;
	me = (await admin.http('GET', '/api/me')).json.data.id;
	slug = await collection(ws, [{ name: 'title', type: 'text' }]);
	person = await member(ws, { roles: [(await role(ws, { [slug]: 'create read update' })).id] });
	times = { before: Date.now() };
	await sleep(20);
	item = (await person.do('collections.insert', { collection: slug, data: { title: 'a' } })).data;
	await person.do('collections.update', { collection: slug, id: item.id, data: { title: 'b' } }, 'rest');
	await sleep(20);
	times.middle = Date.now();
	await sleep(20);
	await person.mcp('collections.delete', { collection: slug, id: item.id }); // refused
	await admin.do('collections.update', { collection: slug, id: item.id, data: { title: 'c' } });
	await admin.do('collections.delete', { collection: slug, id: item.id }, 'rest');
	await sleep(20);
	times.after = Date.now();
});

const search = (args, face = 'mcp', who = admin) => who.do('activity.search', args, face);
const actions = async (args, face, who) => (await search(args, face, who)).data.map((entry) => entry.action);

describe('activity.search', () => {
	for (const face of FACES) {
		test(`answers entries, newest first, over ${face} (B18)`, async () => {
			const got = await search({ collection: slug, itemId: item.id }, face);
			assert.deepEqual([got.limit, got.offset], [50, 0]);
			assert.deepEqual(got.data.map((e) => [e.action, e.userId, e.face, e.tool, e.outcome]), [
				['item.delete', me, 'rest', 'collections.delete', 'ok'], ['item.update', me, 'mcp', 'collections.update', 'ok'],
				['item.update', person.id, 'rest', 'collections.update', 'ok'], ['item.create', person.id, 'mcp', 'collections.insert', 'ok'],
			]);
			for (const entry of got.data) {
				assert.deepEqual(Object.keys(entry).sort(), MEMBERS);
				assert.match(entry.id, UUID);
				assert.match(entry.keyId, UUID);
				assert.match(entry.createdAt, TIME);
				assert.deepEqual([entry.collection, entry.itemId, entry.ip], [slug, item.id, '127.0.0.1']);
				assert.ok(Number.isInteger(entry.durationMs) && entry.durationMs >= 0);
			}
			assert.ok(got.data[0].createdAt > got.data[3].createdAt);
		});

		test(`by the beginning of the action over ${face} (G15)`, async () => {
			const within = { collection: slug };
			assert.deepEqual(await actions({ ...within, action: 'item.' }, face), ['item.delete', 'item.update', 'item.update', 'item.create']);
			assert.deepEqual(await actions({ ...within, action: 'item.update' }, face), ['item.update', 'item.update']);
			assert.deepEqual(await actions({ ...within, action: 'item.c' }, face), ['item.create']);
			for (const action of ['create', 'ITEM.', '%', 'item%', '_tem', "item' OR '1'='1"]) assert.deepEqual(await actions({ ...within, action }, face), [], action);
			assert.ok((await actions({ action: 'schema.create' }, face)).length >= 1);
			assert.ok((await actions({ action: 'role.' }, face)).includes('role.grant'));
		});

		test(`by collection, item and person over ${face}`, async () => {
			assert.ok((await search({ collection: slug }, face)).data.every((e) => e.collection === slug));
			assert.deepEqual((await search({ itemId: NO_ID }, face)).data, []);
			assert.deepEqual((await search({ collection: unique('none') }, face)).data, []);
			const theirs = (await search({ userId: person.id }, face)).data;
			assert.ok(theirs.length >= 3 && theirs.every((e) => e.userId === person.id));
			assert.deepEqual((await search({ userId: NO_ID }, face)).data, []);
			assert.deepEqual(await actions({ userId: person.id, itemId: item.id }, face), ['item.update', 'item.create']);
			assert.deepEqual(await actions({ userId: person.id.toUpperCase(), itemId: item.id }, face), ['item.update', 'item.create']);
			const roles = (await search({ collection: 'system_roles', action: 'role.create' }, face)).data;
			assert.ok(roles.every((e) => e.collection === 'system_roles'));
		});

		test(`by time, as ISO or milliseconds, over ${face} (G15)`, async () => {
			const within = { itemId: item.id };
			const iso = (ms) => new Date(ms).toISOString();
			for (const as of [(ms) => ms, iso, (ms) => iso(ms).replace('Z', '+00:00')]) {
				assert.deepEqual(await actions({ ...within, since: as(times.before), until: as(times.middle) }, face), ['item.update', 'item.create']);
				assert.deepEqual(await actions({ ...within, since: as(times.middle) }, face), ['item.delete', 'item.update']);
				assert.deepEqual(await actions({ ...within, until: as(times.before) }, face), []);
				assert.deepEqual((await actions({ ...within, since: as(times.before), until: as(times.after) }, face)).length, 4);
			}
			const { data } = await search(within, face);
			// from this moment on, before that one
			assert.deepEqual(await actions({ ...within, since: data[1].createdAt, until: data[0].createdAt }, face), ['item.update']);
			for (const args of [{ since: 'soon' }, { until: '' }, { since: '2026-13-01T00:00:00Z' }, { since: '0x10' }])
				refused(await admin.call(face, 'activity.search', args), 'VALIDATION', /since|until/, JSON.stringify(args));
		});

		test(`refuses times beyond all calendars over ${face}`, async () => {
			for (const value of ['9223372036854775807', '-9223372036854775808', '9223372036854775', '-9223372036854775', '253402300800000', '-62135596800001', '99999999999999999999'])
				for (const name of ['since', 'until'])
					refused(await admin.call(face, 'activity.search', { [name]: value }), 'VALIDATION', new RegExp(name), `${name}=${value}`);
			assert.equal((await actions({ itemId: item.id, since: '-62135596800000', until: '253402300799999' }, face)).length, 4);
		});

		test(`finds nothing under names that no entry can have over ${face}`, async () => {
			for (const args of [{ action: 'ítem.' }, { collection: 'ü' }, { itemId: 'ü' }, { itemId: '%' }, { collection: slug.toUpperCase() }, { collection: `${slug}%` }])
				assert.deepEqual((await search(args, face)).data, [], JSON.stringify(args));
		});

		// what its owner did with more rights would tell of what the key may not see
		test(`a key narrowed to a role sees the entries of its own calls only over ${face}`, async () => {
			const authenticated = (await admin.do('roles.list')).data.find((r) => r.name === 'authenticated');
			const narrow = await keyOf(ws, to.email, ['--role', authenticated.name]);
			assert.deepEqual(await actions({ itemId: item.id }, face, narrow), []);
			refused(await narrow.call(face, 'roles.list'), 'FORBIDDEN', /Admin role required/);
			const { data } = await search({}, face, narrow);
			assert.deepEqual(data.map((entry) => [entry.tool, entry.outcome]), [['roles.list', 'FORBIDDEN']]);
			assert.deepEqual((await search({ userId: person.id }, face, narrow)).data, []);
		});

		test(`leaves no entry itself over ${face}`, async () => {
			const own = await workspace(to);
			const count = async () => (await search({ meta: 'count', limit: 1 }, face, own.admin)).meta.count;
			const before_ = await count();
			for (let i = 0; i < 3; i++) await search({ collection: slug }, face, own.admin);
			assert.equal(await count(), before_);
		});

		test(`in pages, with a count when asked, over ${face} (G15)`, async () => {
			const within = { itemId: item.id };
			const all = (await search(within, face)).data.map((e) => e.id);
			assert.deepEqual((await search({ ...within, limit: 3 }, face)).data.map((e) => e.id), all.slice(0, 3));
			const second = await search({ ...within, limit: 3, offset: 3 }, face);
			assert.deepEqual([second.data.map((e) => e.id), second.limit, second.offset], [all.slice(3), 3, 3]);
			assert.deepEqual((await search({ ...within, offset: 100 }, face)).data, []);
			assert.equal((await search({ ...within, limit: 0 }, face)).data.length, 1);
			assert.equal((await search({ ...within, limit: -5 }, face)).limit, 1);
			assert.equal((await search({ ...within, limit: 1000 }, face)).limit, 200);
			assert.deepEqual((await search({ ...within, limit: 1, meta: 'count' }, face)).meta, { count: 4 });
			assert.deepEqual((await search({ itemId: NO_ID, meta: 'count' }, face)).meta, { count: 0 });
			assert.equal((await search(within, face)).meta, undefined);
			for (const args of [{ limit: 'x' }, { limit: 1.5 }, { offset: 'x' }, { meta: 'all' }, { userId: 'x' }, { action: 7 }, { action: 'x'.repeat(65) }, { nope: 1 }, { usrId: NO_ID }])
				if (face === 'mcp' || args.action !== 7) refused(await admin.call(face, 'activity.search', args), 'VALIDATION', undefined, JSON.stringify(args));
		});

		test(`members see their own entries only over ${face} (G15)`, async () => {
			const own = (await search({}, face, person)).data;
			assert.ok(own.length >= 3);
			assert.ok(own.every((e) => e.userId === person.id));
			assert.deepEqual((await search({ userId: me }, face, person)).data, []);
			assert.deepEqual(await actions({ itemId: item.id }, face, person), ['item.update', 'item.create']);
			assert.deepEqual((await search({ itemId: item.id, meta: 'count' }, face, person)).meta, { count: 2 });
			const other = await member(ws);
			assert.deepEqual((await search({ itemId: item.id }, face, other)).data, []);
		});

		test(`a workspace sees its own over ${face}`, async () => {
			const other = await workspace(to);
			const { data } = await search({ itemId: item.id }, face, other.admin);
			assert.deepEqual(data, []);
		});
	}

	test('a refusal is there, with what was said', async () => {
		const { data } = await search({ userId: person.id, action: 'mcp.denied' });
		assert.equal(data.length, 1);
		assert.deepEqual(
			[data[0].tool, data[0].outcome, data[0].response.code, data[0].response.message],
			['collections.delete', 'FORBIDDEN', 'FORBIDDEN', `No permission to delete on "${slug}"`],
		);
		assert.equal(data[0].payload.args.collection, slug);
	});

	test('is for people who are signed in', async () => {
		refused(await new Caller(to).rest('activity.search', {}), 'UNAUTHORIZED', 'Sign in required');
	});

	test('REST takes the names from and to as well', async () => {
		const res = await admin.http('GET', `/api/activity?itemId=${item.id}&from=${times.before}&to=${times.middle}`);
		assert.deepEqual(res.json.data.map((e) => e.action), ['item.update', 'item.create']);
		assert.equal((await admin.http('GET', `/api/activity?from=1&since=1`)).status, 422);
	});

	test('signing in and out is there', async () => {
		const cookie = await session(ws, person);
		await cookie.http('POST', '/api/auth/sign-out');
		const found = await actions({ userId: person.id, action: 'auth.' });
		assert.deepEqual(found.slice(0, 2), ['auth.sign_out', 'auth.sign_in']);
	});

	test('an answer fits into 64 KiB', async () => {
		const own = await workspace(to);
		const col = await collection(own, [{ name: 'l', type: 'longtext' }]);
		await Promise.all(Array.from({ length: 100 }, (_, i) => own.admin.mcp('collections.list', { collection: col, sort: `${'x'.repeat(900)}${i}` })));
		const got = await search({ limit: 200 }, 'mcp', own.admin);
		assert.ok(JSON.stringify(got).length <= 66000, String(JSON.stringify(got).length));
		assert.equal(got.truncated, true);
		const next = await search({ limit: 200, offset: got.data.length }, 'mcp', own.admin);
		assert.ok(next.data.length > 0 && !got.data.some((e) => e.id === next.data[0].id));
	});
});
