// The MCP face over HTTP, behind a real web server: how requests are answered in both eras, guards of
// API keys, resources, prompts and completion.
import assert from 'node:assert/strict';
import nodeHttp from 'node:http';
import { before, test } from 'node:test';

import {
	client, http, instance, LEGACY, META, MODERN, post, rest, schemasMissing, signIn, start, unique,
} from './lib.mjs';

let to;
let slug;
const legacy = (options) => client(to, options);
const modern = (options) => client(to, { version: MODERN, ...options });
const call = (method, params, id = 1) => JSON.stringify({ jsonrpc: '2.0', id, method, params });
const send = (text, headers = {}, options = {}) =>
	post(`${to.url}/mcp`, text, { headers, key: to.key, ...options });
const modernHeaders = (method, name) => ({
	'mcp-protocol-version': MODERN,
	'mcp-method': method,
	...(name === undefined ? {} : { 'mcp-name': name }),
});
const modernCall = (method, params = {}, meta = {}) =>
	call(method, {
		...params,
		_meta: { [`${META}protocolVersion`]: MODERN, [`${META}clientCapabilities`]: {}, ...meta },
	});

async function newKey(guards) {
	const res = await rest(to, 'POST', '/api/api-keys', { json: { name: 'contract', ...guards } });
	assert.equal(res.status, 201, res.text);
	return { id: res.json.data.id, key: res.json.data.secret };
}

before(async () => {
	to = await instance();
	slug = unique('posts');
	const admin = legacy();
	await admin.data('schema.create_collection', {
		slug,
		plural: 'Posts',
		note: 'What was written',
		fields: [
			{ name: 'title', type: 'text', required: true },
			{ name: 'views', type: 'integer' },
		],
	});
	await admin.data('collections.insert', { collection: slug, data: { title: 'First', views: 3 } });
});

test('the protocol schemas are at hand', { skip: schemasMissing }, () => {});

// ---- transport ----

test('only POST is answered, and 405 needs no token', async () => {
	for (const mount of ['/mcp', '/api/admin/mcp'])
		for (const method of ['GET', 'DELETE', 'PUT']) {
			const res = await http(to.url + mount, { method });
			assert.equal(res.status, 405, `${method} ${mount}`);
			assert.equal(res.headers.get('allow'), 'POST');
			assert.equal(res.json.error.code, 'METHOD_NOT_ALLOWED');
		}
});

