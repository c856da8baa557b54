// The stage of the benchmark and of the long tests: a coffer of its own, started and stopped by
// deploy/quickstart, and what is needed to talk to it.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

// Where coffer and coffer-fcgi are built, as quickstart has it.
const BUILD =
	process.env.COFFER_BUILD ??
	(existsSync(path.join(ROOT, 'config.status')) ? ROOT : path.join(ROOT, 'build'));

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// As many workers as the pool starts by itself.
export const WORKERS = Math.max(16, 4 * cpus().length);

export function median(numbers) {
	const sorted = [...numbers].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function freePort() {
	return new Promise((resolve, reject) => {
		const server = net.createServer();
		server.on('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});
}

// ---- processes ----

// Stands where a process id may have been given to somebody else since.
export function comm(pid) {
	try {
		return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
	} catch {
		return '';
	}
}

export function children(pid) {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.filter((candidate) => statFields(candidate)?.[1] === String(pid));
}

// The fields of /proc/PID/stat from the third (state) on; undefined when it is gone.
function statFields(pid) {
	try {
		const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
		return text.slice(text.lastIndexOf(')') + 2).split(' ');
	} catch {
		return undefined;
	}
}

// CPU time in microseconds, user and system; of the children it has waited for with reaped.
export function cpuTime(pid, reaped = false) {
	const fields = statFields(pid);
	const first = reaped ? 13 : 11;
	return fields ? (Number(fields[first]) + Number(fields[first + 1])) * 10000 : 0;
}

export function rss(pid) {
	try {
		return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
	} catch {
		return 0;
	}
}

export const mb = (bytes) => Math.round((bytes / 1048576) * 10) / 10;

// ---- the instance ----

export class Stage {
	// set: lines of coffer.conf, such as ['server.max_requests=500']
	static async start({ dir, workers = WORKERS, set = [] } = {}) {
		const stage = new Stage();
		stage.own = !dir;
		stage.dir = dir ? path.resolve(dir) : mkdtempSync(path.join(tmpdir(), 'coffer-stage-'));
		stage.workers = workers;
		stage.port = await freePort();
		try {
			const settings = set.flatMap((line) => ['--set', line]);
			stage.quickstart(
				'--detach', '--port', String(stage.port), '--workers', String(workers), ...settings,
			);
			stage.read();
		} catch (error) {
			stage.stop();
			throw error;
		}
		return stage;
	}

	quickstart(...args) {
		try {
			execFileSync(
				path.join(ROOT, 'deploy/quickstart'),
				['--no-install', '--dir', this.dir, ...args],
				{ stdio: ['ignore', 'pipe', 'pipe'] },
			);
		} catch (error) {
			throw new Error(`quickstart: ${error.stderr || error.message}`);
		}
	}

	read() {
		const connection = JSON.parse(readFileSync(path.join(this.dir, 'connection.json'), 'utf8'));
		Object.assign(this, { url: connection.url, key: connection.key, email: connection.email });
		this.socket = path.join(this.dir, 'mariadb/mariadb.sock');
	}

	stop() {
		this.quickstart('--stop');
		if (this.own) rmSync(this.dir, { recursive: true, force: true });
	}

	pid(name) {
		return Number(readFileSync(path.join(this.dir, `${name}.pid`), 'utf8'));
	}

	mariadbd() {
		return this.pid('mariadb/mariadb');
	}

	poolWorkers() {
		return children(this.pid('pool'));
	}

	// The operator's command; answers what it printed.
	coffer(...args) {
		return this.cofferWith('', ...args);
	}

	cofferWith(input, ...args) {
		return execFileSync(path.join(BUILD, 'coffer'), args, {
			input,
			env: { ...process.env, COFFER_CONFIG: path.join(this.dir, 'coffer.conf') },
			encoding: 'utf8',
		}).trim();
	}

	newKey(...args) {
		return this.coffer('key', 'create', '--user', this.email, '--secret-only', ...args);
	}

	// Rows of a statement run by the database's own root, as arrays of text.
	sql(statement) {
		const text = execFileSync(
			'mariadb',
			['--no-defaults', '--user=root', `--socket=${this.socket}`, '-BN', 'coffer'],
			{ input: statement, encoding: 'utf8', maxBuffer: 1 << 30 },
		);
		return text.split('\n').filter(Boolean).map((line) => line.split('\t'));
	}

	// One key of coffer.conf.
	configured(name) {
		const text = readFileSync(path.join(this.dir, 'coffer.conf'), 'utf8');
		return new RegExp(`^${name} = (.*)$`, 'm').exec(text)?.[1] ?? '';
	}

	// A server beside the instance that ends with it.
	run(program, args, env = {}) {
		return spawn(program, args, {
			env: { ...process.env, ...env },
			stdio: ['ignore', 'inherit', 'inherit'],
		});
	}
}

// ---- calls ----

// {status, text}; an error of the connection rejects.
export function post(url, key, body, { agent, timeout = 120000 } = {}) {
	return new Promise((resolve, reject) => {
		const request = http.request(
			url,
			{
				method: 'POST',
				agent,
				timeout,
				headers: {
					authorization: `Bearer ${key}`,
					'content-type': 'application/json',
					accept: 'application/json, text/event-stream',
					'content-length': Buffer.byteLength(body),
				},
			},
			(response) => {
				const chunks = [];
				response.on('data', (chunk) => chunks.push(chunk));
				response.on('error', reject);
				response.on('end', () =>
					resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() }),
				);
			},
		);
		request.on('timeout', () => request.destroy(new Error('no answer in time')));
		request.on('error', reject);
		request.end(body);
	});
}

export const toolCall = (name, args) =>
	JSON.stringify({
		jsonrpc: '2.0',
		id: 1,
		method: 'tools/call',
		params: { name, arguments: args },
	});

// The structured answer of a tool that must succeed.
export async function call(stage, name, args, { key = stage.key, agent } = {}) {
	const answer = await post(`${stage.url}/mcp`, key, toolCall(name, args), { agent });
	const result = answer.status === 200 ? JSON.parse(answer.text).result : undefined;
	if (!result || result.isError)
		throw new Error(`${name}: ${answer.status} ${answer.text.slice(0, 500)}`);
	return result.structuredContent;
}

// Run work(i) for i in [0, n), so many at a time.
export async function inParallel(n, width, work) {
	let next = 0;
	const lane = async () => {
		while (next < n) await work(next++);
	};
	await Promise.all(Array.from({ length: Math.min(n, width) }, lane));
}
