// /api/openapi.json describes the REST interface as it is.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';

import { allTools } from './evidence.mjs';
import { http, instance, ROOT } from './lib.mjs';
import { run, temporary } from './stage.mjs';
import { collection, ROUTES, workspace } from './world.mjs';

const SPECTRAL = path.join(ROOT, 'tests/node_modules/@stoplight/spectral-cli/dist/index.js');
const skip = existsSync(SPECTRAL) ? false : '@stoplight/spectral-cli is not installed (npm install in tests/)';

let to;
let ws;
let slug;
let api;
let operations; // [{ method, route, operation }]
const ajv = new Ajv2020({ strict: false, validateFormats: false });

before(async () => {
	to = await instance();
	ws = await workspace(to);
	slug = await collection(ws, [{ name: 'title', type: 'text' }]);
	const res = await ws.admin.http('GET', '/api/openapi.json');
	assert.equal(res.status, 200);
	api = res.json;
	operations = Object.entries(api.paths).flatMap(([route, methods]) =>
		Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), route, operation })),
	);
});

test('it is valid OpenAPI without a single remark', { skip }, async () => {
	const dir = temporary();
	const file = (name) => path.join(dir, name);
	writeFileSync(file('openapi.json'), JSON.stringify(api));
	writeFileSync(file('ruleset.yaml'), 'extends: ["spectral:oas"]\n');
	const args = [
		SPECTRAL,
		'lint',
		'--ruleset',
		file('ruleset.yaml'),
		'--format',
		'json',
		'--fail-severity',
		'hint',
		file('openapi.json'),
	];
	const { status, stdout, stderr } = await run(process.execPath, args);
	const remarks = JSON.parse(stdout.slice(stdout.indexOf('['), stdout.lastIndexOf(']') + 1));
	assert.deepEqual(
		remarks.map((remark) => `${remark.code} at ${remark.path.join('.')}: ${remark.message}`),
		[],
	);
	assert.equal(status, 0, stderr);
});

test('it is served with a version, an address and how to sign in', async () => {
	assert.match(api.openapi, /^3\.1\.\d+$/);
	assert.equal(api.info.title, 'coffer');
	assert.equal(api.servers.length, 1);
	assert.ok(api.security.length > 0);
	for (const entry of api.security)
		for (const name of Object.keys(entry)) assert.ok(name in api.components.securitySchemes, name);
	const head = await http(`${to.url}/api/openapi.json`, { method: 'HEAD' });
	assert.equal(head.status, 200);
	assert.equal(head.text, '');
	const posted = await http(`${to.url}/api/openapi.json`, { method: 'POST' });
	assert.equal(posted.status, 405);
	assert.match(posted.headers.get('allow'), /GET/);
});

test('it names operations, and nothing of any workspace', () => {
	assert.ok(!JSON.stringify(api).includes(slug));
	assert.ok(!JSON.stringify(api).includes(ws.slug));
});

