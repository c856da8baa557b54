// Who calls: signing up, in and out, cookies, keys, and what is refused to whom.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import nodeHttp from 'node:http';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { freePort, http, instance, LEGACY, MODERN, rest, ROOT, signIn, unique } from './lib.mjs';
import { childrenOf, pidOf, quickstart, temporary, until } from './stage.mjs';
import {
	Caller, coffer, collection, countRows, member, refused, role, session, sql, UUID, workspace,
} from './world.mjs';

let to, ws, admin;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	admin = ws.admin;
});

const COOKIE = /^coffer_session=[A-Za-z0-9_-]{43}$/;
const WRONG = 'not the password 1';

const auth = (at, name, json, headers) =>
	rest(at, 'POST', `/api/auth/${name}`, { json, headers, anonymous: true });
const tryIn = (at, email, password, headers) => auth(at, 'sign-in/email', { email, password }, headers);
const setCookies = (res) => res.headers.getSetCookie();
const cookieOf = (res) => setCookies(res)[0].split(';')[0];
const meOf = async (at, credentials) => {
	const { status, json } = await rest(at, 'GET', '/api/me', { anonymous: !Object.keys(credentials).length, ...credentials });
	return json.data ?? status;
};
const ping = (at, { key, cookie, headers = {} } = {}) =>
	http(`${at.url}/mcp`, {
		method: 'POST', key, cookie, json: { jsonrpc: '2.0', id: 1, method: 'ping' },
		headers: { accept: 'application/json, text/event-stream', ...headers },
	});

// An answer that refuses, in the envelope.
function denied(res, status, code, message) {
	assert.equal(res.status, status, res.text);
	assert.deepEqual(Object.keys(res.json), ['error', 'requestId']);
	assert.equal(res.json.error.code, code);
	if (message instanceof RegExp) assert.match(res.json.error.message, message);
	else if (message) assert.equal(res.json.error.message, message);
	assert.deepEqual(setCookies(res), [], 'no cookie is set');
	return res;
}

// fetch() sets Host itself.
function raw(at, route, { method = 'GET', headers = {}, json } = {}) {
	const url = new URL(at.url);
	const body = json && JSON.stringify(json);
	return new Promise((resolve, reject) => {
		const req = nodeHttp.request(
			{
				host: url.hostname, port: url.port, path: route, method, agent: false,
				headers: { ...(body && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }), ...headers },
			},
			(res) => {
				let text = '';
				res.setEncoding('utf8');
				res.on('data', (chunk) => (text += chunk));
				res.on('end', () => resolve({ status: res.statusCode, text, cookies: res.headers['set-cookie'] ?? [] }));
			},
		);
		req.on('error', reject);
		req.end(body);
	});
}

