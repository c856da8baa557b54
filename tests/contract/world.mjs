// What the tests of the tools share: workspaces and people of their own, and one way to call a tool
// over MCP and over its REST route, so that every case is judged on both faces.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import { client, instance, rest as restCall, signIn, unique } from './lib.mjs';
import { COFFER } from './stage.mjs';

export const FACES = ['mcp', 'rest'];

// Codes and their HTTP status (facts: REST envelope).
export const STATUS = {
	BAD_REQUEST: 400,
	PARSE: 400,
	UNAUTHORIZED: 401,
	FORBIDDEN: 403,
	NOT_FOUND: 404,
	CONFLICT: 409,
	GONE: 410,
	PAYLOAD_TOO_LARGE: 413,
	VALIDATION: 422,
	RATE_LIMITED: 429,
	INTERNAL: 500,
	UNAVAILABLE: 503,
};

// tool: method, path, status of success; body: the argument that is the whole body; wrap: REST puts
// the result under data; list: REST calls this member data.
export const ROUTES = {
	'schema.list_collections': ['GET', '/api/collections', 200, { list: 'collections' }],
	'schema.describe_collection': ['GET', '/api/collections/{collection}', 200, { wrap: true }],
	'schema.create_collection': ['POST', '/api/collections', 201],
	'schema.update_collection': ['PATCH', '/api/collections/{slug}', 200],
	'schema.drop_collection': ['DELETE', '/api/collections/{slug}', 200],
	'collections.list': ['GET', '/api/items/{collection}', 200],
	'collections.read': ['GET', '/api/items/{collection}/{id}', 200],
	'collections.insert': ['POST', '/api/items/{collection}', 201, { body: 'data' }],
	'collections.update': ['PATCH', '/api/items/{collection}/{id}', 200, { body: 'data' }],
	'collections.delete': ['DELETE', '/api/items/{collection}/{id}', 200],
	'collections.bulk_insert': ['POST', '/api/items/{collection}/bulk-insert', 200],
	'collections.bulk_update': ['POST', '/api/items/{collection}/bulk-update', 200],
	'collections.aggregate': ['POST', '/api/items/{collection}/aggregate', 200],
	'permissions.list_for_role': ['GET', '/api/roles/{roleId}/permissions', 200],
	'permissions.grant': ['POST', '/api/roles/{roleId}/permissions', 201],
	'permissions.revoke': ['DELETE', '/api/permissions/{id}', 200],
	'roles.list': ['GET', '/api/roles', 200],
	'roles.create': ['POST', '/api/roles', 201],
	'roles.assign': ['POST', '/api/users/{userId}/roles', 200],
	'roles.unassign': ['DELETE', '/api/users/{userId}/roles/{roleId}', 200],
	'apikeys.list': ['GET', '/api/api-keys', 200],
	'apikeys.create': ['POST', '/api/api-keys', 201],
	'apikeys.revoke': ['DELETE', '/api/api-keys/{id}', 200],
	'users.list': ['GET', '/api/users', 200],
	'users.suspend': ['PATCH', '/api/users/{id}/suspend', 200],
	'users.activate': ['PATCH', '/api/users/{id}/activate', 200],
	'db.execute_sql': ['POST', '/api/admin/db/sql/run', 200],
	'db.list_tables': ['GET', '/api/admin/db/tables', 200],
	'activity.search': ['GET', '/api/activity', 200],
	'tenants.list': ['GET', '/api/tenants', 200],
	'tenants.switch': ['POST', '/api/tenants/switch', 200],
	'settings.get': ['GET', '/api/admin/settings', 200],
	'settings.update': ['PATCH', '/api/admin/settings', 200],
};

// ---- the operator's command ----

// Run `coffer` against the instance; answers what it printed.
export function coffer(to, args, stdin = '') {
	return new Promise((resolve, reject) => {
		const child = execFile(
			COFFER,
			args,
			{ env: { ...process.env, COFFER_CONFIG: path.join(to.dir, 'coffer.conf') } },
			(error, stdout, stderr) =>
				error
					? reject(new Error(`coffer ${args.join(' ')}: ${stderr || error.message}`))
					: resolve(stdout.trim()),
		);
		// a command that failed before it read says so on standard error
		child.stdin.on('error', () => {});
		child.stdin.end(stdin);
	});
}

// ---- callers ----

const validators = new Map();

// The schemas of all tools, compiled: name -> {input, output}.
export function schemas(to) {
	if (!validators.has(to.url)) validators.set(to.url, compile(to));
	return validators.get(to.url);
}

