// Long work tells how far it is, over SSE on the POST, and stops, rolled back, when a modern client goes
// away.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Beside, physical } from './evidence.mjs';
import { client, instance, LEGACY, META, MODERN, unique } from './lib.mjs';
import { sleep, until } from './stage.mjs';
import { collection, countRows, sql, workspace } from './world.mjs';

const ERAS = [LEGACY[0], LEGACY.at(-1), MODERN];
const SSE = 'application/json, text/event-stream';

let to;
let ws;
let slug;
const beside = [];

before(async () => {
	to = await instance();
	ws = await workspace(to);
	slug = await collection(ws, [
		{ name: 'no', type: 'integer' },
		{ name: 'code', type: 'text', unique: true },
	]);
});

after(() => Promise.all(beside.map((connection) => connection.end())));

const rowsOf = (count, stem = unique('r')) => Array.from({ length: count }, (_, no) => ({ no, code: `${stem} ${no}` }));

// Begin a tools/call; the answer's stream is read message by message.
async function begin(version, tool, args, { token, accept = SSE, headers = {}, meta = {} } = {}) {
	const modern = version === MODERN;
	const _meta = {
		...(token === undefined ? {} : { progressToken: token }),
		...(modern ? { [`${META}protocolVersion`]: version, [`${META}clientCapabilities`]: {} } : {}),
		...meta,
	};
	const abort = new AbortController();
	const res = await fetch(`${to.url}/mcp`, {
		method: 'POST',
		signal: abort.signal,
		headers: {
			authorization: `Bearer ${ws.admin.key}`,
			'content-type': 'application/json',
			'mcp-protocol-version': version,
			...(accept ? { accept } : {}),
			...(modern ? { 'mcp-method': 'tools/call', 'mcp-name': tool } : {}),
			...headers,
		},
		body: JSON.stringify({
			jsonrpc: '2.0',
			id: 7,
			method: 'tools/call',
			params: { name: tool, arguments: args, _meta },
		}),
	});
	return { res, abort, messages: messages(res) };
}

// The messages of an event stream as they come; lines that are not of this kind are a fault.
async function* messages(res) {
	const decoder = new TextDecoder();
	let text = '';
	for await (const part of res.body) {
		text += decoder.decode(part, { stream: true });
		for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
			const lines = text.slice(0, end).split('\n');
			text = text.slice(end + 2);
			for (const line of lines)
				assert.match(line, /^(event: message|data: |:)/, 'no id and no retry, which invite to resume');
			const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
			if (data.length > 0) yield JSON.parse(data.join('\n'));
		}
	}
	assert.equal(text, '', 'the stream ends with a whole message');
}

const gather = async (stream) => {
	const found = [];
	for await (const message of stream) found.push(message);
	return found;
};

const isStream = (res) => res.headers.get('content-type').startsWith('text/event-stream');

function judgeProgress(notes, token, total) {
	assert.deepEqual(
		notes.map(({ params }) => params.progress),
		Array.from({ length: total / 1000 }, (_, i) => (i + 1) * 1000),
	);
	for (const note of notes) {
		assert.equal(note.jsonrpc, '2.0');
		assert.equal(note.method, 'notifications/progress');
		assert.equal('id' in note, false);
		assert.strictEqual(note.params.progressToken, token);
		assert.equal(note.params.total, total);
		assert.equal(typeof note.params.message, 'string');
	}
}

