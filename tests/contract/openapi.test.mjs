// /api/openapi.json describes the REST routes as they are.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';

import { client, instance, rest, ROOT } from './lib.mjs';

const run = promisify(execFile);
const SPECTRAL = path.join(ROOT, 'tests/node_modules/@stoplight/spectral-cli/dist/index.js');
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

let to;
let document;

before(async () => {
	to = await instance();
	const res = await rest(to, 'GET', '/api/openapi.json', { anonymous: true });
	assert.equal(res.status, 200);
	document = res.json;
});

const operations = () =>
	Object.entries(document.paths).flatMap(([route, methods]) =>
		Object.entries(methods)
			.filter(([method]) => METHODS.includes(method))
			.map(([method, operation]) => ({ route, method, operation })),
	);

test('it is OpenAPI 3.1 without a finding of the linter', async () => {
	assert.match(document.openapi, /^3\.1\.\d$/);
	const dir = mkdtempSync(path.join(tmpdir(), 'coffer-openapi-'));
	try {
		const file = path.join(dir, 'openapi.json');
		const ruleset = path.join(dir, 'ruleset.json');
		const out = path.join(dir, 'findings.json');
		writeFileSync(file, JSON.stringify(document));
		writeFileSync(ruleset, JSON.stringify({ extends: ['spectral:oas'] }));
		await run(process.execPath, [
			SPECTRAL, 'lint', file, '-r', ruleset, '-f', 'json', '-o', out, '--quiet',
		]).catch((e) => {
			if (e.code !== 1) throw e;
		});
		const findings = JSON.parse(readFileSync(out, 'utf8'));
		assert.deepEqual(
			findings.map((f) => `${f.code} ${f.path.join('.')} ${f.message}`),
			[],
		);
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
});

test('every route in it exists', async () => {
	assert.ok(operations().length > 30);
	for (const { route, method } of operations()) {
		const url = route.replaceAll(/\{[^}]+\}/g, '00000000-0000-7000-8000-000000000000');
		const res = await rest(to, method.toUpperCase(), url, { anonymous: true });
		// who is asked first, but where strangers may come in the inputs are judged
		assert.ok([401, 422].includes(res.status), `${method} ${url}: ${res.text}`);
	}
});

test('every tool has a route in it, under its own name', async () => {
	const { tools } = await client(to).result('tools/list');
	const ids = new Set(operations().map(({ operation }) => operation.operationId));
	assert.deepEqual(
		tools.map((tool) => tool.name).filter((name) => !ids.has(name)),
		[],
	);
});

test('a body of it is what the route takes', async () => {
	const { operation } = operations().find(({ operation: o }) => o.operationId === 'roles.create');
	const { schema } = operation.requestBody.content['application/json'];
	assert.deepEqual(schema.required, ['name']);
	assert.equal(schema.additionalProperties, false);
	assert.deepEqual(Object.keys(schema.properties), ['name', 'description', 'admin']);
});