async function compile(to) {
	const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
	const found = new Map();
	let cursor;
	do {
		const page = await client(to).result('tools/list', cursor ? { cursor } : {});
		for (const tool of page.tools)
			found.set(tool.name, {
				tool,
				input: ajv.compile(tool.inputSchema),
				output: tool.outputSchema && ajv.compile(tool.outputSchema),
			});
		cursor = page.nextCursor;
	} while (cursor);
	return found;
}

// Somebody who calls: a key or a cookie, and the instance.  header names a workspace.
export class Caller {
	constructor(to, { key, cookie, workspace } = {}) {
		Object.assign(this, { to, key, cookie, workspace });
		this.headers = workspace ? { 'x-coffer-workspace': workspace } : {};
	}

	http(method, route, { json, headers } = {}) {
		return restCall(this.to, method, route, {
			json,
			key: this.key,
			cookie: this.cookie,
			anonymous: !this.key && !this.cookie,
			headers: { ...this.headers, ...headers },
		});
	}

	// One call; the outcome is {ok, data} or {code, message, path}, with status on REST.
	call(face, tool, args, options) {
		return face === 'mcp' ? this.mcp(tool, args, options) : this.rest(tool, args, options);
	}

	// The result of a call that must succeed.
	async do(tool, args, face = 'mcp', options) {
		const got = await this.call(face, tool, args, options);
		assert.ok(got.ok, `${tool} over ${face}: ${got.code}: ${got.message}`);
		return got.data;
	}

	async mcp(tool, args, { headers, meta, mount = '/mcp', query = '' } = {}) {
		const result = await client(this.to, {
			key: this.key,
			cookie: this.cookie,
			mount,
			query,
		}).result(
			'tools/call',
			{ name: tool, ...(args ? { arguments: args } : {}) },
			{ headers: { ...this.headers, ...headers }, meta },
		);
		const text = result.content[0].text;
		assert.equal(result.content[0].type, 'text');
		if (!result.structuredContent) return refusal(tool, text, result);
		assert.deepEqual(JSON.parse(text), result.structuredContent, `${tool}: content`);
		assert.ok(!/\n/.test(text), `${tool}: the text is compact`);
		await this.#judge(tool, result.isError ? undefined : args, result.structuredContent);
		return { ok: !result.isError, data: result.structuredContent, isError: result.isError, result };
	}

	async #judge(tool, args, data) {
		const schema = (await schemas(this.to)).get(tool);
		assert.ok(schema, `${tool} is in tools/list`);
		// an answer that reports failures may have been given bad rows
		assert.ok(
			args === undefined || schema.input(args),
			`${tool} took what its schema refuses: ${JSON.stringify(args)?.slice(0, 300)}: ${JSON.stringify(schema.input.errors?.slice(0, 3))}`,
		);
		if (schema.output)
			assert.ok(
				schema.output(data),
				`${tool} outputSchema: ${JSON.stringify(schema.output.errors?.slice(0, 3))}`,
			);
	}

	async rest(tool, args = {}, { headers } = {}) {
		const [method, , status, { wrap, list } = {}] = ROUTES[tool];
		const { route, json } = request(tool, args);
		const res = await this.http(method, route, { json, headers });
		if (res.status >= 400) return restRefusal(tool, res);
		assert.equal(res.status, status, `${tool}: status`);
		assert.match(res.headers.get('content-type'), /^application\/json/);
		if (wrap || list) assert.deepEqual(Object.keys(res.json), ['data'], `${tool}: envelope`);
		const data = wrap ? res.json.data : list ? { [list]: res.json.data } : res.json;
		return { ok: true, data, status: res.status, isError: data.failed > 0 };
	}
}

function refusal(tool, text, result) {
	const [, code, message, , at] = /^([A-Z_]+): (.*?)( \(at (.*)\))?$/s.exec(text) ?? [];
	assert.equal(result.isError, true, `${tool}: isError`);
	assert.ok(code in STATUS, `${tool}: "${text}" begins with a code`);
	return { ok: false, code, message, path: at, text };
}

function restRefusal(tool, res) {
	const { error, requestId, ...rest } = res.json ?? {};
	assert.ok(error, `${tool}: ${res.status} ${res.text}`);
	assert.deepEqual(rest, {}, `${tool}: envelope`);
	assert.match(requestId, /\S/);
	assert.equal(res.status, STATUS[error.code], `${tool}: status of ${error.code}`);
	return {
		ok: false,
		code: error.code,
		message: error.message,
		path: error.details?.path,
		status: res.status,
		headers: res.headers,
	};
}

