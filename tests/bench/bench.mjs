// Measures coffer beside its limits, in turn, so that noise hits both; see usage.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createCollections, fill, makeCases, physicalTable } from './cases.mjs';
import { children, comm, cpuTime, mb, median, post, ROOT, rss, sleep, Stage, WORKERS } from './stage.mjs';

const USAGE = `usage: tests/bench/run [options]

Starts MariaDB, coffer's pool, a pool of bare C responders (the limits) and one lighttpd before both,
and measures each case beside its limit:
  limit-who   the "who" statement, then a fixed answer of the same size
  limit-db    "who" and the same data statements with hard-coded SQL; writes with their activity row
  limit-fcgi  a fixed answer without a database, for orientation
ratio is the median over the rounds of coffer's requests per second by the limit's right beside it;
"of CPU" is the same of the processor time of one request, all processes together, which other load on
the machine disturbs less.

  --case A,B          tools/list, read, list, insert, bulk_insert (all)
  --connections A,B   1,8,32
  --seconds N         of one measurement (2)
  --rounds N          measurements of each (5)
  --rows A,B          rows in the collection that is read: 1000, 100000, 1000000, ... (100000)
  --workers N         of each pool (${WORKERS} here)
  --dir DIR           keep the state in DIR and use it again
  --json              one line of JSON per case
  --help

Ends with 1 if a target at 8 connections was missed.
`;

const HERE = path.join(ROOT, 'tests/bench');
const { values: options } = parseArgs({
	options: {
		case: { type: 'string' },
		connections: { type: 'string', default: '1,8,32' },
		seconds: { type: 'string', default: '2' },
		rounds: { type: 'string', default: '5' },
		rows: { type: 'string', default: '100000' },
		workers: { type: 'string', default: String(WORKERS) },
		dir: { type: 'string' },
		json: { type: 'boolean', default: false },
		help: { type: 'boolean', default: false },
	},
});
const list = (text) => text.split(',').map(Number);
const say = (text) => process.stderr.write(`${text}\n`);

// ---- the limits ----

function buildLimit(stage) {
	const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'libmariadb', 'libcrypto'], {
		encoding: 'utf8',
	});
	const program = path.join(stage.dir, 'limit');
	const sources = ['limit.c', 'limit_text.c', 'limit_db.c', 'limit_insert.c'];
	execFileSync('cc', [
		'-std=gnu11', '-O2', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-o', program,
		...sources.map((name) => path.join(HERE, name)),
		...flags.trim().split(/\s+/), '-lfcgi',
	], { stdio: ['ignore', 'ignore', 'inherit'] });
	return program;
}

// What coffer answers to the first body of each case is what the limits send, or its size.
async function record(stage, cases) {
	const dir = path.join(stage.dir, 'answers');
	mkdirSync(dir, { recursive: true });
	for (const one of cases) {
		one.answer = (await post(`${stage.url}/mcp`, one.key, one.bodies[0])).text;
		writeFileSync(path.join(dir, one.kind), one.answer);
	}
	return dir;
}

// The instance's own lighttpd goes; one with both pools behind it takes its place and port.
async function shareServer(stage, limitSocket) {
	const file = path.join(stage.dir, 'coffer-web.conf');
	const entry = `"/limit/" => (("socket" => "${limitSocket}", "check-local" => "disable"))`;
	const text = readFileSync(file, 'utf8');
	const old = stage.pid('web');

	assert.ok(text.includes('fastcgi.server += ('), 'the configuration of lighttpd looks different');
	writeFileSync(file, text.replace('fastcgi.server += (', `fastcgi.server += (${entry}, `));
	process.kill(old, 'SIGINT');
	while (comm(old) === 'lighttpd') await sleep(50);
	const server = stage.run('lighttpd', ['-D', '-f', path.join(stage.dir, 'web.conf')]);
	writeFileSync(path.join(stage.dir, 'web.pid'), `${server.pid}\n`);
	for (let i = 0; i < 100; i++) {
		try {
			await post(`${stage.url}/limit/fcgi/tools`, stage.key, '{}');
			return;
		} catch {
			await sleep(50);
		}
	}
	throw new Error('lighttpd did not start again');
}