describe('sign-in', () => {
	test('answers the user and a cookie that works', async () => {
		const person = await member(ws, { key: false });
		const res = await tryIn(to, person.email, person.password);
		assert.equal(res.status, 200);
		assert.deepEqual(res.json, { user: { id: person.id, email: person.email, name: 'Test Person' } });
		assert.equal(res.headers.get('cache-control'), 'no-store');
		assert.match(cookieOf(res), COOKIE);
		const me = await meOf(to, { cookie: cookieOf(res) });
		assert.deepEqual([me.id, me.tenantId], [person.id, ws.id]);
	});

	test('sets one cookie: HttpOnly, SameSite=Lax, for 30 days, for the whole site', async () => {
		const person = await member(ws, { key: false });
		const [line, ...more] = setCookies(await tryIn(to, person.email, person.password));
		assert.deepEqual(more, []);
		const [pair, ...attributes] = line.split('; ');
		assert.match(pair, COOKIE);
		const age = attributes.find((a) => a.startsWith('Max-Age='));
		assert.ok(Math.abs(Number(age.slice(8)) - 30 * 86400) <= 2, age);
		assert.deepEqual(attributes.filter((a) => a !== age).sort(), ['HttpOnly', 'Path=/', 'SameSite=Lax']);
	});

	test('every time gives another cookie, and none is stored as it is', async () => {
		const person = await member(ws, { key: false });
		const one = await signIn(to, person.email, person.password);
		const two = await signIn(to, person.email, person.password);
		assert.notEqual(one, two);
		for (const cookie of [one, two]) {
			assert.equal((await meOf(to, { cookie })).id, person.id);
			const [{ n }] = await sql(to, `SELECT COUNT(*) AS n FROM coffer_session WHERE hash = '${cookie.slice(15)}'`);
			assert.equal(Number(n), 0);
		}
	});

	test('takes the email in any letter case', async () => {
		const person = await member(ws, { key: false });
		assert.equal((await tryIn(to, person.email.toUpperCase(), person.password)).status, 200);
		assert.equal((await tryIn(to, person.email, person.password.toUpperCase())).status, 401);
	});

	test('says the same of an unknown email, a wrong password and an empty one', async () => {
		const person = await member(ws, { key: false });
		const answers = [];
		for (const [email, password] of [
			[person.email, WRONG],
			[person.email, `${person.password} `],
			[`${unique('nobody')}@example.org`, person.password],
			['not an address', person.password],
			["' OR 1=1 -- @example.org", person.password],
			[`${person.email}%`, person.password],
			['', person.password],
			[person.email, ''],
			['x'.repeat(320), person.password],
			[person.email, 'x'.repeat(1000)],
		]) {
			const res = denied(await tryIn(to, email, password), 401, 'UNAUTHORIZED');
			answers.push(JSON.stringify(res.json.error));
		}
		assert.equal(new Set(answers).size, 1, answers.join('\n'));
	});

	test('takes its time for an unknown email, too', async () => {
		const person = await member(ws, { key: false });
		const least = async (email) => {
			const times = [];
			for (let i = 0; i < 4; i++) {
				const started = performance.now();
				await tryIn(to, email, WRONG);
				times.push(performance.now() - started);
			}
			return Math.min(...times);
		};
		const [known, unknown] = [await least(person.email), await least(`${unique('nobody')}@example.org`)];
		assert.ok(unknown > known / 3 && known > unknown / 3, `${known} and ${unknown} ms`);
	});

	test('refuses bodies that are none', async () => {
		const email = 'someone@example.org', password = 'hunter2 hunter2';
		for (const [json, pattern] of [
			[{}, /missing required argument "email"/],
			[{ email }, /missing required argument "password"/],
			[{ email, password: null }, /"password"/],
			[{ email: 7, password }, /"email" must be a string/],
			[{ email, password: [password] }, /"password" must be a string/],
			[{ email, password: 'x'.repeat(1001) }, /"password" must have at most 1000/],
			[{ email: 'x'.repeat(321), password }, /"email" must have at most 320/],
			[{ email, pasword: password }, /unknown argument "pasword"; did you mean "password"/],
			[[email, password], /must be a JSON object/],
			['text', /must be a JSON object/],
		]) {
			const res = denied(await auth(to, 'sign-in/email', json), 422, 'VALIDATION', pattern);
			assert.ok(!res.text.includes(password), 'no password comes back');
		}
		for (const [body, code] of [
			['', 'PARSE'], ['{', 'PARSE'], ['email=a&password=b', 'PARSE'],
			['{"email":"a@b.c","email":"a@b.c","password":"x"}', 'BAD_REQUEST'],
		])
			denied(
				await http(`${to.url}/api/auth/sign-in/email`, { method: 'POST', body, headers: { 'content-type': 'application/json' } }),
				400, code,
			);
	});

	test('takes JSON only, so that no form of another site can send it', async () => {
		const body = JSON.stringify({ email: to.email, password: to.password });
		for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
			denied(
				await http(`${to.url}/api/auth/sign-in/email`, { method: 'POST', body, headers: { 'content-type': type } }),
				415, 'UNSUPPORTED_MEDIA_TYPE',
			);
	});

	test('other methods and paths are 405 and 404', async () => {
		for (const [route, allow] of [
			['sign-in/email', 'POST'], ['sign-up/email', 'POST'], ['sign-out', 'POST'], ['get-session', 'GET'],
		]) {
			const res = await rest(to, allow === 'GET' ? 'POST' : 'GET', `/api/auth/${route}`, { anonymous: true });
			denied(res, 405, 'METHOD_NOT_ALLOWED');
			assert.ok(res.headers.get('allow').split(', ').includes(allow));
		}
		for (const route of ['', 'sign-in', 'sign-in/email/', 'sign-in/social', 'SIGN-OUT', 'forget-password'])
			denied(await auth(to, route, {}), 404, 'NOT_FOUND');
	});
});

