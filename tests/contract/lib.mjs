// What all contract tests share: a coffer of their own behind a real web server, REST and JSON-RPC
// over plain HTTP in both eras, and the protocol's schemas.
//
// COFFER_CONNECTION names a connection.json of a running instance to use instead of starting one; it
// must have been started without fixtures and may be written to.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const QUICKSTART = path.join(ROOT, 'deploy/quickstart');

// ---- instances ----

export async function freePort() {
	const server = net.createServer();
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	return port;
}

const started = [];

// Registered here, for the file: inside a hook it would run when the hook is over.
after(async () => {
	for (const dir of started) {
		await run(QUICKSTART, ['--stop', '--dir', dir]);
		rmSync(dir, { recursive: true, force: true });
	}
});

// Start an instance in a directory of its own; it is stopped and removed after the tests of the file.
// env: further environment, such as { COFFER_SERVER_TEST_FIXTURES: 'true' }.
export async function start({ env = {}, args = [] } = {}) {
	const dir = mkdtempSync(path.join(tmpdir(), 'coffer-'));
	started.push(dir);
	const port = await freePort();
	try {
		await run(
			QUICKSTART,
			['--detach', '--no-install', '--port', String(port), '--dir', dir, ...args],
			{ env: { ...process.env, ...env }, maxBuffer: 1 << 24 },
		);
	} catch (e) {
		throw new Error(`quickstart failed: ${e.stderr || e.stdout || e.message}`);
	}
	return { ...JSON.parse(readFileSync(path.join(dir, 'connection.json'), 'utf8')), dir };
}

let shared;

// Tests sign in and make keys all the time, from one address, and adopt tables that they made.
export const ROOMY = {
	COFFER_DATABASE_ADOPTABLE_TABLES: 'adopt_*',
	COFFER_SECURITY_SIGN_IN_PER_MINUTE: '0',
	COFFER_SECURITY_SIGN_UP_PER_MINUTE: '0',
	COFFER_SECURITY_KEYS_PER_MINUTE: '0',
};

async function connect(file) {
	const dir = path.dirname(path.resolve(file));
	return { ...JSON.parse(readFileSync(file, 'utf8')), dir };
}

// The instance of this test file.  One that is named must have been started with ROOMY.
export function instance() {
	if (process.env.COFFER_CONNECTION) shared ??= connect(process.env.COFFER_CONNECTION);
	shared ??= start({ env: ROOMY });
	return shared;
}

// A name that no other test uses.
let counter = 0;
export const unique = (stem) =>
	`${stem}_${process.pid.toString(36)}${Date.now().toString(36)}${(counter++).toString(36)}`;

// ---- HTTP ----

// A connection for each request: one that is kept may be closed by the server just as it is used again.
const agent = new Agent({ keepAlive: false });

function exchange(url, options, body) {
	return new Promise((resolve, reject) => {
		const req = request(url, { ...options, agent }, (res) => {
			const headers = new Headers();
			for (let i = 0; i < res.rawHeaders.length; i += 2)
				headers.append(res.rawHeaders[i], res.rawHeaders[i + 1]);
			const parts = [];
			res.on('data', (part) => parts.push(part));
			res.on('error', reject);
			res.on('end', () =>
				resolve({ status: res.statusCode, headers, text: Buffer.concat(parts).toString() }),
			);
		});
		// After an early answer the rest of the body may have nowhere to go.
		req.on('error', reject);
		req.end(body);
	});
}

// One request.  key: bearer token; cookie: Cookie header; json: body to be encoded.  The answer's body
// is in text, and decoded in json where it is JSON.
export async function http(url, { method = 'GET', key, cookie, json, body, headers = {} } = {}) {
	const sent = { ...headers };
	if (key) sent.authorization = `Bearer ${key}`;
	if (cookie) sent.cookie = cookie;
	if (json !== undefined) {
		body = JSON.stringify(json);
		sent['content-type'] ??= 'application/json';
	}
	const res = await exchange(url, { method, headers: sent }, body);
	const { text } = res;
	let decoded;
	if (text && (res.headers.get('content-type') ?? '').startsWith('application/json'))
		decoded = JSON.parse(text);
	return { status: res.status, headers: res.headers, text, json: decoded };
}

// REST: rest(instance, 'GET', '/api/roles', { key }).  Without credentials the administrator's key is
// used; anonymous: true sends none.
export function rest(to, method, route, { json, key, cookie, headers, anonymous } = {}) {
	const own = !anonymous && !key && !cookie ? to.key : key;
	return http(to.url + route, { method, key: own, cookie, json, headers });
}

// Sign in and return the Cookie header to send.
export async function signIn(to, email = to.email, password = to.password) {
	const res = await rest(to, 'POST', '/api/auth/sign-in/email', {
		json: { email, password },
		anonymous: true,
	});
	if (res.status !== 200) throw new Error(`sign-in: ${res.status} ${res.text}`);
	return res.headers
		.getSetCookie()
		.map((line) => line.split(';')[0])
		.join('; ');
}

// ---- JSON-RPC ----

export const LEGACY = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];
export const MODERN = '2026-07-28';
export const META = 'io.modelcontextprotocol/';

function parseEvents(text) {
	return text
		.split('\n\n')
		.map((block) => block.split('\n').filter((line) => line.startsWith('data:')))
		.filter((lines) => lines.length > 0)
		.map((lines) => JSON.parse(lines.map((line) => line.slice(5).trim()).join('\n')));
}

