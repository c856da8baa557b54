// Every tool is described so that a model can use it, takes only what it names, and occurs in a contract
// test.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import Ajv2020 from 'ajv/dist/2020.js';

import { allTools } from './evidence.mjs';
import { client, instance, MODERN } from './lib.mjs';
import { ROUTES, workspace } from './world.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));

let to;
let ws;
let tools;

before(async () => {
	to = await instance();
	ws = await workspace(to);
	tools = await allTools(to);
});

// Every object within a schema, with its place.
function* parts(schema, at) {
	if (Array.isArray(schema)) for (const [i, part] of schema.entries()) yield* parts(part, `${at}[${i}]`);
	else if (schema && typeof schema === 'object') {
		yield [schema, at];
		for (const [name, part] of Object.entries(schema)) yield* parts(part, `${at}.${name}`);
	}
}

const typesOf = (schema) => [schema.type].flat();
const calls = (name) => client(to, { key: ws.admin.key }).tool(name, {});

test('every tool occurs in a contract test', () => {
	const texts = readdirSync(HERE)
		.filter((name) => name.endsWith('.test.mjs') && name !== path.basename(fileURLToPath(import.meta.url)))
		.map((name) => readFileSync(path.join(HERE, name), 'utf8'));
	for (const { name } of tools) {
		const word = new RegExp(`['"\`]${name.replace('.', '\\.')}['"\`]`);
		assert.ok(
			texts.some((text) => word.test(text)),
			`${name} is in no test`,
		);
	}
});

test('the tools are those of the registry, each with a route', () => {
	assert.deepEqual(tools.map(({ name }) => name).sort(), Object.keys(ROUTES).sort());
	assert.equal(new Set(tools.map(({ name }) => name)).size, tools.length);
	assert.equal(new Set(tools.map(({ title }) => title)).size, tools.length, 'titles tell them apart');
});

test('a name suits every client, in both spellings', async () => {
	const flat = await client(to, { query: '?names=flat' }).result('tools/list');
	for (const { name } of flat.tools) assert.match(name, /^[A-Za-z0-9_-]{1,64}$/);
	for (const { name } of tools) assert.match(name, /^[A-Za-z0-9_.-]{1,64}$/);
	assert.equal(new Set(flat.tools.map(({ name }) => name)).size, tools.length);
});

test('a tool says what it does, in more than 20 characters, and so does each argument', () => {
	for (const { name, title, description, inputSchema } of tools) {
		assert.ok(description.length >= 20, name);
		assert.match(description, /\.$/, name);
		assert.ok(title.length >= 3, name);
		for (const [argument, schema] of Object.entries(inputSchema.properties ?? {}))
			assert.ok(schema.description?.length >= 10, `${name}: ${argument}`);
	}
});

test('kind and annotations agree', () => {
	const kinds = new Map(tools.map(({ name, kind }) => [name, kind]));
	assert.deepEqual([...new Set(kinds.values())].sort(), ['destruct', 'read', 'write']);
	assert.equal(kinds.get('schema.list_collections'), 'read');
	assert.equal(kinds.get('collections.aggregate'), 'read');
	assert.equal(kinds.get('collections.delete'), 'destruct');
	assert.equal(kinds.get('db.execute_sql'), 'write');
	for (const { name, kind, annotations, title } of tools) {
		assert.equal(annotations.readOnlyHint, kind === 'read', name);
		assert.equal(annotations.destructiveHint, kind === 'destruct', name);
		assert.equal(typeof annotations.idempotentHint, 'boolean', name);
		if (kind === 'read') assert.equal(annotations.idempotentHint, true, name);
		assert.equal(annotations.openWorldHint, false, name);
		assert.equal(annotations.title, title, name);
		const verb = name.split('.')[1].split('_')[0];
		if (['list', 'read', 'search', 'get', 'describe'].includes(verb)) assert.equal(kind, 'read', name);
		if (['delete', 'drop', 'revoke', 'suspend'].includes(verb)) assert.equal(kind, 'destruct', name);
		if (['create', 'insert', 'update', 'grant', 'assign'].includes(verb)) assert.equal(kind, 'write', name);
	}
});

test('a schema is good JSON Schema that any client understands', () => {
	const ajv = new Ajv2020({ strict: false, validateFormats: false });
	for (const { name, inputSchema, outputSchema } of tools) {
		assert.equal(inputSchema.type, 'object', name);
		assert.ok(ajv.validateSchema(inputSchema), `${name}: ${ajv.errorsText()}`);
		ajv.compile(inputSchema);
		for (const argument of inputSchema.required ?? [])
			assert.ok(argument in inputSchema.properties, `${name}: ${argument}`);
		if (outputSchema) {
			assert.equal(outputSchema.type, 'object', name);
			assert.ok(ajv.validateSchema(outputSchema), `${name}: ${ajv.errorsText()}`);
			ajv.compile(outputSchema);
		}
		for (const [part, at] of parts({ inputSchema, outputSchema: outputSchema ?? {} }, name)) {
			// Some clients refuse a schema with a list whose entries are not told.
			if (typesOf(part).includes('array')) assert.equal(typeof part.items, 'object', `${at}: items`);
			assert.equal('$ref' in part && typeof part.$ref === 'string', false, `${at}: nothing to resolve`);
			if (Array.isArray(part.enum)) assert.ok(part.enum.length > 0, at);
		}
	}
	const described = tools.filter(({ outputSchema }) => outputSchema).map(({ name }) => name);
	for (const name of [
		'schema.list_collections',
		'schema.describe_collection',
		'collections.list',
		'collections.aggregate',
	])
		assert.ok(described.includes(name), name);
	assert.ok(!described.includes('collections.read'), 'a row is what its collection says');
});

test('a schema admits no argument that it does not name', () => {
	for (const { name, inputSchema } of tools) {
		assert.equal(inputSchema.additionalProperties, name === 'settings.update', name);
		for (const [part, at] of parts(inputSchema.properties ?? {}, name))
			if (part.properties && typesOf(part).includes('object'))
				assert.equal(part.additionalProperties, false, `${at}: an object with named members`);
	}
});

test('what writes refuses to do it without being told what', async () => {
	const writing = tools.filter(({ kind }) => kind !== 'read');
	// A key may be made with nothing said: it has a name by itself, and may use no tool.
	assert.deepEqual(
		writing.filter(({ inputSchema }) => !inputSchema.required).map(({ name }) => name),
		['apikeys.create', 'settings.update'],
	);
	for (const { name, inputSchema } of writing) {
		if (name === 'apikeys.create') continue;
		const { isError, content } = await calls(name);
		assert.equal(isError, true, name);
		assert.match(content[0].text, /^VALIDATION: /, name);
		if (inputSchema.required) assert.match(content[0].text, new RegExp(`"${inputSchema.required[0]}"`), name);
	}
});

test('the list is the same whenever it is asked for', async () => {
	const text = JSON.stringify(tools);
	for (const version of ['2025-11-25', MODERN])
		for (let i = 0; i < 5; i++) {
			const listed = await client(to, { version }).result('tools/list');
			assert.equal(JSON.stringify(listed.tools), text);
		}
});

test('the fixtures of the conformance suite are off', () => {
	for (const { name } of tools) assert.doesNotMatch(name, /^test_|json_schema_2020/);
});