describe('lockout', () => {
	const locked = async (person) =>
		(await sql(to, `SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), locked_until) AS s FROM coffer_user WHERE id = '${person.id}'`))[0].s;
	const fail = async (person, times) => {
		for (let i = 0; i < times; i++) denied(await tryIn(to, person.email, WRONG), 401, 'UNAUTHORIZED');
	};
	const right = (person) => tryIn(to, person.email, person.password);
	const update = (set, person) =>
		new Caller(to, { key: to.key }).do('db.execute_sql', {
			sql: `UPDATE coffer_user SET ${set} WHERE id = '${person.id}'`, writes: true,
		});

	test('comes after 8 failures, for 15 minutes, and says nothing else than before', async () => {
		const person = await member(ws);
		const cookie = await signIn(to, person.email, person.password);
		await fail(person, 7);
		assert.equal(await locked(person), null);
		const last = denied(await tryIn(to, person.email, WRONG), 401, 'UNAUTHORIZED');
		const seconds = Number(await locked(person));
		assert.ok(seconds > 14 * 60 && seconds <= 15 * 60, `${seconds} s`);
		const refusal = denied(await right(person), 401, 'UNAUTHORIZED');
		assert.deepEqual(refusal.json.error, last.json.error);
		// further failures do not make it longer, and who is in stays in
		await update("locked_until = UTC_TIMESTAMP(6) + INTERVAL 60 SECOND", person);
		await fail(person, 9);
		assert.ok(Number(await locked(person)) <= 60);
		assert.equal((await meOf(to, { cookie })).id, person.id);
		assert.equal((await person.http('GET', '/api/me')).status, 200);
		// then it is over, and counting begins anew
		await update("locked_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND", person);
		await fail(person, 7);
		assert.equal((await right(person)).status, 200);
	});

	test('a success makes the failures forgotten', async () => {
		const person = await member(ws, { key: false });
		for (let i = 0; i < 2; i++) {
			await fail(person, 7);
			assert.equal((await right(person)).status, 200);
		}
	});

	test('counts failures that come at the same time', async () => {
		const person = await member(ws, { key: false });
		const got = await Promise.all(Array.from({ length: 8 }, () => tryIn(to, person.email, WRONG)));
		for (const res of got) denied(res, 401, 'UNAUTHORIZED');
		assert.ok(Number(await locked(person)) > 14 * 60);
		denied(await right(person), 401, 'UNAUTHORIZED');
	});

	test('concerns one account', async () => {
		const [one, two] = [await member(ws, { key: false }), await member(ws, { key: false })];
		await fail(one, 8);
		assert.equal((await right(two)).status, 200);
	});
});

describe('sessions', () => {
	test('get-session says who is signed in with the cookie', async () => {
		const person = await member(ws);
		const cookie = await signIn(to, person.email, person.password);
		const get = (credentials) => rest(to, 'GET', '/api/auth/get-session', { anonymous: !credentials, ...credentials });
		const res = await get({ cookie });
		assert.equal(res.status, 200);
		assert.deepEqual(res.json, { user: { id: person.id, email: person.email, name: 'Test Person' } });
		assert.equal(res.headers.get('cache-control'), 'no-store');
		for (const credentials of [undefined, { key: person.key }, { cookie: 'coffer_session=' }, { cookie: `coffer_session=${'x'.repeat(43)}` }]) {
			const none = await get(credentials);
			assert.equal(none.status, 200);
			assert.equal(none.json, null, JSON.stringify(credentials));
		}
	});

	test('sign-out ends this one alone, and its cookie', async () => {
		const person = await member(ws, { key: false });
		const [cookie, other] = [await signIn(to, person.email, person.password), await signIn(to, person.email, person.password)];
		const res = await rest(to, 'POST', '/api/auth/sign-out', { cookie });
		assert.deepEqual([res.status, res.json], [200, { ok: true }]);
		assert.match(setCookies(res)[0], /^coffer_session=; .*Max-Age=0\b/);
		assert.equal(await meOf(to, { cookie }), 401);
		assert.equal((await ping(to, { cookie })).status, 401);
		assert.equal((await rest(to, 'GET', '/api/auth/get-session', { cookie })).json, null);
		assert.equal((await meOf(to, { cookie: other })).id, person.id);
		// again, and without any
		for (const credentials of [{ cookie }, { anonymous: true }])
			assert.equal((await rest(to, 'POST', '/api/auth/sign-out', credentials)).status, 200);
	});

	test('end by themselves', async () => {
		const person = await member(ws, { key: false });
		const cookie = await signIn(to, person.email, person.password);
		await new Caller(to, { key: to.key }).do('db.execute_sql', {
			sql: `UPDATE coffer_session SET expires_at = UTC_TIMESTAMP(6) WHERE user_id = '${person.id}'`, writes: true,
		});
		assert.equal(await meOf(to, { cookie }), 401);
	});

	test('the cookie is found among others, under its own name only', async () => {
		const person = await member(ws, { key: false });
		const cookie = await signIn(to, person.email, person.password);
		for (const line of [`a=b; ${cookie}`, `${cookie}; a=b`, `a=b;${cookie};c`, `coffer_sessions=x; ${cookie}`, `x="y"; ${cookie}`])
			assert.equal((await meOf(to, { cookie: line })).id, person.id, line);
		for (const line of [`x${cookie}`, cookie.toUpperCase(), cookie.replace('=', 's='), `a=${cookie}`])
			assert.equal(await meOf(to, { cookie: line }), 401, line);
		for (const line of [cookie.slice(0, -1), `${cookie}A`, `coffer_session="${cookie.slice(15)}"`, 'coffer_session=%27'])
			assert.equal(await meOf(to, { cookie: line }), 401, line);
	});

	test('a cookie goes before a key, and a dead one behind it (10.1)', async () => {
		const [one, two] = [await member(ws), await member(ws)];
		const cookie = await signIn(to, one.email, one.password);
		assert.equal((await meOf(to, { cookie, key: two.key })).id, one.id);
		assert.equal((await meOf(to, { cookie, headers: { 'x-api-key': two.key } })).id, one.id);
		assert.equal((await meOf(to, { cookie, key: 'pak_00000000_deadbeef' })).id, one.id);
		await rest(to, 'POST', '/api/auth/sign-out', { cookie });
		assert.equal((await meOf(to, { cookie, key: two.key })).id, two.id);
		assert.equal(await meOf(to, { cookie, key: 'pak_00000000_deadbeef' }), 401);
	});
});

