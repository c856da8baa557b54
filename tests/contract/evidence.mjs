// What tests of bad input, retries and interruptions share: bytes to the web server as they are, and
// what stands in the database afterwards.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import { client } from './lib.mjs';
import { sql } from './world.mjs';

// Send bytes (or latin-1 text) and read until the server closes.  end: close our half after sending.
// The answer is {status, headers, text, json}, or {status: 0} when none came in time.
export function raw(to, bytes, { end = false, wait = 5000 } = {}) {
	const { hostname, port } = new URL(to.url);
	return new Promise((resolve) => {
		const socket = net.connect(Number(port), hostname);
		const parts = [];
		socket.setTimeout(wait, () => socket.destroy());
		socket.on('data', (part) => parts.push(part));
		socket.on('error', () => {});
		socket.on('close', () => resolve(parse(Buffer.concat(parts).toString())));
		const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
		if (end) socket.end(data);
		else socket.write(data);
	});
}

function parse(text) {
	const [head, ...rest] = text.split('\r\n\r\n');
	const [first, ...lines] = head.split('\r\n');
	const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? 0);
	const headers = new Map(lines.map((line) => [line.split(':')[0].toLowerCase(), line]));
	const body = rest.join('\r\n\r\n');
	const json = /json/.test(headers.get('content-type')) ? JSON.parse(body) : undefined;
	return { status, headers, text: body, json };
}

// A POST as bytes.  lines are header lines as they are; Content-Length is added unless there is one.
export function message(route, lines, body = '', method = 'POST') {
	const content = Buffer.from(body);
	const head = [`${method} ${route} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: close', ...lines];
	if (!lines.some((line) => /^(content-length|transfer-encoding)/i.test(line)))
		head.push(`Content-Length: ${content.length}`);
	return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), content]);
}

const OWNED = ['collection', 'grant', 'role', 'user_role', 'member', 'api_key', 'setting', 'journal'];

// All that a workspace holds, as the database counts it: what configures it, rows of its collections,
// changes in the log, and shapes.  Equal before and after means that nothing was written.
export async function holdings(ws) {
	const mine = `workspace_id = '${ws.id}'`;
	const counts = OWNED.map((table) => `(SELECT COUNT(*) FROM coffer_${table} WHERE ${mine}) AS \`${table}\``);
	const tables = await sql(
		ws.to,
		`SELECT CONCAT('c_', w.no, '_', c.no) AS name FROM coffer_collection c` +
			` JOIN coffer_workspace w ON w.id = c.workspace_id WHERE c.workspace_id = '${ws.id}' AND c.adopted = 0`,
	);
	const rows = tables.map(({ name }) => `(SELECT COUNT(*) FROM ${name}) AS ${name}`);
	const [found] = await sql(
		ws.to,
		`SELECT ${[...counts, ...rows].join(', ')},` +
			` (SELECT COUNT(*) FROM coffer_field f JOIN coffer_collection c ON c.id = f.collection_id WHERE c.${mine}) AS fields,` +
			` (SELECT MAX(updated_at) FROM coffer_collection WHERE ${mine}) AS shaped,` +
			` (SELECT epoch FROM coffer_workspace WHERE id = '${ws.id}') AS epoch,` +
			` (SELECT COUNT(*) FROM coffer_activity WHERE ${mine} AND (outcome = 'ok' OR outcome = 'partial' AND action NOT LIKE 'mcp.%' AND action NOT LIKE 'request.%')) AS changes`,
	);
	return found;
}

// The table and the columns of a collection, by field name.
export async function physical(ws, slug) {
	const rows = await sql(
		ws.to,
		`SELECT CONCAT('c_', w.no, '_', c.no) AS tab, f.name, CONCAT('f_', f.no) AS col FROM coffer_collection c` +
			` JOIN coffer_workspace w ON w.id = c.workspace_id JOIN coffer_field f ON f.collection_id = c.id` +
			` WHERE c.workspace_id = '${ws.id}' AND c.slug = '${slug}'`,
	);
	return { table: rows[0].tab, columns: Object.fromEntries(rows.map(({ name, col }) => [name, col])) };
}

// A connection to the database beside the program's own, that can hold locks.  run() answers the rows
// of the statements, each a list of texts.
export class Beside {
	#child;
	#text = '';
	#wake;
	#marks = 0;

	constructor(to) {
		const conf = readFileSync(path.join(to.dir, 'coffer.conf'), 'utf8');
		const value = (name) => new RegExp(`^${name} = (.*)$`, 'm').exec(conf)[1];
		this.#child = spawn(
			'mariadb',
			['--no-defaults', `--socket=${value('socket')}`, `--user=${value('user')}`, '-nN', '--batch', value('name')],
			{ env: { ...process.env, MYSQL_PWD: value('password') }, stdio: ['pipe', 'pipe', 'pipe'] },
		);
		const take = (text) => {
			this.#text += text;
			this.#wake?.();
		};
		this.#child.stdout.setEncoding('utf8').on('data', take);
		this.#child.stderr.setEncoding('utf8').on('data', (text) => take(`!${text}`));
		this.#child.on('error', (error) => take(`!${error.message}\n`));
	}

	async run(statements) {
		const mark = `done ${this.#marks++}`;
		this.#child.stdin.write(`${statements};\nSELECT '${mark}';\n`);
		while (!this.#text.includes(`${mark}\n`)) {
			if (this.#text.includes('!')) throw new Error(`mariadb: ${this.#text}`);
			await new Promise((resolve) => (this.#wake = resolve));
		}
		const [answer] = this.#text.split(`${mark}\n`);
		this.#text = '';
		return answer
			.split('\n')
			.filter(Boolean)
			.map((line) => line.split('\t'));
	}

	end() {
		return new Promise((resolve) => {
			this.#child.on('close', resolve);
			this.#child.stdin.end();
		});
	}
}

// How many workers have died since the instance was started.
export function deaths(to) {
	const log = readFileSync(path.join(to.dir, 'coffer.log'), 'utf8');
	return (log.match(/worker \d+ ended with/g) ?? []).length;
}

// Every tool that is listed, with its schema.
export async function allTools(to) {
	const speaker = client(to);
	const tools = [];
	let cursor;
	do {
		const page = await speaker.result('tools/list', cursor ? { cursor } : {});
		tools.push(...page.tools);
		cursor = page.nextCursor;
	} while (cursor);
	return tools;
}

// A value that a property's schema takes.
export function sample(schema) {
	const type = [schema.type].flat()[0];
	if (schema.enum) return schema.enum[0];
	if (schema.format === 'uuid') return '0190a6e2-7c1b-7d3e-8f00-1234567890ab';
	if (schema.format === 'date-time') return '2030-01-01T00:00:00Z';
	if (schema.format === 'email') return 'somebody@example.org';
	if (type === 'integer' || type === 'number') return schema.minimum ?? 1;
	if (type === 'boolean') return false;
	if (type === 'array') return [];
	if (type === 'object') return {};
	return 'x'.repeat(schema.minLength ?? 1);
}

// The least arguments that a tool's schema takes.
export const samples = ({ inputSchema: { properties = {}, required = [] } }) =>
	Object.fromEntries(required.map((name) => [name, sample(properties[name])]));

// Do work(item) for all items, a few at a time.
export async function each(items, work, width = 6) {
	const left = [...items].entries();
	const run = async () => {
		for (const [i, item] of left) await work(item, i);
	};
	await Promise.all(Array.from({ length: width }, run));
}