test('every tool with a route is in it, with the same arguments', async () => {
	const tools = await allTools(to);
	const found = new Map(operations.map((entry) => [entry.operation.operationId, entry]));
	assert.equal(found.size, operations.length, 'operationIds are unique');
	for (const { name, inputSchema, description, title } of tools) {
		const [method, route, status, { body } = {}] = ROUTES[name] ?? [];
		assert.ok(method, `${name} has a route`);
		const entry = found.get(name);
		assert.ok(entry, `${name} is described`);
		// A segment may go by another name there.
		const shape = (text) => text.replace(/\{\w+\}/g, '{}');
		assert.deepEqual([entry.method, shape(entry.route)], [method, shape(route)], name);
		assert.equal(entry.operation.summary, title, name);
		assert.equal(entry.operation.description, description, name);
		assert.ok(entry.operation.responses[status], `${name}: ${status}`);
		assert.ok(entry.operation.responses.default, `${name}: errors`);
		assert.ok(
			api.tags.some((tag) => tag.name === entry.operation.tags[0]),
			name,
		);

		const parameters = entry.operation.parameters ?? [];
		const schema = entry.operation.requestBody?.content['application/json'].schema;
		const members = body ? { [body]: schema } : (schema?.properties ?? {});
		const renamed = new Map(
			[...route.matchAll(/\{(\w+)\}/g)].map(([, own], i) => [own, [...entry.route.matchAll(/\{(\w+)\}/g)][i][1]]),
		);
		const named = (argument) => renamed.get(argument) ?? argument;
		const names = [...parameters.map((parameter) => parameter.name), ...Object.keys(members)];
		for (const argument of Object.keys(inputSchema.properties ?? {}))
			assert.ok(names.includes(named(argument)), `${name}: ${argument}`);
		for (const argument of inputSchema.required ?? []) {
			const parameter = parameters.find((row) => row.name === named(argument));
			const needed = parameter ? parameter.required : argument === body || schema.required.includes(argument);
			assert.ok(needed, `${name}: ${argument} is required`);
		}
		for (const [, segment] of entry.route.matchAll(/\{(\w+)\}/g)) {
			const parameter = parameters.find((row) => row.name === segment);
			assert.equal(parameter?.in, 'path', `${name}: ${segment}`);
			assert.equal(parameter.required, true);
		}
	}
});

// Schemas of the document, with its references.
const compiled = (schema) => ajv.compile({ ...schema, components: api.components });

test('every operation is answered, and errors are as described', async () => {
	const isError = compiled({ $ref: '#/components/schemas/Error' });
	for (const { method, route, operation } of operations) {
		const filled = route.replace(/\{(\w+)\}/g, '0190a6e2-7c1b-7d3e-8f00-1234567890ab');
		const json = operation.requestBody ? { nonsense: 1 } : undefined;
		const res = await ws.admin.http(method, filled, { json });
		const note = `${method} ${route}: ${res.status} ${res.text.slice(0, 200)}`;
		assert.notEqual(res.status, 405, note);
		assert.ok(res.status < 500, note);
		assert.doesNotMatch(res.text, /no such route|nothing at this path/, note);
		if (res.status >= 400) assert.ok(isError(res.json), `${note}: ${JSON.stringify(isError.errors)}`);
		// Without signing in nobody gets further, but rows may be public: arguments are judged first.
		const stranger = await http(to.url + filled, {
			method,
			body: json && JSON.stringify(json),
			headers: { 'content-type': 'application/json' },
		});
		const told = stranger.status === 422 && route.startsWith('/api/items/') ? 401 : stranger.status;
		assert.equal(told, 401, `${note} to a stranger: ${stranger.text}`);
	}
	const nowhere = await ws.admin.http('GET', '/api/nonsense');
	assert.equal(nowhere.status, 404);
	assert.ok(isError(nowhere.json));
	const wrong = await ws.admin.http('PUT', '/api/roles');
	assert.equal(wrong.status, 405);
	assert.ok(isError(wrong.json));
});

test('what is answered is what is described', async () => {
	const { data } = await ws.admin.do('collections.insert', { collection: slug, data: { title: 'a' } });
	const { data: roles } = await ws.admin.do('roles.list');
	const values = { slug, collection: slug, id: data.id, roleId: roles[0].id };
	for (const { method, route, operation } of operations.filter((entry) => entry.method === 'GET')) {
		const filled = route.replace(/\{(\w+)\}/g, (_, name) => values[name]);
		const caller = /\/admin\/db\//.test(route) ? { key: to.key } : { key: ws.admin.key };
		const res = await http(to.url + filled, { method, ...caller });
		assert.equal(res.status, 200, `${route}: ${res.text}`);
		const judge = compiled(operation.responses[200].content['application/json'].schema);
		assert.ok(judge(res.json), `${route}: ${JSON.stringify(judge.errors)}`);
	}
});