describe('a foreign Origin', () => {
	const FOREIGN = ['https://evil.example', 'http://127.0.0.1.evil.example', 'http://localhost.evil.example', 'null', 'file://', 'https://'];

	test('is refused with a cookie, on every face, and nothing is written', async () => {
		const chief = await session(ws, await member(ws, { admin: true, key: false }));
		const slug = await collection(ws, [{ name: 'title', type: 'text' }]);
		for (const origin of FOREIGN) {
			const headers = { origin };
			const name = unique('forged');
			const res = await chief.http('POST', '/api/roles', { json: { name }, headers });
			denied(res, 403, 'FORBIDDEN', /origin/);
			assert.equal(res.headers.get('access-control-allow-origin'), null);
			denied(await chief.http('POST', `/api/items/${slug}`, { json: { title: 'x' }, headers }), 403, 'FORBIDDEN');
			denied(await chief.http('GET', '/api/me', { headers }), 403, 'FORBIDDEN');
			for (const mount of ['/mcp', '/api/admin/mcp'])
				assert.equal((await chief.http('POST', mount, { headers, json: { jsonrpc: '2.0', id: 1, method: 'ping' } })).status, 403);
			denied(await rest(to, 'POST', '/api/auth/sign-out', { cookie: chief.cookie, headers }), 403, 'FORBIDDEN');
			denied(await tryIn(to, to.email, to.password, headers), 403, 'FORBIDDEN');
			assert.ok(!(await admin.do('roles.list')).data.some((r) => r.name === name));
		}
		assert.equal(await countRows(ws, slug), 0);
		assert.equal((await chief.http('GET', '/api/me')).status, 200, 'still signed in');
	});

	test('a loopback one is allowed on loopback, and none at all', async () => {
		const chief = await session(ws, await member(ws, { admin: true, key: false }));
		for (const headers of [{}, { origin: to.url }, { origin: 'http://localhost:5173' }, { origin: 'http://[::1]:3000' }]) {
			const res = await chief.http('POST', '/api/roles', { json: { name: unique('own') }, headers });
			assert.equal(res.status, 201, JSON.stringify(headers));
			assert.equal(res.headers.get('access-control-allow-origin'), headers.origin ?? null);
		}
	});
});

