// REST: every route with its success and its main refusal, the envelope, query parameters, workspaces,
// and what operators and browsers ask for.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { http, instance, rest, unique } from './lib.mjs';
import {
	Caller, collection, countRows, keyOf, member, NO_ID, role, session, STATUS, TIME, UUID, workspace,
} from './world.mjs';

let to, ws, admin, people, chief, person, nobody;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	admin = ws.admin; // the operator's key
	people = await session(ws); // the operator as a person
	chief = await member(ws, { admin: true }); // an administrator, but no operator
	person = await member(ws);
	nobody = new Caller(to, { workspace: ws.slug });
});

const STATUSES = { ...STATUS, METHOD_NOT_ALLOWED: 405, UNSUPPORTED_MEDIA_TYPE: 415 };

// A refusal: status, code and message in the envelope.
function refusal(res, code, message, note = '') {
	assert.equal(res.status, STATUSES[code], `${note} ${res.text}`);
	assert.match(res.headers.get('content-type'), /^application\/json/);
	const { error, requestId, ...rest } = res.json;
	assert.deepEqual(rest, {}, note);
	assert.match(requestId, /\S/);
	assert.equal(error.code, code, `${note} ${error.message}`);
	assert.deepEqual(Object.keys(error).filter((k) => !['code', 'message', 'details'].includes(k)), []);
	if (message instanceof RegExp) assert.match(error.message, message, note);
	else if (message !== undefined) assert.equal(error.message, message, note);
	return error;
}

const send = (who, line, json) => {
	const [method, route] = line.split(' ');
	return who.http(method, route, { json });
};

// ---- every route ----

// Of each route: who may use it ("grants": with a grant for the action; "person": with a cookie), what
// succeeds, as administrator (path, json, status, and a look at the answer), and further refusals: [path,
// json, code, message], the path being left out where it is the same.
const noGrant = (action) => ['FORBIDDEN', new RegExp(`^No permission to ${action} on "`)];
const ADMIN_ONLY = ['FORBIDDEN', 'Admin role required'];

const isOk = (json) => assert.deepEqual(json, { ok: true });
const dataIs = (check) => (json) => {
	assert.deepEqual(Object.keys(json), ['data']);
	check(json.data);
};
const rows = dataIs((data) => assert.ok(Array.isArray(data) && data.length > 0));