function queryValue(value) {
	if (Array.isArray(value)) return value.join(',');
	return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

// Arguments as path, query and body.
export function request(tool, args) {
	const [method, template, , { body } = {}] = ROUTES[tool];
	const left = { ...args };
	let route = template.replace(/\{(\w+)\}/g, (_, name) => {
		const value = left[name];
		delete left[name];
		return encodeURIComponent(value);
	});
	if (method === 'GET' || method === 'DELETE') {
		const query = new URLSearchParams(
			Object.entries(left)
				.filter(([, value]) => value !== undefined)
				.map(([name, value]) => [name, queryValue(value)]),
		);
		if (query.size) route += `?${query}`;
		return { route };
	}
	return { route, json: body ? left[body] : left };
}

// Judge a refusal: code, and message as a string or pattern.
export function refused(got, code, message, note = '') {
	assert.equal(got.ok, false, `${note} should be refused, got ${JSON.stringify(got.data)?.slice(0, 300)}`);
	assert.equal(got.code, code, `${note}: ${got.message}`);
	if (message instanceof RegExp) assert.match(got.message, message, note);
	else if (message !== undefined) assert.equal(got.message, message, note);
	assert.doesNotMatch(got.message, /SQL|coffer_|\bc_\d+_\d+\b|\/tmp|\.c:/, 'nothing of the inside shows');
	return got;
}

// ---- workspaces and people ----

const PASSWORD = 'correct horse 1';

// A new workspace whose administrator is the instance's operator.
export async function workspace(to, { name = 'Contract test', protect = false } = {}) {
	to ??= await instance();
	const slug = unique('w').replaceAll('_', '-');
	const id = await coffer(to, ['workspace', 'create', name, '--slug', slug, '--owner', to.email]);
	const key = await newKey(to, to.email, slug);
	if (protect) await coffer(to, ['workspace', 'protect', slug]);
	return { id, slug, name, to, admin: new Caller(to, { key }) };
}

const newKey = (to, email, slug, more = []) =>
	coffer(to, [
		'key', 'create', '--user', email, '--workspace', slug, '--secret-only', '--name', 'test', ...more,
	]);

// A new member of the workspace, with roles (names of new roles, or ids) and a key without guards.
export async function member(ws, { admin = false, operator = false, roles = [], key = true } = {}) {
	const email = `${unique('user')}@example.org`;
	const id = await coffer(
		ws.to,
		[
			'user', 'add', email, '--name', 'Test Person', '--workspace', ws.slug,
			...(admin ? ['--admin'] : []), ...(operator ? ['--operator'] : []), '--password-stdin',
		],
		`${PASSWORD}\n`,
	);
	const person = new Caller(ws.to, { key: key ? await newKey(ws.to, email, ws.slug) : undefined });
	Object.assign(person, { id, email, password: PASSWORD });
	for (const roleId of roles) await ws.admin.do('roles.assign', { userId: id, roleId });
	return person;
}

// A key with options of `coffer key create`.
export const keyOf = async (ws, email, more) =>
	new Caller(ws.to, { key: await newKey(ws.to, email, ws.slug, more) });

// The same person with a cookie; the workspace is named by header.
export async function session(ws, person) {
	const cookie = await signIn(ws.to, person?.email, person?.password);
	return new Caller(ws.to, { cookie, workspace: ws.slug });
}

// A new role with grants {collection: 'read update' or {read: [fields] | true, ...}}.
export async function role(ws, grants = {}) {
	const { data } = await ws.admin.do('roles.create', { name: unique('role') });
	for (const [collection, actions] of Object.entries(grants)) {
		const list =
			typeof actions === 'string'
				? Object.fromEntries(actions.split(' ').map((action) => [action, true]))
				: actions;
		for (const [action, fields] of Object.entries(list))
			await ws.admin.do('permissions.grant', {
				roleId: data.id,
				collection,
				action,
				...(fields === true ? {} : { fields }),
			});
	}
	return data;
}

// A new collection; answers its slug.
export async function collection(ws, fields, more = {}) {
	const slug = more.slug ?? unique('col');
	await ws.admin.do('schema.create_collection', { ...more, slug, fields });
	return slug;
}

// How many rows the collection has, as its administrator counts.
export async function countRows(ws, slug) {
	const got = await ws.admin.do('collections.list', {
		collection: slug,
		limit: 1,
		meta: 'total_count',
	});
	return got.meta.total_count;
}

// What SQL says, for a second look at the database: rows of the first statement.
export async function sql(to, text) {
	const operator = new Caller(to, { key: to.key });
	return (await operator.do('db.execute_sql', { sql: text })).data[0].rows;
}

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
export const NO_ID = '00000000-0000-7000-8000-000000000000';