async function startLimits(stage, cases) {
	const socket = path.join(stage.dir, 'limit.sock');
	const limit = stage.run(
		buildLimit(stage),
		[socket, options.workers, await record(stage, cases), stage.socket, 'coffer', 'coffer'],
		{ LIMIT_PASSWORD: stage.configured('password') },
	);
	await sleep(300);
	await shareServer(stage, socket);
	return limit;
}

// ---- are the answers right? ----

async function verify(stage, one) {
	const step = Math.ceil(one.bodies.length / 10);
	for (let i = 0; i < one.bodies.length; i += step) {
		const ours = await post(`${stage.url}/mcp`, one.key, one.bodies[i]);
		assert.equal(ours.status, 200, ours.text);
		const answer = JSON.parse(ours.text);
		one.check(answer, i);
		const limit = await post(`${stage.url}${limitPath(one)}`, one.key, one.bodies[i]);
		assert.equal(limit.status, 200, `limit of ${one.name}`);
		compare(one, ours.text, limit.text);
	}
}

function compare(one, ours, limit) {
	assert.equal(limit.length, one.answer.length, `size of the limit's answer to ${one.name}`);
	if (one.kind !== 'read' && one.kind !== 'list') return;
	const rows = (data) => [data].flat();
	assert.deepEqual(
		rows(JSON.parse(limit).data),
		rows(JSON.parse(ours).result.structuredContent.data),
		`the limit's rows of ${one.name}`,
	);
}

const limitPath = (one, mode = one.mode) => `/limit/${mode}/${one.kind}`;

// ---- measuring ----