const CASES = {
	'GET /api/collections': { may: 'user', answer: dataIs((d) => assert.ok(d.some((c) => c.slug === w.slug && c.fieldCount === 3))) },
	'POST /api/collections': {
		may: 'admin', json: () => ({ slug: w.made, fields: [{ name: 'title', type: 'text' }] }), status: 201,
		answer: dataIs((d) => assert.equal(d.slug, w.made)),
		refusals: [[{ slug: 'No Slug', fields: [] }, 'VALIDATION'], [() => ({ slug: w.slug, fields: [] }), 'CONFLICT', 'Slug already exists']],
	},
	'GET /api/collections/{slug}': {
		may: 'user', hidden: true, answer: dataIs((d) => assert.deepEqual(d.fields.map((f) => f.name), ['title', 'views', 'parent'])),
		refusals: [['/api/collections/none_such', undefined, 'NOT_FOUND', 'Collection not found']],
	},
	'PATCH /api/collections/{slug}': {
		may: 'admin', json: { note: 'Things' }, answer: (json) => assert.deepEqual([json.ok, json.slug], [true, w.slug]),
		refusals: [['/api/collections/none_such', { note: 'x' }, 'NOT_FOUND', 'Collection not found'], [{ nope: 1 }, 'VALIDATION', /unknown argument "nope"/]],
	},
	'DELETE /api/collections/{slug}/fields/{name}': {
		may: 'admin', path: () => `/api/collections/${w.dropped}/fields/body`, answer: (json) => assert.equal(json.ok, true),
		refusals: [[() => `/api/collections/${w.slug}/fields/none`, undefined, 'NOT_FOUND'], ['/api/collections/none_such/fields/x', undefined, 'NOT_FOUND', 'Collection not found']],
	},
	'DELETE /api/collections/{slug}': {
		may: 'admin', path: () => `/api/collections/${w.dropped}`, answer: (json) => assert.deepEqual([json.ok, json.archived], [true, false]),
		refusals: [['/api/collections/none_such', undefined, 'NOT_FOUND', 'Collection not found']],
	},
	'POST /api/collections/{slug}/restore': {
		may: 'admin', path: () => `/api/collections/${w.adopted}/restore`, answer: (json) => assert.equal(json.ok, true),
		refusals: [['/api/collections/none_such/restore', undefined, 'NOT_FOUND']],
	},
	'GET /api/items/{collection}': {
		may: 'grants', action: 'read', path: () => `/api/items/${w.slug}?sort=title&meta=*`,
		answer: (json) => {
			assert.deepEqual(json.data.map((r) => r.title), ['one', 'two']);
			assert.deepEqual([json.limit, json.offset, json.has_more, json.meta], [50, 0, false, { filter_count: 2, total_count: 2 }]);
		},
		refusals: [['/api/items/none_such', undefined, 'NOT_FOUND', 'Collection not found'], [() => `/api/items/${w.slug}?limit=x`, undefined, 'VALIDATION', /limit/]],
	},
	'POST /api/items/{collection}': {
		may: 'grants', action: 'create', json: { title: 'three', views: 3 }, status: 201,
		answer: dataIs((d) => {
			assert.deepEqual([d.title, d.views, d.parent], ['three', 3, null]);
			assert.match(d.id, UUID);
			assert.match(d.createdAt, TIME);
		}),
		refusals: [[{ views: 1 }, 'VALIDATION', 'Field "title" is required'], [{ title: 'one' }, 'CONFLICT'], [{ title: 'x', nope: 1 }, 'VALIDATION', /^Unknown field "nope"/]],
	},
	'GET /api/items/{collection}/{id}': {
		may: 'grants', action: 'read', answer: dataIs((d) => assert.deepEqual([d.id, d.title], [w.one, 'one'])),
		refusals: [[() => `/api/items/${w.slug}/${NO_ID}`, undefined, 'NOT_FOUND', 'Item not found']],
	},
	'PATCH /api/items/{collection}/{id}': {
		may: 'grants', action: 'update', json: { views: 11 }, answer: dataIs((d) => assert.deepEqual([d.id, d.title, d.views], [w.one, 'one', 11])),
		refusals: [[() => `/api/items/${w.slug}/${NO_ID}`, { views: 1 }, 'NOT_FOUND', 'Item not found'], [{ views: 'x' }, 'VALIDATION', /views/], [{ title: 'two' }, 'CONFLICT']],
	},
	'DELETE /api/items/{collection}/{id}': {
		may: 'grants', action: 'delete', path: () => `/api/items/${w.slug}/${w.two}`, answer: isOk,
		refusals: [[() => `/api/items/${w.slug}/${NO_ID}`, undefined, 'NOT_FOUND', 'Item not found']],
	},
	'POST /api/items/{collection}/aggregate': {
		may: 'grants', action: 'read', json: { agg: 'count' }, answer: (json) => assert.deepEqual(json.data, [{ value: 2 }]),
		refusals: [[{ agg: 'median' }, 'VALIDATION', /"agg" must be one of/], [{ agg: 'sum' }, 'VALIDATION', /field/]],
	},
	'POST /api/items/{collection}/bulk-insert': {
		may: 'grants', action: 'create', json: { rows: [{ title: 'four' }, { views: 1 }] },
		answer: (json) => {
			assert.deepEqual([json.total, json.succeeded, json.failed], [2, 1, 1]);
			assert.deepEqual(json.results.map((r) => r.ok), [true, false]);
		},
		refusals: [[{ rows: {} }, 'VALIDATION', /"rows" must be an array/], [{}, 'VALIDATION', /missing required argument "rows"/]],
	},
	'POST /api/items/{collection}/bulk-update': {
		may: 'grants', action: 'update', json: () => ({ updates: [{ id: w.one, data: { views: 5 } }] }),
		answer: (json) => assert.deepEqual([json.total, json.succeeded, json.failed], [1, 1, 0]),
		refusals: [[{}, 'VALIDATION', /missing required argument "updates"/]],
	},
	'GET /api/roles/{roleId}/permissions': {
		may: 'admin', answer: rows, refusals: [[`/api/roles/${NO_ID}/permissions`, undefined, 'NOT_FOUND', 'Role not found'], ['/api/roles/x/permissions', undefined, 'VALIDATION', /"roleId" must be a UUID/]],
	},
	'POST /api/roles/{roleId}/permissions': {
		may: 'admin', json: { collection: '*', action: 'read' }, status: 201,
		answer: dataIs((d) => assert.deepEqual([d.roleId, d.collection, d.action, d.fields, d.condition], [w.role, '*', 'read', null, null])),
		refusals: [[{ collection: 'none_such', action: 'read' }, 'NOT_FOUND', 'Collection not found'], [{ collection: '*', action: 'publish' }, 'VALIDATION', /"action" must be one of/]],
	},
	'DELETE /api/permissions/{id}': { may: 'admin', path: () => `/api/permissions/${w.grant}`, answer: isOk, refusals: [[`/api/permissions/${NO_ID}`, undefined, 'NOT_FOUND']] },
	'GET /api/roles': { may: 'admin', answer: dataIs((d) => assert.deepEqual(d.slice(0, 3).map((r) => r.name), ['admin', 'authenticated', 'public'])) },
	'POST /api/roles': {
		may: 'admin', json: () => ({ name: w.roleName }), status: 201,
		answer: dataIs((d) => assert.deepEqual([d.name, d.admin, d.tenantId], [w.roleName, false, ws.id])),
		refusals: [[{ name: 'admin' }, 'CONFLICT'], [{}, 'VALIDATION']],
	},
	'POST /api/users/{userId}/roles': {
		may: 'admin', json: () => ({ roleId: w.role }), answer: isOk,
		refusals: [[{ roleId: NO_ID }, 'NOT_FOUND', 'Role not found'], [() => `/api/users/${NO_ID}/roles`, () => ({ roleId: w.role }), 'NOT_FOUND', 'User not found']],
	},
	'DELETE /api/users/{userId}/roles/{roleId}': { may: 'admin', answer: isOk, refusals: [[() => `/api/users/${w.user}/roles/${NO_ID}`, undefined, 'NOT_FOUND', 'Role not found']] },
	'DELETE /api/roles/{id}': { may: 'admin', path: () => `/api/roles/${w.role}`, answer: isOk, refusals: [[() => `/api/roles/${w.adminRole}`, undefined, 'FORBIDDEN'], [`/api/roles/${NO_ID}`, undefined, 'NOT_FOUND', 'Role not found']] },
	'GET /api/api-keys': { may: 'user', answer: rows },
	'POST /api/api-keys': {
		may: 'user', json: { name: 'made' }, status: 201,
		answer: (json) => assert.deepEqual([Object.keys(json).sort(), json.data.name, json.data.mcpTools], [['data', 'warning'], 'made', []]),
		refusals: [[{ expiresAt: '2020-01-01T00:00:00Z' }, 'VALIDATION', /future/], [{ roleId: NO_ID }, 'NOT_FOUND', 'Role not found']],
	},
	'PATCH /api/api-keys/{id}/mcp-guards': { may: 'user', path: () => `/api/api-keys/${w.key}/mcp-guards`, json: { mcpReadOnly: true }, answer: isOk, refusals: [[`/api/api-keys/${NO_ID}/mcp-guards`, { mcpReadOnly: true }, 'NOT_FOUND', 'API key not found']], owned: true },
	'DELETE /api/api-keys/{id}': { may: 'user', path: () => `/api/api-keys/${w.key}`, answer: isOk, refusals: [[`/api/api-keys/${NO_ID}`, undefined, 'NOT_FOUND', 'API key not found']], owned: true },
	'GET /api/api-keys/available-roles': { may: 'user', answer: rows },
	'GET /api/users': { may: 'admin', answer: dataIs((d) => assert.ok(d.some((u) => u.id === w.user))) },
	'PATCH /api/users/{id}/suspend': { may: 'admin', path: () => `/api/users/${w.user}/suspend`, answer: isOk, refusals: [[`/api/users/${NO_ID}/suspend`, undefined, 'NOT_FOUND', 'User not found']] },
	'PATCH /api/users/{id}/activate': { may: 'admin', path: () => `/api/users/${w.user}/activate`, answer: isOk, refusals: [[`/api/users/${NO_ID}/activate`, undefined, 'NOT_FOUND', 'User not found']] },
	'GET /api/me': { may: 'user', answer: dataIs((d) => assert.deepEqual([d.tenantId, d.isAdmin], [ws.id, true])) },
	'POST /api/admin/db/sql/run': {
		may: 'operator', json: { sql: 'SELECT 1 AS one' }, answer: (json) => assert.equal(Number(json.data[0].rows[0].one), 1),
		refusals: [[{ sql: '' }, 'VALIDATION'], [{ sql: 'SELECT nope' }, 'VALIDATION', /^SQL error: /], [{ sql: 'x'.repeat(10001) }, 'VALIDATION', /10000/]],
	},
	'GET /api/admin/db/tables': { may: 'operator', answer: dataIs((d) => assert.ok(d.some((t) => t.name === 'coffer_user'))) },
	'GET /api/activity': { may: 'user', answer: (json) => assert.deepEqual([Array.isArray(json.data), json.limit, json.offset], [true, 50, 0]), refusals: [['/api/activity?since=yesterday', undefined, 'VALIDATION', /since/]] },
	'GET /api/tenants': { may: 'user', answer: (json) => assert.equal(json.active, ws.id) },
	'POST /api/tenants': {
		may: 'person', json: { name: 'Büro Nord' }, status: 201, answer: dataIs((d) => assert.match(d.slug, /^[a-z0-9]+(-[a-z0-9]+)*$/)),
		refusals: [[{ name: 'x' }, 'VALIDATION'], [() => ({ name: 'Taken', slug: ws.slug }), 'CONFLICT', 'Slug already exists']],
	},
	'POST /api/tenants/switch': {
		may: 'person', json: () => ({ tenantId: ws.slug }), answer: dataIs((d) => assert.deepEqual([d.id, d.slug], [ws.id, ws.slug])),
		refusals: [[{ tenantId: 'none-such' }, 'NOT_FOUND'], [{}, 'VALIDATION', /tenantId/]],
	},
	'GET /api/admin/settings': { may: 'admin', answer: dataIs((d) => assert.equal(d.i18nDefaultLocale, 'en')) },
	'PATCH /api/admin/settings': { may: 'admin', json: { siteName: 'REST' }, answer: isOk, refusals: [[{ nope: 1 }, 'VALIDATION', /nope/], [{ siteName: '' }, 'VALIDATION']] },
};