describe('credentials that are not good', () => {
	let slug, open;

	before(async () => {
		open = await workspace(to);
		slug = await collection(open, [{ name: 'title', type: 'text' }]);
		const roles = (await open.admin.do('roles.list')).data;
		const publicRole = roles.find((r) => r.name === 'public').id;
		for (const action of ['read', 'create'])
			await open.admin.do('permissions.grant', { roleId: publicRole, collection: slug, action });
		await open.admin.do('collections.insert', { collection: slug, data: { title: 'for all' } });
	});

	const list = (headers) =>
		http(`${to.url}/api/items/${slug}`, { headers: { 'x-coffer-workspace': open.slug, ...headers } });

	test('no credentials read what is public', async () => {
		const res = await list({});
		assert.equal(res.status, 200, res.text);
		assert.deepEqual(res.json.data.map((row) => row.title), ['for all']);
	});

	test('bad ones are 401 even there (G3)', async () => {
		const basic = Buffer.from(`${to.email}:${to.password}`).toString('base64');
		for (const headers of [
			{ authorization: 'Bearer garbage' },
			{ authorization: 'Bearer pak_00000000_deadbeef' },
			{ authorization: 'Bearer ' },
			{ authorization: 'Bearer' },
			{ authorization: `Basic ${basic}` },
			{ authorization: `Basic ${Buffer.from(`:${open.admin.key}`).toString('base64')}` },
			{ authorization: `Digest username="${to.email}"` },
			{ authorization: `Token ${open.admin.key}` },
			{ authorization: `Bearer${open.admin.key}` },
			{ authorization: 'garbage', 'x-api-key': open.admin.key },
			{ 'x-api-key': 'garbage' },
			{ 'x-api-key': `Bearer ${open.admin.key}` },
			{ 'x-api-key': `${open.admin.key}0` },
		]) {
			denied(await list(headers), 401, 'UNAUTHORIZED', 'Sign in required');
			const write = await http(`${to.url}/api/items/${slug}`, {
				method: 'POST', json: { title: 'x' }, headers: { 'x-coffer-workspace': open.slug, ...headers },
			});
			denied(write, 401, 'UNAUTHORIZED', 'Sign in required');
		}
		assert.equal(await countRows(open, slug), 1);
	});

	test('a 401 says how to sign in', async () => {
		const res = await list({ authorization: 'Bearer garbage' });
		assert.match(res.headers.get('www-authenticate'), /^Bearer\b/);
	});

	test('X-API-Key is taken where Authorization does not arrive, on every face', async () => {
		const headers = { 'x-api-key': open.admin.key };
		assert.equal((await list(headers)).status, 200);
		assert.equal((await meOf(to, { anonymous: true, headers })).tenantId, open.id);
		assert.equal((await ping(to, { headers })).status, 200);
		for (const header of [{ authorization: '' }, {}])
			assert.equal((await meOf(to, { anonymous: true, headers: { ...headers, ...header } })).isAdmin, true);
	});

	test('a suspended member is out at the next request, of public collections as well', async () => {
		const person = await member(open);
		const cookie = (await session(open, person)).cookie;
		const both = [{ authorization: `Bearer ${person.key}` }, { cookie }];
		for (const headers of both) assert.equal((await meOf(to, { anonymous: true, headers })).id, person.id);
		await open.admin.do('users.suspend', { id: person.id });
		for (const headers of both) {
			denied(await list(headers), 401, 'UNAUTHORIZED', 'Sign in required');
			for (const version of [...LEGACY, MODERN])
				assert.equal((await ping(to, { headers: { ...headers, 'mcp-protocol-version': version } })).status, 401, version);
		}
		const again = await tryIn(to, person.email, person.password);
		// they may be members elsewhere, but this workspace is closed to them
		if (again.status === 200) {
			assert.notEqual((await meOf(to, { cookie: cookieOf(again), headers: { 'x-coffer-workspace': open.slug } })).tenantId, open.id);
			assert.notEqual((await list({ cookie: cookieOf(again) })).status, 200);
		}
		await open.admin.do('users.activate', { id: person.id });
		assert.equal((await list(both[0])).status, 403, 'a member, but without a grant');
		denied(await list(both[1]), 401, 'UNAUTHORIZED', 'Sign in required');
	});
});