test('without a good token there is 401 with a challenge, whatever the body', async () => {
	for (const mount of ['/mcp', '/api/admin/mcp'])
		for (const key of [undefined, 'pak_00000000_deadbeef', 'rubbish'])
			for (const body of [call('ping'), '{', '']) {
				const res = await post(to.url + mount, body, { key });
				assert.equal(res.status, 401);
				assert.equal(res.json.error.code, 'UNAUTHORIZED');
				assert.equal(res.json.error.message, 'Sign in required');
				assert.equal(typeof res.json.requestId, 'string');
				const challenge = res.headers.get('www-authenticate');
				assert.match(challenge, /^Bearer [a-z_]+="/);
				assert.equal(/error="invalid_token"/.test(challenge), key !== undefined);
			}
});

test('the admin mount takes administrators and nobody else', async () => {
	assert.deepEqual(await legacy({ mount: '/api/admin/mcp' }).result('ping'), {});
	const cookie = await signIn(to);
	assert.deepEqual(await legacy({ mount: '/api/admin/mcp', cookie }).result('ping'), {});
	const { data: roles } = await legacy().data('roles.list');
	const plain = roles.find((role) => role.name === 'authenticated');
	const { key } = await newKey({ roleId: plain.id, mcpTools: null });
	const refused = await post(`${to.url}/api/admin/mcp`, call('tools/list'), { key });
	assert.equal(refused.status, 403);
	assert.deepEqual(refused.json.error, { code: 'FORBIDDEN', message: 'Admin role required' });
	assert.deepEqual(await legacy({ key }).result('ping'), {});
	const { data: denied } = await legacy().data('activity.search', { action: 'mcp.denied' });
	assert.ok(denied.length > 0, 'the refusal is on record');
});

test('foreign origins are refused, none and our own are not', async () => {
	const at = (headers) => send(call('ping'), headers);
	assert.equal((await at({})).status, 200);
	assert.equal((await at({ origin: 'http://localhost:1234' })).status, 200);
	assert.equal((await at({ origin: new URL(to.url).origin })).status, 200);
	for (const origin of ['https://evil.example.com', 'null', 'http://localhost.evil.example.com']) {
		const res = await at({ origin });
		assert.equal(res.status, 403, origin);
		assert.match(res.json.error.message, /origin.*not allowed/);
	}
	const get = await http(`${to.url}/mcp`, { headers: { origin: 'https://evil.example.com' } });
	assert.equal(get.status, 403);
});

const ROWS = [
	['text/plain', call('ping'), { 'content-type': 'text/plain' }, 415, -32600],
	['a type with parameters', call('ping'), { 'content-type': 'application/json; charset=utf-8' }, 200],
	['Accept: image/png', call('ping'), { accept: 'image/png' }, 406, -32600],
	['Accept: */*', call('ping'), { accept: '*/*' }, 200],
	['Accept: application/json', call('ping'), { accept: 'application/json' }, 200],
	['an empty body', '', {}, 400, -32700],
	['no JSON', '{"jsonrpc":', {}, 400, -32700],
	['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), {}, 400, -32700],
	['a bare value', '"ping"', {}, 400, -32600],
	['no jsonrpc', '{"id":1,"method":"ping"}', {}, 400, -32600],
	['id null', '{"jsonrpc":"2.0","id":null,"method":"ping"}', {}, 400, -32600],
	['id 1.5', '{"jsonrpc":"2.0","id":1.5,"method":"ping"}', {}, 400, -32600],
	['neither method nor result', '{"jsonrpc":"2.0","id":1}', {}, 400, -32600],
	['params a list', '{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', {}, 400, -32602],
	['a posted answer', '{"jsonrpc":"2.0","id":1,"result":{}}', {}, 202],
	['a notification', '{"jsonrpc":"2.0","method":"notifications/initialized"}', {}, 202],
	['an unknown notification', '{"jsonrpc":"2.0","method":"a/b"}', {}, 202],
	['a cancellation', '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}', {}, 202],
	['an unknown method', call('a/b'), {}, 200, -32601],
	['subscribing', call('resources/subscribe', { uri: 'coffer://schema' }), {}, 200, -32601],
	['an unknown version', call('ping'), { 'mcp-protocol-version': '2020-01-01' }, 400, -32022],
	['a modern header alone', call('ping'), { 'mcp-protocol-version': MODERN }, 400, -32602],
	['a batch', `[${call('ping')}]`, {}, 200],
	['a batch of 2025-06-18', `[${call('ping')}]`, { 'mcp-protocol-version': '2025-06-18' }, 400, -32600],
	['an empty batch', '[]', {}, 400, -32600],
	['initialize in a batch', `[${call('initialize', {})}]`, {}, 400, -32600],
	['a modern message in a batch', `[${modernCall('tools/list')}]`, {}, 400, -32600],
	['a batch without requests', '[{"jsonrpc":"2.0","method":"a"}]', {}, 202],
	['modern discovery', modernCall('server/discover'), modernHeaders('server/discover'), 200],
	['no client capabilities', modernCall('tools/list', {}, { [`${META}clientCapabilities`]: 7 }),
		modernHeaders('tools/list'), 400, -32602],
	['no version header', modernCall('tools/list'), { 'mcp-method': 'tools/list' }, 400, -32020],
	['another version header', modernCall('tools/list'),
		{ 'mcp-protocol-version': '2025-11-25', 'mcp-method': 'tools/list' }, 400, -32020],
	['no Mcp-Method', modernCall('tools/list'), { 'mcp-protocol-version': MODERN }, 400, -32020],
	['Mcp-Method in capitals', modernCall('tools/list'), modernHeaders('TOOLS/LIST'), 400, -32020],
	['no Mcp-Name', modernCall('tools/call', { name: 'roles.list' }), modernHeaders('tools/call'), 400, -32020],
	['another Mcp-Name', modernCall('tools/call', { name: 'roles.list' }),
		modernHeaders('tools/call', 'users.list'), 400, -32020],
	['Mcp-Name in base64', modernCall('tools/call', { name: 'roles.list' }),
		modernHeaders('tools/call', '=?base64?cm9sZXMubGlzdA==?='), 200],
	['Mcp-Name in bad base64', modernCall('tools/call', { name: 'roles.list' }),
		modernHeaders('tools/call', '=?base64?cm9sZXMubGlzdA?='), 400, -32020],
	['modern initialize', modernCall('initialize'), modernHeaders('initialize'), 404, -32601],
	['modern ping', modernCall('ping'), modernHeaders('ping'), 404, -32601],
	['modern setLevel', modernCall('logging/setLevel'), modernHeaders('logging/setLevel'), 404, -32601],
	['modern subscribe', modernCall('resources/subscribe'), modernHeaders('resources/subscribe'), 404, -32601],
	['an unknown modern method', modernCall('a/b'), modernHeaders('a/b'), 404, -32601],
	['an unknown tool', call('tools/call', { name: 'no.such' }), {}, 200, -32602],
	['an unknown modern tool', modernCall('tools/call', { name: 'no.such' }),
		modernHeaders('tools/call', 'no.such'), 200, -32602],
	['a tool without a name', call('tools/call', {}), {}, 200, -32602],
	['arguments a list', call('tools/call', { name: 'roles.list', arguments: [] }), {}, 200, -32602],
	['a bad cursor', call('tools/list', { cursor: 'x' }), {}, 200, -32602],
];

for (const [name, body, headers, status, code] of ROWS)
	test(`answers ${name} with ${status}${code ? ` and ${code}` : ''}`, async () => {
		const res = await send(body, headers);
		assert.equal(res.status, status, res.text);
		if (status === 202) {
			assert.equal(res.text, '');
			assert.equal(res.headers.get('content-type'), null);
		}
		assert.equal(res.json?.error?.code, code, res.text);
		assert.equal(res.headers.get('mcp-session-id'), null);
	});

test('a version that is not supported is told which are', async () => {
	const odd = 'v999.0.0';
	const res = await send(
		modernCall('server/discover', {}, { [`${META}protocolVersion`]: odd }),
		{ 'mcp-protocol-version': odd, 'mcp-method': 'server/discover' },
	);
	const { supportedVersions } = await modern().result('server/discover');
	assert.equal(res.status, 400);
	assert.deepEqual(res.json.error.data, { supported: supportedVersions, requested: odd });
	assert.deepEqual([...supportedVersions].sort(), [...LEGACY, MODERN]);
});

test('ids come back as they were sent', async () => {
	for (const id of ['1', '-1', '"a\\u00e4"', '""', '123456789012345678901234567890']) {
		const res = await send(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`);
		assert.equal(res.text, `{"jsonrpc":"2.0","id":${id},"result":{}}`);
	}
	const unreadable = await send('{"jsonrpc":"2.0","id":true,"method":"ping"}');
	assert.equal('id' in unreadable.json, false);
	const refused = await send('{"jsonrpc":"1.0","id":"x","method":"ping"}');
	assert.equal(refused.json.id, 'x');
});

test('a batch is answered in order, one answer for each request', async () => {
	const text = `[${call('tools/call', { name: 'roles.list' }, 'a')},${JSON.stringify({
		jsonrpc: '2.0',
		method: 'notifications/initialized',
	})},${call('no/such', {}, 'b')},${call('resources/list', {}, 3)}]`;
	const res = await send(text, { 'mcp-protocol-version': '2025-03-26' });
	assert.equal(res.status, 200);
	assert.deepEqual(res.json.map(({ id }) => id), ['a', 'b', 3]);
	assert.ok(Array.isArray(res.json[0].result.structuredContent.data));
	assert.equal(res.json[1].error.code, -32601);
	assert.ok(res.json[2].result.resources.length > 0);
	const many = await send(`[${Array(101).fill(call('ping')).join()}]`);
	assert.equal(many.status, 400);
	const text2025 = await send(`[${call('ping')}]`, { 'mcp-protocol-version': '2025-11-25' });
	assert.match(text2025.json.error.message, /batching/);
});

test('a client that takes only events gets one', async () => {
	const res = await send(call('ping', {}, 5), { accept: 'text/event-stream' });
	assert.match(res.headers.get('content-type'), /^text\/event-stream/);
	assert.equal(res.text, 'event: message\ndata: {"jsonrpc":"2.0","id":5,"result":{}}\n\n');
});

test('names that mean something elsewhere are just unknown', async () => {
	for (const name of ['constructor', '__proto__', '', 'x'.repeat(10240), 'roles.list\n', 'Roles.List']) {
		const res = await send(call('tools/call', { name }));
		assert.equal(res.json.error.code, -32602);
		assert.match(res.json.error.message, /^unknown tool: /);
	}
});

// ---- lifecycle ----

test('initialize settles the version', async () => {
	const answers = [...LEGACY.map((v) => [v, v]), [MODERN, '2025-11-25'], ['1.0', '2025-11-25']];
	for (const [asked, answered] of answers) {
		const result = await legacy({ version: '2025-11-25' }).result('initialize', {
			protocolVersion: asked,
			capabilities: {},
			clientInfo: { name: 'contract', version: '1' },
		});
		assert.equal(result.protocolVersion, answered);
		assert.equal(result.serverInfo.name, 'coffer');
		assert.match(result.serverInfo.version, /^\d+\.\d+/);
		assert.match(result.instructions, /permissions/);
		assert.match(result.instructions, /never as instructions/);
		for (const name of ['tools', 'resources', 'prompts', 'completions'])
			assert.deepEqual(result.capabilities[name], {}, name);
		assert.equal('logging' in result.capabilities, false);
		assert.equal('resultType' in result, false);
	}
});

test('modern results say what they are and how long they hold', async () => {
	const m = modern();
	for (const [method, params] of [
		['server/discover'], ['tools/list'], ['prompts/list'], ['resources/list'],
		['resources/templates/list'], ['resources/read', { uri: 'coffer://schema' }],
	]) {
		const result = await m.result(method, params);
		assert.equal(result.resultType, 'complete', method);
		assert.ok(Number.isInteger(result.ttlMs) && result.ttlMs >= 0, method);
		assert.equal(result.cacheScope, method === 'server/discover' ? 'public' : 'private');
		assert.equal(result._meta[`${META}serverInfo`].name, 'coffer');
	}
	const called = await m.result('tools/call', { name: 'roles.list', arguments: {} });
	assert.equal(called.resultType, 'complete');
	assert.equal('ttlMs' in called, false);
	assert.equal('serverInfo' in (await m.result('server/discover')), false);
});

test('every legacy version is served without a handshake', async () => {
	for (const version of LEGACY) {
		const l = legacy({ version });
		assert.deepEqual(await l.result('ping'), {});
		assert.ok((await l.result('tools/list')).tools.length > 0);
		assert.ok(Array.isArray((await l.data('roles.list')).data));
	}
});

// ---- tools ----

test('tools/list describes every tool', async () => {
	const { tools, nextCursor } = await legacy().result('tools/list');
	const byName = Object.fromEntries(tools.map((tool) => [tool.name, tool]));
	assert.equal(nextCursor, undefined);
	for (const tool of tools) {
		assert.match(tool.name, /^[a-z_]+\.[a-z_]+$/);
		assert.ok(tool.description.length >= 20, tool.name);
		assert.ok(tool.title, tool.name);
		assert.equal(tool.inputSchema.type, 'object');
		assert.ok(['read', 'write', 'destruct'].includes(tool.kind), tool.name);
		assert.equal(tool.annotations.readOnlyHint, tool.kind === 'read', tool.name);
		assert.equal(tool.annotations.destructiveHint, tool.kind === 'destruct', tool.name);
		assert.equal(tool.annotations.openWorldHint, false);
		assert.equal(typeof tool.annotations.idempotentHint, 'boolean');
		if (tool.name !== 'settings.update')
			assert.equal(tool.inputSchema.additionalProperties, false, tool.name);
		if (tool.outputSchema) assert.equal(tool.outputSchema.type, 'object');
	}
	assert.equal(new Set(tools.map(({ name }) => name)).size, tools.length);
	assert.deepEqual([...new Set(tools.map(({ kind }) => kind))].sort(), ['destruct', 'read', 'write']);
	assert.equal(byName['schema.list_collections'].kind, 'read');
	assert.equal(byName['collections.delete'].kind, 'destruct');
	assert.equal(byName['collections.aggregate'].kind, 'read');
	for (const [name, member] of [
		['schema.list_collections', 'collections'], ['schema.describe_collection', 'fields'],
		['collections.list', 'data'], ['collections.aggregate', 'data'],
	])
		assert.ok(byName[name].outputSchema.required.includes(member), name);
	assert.equal(byName['collections.read'].outputSchema, undefined);
	assert.ok(!tools.some(({ name }) => name.startsWith('test_')), 'fixtures are off');
});

test('the list is the same every time, in both eras and for both mounts', async () => {
	const names = async (c) => (await c.result('tools/list')).tools.map(({ name }) => name);
	const first = await names(legacy());
	assert.deepEqual(await names(legacy()), first);
	assert.deepEqual(await names(modern()), first);
	assert.deepEqual(await names(legacy({ mount: '/api/admin/mcp' })), first);
});

test('flat names are listed on request and both spellings can be called', async () => {
	const flat = legacy({ query: '?names=flat' });
	const { tools } = await flat.result('tools/list');
	for (const { name } of tools) assert.match(name, /^[a-zA-Z0-9_-]{1,64}$/);
	assert.ok(tools.some(({ name }) => name === 'schema-list_collections'));
	for (const c of [flat, legacy(), modern()]) {
		assert.ok(Array.isArray((await c.data('roles-list')).data));
		assert.ok(Array.isArray((await c.data('roles.list')).data));
	}
});

test('a connection can be narrowed to domains and to reading', async () => {
	const narrow = legacy({ query: '?toolset=collections,schema&read_only=1' });
	const { tools } = await narrow.result('tools/list');
	assert.ok(tools.length > 0);
	assert.ok(tools.every(({ name }) => /^(collections|schema)\./.test(name)));
	assert.equal((await narrow.data('collections.list', { collection: slug })).data.length, 1);
	const outside = await narrow.tool('roles.list');
	assert.equal(outside.isError, true);
	assert.match(outside.content[0].text, /^FORBIDDEN: .*toolset/);
	const args = { collection: slug, data: { title: 'No' } };
	const write = await narrow.tool('collections.insert', args);
	assert.match(write.content[0].text, /^FORBIDDEN: .*read-only/);
	const byHeader = await legacy().tool('collections.insert', args, {
		headers: { 'x-coffer-read-only': '1' },
	});
	assert.match(byHeader.content[0].text, /^FORBIDDEN: .*read-only/);
});

test('a result is compact JSON, in text and as structure', async () => {
	for (const c of [legacy(), modern()]) {
		const result = await c.tool('collections.list', { collection: slug });
		assert.equal(result.isError, false);
		assert.equal(result.content[0].type, 'text');
		assert.equal(result.content[0].text, JSON.stringify(result.structuredContent));
		assert.equal(result.structuredContent.data[0].title, 'First');
	}
});

test('arguments may be missing or null; what is wrong with them is a result', async () => {
	const l = legacy();
	assert.equal((await l.tool('schema.list_collections')).isError, false);
	assert.equal((await l.result('tools/call', { name: 'schema.list_collections', arguments: null })).isError, false);
	for (const [name, args, text] of [
		['collections.list', {}, /^VALIDATION: .*collection/],
		['collections.list', { collection: slug, colection: 1 }, /^VALIDATION: .*colection/],
		['collections.list', { collection: 7 }, /^VALIDATION: /],
		['schema.describe_collection', { collection: 'no_such_thing' }, /^NOT_FOUND: /],
		['collections.insert', { collection: slug, data: {} }, /title|required|VALIDATION/],
	]) {
		const result = await l.tool(name, args);
		assert.equal(result.isError, true, name);
		assert.match(result.content[0].text, text);
		assert.equal('structuredContent' in result, false);
	}
});

test('a write with an idempotency key is made once', async () => {
	const args = { collection: slug, data: { title: 'Once', views: 100 } };
	const key = unique('idem');
	const meta = { 'coffer/idempotencyKey': key };
	const first = await legacy().data('collections.insert', args, { meta });
	const again = await modern().data('collections.insert', args, { meta });
	const byHeader = await legacy().data('collections.insert', args, {
		headers: { 'idempotency-key': key },
	});
	assert.equal(again.data.id, first.data.id);
	assert.equal(byHeader.data.id, first.data.id);
	const other = await legacy().tool('collections.insert', { ...args, data: { title: 'Other' } }, { meta });
	assert.equal(other.isError, true);
	await legacy().data('collections.delete', { collection: slug, id: first.data.id });
});

// POST a call and leave when its first event has come.
function leave(body, headers) {
	return new Promise((resolve, reject) => {
		const req = nodeHttp.request(
			to.mcp,
			{
				method: 'POST',
				headers: {
					'content-type': 'application/json',
					accept: 'application/json, text/event-stream',
					authorization: `Bearer ${to.key}`,
					...headers,
				},
			},
			(res) => {
				res.once('data', (chunk) => {
					req.destroy();
					resolve(String(chunk));
				});
				res.on('error', () => {});
			},
		);
		req.on('error', reject);
		req.end(body);
	});
}

async function until(what, probe) {
	for (let i = 0; i < 100; i++) {
		if (await probe()) return;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	throw new Error(`it did not happen: ${what}`);
}

test('long work shows progress; leaving cancels it in the modern era and only there', async () => {
	const collection = unique('bulk');
	const admin = legacy();
	await admin.data('schema.create_collection', { slug: collection, fields: [{ name: 'n', type: 'integer' }] });
	const rows = Array.from({ length: 5000 }, (_, n) => ({ n }));
	const args = { name: 'collections.bulk_insert', arguments: { collection, rows } };
	const count = async () =>
		(await admin.data('collections.aggregate', { collection, agg: 'count' })).data[0].value;
	const errors = async () =>
		(await admin.data('activity.search', { action: 'mcp.error', itemId: args.name })).data.length;

	const whole = await modern().request('tools/call', args, { meta: { progressToken: 'a' } });
	const steps = whole.events.map(({ params }) => params.progress);
	assert.ok(steps.length >= 4, `${steps}`);
	assert.deepEqual(steps, [...new Set(steps)].sort((a, b) => a - b), 'strictly increasing');
	assert.equal(whole.json.result.structuredContent.succeeded, 5000);
	assert.equal(await count(), 5000);

	const before = await errors();
	const first = await leave(
		modernCall('tools/call', args, { progressToken: 'b' }),
		modernHeaders('tools/call', args.name),
	);
	assert.match(first, /notifications\/progress/);
	await until('the cancelled call is on record', async () => (await errors()) > before);
	assert.equal(await count(), 5000);

	await leave(call('tools/call', { ...args, _meta: { progressToken: 'c' } }), {});
	await until('the call goes on to its end', async () => (await count()) === 10000);
});

// ---- guards of a key ----

test('a key can be narrowed to tools', async () => {
	const mcpTools = ['schema.list_collections', 'collections.list', 'roles.list'];
	const { id, key } = await newKey({ mcpTools });
	for (const c of [legacy({ key }), modern({ key }), legacy({ key, mount: '/api/admin/mcp' })]) {
		const { tools } = await c.result('tools/list');
		assert.deepEqual(tools.map(({ name }) => name).sort(), [...mcpTools].sort());
		const outside = await c.tool('collections.read', { collection: slug, id: 'x' });
		assert.equal(outside.isError, true);
		assert.equal(
			outside.content[0].text,
			'FORBIDDEN: tool "collections.read" is not in this API key\'s MCP allowlist',
		);
		assert.equal((await c.tool('roles.list')).isError, false);
		assert.equal((await c.tool('roles-list')).isError, false);
	}
	const patched = await rest(to, 'PATCH', `/api/api-keys/${id}/mcp-guards`, {
		json: { mcpTools: ['roles.list'] },
	});
	assert.equal(patched.status, 200, patched.text);
	const { tools } = await legacy({ key }).result('tools/list');
	assert.deepEqual(tools.map(({ name }) => name), ['roles.list']);
});

test('a key made without a list may call nothing, one with null everything', async () => {
	const none = await newKey({});
	assert.deepEqual((await legacy({ key: none.key }).result('tools/list')).tools, []);
	assert.equal((await legacy({ key: none.key }).tool('roles.list')).isError, true);
	const all = await newKey({ mcpTools: null });
	assert.deepEqual(
		(await legacy({ key: all.key }).result('tools/list')).tools.length,
		(await legacy().result('tools/list')).tools.length,
	);
});

test('a read-only key reads, and lists the writes it may not do', async () => {
	const { key } = await newKey({ mcpTools: null, mcpReadOnly: true });
	const c = legacy({ key });
	const all = (await legacy().result('tools/list')).tools.length;
	assert.equal((await c.result('tools/list')).tools.length, all);
	for (const [name, args] of [
		['collections.insert', { collection: slug, data: { title: 'No' } }],
		['db.execute_sql', { sql: 'SELECT 1' }],
		['tenants.switch', { tenantId: 'default' }],
	]) {
		const result = await c.tool(name, args);
		assert.equal(result.isError, true, name);
		assert.equal(
			result.content[0].text,
			`FORBIDDEN: tool "${name}" is a write operation; this API key is MCP read-only`,
		);
	}
	assert.equal((await c.tool('collections.list', { collection: slug })).isError, false);
	const count = await c.tool('collections.aggregate', { collection: slug, agg: 'count' });
	assert.equal(count.isError, false);
});

test('a revoked key is dead on the next request', async () => {
	const { id, key } = await newKey({ mcpTools: null });
	assert.deepEqual(await legacy({ key }).result('ping'), {});
	assert.equal((await rest(to, 'DELETE', `/api/api-keys/${id}`)).status, 200);
	assert.equal((await post(`${to.url}/mcp`, call('ping'), { key })).status, 401);
});

// ---- resources ----

test('resources list the schema and the collections', async () => {
	const { resources } = await legacy().result('resources/list');
	assert.equal(resources[0].uri, 'coffer://schema');
	const own = resources.find(({ uri }) => uri === `coffer://collection/${slug}`);
	assert.equal(own.name, 'Posts');
	assert.equal(own.description, 'What was written');
	for (const { mimeType, name } of resources) {
		assert.equal(mimeType, 'application/json');
		assert.equal(typeof name, 'string');
	}
	const { resourceTemplates } = await legacy().result('resources/templates/list');
	assert.deepEqual(resourceTemplates.map(({ uriTemplate }) => uriTemplate), ['coffer://collection/{slug}']);
});

test('resources are read under both schemes', async () => {
	for (const scheme of ['coffer', 'backlex']) {
		const schema = await legacy().result('resources/read', { uri: `${scheme}://schema` });
		assert.equal(schema.contents.length, 1);
		assert.equal(schema.contents[0].uri, `${scheme}://schema`);
		const { collections } = JSON.parse(schema.contents[0].text);
		const own = collections.find((c) => c.slug === slug);
		assert.deepEqual(own.fields, [
			{ name: 'title', type: 'text' },
			{ name: 'views', type: 'integer' },
		]);
		const one = await modern().result('resources/read', { uri: `${scheme}://collection/${slug}` });
		const read = JSON.parse(one.contents[0].text);
		assert.equal(read.plural, 'Posts');
		assert.equal(read.fields.length, 2);
		assert.equal(read.fields[0].required, true);
		assert.ok(read.sample.length >= 1 && read.sample.length <= 5);
		assert.equal(read.sample[0].title, 'First');
		assert.equal(read.sampleError, null);
		assert.equal(read.sampleLimit, 5);
	}
});

test('an unknown resource is an error that names it', async () => {
	for (const uri of [
		'coffer://nope', 'coffer://collection/no_such_thing', 'coffer://collection/../schema',
		'file:///etc/passwd', `coffer://collection/${slug}/x`, '',
	]) {
		await assert.rejects(legacy().result('resources/read', { uri }), (e) => {
			assert.equal(e.code, -32002);
			assert.equal(e.message, `unknown resource uri: ${uri}`);
			return true;
		});
		await assert.rejects(modern().result('resources/read', { uri }), (e) => {
			assert.equal(e.code, -32602);
			assert.deepEqual(e.data, { uri });
			return true;
		});
	}
	await assert.rejects(legacy().result('resources/read', {}), { code: -32602 });
	await assert.rejects(legacy().result('resources/read', { uri: 7 }), { code: -32602 });
});

test('the allowlist of a key gates resources, prompts and completion', async () => {
	const some = await newKey({ mcpTools: ['schema.list_collections', 'collections.list'] });
	const c = legacy({ key: some.key });
	const { resources } = await c.result('resources/list');
	assert.deepEqual(resources.map(({ uri }) => uri), ['coffer://schema']);
	assert.deepEqual((await c.result('resources/templates/list')).resourceTemplates, []);
	await c.result('resources/read', { uri: 'coffer://schema' });
	await assert.rejects(c.result('resources/read', { uri: `coffer://collection/${slug}` }), /FORBIDDEN.*allowlist/);
	assert.deepEqual((await c.result('prompts/list')).prompts, []);
	await assert.rejects(
		c.result('prompts/get', { name: 'describe_collection', arguments: { collection: slug } }),
		/FORBIDDEN.*allowlist/,
	);
	const none = legacy({ key: (await newKey({})).key });
	assert.deepEqual((await none.result('resources/list')).resources, []);
	await assert.rejects(none.result('resources/read', { uri: 'coffer://schema' }), /FORBIDDEN.*allowlist/);
	const { completion } = await none.result('completion/complete', {
		ref: { type: 'ref/prompt', name: 'describe_collection' },
		argument: { name: 'collection', value: '' },
	});
	assert.deepEqual(completion.values, []);
});

// ---- prompts and completion ----

test('there are three prompts', async () => {
	const { prompts } = await legacy().result('prompts/list');
	assert.deepEqual(
		prompts.map(({ name, arguments: args }) => [name, args.map((a) => [a.name, a.required])]),
		[
			['describe_collection', [['collection', true]]],
			['generate_queries', [['collection', true], ['intent', false]]],
			['permission_rule', [['collection', true], ['intent', true]]],
		],
	);
	for (const { description } of prompts) assert.equal(typeof description, 'string');
});

test('prompts tell of the collection', async () => {
	const text = async (name, args) => {
		const { messages } = await legacy().result('prompts/get', { name, arguments: args });
		assert.equal(messages.length, 1);
		assert.equal(messages[0].role, 'user');
		assert.equal(messages[0].content.type, 'text');
		return messages[0].content.text;
	};
	const described = await text('describe_collection', { collection: slug });
	for (const part of [slug, 'Posts', 'What was written', 'title: text (required)', 'views: integer', 'First'])
		assert.ok(described.includes(part), part);
	const intent = 'the most viewed posts of May';
	assert.ok((await text('generate_queries', { collection: slug, intent })).includes(intent));
	assert.ok((await text('generate_queries', { collection: slug })).includes('title: text'));
	assert.ok((await text('permission_rule', { collection: slug, intent })).includes(intent));
});

test('prompts refuse what is missing or unknown', async () => {
	const get = (name, args) => legacy().result('prompts/get', { name, arguments: args });
	await assert.rejects(get('permission_rule', { collection: slug }), {
		code: -32602, message: 'prompt argument "intent" is required',
	});
	await assert.rejects(get('describe_collection'), { code: -32602 });
	await assert.rejects(get('nope', {}), { code: -32602, message: 'unknown prompt: nope' });
	await assert.rejects(get('describe_collection', { collection: 'no_such_thing' }), /NOT_FOUND/);
	await assert.rejects(legacy().result('prompts/get', {}), { code: -32602 });
});

test('slugs are completed', async () => {
	const complete = async (name, value, ref = { type: 'ref/prompt', name: 'generate_queries' }) =>
		(await modern().result('completion/complete', { ref, argument: { name, value } })).completion;
	assert.deepEqual(await complete('collection', slug.slice(0, -1).toUpperCase()), {
		values: [slug], total: 1, hasMore: false,
	});
	const ref = { type: 'ref/resource', uri: 'coffer://collection/{slug}' };
	assert.deepEqual((await complete('slug', slug, ref)).values, [slug]);
	assert.deepEqual((await complete('collection', 'no_such_thing')).values, []);
	assert.deepEqual((await complete('intent', '')).values, []);
	await assert.rejects(complete('collection', '', { type: 'ref/prompt', name: 'x' }), { code: -32602 });
	await assert.rejects(complete('collection', '', { type: 'other' }), { code: -32602 });
});

// ---- messages before the answer, and asking back: these need the fixtures ----

test('with the fixtures on', async (t) => {
	const on = await start({ env: { COFFER_SERVER_TEST_FIXTURES: 'true' } });
	const speak = (options) => client(on, options);
	const ALL = { elicitation: {}, sampling: {}, roots: {} };

	await t.test('progress is sent before the answer to who asked for it', async () => {
		for (const version of ['2025-06-18', MODERN]) {
			const args = { name: 'test_tool_with_progress', arguments: {} };
			const res = await speak({ version }).request('tools/call', args, {
				meta: { progressToken: 'p-1' },
			});
			assert.match(res.headers.get('content-type'), /^text\/event-stream/);
			assert.equal(res.headers.get('x-accel-buffering'), 'no');
			assert.deepEqual(
				res.events.map(({ method, params }) => [method, params.progressToken, params.progress, params.total]),
				[0, 50, 100].map((n) => ['notifications/progress', 'p-1', n, 100]),
			);
			assert.equal(res.json.result.isError, false);
			const silent = await speak({ version }).request('tools/call', args);
			assert.match(silent.headers.get('content-type'), /^application\/json/);
			const plain = await speak({ version }).request('tools/call', args, {
				meta: { progressToken: 7 }, headers: { accept: 'application/json' },
			});
			assert.match(plain.headers.get('content-type'), /^application\/json/);
		}
	});

	await t.test('an error found before anything was sent keeps its status', async () => {
		const res = await speak({ version: MODERN }).request(
			'tools/call', { name: 'test_missing_capability' }, { meta: { progressToken: 1 } },
		);
		assert.equal(res.status, 400);
		assert.equal(res.json.error.code, -32021);
		assert.deepEqual(res.json.error.data, { requiredCapabilities: { sampling: {} } });
	});

	await t.test('a handler can ask back, and believes only its own state', async () => {
		const c = speak({ version: MODERN, capabilities: ALL });
		const name = 'test_input_required_result_request_state';
		const first = await c.result('tools/call', { name, arguments: {} });
		assert.equal(first.resultType, 'input_required');
		assert.equal(first.inputRequests.confirm.method, 'elicitation/create');
		const inputResponses = { confirm: { action: 'accept', content: { ok: true } } };
		const again = (requestState, more = {}) =>
			c.result('tools/call', { name, arguments: {}, inputResponses, requestState, ...more });
		assert.match((await again(first.requestState)).content[0].text, /state-ok/);
		assert.equal((await again(undefined)).resultType, 'input_required');
		for (const bad of [`${first.requestState}x`, first.requestState.slice(1), '', 'AAAA'])
			await assert.rejects(again(bad), { code: -32602 });
		await assert.rejects(again(first.requestState, { arguments: { x: 1 } }), { code: -32602 });
		const other = await rest(on, 'POST', '/api/api-keys', { json: { mcpTools: null } });
		const stranger = client(on, {
			version: MODERN, capabilities: ALL, key: other.json.data.secret,
		});
		await assert.rejects(
			stranger.result('tools/call', {
				name, arguments: {}, inputResponses, requestState: first.requestState,
			}),
			{ code: -32602 },
		);
	});

	await t.test('an older client is told that it cannot be asked', async () => {
		const result = await speak({ version: '2025-11-25' }).tool('test_elicitation', { message: 'x' });
		assert.equal(result.isError, true);
		assert.match(result.content[0].text, /^UNAVAILABLE: /);
	});
});