let w;

describe('every route', () => {
	before(async () => {
		w = { made: unique('made'), dropped: unique('dropped'), adopted: unique('adopted'), roleName: unique('role') };
		w.slug = await collection(ws, [
			{ name: 'title', type: 'text', required: true, unique: true },
			{ name: 'views', type: 'integer' },
		]);
		await admin.do('schema.update_collection', { slug: w.slug, fields: [{ name: 'parent', type: 'relation', to: w.slug }] });
		await collection(ws, [{ name: 'title', type: 'text' }, { name: 'body', type: 'longtext' }], { slug: w.dropped });
		const table = unique('adopt_rest');
		await admin.do('db.execute_sql', { sql: `CREATE TABLE ${table} (id INT PRIMARY KEY, title VARCHAR(20)) ENGINE=InnoDB`, writes: true });
		await admin.do('schema.create_collection', { slug: w.adopted, adopted: true, physicalTable: table, fields: [{ name: 'title', type: 'text' }] });
		await admin.do('schema.drop_collection', { slug: w.adopted });
		for (const title of ['one', 'two'])
			w[title] = (await admin.do('collections.insert', { collection: w.slug, data: { title } })).data.id;
		w.role = (await role(ws, { system_files: 'read' })).id;
		w.grant = (await admin.do('permissions.grant', { roleId: w.role, collection: w.slug, action: 'read' })).data.id;
		w.adminRole = (await admin.do('roles.list')).data.find((r) => r.admin).id;
		w.user = (await member(ws)).id;
		w.key = (await admin.do('apikeys.create', { name: 'mine' })).data.id;
	});

	const fill = (template) =>
		template.replace(/\{(\w+)\}/g, (_, name) => ({ slug: w.slug, collection: w.slug, id: w.one, roleId: w.role, userId: w.user, name: 'views' })[name]);
	const value = (v) => (typeof v === 'function' ? v() : v);

	test('is described by /api/openapi.json, and tested here', async () => {
		const { json } = await rest(to, 'GET', '/api/openapi.json');
		const described = Object.entries(json.paths).flatMap(([route, item]) =>
			Object.keys(item).filter((k) => /^(get|post|put|patch|delete)$/.test(k)).map((m) => `${m.toUpperCase()} ${route}`));
		assert.deepEqual(described.sort(), Object.keys(CASES).sort());
	});

	for (const [line, { may, path, json, status = 200, answer, refusals = [], action, owned, hidden }] of Object.entries(CASES)) {
		const [method, template] = line.split(' ');
		test(line, async () => {
			const route = value(path) ?? fill(template);
			const call = (who, at = route, body = value(json)) => who.http(method, at, { json: body });
			// strangers, members without rights, administrators without an operator's
			refusal(await call(nobody), 'UNAUTHORIZED', 'Sign in required', 'nobody');
			if (may === 'admin' || may === 'operator') refusal(await call(person), ...ADMIN_ONLY, 'person');
			if (may === 'operator') refusal(await call(chief), 'FORBIDDEN', /operator/, 'chief');
			if (may === 'grants') refusal(await call(person), ...noGrant(action), 'person');
			if (owned) refusal(await call(person), 'NOT_FOUND', 'API key not found', 'person');
			if (hidden) refusal(await call(person), ...noGrant('read'), 'person');
			if (may === 'person' && template === '/api/tenants') refusal(await call(admin), 'FORBIDDEN', undefined, 'a key');
			const who = may === 'person' ? people : admin;
			for (const entry of refusals) {
				const [at, body, code, message] = typeof value(entry[0]) === 'string' ? entry : [route, ...entry];
				refusal(await call(who, value(at), value(body)), code, message, `${value(at)} ${JSON.stringify(value(body))}`);
			}
			const res = await call(who);
			assert.equal(res.status, status, res.text);
			assert.match(res.headers.get('content-type'), /^application\/json/);
			assert.equal(res.headers.get('cache-control'), 'no-store');
			assert.equal(res.headers.get('x-content-type-options'), 'nosniff');
			answer(res.json);
		});
	}

	test('other methods are 405, and Allow says which are offered', async () => {
		const patterns = Object.keys(CASES).map((line) => {
			const [method, template] = line.split(' ');
			return { method, template, fits: new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`) };
		});
		for (const template of new Set(patterns.map((p) => p.template))) {
			const route = fill(template);
			const methods = patterns.filter((p) => p.fits.test(route)).map((p) => p.method);
			for (const method of ['PUT', 'POST', 'DELETE'].filter((m) => !methods.includes(m))) {
				const res = await send(admin, `${method} ${route}`, method === 'DELETE' ? undefined : {});
				refusal(res, 'METHOD_NOT_ALLOWED', undefined, `${method} ${template}`);
				const allowed = res.headers.get('allow').split(', ').filter((m) => m !== 'HEAD');
				assert.deepEqual(allowed.sort(), methods.sort(), template);
			}
		}
	});

	test('HEAD is GET without a body', async () => {
		for (const route of ['/api/roles', '/api/collections', `/api/items/${w.slug}`, '/api/me', '/api/openapi.json', '/health', '/metrics', '/api/auth/get-session'])
			for (const who of [admin, nobody]) {
				const [head, get] = [await who.http('HEAD', route), await who.http('GET', route)];
				assert.equal(head.status, get.status, route);
				assert.equal(head.text, '', route);
				assert.equal(head.headers.get('content-type'), get.headers.get('content-type'), route);
			}
		refusalStatus(await admin.http('HEAD', '/api/tenants/switch'), 405);
		refusalStatus(await admin.http('HEAD', '/api/none-such'), 404);
	});
});

function refusalStatus(res, status) {
	assert.deepEqual([res.status, res.text], [status, '']);
}

// ---- requests that are not well made ----

describe('a request', () => {
	let slug;

	before(async () => {
		slug = await collection(ws, [{ name: 'title', type: 'text' }, { name: 'views', type: 'integer' }]);
		for (const [title, views] of [['a b', 1], ['a+b', 2], ['ü', 3]])
			await admin.do('collections.insert', { collection: slug, data: { title, views } });
	});

	test('to a path that is not there is 404', async () => {
		for (const route of ['/', '/api', '/api/', '/api/none', '/api/roles/', '//api/roles', '/api//roles', '/api/roles/x/y/z', '/API/roles', '/api/rolesx', '/mcp/', '/v2'])
			refusal(await admin.http('GET', route), 'NOT_FOUND', undefined, route);
		refusal(await nobody.http('GET', '/api/none'), 'NOT_FOUND');
	});

	test('has its path decoded, once', async () => {
		const encoded = slug.replace(/[aeiou]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
		assert.equal((await admin.http('GET', `/api/collections/${encoded}`)).json.data.slug, slug);
		for (const name of ['a%2Fb', '%2e%2e', "'%20OR%201%3D1", '%C3%BC', slug.toUpperCase(), `${slug}%20`, encodeURIComponent(encoded)])
			refusal(await admin.http('GET', `/api/collections/${name}`), 'NOT_FOUND', undefined, name);
	});

	test('has every requestId once', async () => {
		const ids = [];
		for (let i = 0; i < 5; i++) ids.push((await nobody.http('GET', '/api/me')).json.requestId);
		assert.equal(new Set(ids).size, 5);
	});

	test('with a query parameter that is unknown is 422', async () => {
		for (const [route, message] of [
			[`/api/items/${slug}?nope=1`, /^unknown argument "nope"/],
			[`/api/items/${slug}?limit=1&lmit=2`, /"lmit"; did you mean "limit"/],
			['/api/collections?x', /"x"/],
			['/api/roles?limit=1', /takes none/],
			['/api/me?a=b', /takes none/],
			['/api/activity?Action=item', /"Action"/],
		])
			refusal(await admin.http('GET', route), 'VALIDATION', message, route);
	});

	test('that says something twice is 422', async () => {
		for (const [line, json] of [
			[`GET /api/items/${slug}?limit=1&limit=2`],
			[`GET /api/items/${slug}?limit=1&limit=1`],
			[`GET /api/items/${slug}?collection=${slug}`],
			[`GET /api/items/${slug}/${NO_ID}?id=${NO_ID}`],
			[`POST /api/items/${slug}/bulk-insert`, { collection: slug, rows: [] }],
			[`POST /api/items/${slug}/aggregate?agg=count`, { agg: 'count' }],
			[`POST /api/roles?name=x`, { name: 'y' }],
		])
			refusal(await send(admin, line, json), 'VALIDATION', /twice|both|more than once/, line);
	});

	test('with a query that cannot be decoded is refused, by the web server or by coffer', async () => {
		for (const query of ['q=%', 'q=%zz', 'q=%c3', 'q=%ff', 'q=%ed%a0%80', '%ff=1']) {
			const res = await admin.http('GET', `/api/items/${slug}?${query}`);
			if (res.json) refusal(res, 'VALIDATION', /percent-encoded/, query);
			else assert.equal(res.status, 400, query);
		}
	});

	test('has filter and the like as JSON text', async () => {
		const titles = async (query) => {
			const { status, json, text } = await admin.http('GET', `/api/items/${slug}?sort=views&${query}`);
			assert.equal(status, 200, text);
			return json.data.map((row) => row.title);
		};
		const filter = (value) => `filter=${encodeURIComponent(JSON.stringify(value))}`;
		assert.deepEqual(await titles(filter({ views: { _gt: 1 } })), ['a+b', 'ü']);
		assert.deepEqual(await titles(filter({ $and: [{ views: { _in: [1, 3] } }, { title: { _starts_with: 'a' } }] })), ['a b']);
		assert.deepEqual(await titles(filter({ title: 'ü' })), ['ü']);
		assert.deepEqual(await titles(filter({})), ['a b', 'a+b', 'ü']);
		assert.deepEqual(await titles('q=a+b'), ['a b'], '+ is a space');
		assert.deepEqual(await titles('q=a%2Bb'), ['a+b']);
		assert.deepEqual(await titles('fields=title&limit=2&offset=1'), ['a+b', 'ü']);
		assert.deepEqual((await admin.http('GET', `/api/items/${slug}?fields=title,views&limit=1`)).json.data.map((r) => Object.keys(r).includes('views')), [true]);
		for (const text of ['', '{', '{"views"}', "{'views':1}", '{"views":1}}', '{"views":NaN}', 'views=1', '{"views":1,"views":2}', '{"views":01}'])
			refusal(await admin.http('GET', `/api/items/${slug}?filter=${encodeURIComponent(text)}`), 'VALIDATION', /^Invalid `filter` JSON/, text);
		for (const text of ['null', '[]', '"x"', '7', 'true', '[{"views":1}]'])
			refusal(await admin.http('GET', `/api/items/${slug}?filter=${encodeURIComponent(text)}`), 'VALIDATION', undefined, text);
		const error = refusal(await admin.http('GET', `/api/items/${slug}?${filter({ _and: [{ nope: 1 }] })}`), 'VALIDATION', /^Cannot filter on field: nope/);
		assert.match(error.details.path, /^filter\._and\[0\]/);
	});

	test('has numbers and truth values as text', async () => {
		for (const value of ['x', '', '1.5', '1e1', '0x1', '1 ', '9223372036854775808', 'true'])
			refusal(await admin.http('GET', `/api/items/${slug}?limit=${encodeURIComponent(value)}`), 'VALIDATION', /"limit" must be/, value);
		for (const [value, status] of [['true', 200], ['false', 200], ['1', 200], ['0', 200], ['yes', 422], ['', 422], ['TRUE', 422]])
			for (const name of ['includeArchived', 'include_archived'])
				assert.equal((await admin.http('GET', `/api/collections?${name}=${value}`)).status, status, `${name}=${value}`);
	});

	test('with a body that is no JSON object is refused', async () => {
		const post = (body, type = 'application/json') =>
			http(`${to.url}/api/roles`, { method: 'POST', key: admin.key, body, headers: type ? { 'content-type': type } : {} });
		for (const body of ['{', '{"name":"x"', "{'name':'x'}", '{"name":"x"} x', '{"name":"\u0001"}', '{"name":NaN}', 'name=x', Buffer.from('{"name":"\xff"}', 'latin1')])
			assert.equal((await post(body)).status, 400, String(body));
		const twice = await post('{"name":"x","name":"y"}');
		assert.equal(twice.status, 400);
		for (const body of ['[]', '"x"', '7', 'null', 'true', '[{"name":"x"}]'])
			refusal(await post(body), 'VALIDATION', /must be a JSON object/, body);
		refusal(await post(''), 'VALIDATION', /missing required argument "name"/);
	});

	test('with a body of another type is 415', async () => {
		for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'application/jsonp', 'application/json-patch+json', 'multipart/form-data; boundary=x']) {
			const res = await http(`${to.url}/api/roles`, { method: 'POST', key: admin.key, body: JSON.stringify({ name: unique('r') }), headers: { 'content-type': type } });
			refusal(res, 'UNSUPPORTED_MEDIA_TYPE', undefined, type);
		}
		for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=UTF-8'])
			assert.equal((await http(`${to.url}/api/roles`, { method: 'POST', key: admin.key, body: JSON.stringify({ name: unique('r') }), headers: { 'content-type': type } })).status, 201, type);
	});

	test('with a body over 5 MiB is 413, and the next one is served', async () => {
		const body = JSON.stringify({ name: 'x'.repeat(5 * 1024 * 1024) });
		const res = await http(`${to.url}/api/roles`, { method: 'POST', key: admin.key, body, headers: { 'content-type': 'application/json' } });
		refusal(res, 'PAYLOAD_TOO_LARGE', /5242880/);
		assert.equal((await admin.http('GET', '/api/me')).status, 200);
		const rim = `{"name":"${'x'.repeat(5 * 1024 * 1024 - 11)}"}`;
		assert.equal(Buffer.byteLength(rim), 5 * 1024 * 1024);
		refusal(await http(`${to.url}/api/roles`, { method: 'POST', key: admin.key, body: rim, headers: { 'content-type': 'application/json' } }), 'VALIDATION', /at most 64 characters/);
	});

	test('?read_only=1 narrows a call to reading', async () => {
		for (const [route, headers] of [['/api/roles?read_only=1', {}], ['/api/roles', { 'x-coffer-read-only': '1' }]]) {
			assert.equal((await admin.http('GET', route, { headers })).status, 200);
			refusal(await admin.http('POST', route, { headers, json: { name: unique('r') } }), 'FORBIDDEN', /read-only/);
		}
	});

	test('owner_id is no field, and the owner is who calls (G10)', async () => {
		const owned = await collection(ws, [{ name: 'title', type: 'text' }], { ownerScoped: true });
		for (const name of ['owner_id', 'ownerId', 'id', 'created_at', 'createdAt', 'version', 'tenant_id'])
			refusal(await admin.http('POST', `/api/items/${owned}`, { json: { title: 'x', [name]: NO_ID } }), 'VALIDATION', new RegExp(`"${name}"`));
		const { json } = await admin.http('POST', `/api/items/${owned}`, { json: { title: 'x' } });
		assert.equal(json.data.ownerId, (await admin.http('GET', '/api/me')).json.data.id);
		refusal(await nobody.http('GET', `/api/items/${owned}`), 'UNAUTHORIZED', 'Sign in required'); // G9
	});
});

// ---- workspaces ----

describe('workspaces', () => {
	test('the same slug in two is two tables, and neither sees the other (G11)', async () => {
		const other = await workspace(to);
		const slug = unique('same');
		for (const at of [ws, other]) await collection(at, [{ name: 'title', type: 'text' }], { slug });
		const insert = async (at, title) => (await at.admin.do('collections.insert', { collection: slug, data: { title } }, 'rest')).data.id;
		const [here, there] = [await insert(ws, 'here'), await insert(other, 'there')];
		for (const [at, title, foreign] of [[ws, 'here', there], [other, 'there', here]]) {
			assert.deepEqual((await at.admin.do('collections.list', { collection: slug }, 'rest')).data.map((r) => r.title), [title]);
			for (const [method, json] of [['GET'], ['PATCH', { title: 'x' }], ['DELETE']])
				refusal(await at.admin.http(method, `/api/items/${slug}/${foreign}`, { json }), 'NOT_FOUND', 'Item not found');
		}
		await ws.admin.do('schema.drop_collection', { slug });
		assert.equal(await countRows(other, slug), 1);
		refusal(await ws.admin.http('GET', `/api/items/${slug}/${there}`), 'NOT_FOUND', 'Collection not found');
	});

	test('ids of one are nothing in another', async () => {
		const other = await workspace(to);
		const foreignRole = (await role(other)).id;
		const foreignUser = (await member(other)).id;
		const foreignKey = (await other.admin.do('apikeys.create', {})).data.id;
		const foreignGrant = (await other.admin.do('permissions.grant', { roleId: foreignRole, collection: '*', action: 'read' })).data.id;
		for (const [line, json] of [
			[`GET /api/roles/${foreignRole}/permissions`],
			[`POST /api/roles/${foreignRole}/permissions`, { collection: '*', action: 'read' }],
			[`DELETE /api/roles/${foreignRole}`],
			[`DELETE /api/permissions/${foreignGrant}`],
			[`PATCH /api/users/${foreignUser}/suspend`],
			[`POST /api/users/${foreignUser}/roles`, { roleId: foreignRole }],
			[`DELETE /api/api-keys/${foreignKey}`],
			[`PATCH /api/api-keys/${foreignKey}/mcp-guards`, { mcpTools: null }],
		])
			refusal(await send(admin, line, json), 'NOT_FOUND', undefined, line);
		assert.equal((await other.admin.do('permissions.list_for_role', { roleId: foreignRole })).data.length, 1);
		assert.ok(!(await admin.do('activity.search', { limit: 200 })).data.some((row) => row.itemId === foreignRole));
	});

	test('a header names it, an unknown one is passed over, and a key stays in its own (G12)', async () => {
		const other = await workspace(to);
		const at = async (who, headers) => (await who.http('GET', '/api/me', { headers })).json.data?.tenantId;
		const plain = new Caller(to, { cookie: people.cookie });
		const own = await at(plain);
		assert.equal(await at(plain, { 'x-coffer-workspace': other.slug }), other.id);
		assert.equal(await at(plain, { 'x-backlex-tenant': other.id }), other.id);
		assert.equal(await at(plain, { 'x-coffer-workspace': ws.slug, 'x-backlex-tenant': other.slug }), ws.id);
		assert.equal(await at(plain, { 'x-coffer-workspace': 'none-such' }), own);
		for (const name of ['x-coffer-workspace', 'x-backlex-tenant'])
			for (const value of [other.slug, other.id, 'none-such']) {
				refusal(await admin.http('GET', '/api/me', { headers: { [name]: value } }), 'FORBIDDEN', /belongs to workspace/);
				const write = await admin.http('POST', '/api/roles', { headers: { [name]: value }, json: { name: unique('r') } });
				refusal(write, 'FORBIDDEN', /belongs to workspace/);
			}
		// an administrator of one is nobody in the other
		const cookie = (await session(ws, chief)).cookie;
		const there = new Caller(to, { cookie, workspace: other.slug });
		refusal(await there.http('GET', '/api/roles'), 'FORBIDDEN', 'Admin role required');
		refusal(await there.http('GET', '/api/admin/settings'), 'FORBIDDEN', 'Admin role required');
	});

	test('nobody is in the one that is named', async () => {
		const slug = unique('open');
		await collection(ws, [{ name: 'title', type: 'text' }], { slug });
		const open = (await admin.do('roles.list')).data.find((r) => r.name === 'public').id;
		await admin.do('permissions.grant', { roleId: open, collection: slug, action: 'read' });
		const read = (headers) => http(`${to.url}/api/items/${slug}`, { headers });
		for (const headers of [{ 'x-coffer-workspace': ws.slug }, { 'x-backlex-tenant': ws.id }, { cookie: `coffer_workspace=${ws.slug}` }])
			assert.equal((await read(headers)).status, 200, JSON.stringify(headers));
		const other = await workspace(to);
		for (const headers of [{}, { 'x-coffer-workspace': 'none-such' }, { 'x-coffer-workspace': other.slug }, { 'x-coffer-workspace': other.slug, cookie: `coffer_workspace=${ws.slug}` }])
			refusal(await read(headers), 'UNAUTHORIZED', 'Sign in required', JSON.stringify(headers));
	});
});

// ---- operators and browsers ----

describe('/health', () => {
	test('says how it is, to everybody', async () => {
		for (const key of [undefined, admin.key, 'garbage']) {
			const res = await http(`${to.url}/health`, { key });
			assert.equal(res.status, 200);
			assert.equal(res.headers.get('cache-control'), 'no-store');
			const { status, database, migrations, version, authorization, hint } = res.json;
			assert.deepEqual([status, database, migrations], ['ok', 'ok', 'ok']);
			assert.match(version, /^\d+\.\d+/);
			// whether the web server hands Authorization over is seen here
			assert.equal(authorization, key ? 'passed' : 'absent');
			if (key) assert.equal(hint, undefined);
			else assert.match(hint, /X-API-Key/);
		}
	});

	test('takes GET and HEAD', async () => {
		for (const route of ['/health', '/metrics'])
			for (const method of ['POST', 'DELETE', 'PUT']) {
				const res = await http(to.url + route, { method });
				refusal(res, 'METHOD_NOT_ALLOWED');
				assert.deepEqual(res.headers.get('allow').split(', ').sort(), ['GET', 'HEAD']);
			}
	});
});

describe('/metrics', () => {
	// name{labels} -> value, and name -> type
	async function read() {
		const { status, text, headers } = await http(`${to.url}/metrics`);
		assert.equal(status, 200);
		assert.match(headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
		assert.ok(text.endsWith('\n'));
		const values = new Map(), types = new Map(), helps = new Set();
		for (const line of text.trimEnd().split('\n')) {
			const [, kind, name, rest] = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line) ?? [];
			if (kind === 'HELP') {
				assert.ok(!helps.has(name), `${name} is told once`);
				helps.add(name);
			} else if (kind) {
				assert.match(rest, /^(counter|gauge|histogram)$/);
				types.set(name, rest);
			} else {
				const sample = /^([a-z_]+)(\{[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*\})? (-?\d+(\.\d+)?(e[+-]\d+)?)$/.exec(line);
				assert.ok(sample, `"${line}" is a sample`);
				const family = [...types.keys()].find((t) => sample[1] === t || (types.get(t) === 'histogram' && sample[1].replace(/_(bucket|sum|count)$/, '') === t));
				assert.ok(family, `${sample[1]} has a type before it`);
				const id = sample[1] + (sample[2] ?? '');
				assert.ok(!values.has(id), `${id} once`);
				values.set(id, Number(sample[4]));
			}
		}
		assert.deepEqual([...types.keys()].sort(), [...helps].sort());
		return { values, types, text, get: (id) => values.get(id) ?? 0 };
	}

	test('is text that Prometheus reads', async () => {
		const { values, types, get } = await read();
		assert.equal(types.get('coffer_http_requests_total'), 'counter');
		for (const [id, value] of values) assert.ok(value >= 0, id);
		for (const [name, type] of types)
			if (type === 'counter') assert.match(name, /_total$/);
		for (const [name] of [...types].filter(([, type]) => type === 'histogram')) {
			const buckets = [...values].filter(([id]) => id.startsWith(`${name}_bucket{`));
			const bounds = buckets.map(([id]) => /le="([^"]+)"/.exec(id)[1]);
			assert.equal(bounds.at(-1), '+Inf');
			for (let i = 1; i < buckets.length; i++) {
				assert.ok(buckets[i][1] >= buckets[i - 1][1], 'buckets add up');
				if (bounds[i] !== '+Inf') assert.ok(Number(bounds[i]) > Number(bounds[i - 1]));
			}
			assert.equal(get(`${name}_count`), buckets.at(-1)[1]);
		}
	});

	test('counts requests and calls, by outcome', async () => {
		const before = await read();
		for (let i = 0; i < 3; i++) await admin.do('roles.list', {}, 'rest');
		await admin.do('roles.list', {}, 'mcp');
		await person.rest('roles.list');
		const after = await read();
		const grown = (id) => after.get(id) - before.get(id);
		assert.ok(grown('coffer_tool_calls_total{tool="roles.list",outcome="ok"}') >= 4);
		assert.ok(grown('coffer_tool_calls_total{tool="roles.list",outcome="error"}') >= 1);
		assert.ok(grown('coffer_http_requests_total{status="2xx"}') >= 4);
		assert.ok(grown('coffer_http_requests_total{status="4xx"}') >= 1);
		assert.ok(grown('coffer_http_request_duration_seconds_count') >= 5);
		assert.ok(grown('coffer_http_request_duration_seconds_sum') > 0);
	});

	test('tells nothing of anybody', async () => {
		const { text } = await read();
		for (const secret of [to.email, 'pak_', ws.slug, ws.id]) assert.ok(!text.includes(secret), secret);
	});
});

describe('browsers', () => {
	const preflight = (origin, headers = {}, route = '/api/roles') =>
		http(to.url + route, { method: 'OPTIONS', headers: { ...(origin && { origin }), 'access-control-request-method': 'POST', ...headers } });

	test('of an allowed origin get their preflight answered, without credentials', async () => {
		const asked = 'authorization, content-type, mcp-protocol-version, x-coffer-workspace';
		for (const route of ['/api/roles', '/mcp', '/api/admin/mcp', '/api/auth/sign-in/email', '/health'])
			for (const origin of [to.url, 'http://localhost:5173']) {
				const res = await preflight(origin, { 'access-control-request-headers': asked }, route);
				assert.deepEqual([res.status, res.text], [204, ''], route);
				assert.equal(res.headers.get('access-control-allow-origin'), origin);
				assert.match(res.headers.get('vary'), /\bOrigin\b/i);
				const methods = res.headers.get('access-control-allow-methods').split(', ');
				for (const method of ['GET', 'POST', 'PATCH', 'DELETE']) assert.ok(methods.includes(method), method);
				const allowed = res.headers.get('access-control-allow-headers').toLowerCase().split(/, */);
				for (const name of asked.split(', ')) assert.ok(allowed.includes(name), name);
			}
	});

	test('of another one get 403 and no header that lets them read it', async () => {
		for (const origin of ['https://evil.example', 'null', `${to.url}.evil.example`]) {
			const res = await preflight(origin);
			refusal(res, 'FORBIDDEN', /origin/);
			for (const name of ['access-control-allow-origin', 'access-control-allow-headers', 'access-control-allow-methods'])
				assert.equal(res.headers.get(name), null);
		}
	});

	test('may read answers and refusals of their origin, and no cookie is shared with it', async () => {
		for (const [who, status] of [[admin, 200], [nobody, 401]]) {
			const res = await who.http('GET', '/api/roles', { headers: { origin: 'http://localhost:5173' } });
			assert.equal(res.status, status);
			assert.equal(res.headers.get('access-control-allow-origin'), 'http://localhost:5173');
			assert.notEqual(res.headers.get('access-control-allow-origin'), '*');
			assert.match(res.headers.get('access-control-expose-headers'), /www-authenticate/i);
			assert.equal(res.headers.get('access-control-allow-credentials'), null);
		}
	});

	test('a key works from an allowed origin', async () => {
		const key = await keyOf(ws, chief.email, []);
		const res = await key.http('POST', '/api/roles', { json: { name: unique('r') }, headers: { origin: 'http://localhost:5173' } });
		assert.equal(res.status, 201);
	});
});