describe('the admin mount', () => {
	const at = (credentials, method = 'tools/list') =>
		http(`${to.url}/api/admin/mcp`, {
			method: 'POST', json: { jsonrpc: '2.0', id: 1, method }, ...credentials,
			headers: { accept: 'application/json, text/event-stream', ...credentials.headers },
		});

	test('takes an administrator by cookie, key and X-API-Key (C1), and lists all tools (C2)', async () => {
		const chief = await member(ws, { admin: true });
		const cookie = (await session(ws, chief)).cookie;
		const there = { 'x-coffer-workspace': ws.slug };
		const lists = [];
		for (const credentials of [{ key: chief.key }, { cookie, headers: there }, { headers: { 'x-api-key': chief.key } }]) {
			const res = await at(credentials);
			assert.equal(res.status, 200, res.text);
			lists.push(res.json.result.tools.map((t) => t.name));
		}
		for (const names of lists) assert.deepEqual(names, lists[0]);
		for (const name of ['schema.create_collection', 'collections.list', 'roles.list', 'db.execute_sql', 'settings.update'])
			assert.ok(lists[0].includes(name), name);
	});

	test('refuses strangers with 401 (C3) and others than administrators with 403 (C4), whatever they ask', async () => {
		const person = await member(ws);
		const cookie = (await session(ws, person)).cookie;
		for (const method of ['initialize', 'ping', 'tools/list', 'tools/call', 'nonsense']) {
			for (const credentials of [{}, { key: 'pak_00000000_deadbeef' }, { cookie: 'coffer_session=x' }])
				denied(await at(credentials, method), 401, 'UNAUTHORIZED', 'Sign in required');
			for (const credentials of [{ key: person.key }, { cookie, headers: { 'x-coffer-workspace': ws.slug } }])
				denied(await at(credentials, method), 403, 'FORBIDDEN', 'Admin role required');
		}
	});
});