for (const version of ERAS) {
	test(`5,000 rows are reported per 1,000, then answered (${version})`, async () => {
		for (const token of version === MODERN ? [unique('token'), 42, 0, 'é "quoted"'] : [unique('token'), 1]) {
			const before = await countRows(ws, slug);
			const { res, messages: stream } = await begin(
				version,
				'collections.bulk_insert',
				{ collection: slug, rows: rowsOf(5000) },
				{ token },
			);
			assert.equal(res.status, 200);
			assert.ok(isStream(res));
			assert.match(res.headers.get('cache-control'), /no-cache/);
			assert.match(res.headers.get('cache-control'), /no-transform/);
			assert.equal(res.headers.get('x-accel-buffering'), 'no');
			assert.equal(res.headers.get('content-length'), null);
			const found = await gather(stream);
			const answer = found.pop();
			judgeProgress(found, token, 5000);
			assert.equal(answer.id, 7);
			assert.equal(answer.result.isError, false);
			assert.equal(answer.result.structuredContent.succeeded, 5000);
			assert.equal(answer.result.resultType, version === MODERN ? 'complete' : undefined);
			assert.equal(await countRows(ws, slug), before + 5000);
		}
	});

	test(`updates and rows that fail are reported alike (${version})`, async () => {
		const token = unique('token');
		const rows = rowsOf(3000);
		rows[1500] = { nonsense: 1 };
		const inserted = await begin(version, 'collections.bulk_insert', { collection: slug, rows }, { token });
		const found = await gather(inserted.messages);
		const { result } = found.pop();
		judgeProgress(found, token, 3000);
		assert.equal(result.isError, true);
		assert.equal(result.structuredContent.failed, 1);
		const updates = result.structuredContent.results
			.filter(({ ok }) => ok)
			.slice(0, 2000)
			.map(({ id }) => ({ id, data: { no: 0 } }));
		const updated = await begin(
			version,
			'collections.bulk_update',
			{ collection: slug, updates, atomic: true },
			{ token },
		);
		const later = await gather(updated.messages);
		assert.equal(later.pop().result.structuredContent.succeeded, 2000);
		judgeProgress(later, token, 2000);
	});

	test(`who does not ask, or cannot take it, gets one JSON object (${version})`, async () => {
		const call = (more) => begin(version, 'collections.bulk_insert', { collection: slug, rows: rowsOf(2000) }, more);
		for (const more of [
			{},
			{ token: 't', accept: 'application/json' },
			{ token: 't', accept: '*/*' },
			{ token: 't', accept: null },
			{ accept: SSE },
		]) {
			const { res } = await call(more);
			const note = JSON.stringify(more);
			assert.match(res.headers.get('content-type'), /^application\/json/, note);
			const { result, id } = await res.json();
			assert.equal(id, 7);
			assert.equal(result.structuredContent.succeeded, 2000, note);
		}
	});

	test(`what is short, or fails before it begins, is one JSON object (${version})`, async () => {
		const short = await begin(
			version,
			'collections.bulk_insert',
			{ collection: slug, rows: rowsOf(900) },
			{ token: 't' },
		);
		assert.equal(isStream(short.res), false);
		assert.equal((await short.res.json()).result.structuredContent.succeeded, 900);
		const read = await begin(version, 'collections.list', { collection: slug, limit: 1 }, { token: 't' });
		assert.equal(isStream(read.res), false);
		await read.res.json();
		const wrong = await begin(
			version,
			'collections.bulk_insert',
			{ collection: 'nowhere', rows: rowsOf(5000) },
			{ token: 't' },
		);
		assert.equal(isStream(wrong.res), false);
		assert.match((await wrong.res.json()).result.content[0].text, /^NOT_FOUND/);
		for (const token of [1.5, null, {}, ['t'], true]) {
			const { res } = await begin(
				version,
				'collections.bulk_insert',
				{ collection: slug, rows: rowsOf(2000) },
				{ token },
			);
			assert.equal(isStream(res), false);
			const { error, result } = await res.json();
			if (token === null) assert.ok(result ?? error);
			else assert.equal(error?.code, -32602, JSON.stringify(token));
		}
	});

	test(`a failure on the way ends the stream with what went wrong (${version})`, async () => {
		const token = unique('token');
		const before = await countRows(ws, slug);
		const rows = rowsOf(5000);
		rows[3500] = { nonsense: 1 };
		const { res, messages: stream } = await begin(
			version,
			'collections.bulk_insert',
			{ collection: slug, rows, atomic: true },
			{ token },
		);
		assert.ok(isStream(res));
		const found = await gather(stream);
		const { result } = found.pop();
		assert.deepEqual(
			found.map(({ params }) => params.progress),
			[1000, 2000, 3000],
		);
		assert.equal(result.isError, true);
		assert.match(result.content[0].text, /^VALIDATION: rows\[3500\]: .*nonsense.*nothing was written/);
		assert.equal(await countRows(ws, slug), before);
	});
}

test('a client that takes events alone gets the answer as one', async () => {
	for (const version of ERAS) {
		const { res, messages: stream } = await begin(
			version,
			'collections.list',
			{ collection: slug, limit: 1 },
			{ accept: 'text/event-stream' },
		);
		assert.ok(isStream(res));
		const found = await gather(stream);
		assert.equal(found.length, 1);
		assert.equal(found[0].result.structuredContent.data.length, 1);
	}
});

test('many at once are all served, whoever gets a stream', async () => {
	const before = await countRows(ws, slug);
	const calls = await Promise.all(
		Array.from({ length: 12 }, () =>
			begin(MODERN, 'collections.bulk_insert', { collection: slug, rows: rowsOf(1500) }, { token: 't' }),
		),
	);
	for (const { res, messages: stream } of calls) {
		const answer = isStream(res) ? (await gather(stream)).pop() : await res.json();
		assert.equal(answer.result.structuredContent.succeeded, 1500);
	}
	assert.equal(await countRows(ws, slug), before + 12 * 1500);
});