// POST text to an MCP endpoint as it is.  Of an event stream the last message is in json and the ones
// before it in events.
export async function post(url, text, { headers = {}, ...rest } = {}) {
	const res = await http(url, {
		method: 'POST',
		body: text,
		headers: {
			'content-type': 'application/json',
			accept: 'application/json, text/event-stream',
			...headers,
		},
		...rest,
	});
	if ((res.headers.get('content-type') ?? '').startsWith('text/event-stream')) {
		const messages = parseEvents(res.text);
		res.json = messages.pop();
		res.events = messages;
	}
	return res;
}

// The names of headers are ASCII; values that are not go as base64, as the protocol says.
const encodeHeader = (value) =>
	/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value) && !/^=\?base64\?.*\?=$/.test(value)
		? value
		: `=?base64?${Buffer.from(value).toString('base64')}?=`;

let nextId = 1;

// A speaker of one era: client(instance, { version, key, mount, query, capabilities }).
//   request(method, params)  the HTTP answer; its json is validated against the protocol's schema
//   result(method, params)   the result, or a thrown error with code and data
//   tool(name, args)         tools/call: the result
//   data(name, args)         tools/call that must succeed: structuredContent
export function client(to, options = {}) {
	const { version = '2025-11-25', mount = '/mcp', query = '', capabilities = {} } = options;
	const modern = version === MODERN;
	const credentials = options.cookie
		? { cookie: options.cookie }
		: { key: options.key ?? to.key };

	const request = async (method, params, { id = nextId++, headers = {}, meta = {} } = {}) => {
		const sent = { ...headers };
		let body = params;
		sent['mcp-protocol-version'] ??= version;
		if (modern) {
			const subject = params?.name ?? params?.uri;
			sent['mcp-method'] ??= method;
			if (subject !== undefined && method !== 'completion/complete')
				sent['mcp-name'] ??= encodeHeader(subject);
			meta = {
				[`${META}protocolVersion`]: version,
				[`${META}clientInfo`]: { name: 'contract', version: '1' },
				[`${META}clientCapabilities`]: capabilities,
				...meta,
			};
		}
		if (Object.keys(meta).length > 0) body = { ...params, _meta: meta };
		const res = await post(
			to.url + mount + query,
			JSON.stringify({ jsonrpc: '2.0', id, method, ...(body ? { params: body } : {}) }),
			{ headers: sent, ...credentials },
		);
		if (res.json?.jsonrpc) validate(version, method, res.json, id);
		return res;
	};
	const result = async (method, params, more) => {
		const { json, status, text } = await request(method, params, more);
		if (json?.result) return json.result;
		throw Object.assign(new Error(json?.error?.message ?? `${status} ${text}`), {
			status,
			code: json?.error?.code,
			data: json?.error?.data,
		});
	};
	const tool = (name, args, more) =>
		result('tools/call', { name, ...(args ? { arguments: args } : {}) }, more);
	const data = async (name, args, more) => {
		const res = await tool(name, args, more);
		if (res.isError) throw new Error(`${name}: ${res.content[0].text}`);
		return res.structuredContent;
	};
	return { version, request, result, tool, data };
}

// ---- schemas ----

const SCHEMAS = path.join(ROOT, '../shared/mcp-schema');
export const schemasMissing = existsSync(SCHEMAS)
	? false
	: 'the folder shared/mcp-schema is missing beside the project: answers are not validated';

const RESULTS = {
	initialize: 'InitializeResult',
	'server/discover': 'DiscoverResult',
	ping: 'EmptyResult',
	'logging/setLevel': 'EmptyResult',
	'tools/list': 'ListToolsResult',
	'tools/call': 'CallToolResult',
	'resources/list': 'ListResourcesResult',
	'resources/templates/list': 'ListResourceTemplatesResult',
	'resources/read': 'ReadResourceResult',
	'prompts/list': 'ListPromptsResult',
	'prompts/get': 'GetPromptResult',
	'completion/complete': 'CompleteResult',
};

const compiled = new Map();

async function compiler(version) {
	const file = JSON.parse(readFileSync(path.join(SCHEMAS, `${version}.json`), 'utf8'));
	const legacy = 'definitions' in file;
	const { default: Ajv } = await import(legacy ? 'ajv' : 'ajv/dist/2020.js');
	const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
	ajv.addSchema(file, version);
	return (name) => ajv.getSchema(`${version}#/${legacy ? 'definitions' : '$defs'}/${name}`);
}

if (!schemasMissing)
	for (const version of [...LEGACY, MODERN]) compiled.set(version, await compiler(version));

function check(version, name, value) {
	const valid = compiled.get(version)(name);
	if (!valid(value))
		throw new Error(
			`no ${name} of ${version}: ${JSON.stringify(valid.errors.slice(0, 5))}: ${JSON.stringify(value).slice(0, 500)}`,
		);
}

// An answer must be what its version's schema says.  Before 2025-11-25 errors had to have an id, which
// a message that could not be read does not give.
export function validate(version, method, message, id) {
	if (schemasMissing || !compiled.has(version)) return;
	if (message.id !== id)
		throw new Error(`id ${JSON.stringify(message.id)} came back for ${JSON.stringify(id)}`);
	check(version, 'JSONRPCMessage', message);
	if (!message.result) return;
	const asks = message.result.resultType === 'input_required';
	if (RESULTS[method]) check(version, asks ? 'InputRequiredResult' : RESULTS[method], message.result);
}