function wrk(stage, one, target, connections, seconds) {
	const bodies = path.join(stage.dir, 'bodies');
	writeFileSync(bodies, one.bodies.join('\n') + '\n');
	const args = [
		'-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s',
		'-s', path.join(HERE, 'load.lua'), stage.url + target,
	];
	const child = spawn('wrk', args, {
		env: { ...process.env, BENCH_KEY: one.key, BENCH_BODIES: bodies },
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	return new Promise((resolve, reject) => {
		let text = '';
		child.stdout.on('data', (chunk) => (text += chunk));
		child.on('error', reject);
		child.on('close', (code) => {
			const line = text.split('\n').find((candidate) => candidate.startsWith('{'));
			if (code !== 0 || !line) reject(new Error(`wrk ended with ${code}: ${text}`));
			else resolve(JSON.parse(line));
		});
	});
}

const total = (cpu) => sum(Object.values(cpu));
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

function processes(stage, workers) {
	return {
		mariadbd: cpuTime(stage.mariadbd()),
		lighttpd: cpuTime(stage.pid('web')),
		workers: sum(workers.map((pid) => cpuTime(pid))),
		wrk: cpuTime(process.pid, true),
	};
}

async function measure(stage, pools, one, target, connections, warm = true) {
	const workers = target === '/mcp' ? stage.poolWorkers() : children(pools.limit.pid);
	if (one.writes) stage.sql(`TRUNCATE TABLE ${pools.notes}`);
	const seconds = Math.max(Number(options.seconds), one.seconds ?? 1);
	if (warm) await wrk(stage, one, target, connections, 1);
	const before = processes(stage, workers);
	const got = await wrk(stage, one, target, connections, seconds);
	const after = processes(stage, workers);
	assert.ok(got.requests > 0, `${target}: no answer in ${seconds} seconds`);
	assert.equal(got.refused + got.broken, 0, `${target}: ${got.refused} refused, ${got.broken} broken`);
	return {
		rps: (got.requests / got.us) * 1e6,
		p50: got.p50_us / 1000,
		p99: got.p99_us / 1000,
		cpu: Object.fromEntries(
			Object.keys(after).map((name) => [name, (after[name] - before[name]) / got.requests]),
		),
		rss: Math.max(...workers.map(rss)),
	};
}

const middle = (runs, pick) => median(runs.map(pick));
const round = (number, digits = 0) => Number(number.toFixed(digits));
const cpuOf = (runs) =>
	Object.fromEntries(
		Object.keys(runs[0].cpu).map((name) => [name, round(middle(runs, (run) => run.cpu[name]), 1)]),
	);

async function measureCase(stage, pools, one, rows, connections) {
	const coffer = [];
	const limit = [];
	for (let i = 0; i < Number(options.rounds); i++) {
		const turns = [
			async () => coffer.push(await measure(stage, pools, one, '/mcp', connections, i === 0)),
			async () => limit.push(await measure(stage, pools, one, limitPath(one), connections, i === 0)),
		];
		if (i % 2) turns.reverse();
		for (const turn of turns) await turn();
	}
	const fcgi = await measure(stage, pools, one, limitPath(one, 'fcgi'), connections);
	return {
		case: one.name,
		rows,
		connections,
		rps: round(middle(coffer, (run) => run.rps)),
		p50_ms: round(middle(coffer, (run) => run.p50), 2),
		p99_ms: round(middle(coffer, (run) => run.p99), 2),
		limit: `limit-${one.mode}`,
		limit_rps: round(middle(limit, (run) => run.rps)),
		limit_p50_ms: round(middle(limit, (run) => run.p50), 2),
		limit_p99_ms: round(middle(limit, (run) => run.p99), 2),
		ratio: round(median(coffer.map((run, i) => run.rps / limit[i].rps)), 3),
		cpu_ratio: round(median(coffer.map((run, i) => total(limit[i].cpu) / total(run.cpu))), 3),
		target: connections === 8 ? one.target : null,
		fcgi_rps: round(fcgi.rps),
		cpu_us_per_request: cpuOf(coffer),
		limit_cpu_us_per_request: cpuOf(limit),
		answer_bytes: Buffer.byteLength(one.answer),
		rss_mb: mb(Math.max(...coffer.map((run) => run.rss))),
	};
}

// ---- what is shown ----

const COLUMNS = [
	['case', -12, (r) => r.case],
	['rows', 8, (r) => r.rows],
	['conns', 5, (r) => r.connections],
	['req/s', 7, (r) => r.rps],
	['p50 ms', 7, (r) => r.p50_ms],
	['p99 ms', 8, (r) => r.p99_ms],
	['limit', -10, (r) => r.limit],
	['req/s', 7, (r) => r.limit_rps],
	['p99 ms', 8, (r) => r.limit_p99_ms],
	['ratio', 6, (r) => r.ratio.toFixed(2)],
	['of CPU', 6, (r) => r.cpu_ratio.toFixed(2)],
	['target', 6, (r) => (r.target ? `${r.target}${r.ratio < r.target ? ' !' : ''}` : '')],
	['fcgi/s', 7, (r) => r.fcgi_rps],
	['us: db+web+worker', 20, (r) => cpuText(r.cpu_us_per_request)],
	['limit', 20, (r) => cpuText(r.limit_cpu_us_per_request)],
	['RSS MB', 6, (r) => r.rss_mb],
];

const cpuText = (cpu) => [cpu.mariadbd, cpu.lighttpd, cpu.workers].map((us) => round(us)).join('+');
const cell = (text, width) =>
	width < 0 ? String(text).padEnd(-width) : String(text).padStart(width);
const row = (pick) => COLUMNS.map((column) => cell(pick(column), column[1])).join(' ');

function show(result) {
	if (options.json) console.log(JSON.stringify(result));
	else console.log(row((column) => column[2](result)));
}

async function main() {
	const wanted = options.case?.split(',');
	let missed = 0;
	const stage = await Stage.start({ dir: options.dir, workers: Number(options.workers) });
	let limit;
	const stop = () => {
		limit?.kill();
		stage.stop();
	};
	process.on('SIGINT', () => {
		stop();
		process.exit(130);
	});
	try {
		await createCollections(stage);
		if (!options.json) console.log(row((column) => column[0]));
		for (const rows of list(options.rows)) {
			await fill(stage, rows, (done, of) => done % 100 || say(`loading: ${done} of ${of} thousand rows`));
			const all = await makeCases(stage);
			const cases = all.filter((one) => !wanted || wanted.includes(one.name));
			assert.ok(cases.length > 0, `there is no case ${options.case}`);
			await record(stage, all);
			limit ??= await startLimits(stage, all);
			const pools = { limit, notes: physicalTable(stage, 'notes') };
			for (const one of cases) {
				await verify(stage, one);
				for (const connections of list(options.connections)) {
					const result = await measureCase(stage, pools, one, rows, connections);
					missed += result.target !== null && result.ratio < result.target;
					show(result);
				}
			}
		}
	} finally {
		stop();
	}
	if (missed) say(`${missed} of the targets at 8 connections missed`);
	return missed ? 1 : 0;
}

if (options.help) process.stdout.write(USAGE);
else
	process.exitCode = await main().catch((error) => {
		say(`bench: ${error.message}`);
		return 2;
	});
