// The JSON parsing suite (318 files: y_ is JSON, n_ is not, i_ is up to the parser) on every way in.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';

import { each } from './evidence.mjs';
import { client, http, instance, post, ROOT } from './lib.mjs';
import { collection, countRows, workspace } from './world.mjs';

const SUITES = process.env.COFFER_TESTSUITES ?? path.join(ROOT, '../shared/testsuites');
const FOLDER = path.join(SUITES, 'json-parsing/test_parsing');
const skip = existsSync(FOLDER)
	? false
	: `the folder testsuites/json-parsing is missing; COFFER_TESTSUITES says where the suites are`;
const names = skip ? [] : readdirSync(FOLDER).sort();
const files = (kind) => names.filter((name) => name.startsWith(`${kind}_`) && name.endsWith('.json'));
const content = (name) => readFileSync(path.join(FOLDER, name));

// Good JSON that is refused all the same: which of two equal keys counts is left open by the
// standard, and a key with U+0000 no C string holds.
const REFUSED = [
	'y_object_duplicated_key.json',
	'y_object_duplicated_key_and_value.json',
	'y_object_escaped_null_in_key.json',
];

let ws;
let slug;
const mcp = (body) => post(`${ws.to.url}/mcp`, body, { key: ws.admin.key });
const api = (body) =>
	http(`${ws.to.url}/api/items/${slug}`, {
		method: 'POST',
		key: ws.admin.key,
		body,
		headers: { 'content-type': 'application/json' },
	});

before(async () => {
	if (skip) return;
	ws = await workspace(await instance());
	slug = await collection(ws, [{ name: 'value', type: 'json' }]);
});

test('the suite is whole', { skip }, () => {
	assert.deepEqual({ n: files('n').length, y: files('y').length, i: files('i').length }, { n: 188, y: 95, i: 35 });
	for (const name of REFUSED) assert.ok(names.includes(name), name);
});

test('what is no JSON is a parse error over MCP', { skip }, async () => {
	await each(files('n'), async (name) => {
		const res = await mcp(content(name));
		assert.equal(res.status, 400, name);
		assert.equal(res.json.jsonrpc, '2.0', name);
		assert.equal(res.json.error.code, -32700, `${name}: ${res.text}`);
		assert.ok(!('id' in res.json), `${name}: there is no id to repeat`);
		assert.ok(res.json.error.message.length > 10, `${name}: ${res.text}`);
	});
});

// An empty body is none.
test('what is no JSON is a parse error over REST', { skip }, async () => {
	const some = files('n').filter((file) => content(file).length > 0);
	await each(some, async (name) => {
		const res = await api(content(name));
		assert.equal(res.status, 400, `${name}: ${res.text}`);
		assert.equal(res.json.error.code, 'PARSE', name);
	});
	assert.equal(await countRows(ws, slug), 0);
});

// {} is a row, too: one without values.
test('what is JSON is understood', { skip }, async () => {
	await each(files('y'), async (name) => {
		const res = await mcp(content(name));
		// None of them is a request, so all are refused, but for what they say.
		assert.equal(res.status, 400, name);
		assert.notEqual(res.json.error.code, -32700, `${name}: ${res.text}`);
		if (content(name).toString().trim() === '{}') return;
		assert.notEqual((await api(content(name))).json.error.code, 'PARSE', name);
	});
	assert.equal(await countRows(ws, slug), 0);
});

test('keys that stand twice or hold U+0000 are refused by name', { skip }, async () => {
	for (const name of REFUSED) {
		const res = await mcp(content(name));
		assert.equal(res.json.error.code, -32600, name);
		assert.match(res.json.error.message, /key/, name);
		assert.equal((await api(content(name))).json.error.code, 'BAD_REQUEST', name);
	}
});

test('what is JSON comes back as it was', { skip }, async () => {
	const speaker = client(ws.to, { key: ws.admin.key });
	const some = files('y').filter((file) => !REFUSED.includes(file));
	await each(some, async (name) => {
		const value = content(name).toString();
		const res = await mcp(
			`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"collections.insert",` +
				`"arguments":{"collection":"${slug}","data":{"value":${value}}}}}`,
		);
		const { result } = res.json;
		assert.ok(!result.isError, `${name}: ${result.content[0].text}`);
		const { id } = result.structuredContent.data;
		const { data } = await speaker.data('collections.read', { collection: slug, id });
		assert.deepStrictEqual(data.value, JSON.parse(value), name);
	});
});

test('what is up to the parser is answered, one way or the other', { skip }, async () => {
	for (const name of files('i'))
		for (const send of [mcp, api]) {
			const res = await send(content(name));
			assert.ok(res.status >= 400 && res.status < 500, `${name}: ${res.status} ${res.text}`);
			assert.ok(res.json.error.message.length > 10, name);
		}
	assert.deepEqual(await client(ws.to, { key: ws.admin.key }).result('ping'), {});
});