// ---- clients that leave ----

// A call of 10,000 rows that is held up at two places, until a connection beside it lets it go on.
async function heldUp(version, { atomic, meta } = {}) {
	const { table, columns } = await physical(ws, slug);
	const stem = unique('held');
	const gates = [];
	for (const no of [4500, 8500]) {
		const gate = new Beside(to);
		beside.push(gate);
		gates.push(gate);
		await gate.run(
			`START TRANSACTION; INSERT INTO ${table} (id, ${columns.code}, created_at, updated_at)` +
				` VALUES (UUID(), '${stem} ${no}', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`,
		);
	}
	const args = { collection: slug, rows: rowsOf(10_000, stem), atomic };
	const call = await begin(version, 'collections.bulk_insert', args, { token: 't', meta });
	const first = await call.messages.next();
	assert.equal(first.value.params.progress, 1000);
	return { ...call, stem, table, columns, pass: (i) => gates[i].run('ROLLBACK') };
}

const entry = async (action, since) =>
	(await ws.admin.do('activity.search', { action, since, limit: 1 })).data.find(
		({ tool }) => tool === 'collections.bulk_insert',
	);
const countOf = async ({ table, columns, stem }) =>
	Number((await sql(to, `SELECT COUNT(*) AS n FROM ${table} WHERE ${columns.code} LIKE '${stem} %'`))[0].n);

for (const atomic of [true, false])
	test(`a modern client that leaves takes its change with it (atomic: ${atomic})`, async () => {
		const since = new Date().toISOString();
		const key = unique('key');
		const call = await heldUp(MODERN, { atomic, meta: { 'coffer/idempotencyKey': key } });
		call.abort.abort();
		await call.messages.next().catch(() => {});
		await sleep(100);
		await call.pass(0);
		// The web server tells the worker with the next event that nobody reads.
		await sleep(1000);
		await call.pass(1);
		const logged = await until(() => entry('mcp.error', since), 'the log tells');
		assert.equal(logged.outcome, 'UNAVAILABLE');
		assert.match(logged.response.message, /client/);
		assert.match(logged.response.message, /undone/);
		assert.equal(await countOf(call), 0, 'nothing was written');
		assert.equal(await entry('item.create', since), undefined);

		// Nothing is held, and the same key may do it after all.
		const again = await begin(
			MODERN,
			'collections.bulk_insert',
			{ collection: slug, rows: rowsOf(10_000, call.stem), atomic },
			{ token: 't', meta: { 'coffer/idempotencyKey': key } },
		);
		assert.equal((await gather(again.messages)).pop().result.structuredContent.succeeded, 10_000);
		assert.equal(await countOf(call), 10_000);
	});

test('a legacy client that leaves has its change made', async () => {
	const since = new Date().toISOString();
	const call = await heldUp(LEGACY.at(-1), { atomic: true });
	call.abort.abort();
	await call.messages.next().catch(() => {});
	await sleep(100);
	await call.pass(0);
	await sleep(1000);
	await call.pass(1);
	const logged = await until(() => entry('item.create', since), 'the log tells');
	assert.equal(logged.outcome, 'ok');
	assert.equal(logged.payload.count, 10_000);
	assert.equal(await countOf(call), 10_000);
	assert.equal(await entry('mcp.error', since), undefined);
});

test('a client that leaves while there is no stream has its change made', async () => {
	const stem = unique('plain');
	const { table, columns } = await physical(ws, slug);
	const gate = new Beside(to);
	beside.push(gate);
	await gate.run(
		`START TRANSACTION; INSERT INTO ${table} (id, ${columns.code}, created_at, updated_at)` +
			` VALUES (UUID(), '${stem} 500', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`,
	);
	const abort = new AbortController();
	const call = client(to, { key: ws.admin.key });
	const body = JSON.stringify({
		jsonrpc: '2.0',
		id: 1,
		method: 'tools/call',
		params: { name: 'collections.bulk_insert', arguments: { collection: slug, rows: rowsOf(1000, stem) } },
	});
	const gone = fetch(`${to.url}/mcp`, {
		method: 'POST',
		signal: abort.signal,
		headers: { authorization: `Bearer ${ws.admin.key}`, 'content-type': 'application/json' },
		body,
	}).catch(() => 'gone');
	await sleep(300);
	abort.abort();
	assert.equal(await gone, 'gone');
	await gate.run('ROLLBACK');
	await until(async () => (await countOf({ table, columns, stem })) === 1000, 'the rows are there');
	assert.deepEqual(await call.result('ping'), {});
});