describe('sign-up', () => {
	const password = 'a long password';
	const person = () => ({ email: `${unique('new')}@example.org`, password, name: 'New Person' });
	let fresh, dir, first;

	// An instance as it is before anybody signed up: quickstart makes its administrator only when no
	// first.key lies there.
	before(async () => {
		dir = temporary();
		writeFileSync(path.join(dir, 'first.key'), 'none\n');
		writeFileSync(path.join(dir, 'first.user'), 'nobody@example.org\nnone\n');
		fresh = await quickstart({
			program: path.join(ROOT, 'deploy/quickstart'), dir, port: await freePort(),
			args: ['--workers', '4', '--set', 'activity.retention_days=90'],
		});
	});

	const up = (json, headers) => auth(fresh, 'sign-up/email', json, headers);
	const as = (cookie, workspaceName) => new Caller(fresh, { cookie, workspace: workspaceName });

	test('two first ones at once: one gets in and is operator, owner and administrator', async () => {
		const people = [person(), person()];
		const got = await Promise.all(people.map((p) => up(p)));
		const won = got.findIndex((res) => res.status === 200);
		assert.ok(won >= 0, got.map((res) => res.text).join());
		denied(got[1 - won], 403, 'FORBIDDEN');
		const { user } = got[won].json;
		assert.match(user.id, UUID);
		assert.deepEqual(user, { id: user.id, email: people[won].email, name: 'New Person' });
		assert.match(cookieOf(got[won]), COOKIE);
		first = { ...people[won], id: user.id, cookie: cookieOf(got[won]) };
		const me = await meOf(fresh, { cookie: first.cookie });
		assert.deepEqual(
			[me.id, me.isAdmin, me.isOperator, me.tenantSlug, me.roles.sort()],
			[user.id, true, true, 'default', ['admin', 'authenticated']],
		);
		const { data, active } = await as(first.cookie).do('tenants.list', {}, 'rest');
		assert.deepEqual(data.map((t) => [t.slug, t.role]), [['default', 'owner']]);
		assert.equal(active, data[0].id);
		assert.equal((await as(first.cookie).do('users.list', {}, 'rest')).data.length, 1);
	});

	test('is closed then, and a setting of another workspace does not open it', async () => {
		denied(await up(person()), 403, 'FORBIDDEN', /closed/);
		const made = await as(first.cookie).http('POST', '/api/tenants', { json: { name: 'Another one' } });
		assert.equal(made.status, 201, made.text);
		await as(first.cookie, made.json.data.slug).do('settings.update', { openSignup: true }, 'rest');
		denied(await up(person()), 403, 'FORBIDDEN', /closed/);
		assert.equal((await as(first.cookie, 'default').do('users.list', {}, 'rest')).data.length, 1);
	});

	test('the setting openSignup of "default" opens it for plain members', async () => {
		const operator = as(first.cookie, 'default');
		await operator.do('settings.update', { openSignup: true }, 'rest');
		const one = person();
		const res = await up({ ...one, email: one.email.toUpperCase() });
		assert.equal(res.status, 200, res.text);
		assert.equal(res.json.user.email, one.email, 'kept in lower case');
		const me = await meOf(fresh, { cookie: cookieOf(res) });
		assert.deepEqual(
			[me.id, me.isAdmin, me.isOperator, me.tenantSlug, me.roles],
			[res.json.user.id, false, false, 'default', ['authenticated']],
		);
		refused(await as(cookieOf(res)).rest('roles.list'), 'FORBIDDEN', 'Admin role required');
		const listed = (await operator.do('users.list', {}, 'rest')).data.find((u) => u.id === me.id);
		assert.deepEqual([listed.memberRole, listed.roles, listed.status], ['member', [], 'active']);
		assert.equal((await tryIn(fresh, one.email, password)).status, 200);
	});

	// Five were made above, or the minute is over and five more may follow.
	const minute = () => Math.floor(Date.now() / 60000);

	test('is limited to 5 a minute and address', async () => {
		let limited, n = 0;
		for (; !limited; n++) {
			assert.ok(n < 6, 'at most 5 in this minute');
			const res = await up({ ...person(), email: first.email }, { 'x-forwarded-for': `192.0.2.${n}` });
			if (res.status === 429) limited = res;
			else denied(res, 409, 'CONFLICT', /exists/);
		}
		denied(limited, 429, 'RATE_LIMITED', /at most 5 a minute/);
		const wait = Number(limited.headers.get('retry-after'));
		assert.ok(wait >= 1 && wait <= 60);
	});

	test('sign-in is limited to 10 a minute and address, whoever is said to call', async () => {
		let limited, n = 0, began = minute();
		for (; !limited; n++) {
			assert.ok(n < 21, 'at most 10 a minute');
			const res = await tryIn(fresh, `${unique('nobody')}@example.org`, WRONG, { 'x-forwarded-for': `192.0.2.${n}` });
			if (res.status === 429) limited = res;
			else denied(res, 401, 'UNAUTHORIZED');
		}
		// one sign-in was made above; a new minute brings ten more
		assert.ok(n > 9, `${n - 1} were let through`);
		denied(limited, 429, 'RATE_LIMITED', /at most 10 a minute/);
		began = minute();
		const right = await tryIn(fresh, first.email, password);
		if (minute() === began) denied(right, 429, 'RATE_LIMITED');
		// who is in is not concerned
		assert.equal((await meOf(fresh, { cookie: first.cookie })).id, first.id);
	});

	describe('configured otherwise', () => {
		// The pool reads its configuration anew; what was started before leaves.
		before(async () => {
			const file = path.join(dir, 'coffer.conf');
			const set = {
				security: 'open_signup = true\nsign_up_per_minute = 0\nsign_in_per_minute = 3\nkey_rate_limit = 4\nsecure_cookies = true',
				server: 'trusted_proxies = 127.0.0.1\nallowed_origins = https://app.example, https://b.example:8443',
			};
			let text = readFileSync(file, 'utf8').replace(/^secure_cookies.*\n/m, '');
			for (const [section, lines] of Object.entries(set)) text = text.replace(`[${section}]`, `[${section}]\n${lines}`);
			writeFileSync(file, text);
			await as(first.cookie, 'default').do('settings.update', { openSignup: false }, 'rest');
			const pool = pidOf(path.join(dir, 'pool.pid'));
			const old = childrenOf(pool);
			process.kill(pool, 'SIGHUP');
			await until(
				() => {
					const now = childrenOf(pool);
					return now.length >= 4 && !now.some((pid) => old.includes(pid));
				},
				'workers with the new configuration', 60000,
			);
			await until(async () => (await http(`${fresh.url}/health`)).status === 200, 'health');
		});

		test('open_signup opens it whatever the setting says', async () => {
			assert.equal((await up(person())).status, 200);
		});

		test('checks what it is given, and makes nothing of it', async () => {
			const operator = as(first.cookie, 'default');
			const count = async () => (await operator.do('users.list', {}, 'rest')).data.length;
			const before = await count();
			const good = person();
			for (const [change, at] of [
				[{ email: undefined }, 'email'], [{ email: '' }, 'email'], [{ email: 'nobody' }, 'email'], [{ email: 'a@' }, 'email'],
				[{ email: '@example.org' }, 'email'], [{ email: 'a b@example.org' }, 'email'], [{ email: 'a@b@c' }, 'email'],
				[{ email: `${'x'.repeat(190)}@example.org` }, 'email'], [{ email: 7 }, 'email'],
				[{ password: undefined }, 'password'], [{ password: '' }, 'password'], [{ password: 'seven 7' }, 'password'],
				[{ password: '😀'.repeat(7) }, 'password'], [{ password: 'x'.repeat(201) }, 'password'], [{ password: 12345678 }, 'password'],
				[{ name: 'x'.repeat(121) }, 'name'], [{ name: 7 }, 'name'],
				[{ isOperator: true }, 'isOperator'], [{ role: 'admin' }, 'role'], [{ roles: ['admin'] }, 'roles'],
			]) {
				const res = denied(await up({ ...good, ...change }), 422, 'VALIDATION', undefined);
				assert.equal(res.json.error.details.path, at, res.text);
				if (change.password) assert.ok(!res.text.includes(change.password), 'no password comes back');
			}
			assert.equal(await count(), before);
			for (const change of [{ password: '😀'.repeat(8) }, { password: 'x'.repeat(200) }, { name: '😀'.repeat(120) }, { name: undefined }]) {
				const json = { ...person(), ...change };
				const res = await up(json);
				assert.equal(res.status, 200, res.text);
				assert.equal(res.json.user.name, json.name ?? '');
			}
		});

		test('an email is there once, even at the same time', async () => {
			const one = person();
			const got = await Promise.all([up(one), up({ ...one, email: one.email.toUpperCase() }), up(one), up(one)]);
			assert.equal(got.filter((res) => res.status === 200).length, 1, got.map((res) => res.text).join());
			for (const res of got.filter((r) => r.status !== 200)) denied(res, 409, 'CONFLICT', /exists/);
		});

		test('a trusted proxy says who calls, and each address has a count of its own', async () => {
			const from = (address) => tryIn(fresh, first.email, WRONG, { 'x-forwarded-for': address });
			const limitOf = async (address) => {
				for (let n = 0; n < 8; n++) if ((await from(address)).status === 429) return n;
				return 8;
			};
			// a new minute may begin once
			const n = await limitOf('198.51.100.7');
			assert.ok(n >= 3 && n <= 6, `${n}`);
			assert.equal((await from('198.51.100.8')).status, 401);
		});

		test('cookies are Secure unless the request came over plain HTTP on loopback', async () => {
			const { host } = new URL(fresh.url);
			const secure = async (headers) => {
				const { status, cookies, text } = await raw(fresh, '/api/auth/sign-up/email', { method: 'POST', json: person(), headers });
				assert.equal(status, 200, text);
				assert.equal(cookies.length, 1);
				assert.match(cookies[0], /; HttpOnly; SameSite=Lax/);
				return /; Secure(;|$)/.test(cookies[0]);
			};
			assert.equal(await secure({ host }), false);
			assert.equal(await secure({ host: 'localhost:8080' }), false);
			assert.equal(await secure({ host: 'data.example.org' }), true);
			assert.equal(await secure({ host: 'localhost.example.org' }), true);
			assert.equal(await secure({ host, 'x-forwarded-proto': 'https' }), true);
		});

		test('origins on the list may call, and preflights are answered', async () => {
			for (const origin of ['https://app.example', 'https://b.example:8443', 'HTTPS://APP.EXAMPLE']) {
				const res = await http(`${fresh.url}/api/me`, { cookie: first.cookie, headers: { origin } });
				assert.equal(res.status, 200, origin);
				assert.equal(res.headers.get('access-control-allow-origin'), origin);
				assert.match(res.headers.get('vary'), /\bOrigin\b/i);
			}
			for (const origin of ['http://app.example', 'https://app.example:444', 'https://app.example.evil', 'https://b.example', 'https://x.app.example'])
				denied(await http(`${fresh.url}/api/me`, { cookie: first.cookie, headers: { origin } }), 403, 'FORBIDDEN');
		});

		test('a key has a limit of its own, on all faces together', async () => {
			const key = (name) =>
				coffer({ dir }, ['key', 'create', '--user', first.email, '--workspace', 'default', '--secret-only', '--name', name]);
			const [one, two] = [await key('one'), await key('two')];
			let limited, n = 0;
			for (; !limited; n++) {
				assert.ok(n < 9, 'at most 4 a minute');
				const res = n % 2 ? await ping(fresh, { key: one }) : await rest(fresh, 'GET', '/api/me', { key: one });
				if (res.status === 429) limited = res;
				else assert.equal(res.status, 200, res.text);
			}
			assert.ok(n > 4, `${n - 1} were let through`);
			denied(limited, 429, 'RATE_LIMITED', /at most 4 a minute/);
			assert.match(limited.headers.get('retry-after'), /^\d+$/);
			assert.equal((await rest(fresh, 'GET', '/api/me', { key: two })).status, 200);
			assert.equal((await meOf(fresh, { cookie: first.cookie })).id, first.id);
		});
	});
});
