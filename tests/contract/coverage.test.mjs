// Every tool is described, takes only what it names, and occurs in a contract test.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { client, instance } from './lib.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));

// The one tool whose arguments are a table of its own (facts: settings.update).
const OPEN = ['settings.update'];

let tools;
let call;

before(async () => {
	call = client(await instance());
	({ tools } = await call.result('tools/list'));
	assert.ok(tools.length > 0);
});

test('every tool occurs in a contract test', () => {
	const texts = readdirSync(HERE)
		.filter((name) => name.endsWith('.test.mjs') && name !== path.basename(fileURLToPath(import.meta.url)))
		.map((name) => readFileSync(path.join(HERE, name), 'utf8'))
		.join('\n');
	const missing = tools.map((tool) => tool.name).filter((name) => !texts.includes(`'${name}'`));
	assert.deepEqual(missing, []);
});

test('every tool has a title and a description of at least 20 characters', () => {
	for (const tool of tools) {
		assert.ok(tool.title?.length > 0, tool.name);
		assert.ok(tool.description.length >= 20, tool.name);
	}
});

test('every input schema is closed, and every argument is described', () => {
	for (const tool of tools) {
		assert.equal(tool.inputSchema.type, 'object', tool.name);
		assert.equal(tool.inputSchema.additionalProperties, OPEN.includes(tool.name), tool.name);
		for (const [name, schema] of Object.entries(tool.inputSchema.properties ?? {}))
			assert.ok(schema.description?.length > 0, `${tool.name} ${name}`);
	}
});

// Some clients refuse a tool whose arrays do not say of what.
function arraysWithoutItems(schema, at) {
	if (schema === null || typeof schema !== 'object') return [];
	const types = [schema.type].flat();
	const found = types.includes('array') && schema.items === undefined ? [at] : [];
	for (const [key, value] of Object.entries(schema)) found.push(...arraysWithoutItems(value, `${at}.${key}`));
	return found;
}

test('every array says what it holds', () => {
	assert.deepEqual(
		tools.flatMap((tool) => arraysWithoutItems(tool.inputSchema, tool.name)),
		[],
	);
});

test('names are 1 to 64 letters, digits, _ and -, flat and unique', async () => {
	const flat = (await client(await instance(), { query: '?names=flat' }).result('tools/list')).tools;
	for (const tool of flat) assert.match(tool.name, /^[A-Za-z0-9_-]{1,64}$/);
	assert.equal(new Set(flat.map((tool) => tool.name)).size, tools.length);
	assert.deepEqual(
		flat.map((tool) => tool.name.replace('-', '.')),
		tools.map((tool) => tool.name),
	);
});

test('annotations follow the kind, and all three kinds occur (A4, A6)', () => {
	for (const tool of tools) {
		assert.ok(['read', 'write', 'destruct'].includes(tool.kind), tool.name);
		assert.equal(tool.annotations.readOnlyHint, tool.kind === 'read', tool.name);
		assert.equal(tool.annotations.destructiveHint, tool.kind === 'destruct', tool.name);
	}
	assert.deepEqual([...new Set(tools.map((tool) => tool.kind))].sort(), ['destruct', 'read', 'write']);
});

// settings.update needs a setting, apikeys.create has a default for everything.
test('tools that write refuse to do it without arguments', async () => {
	for (const tool of tools) {
		if (tool.kind === 'read' || tool.name === 'apikeys.create') continue;
		const result = await call.result('tools/call', { name: tool.name, arguments: {} });
		assert.equal(result.isError, true, tool.name);
		assert.match(result.content[0].text, /^VALIDATION: /, tool.name);
	}
});
