// Programs, processes and users for the tests of everything around coffer: quickstart, web servers,
// the pool.
import { execFile, spawn } from 'node:child_process';
import {
	chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';

import { ROOT } from './lib.mjs';

// Where the programs are; deploy/check builds outside the source directory.
export const BUILD =
	process.env.COFFER_BUILD ??
	(existsSync(path.join(ROOT, 'config.status')) ? ROOT : path.join(ROOT, 'build'));
export const COFFER = path.join(BUILD, 'coffer');
export const COFFER_FCGI = path.join(BUILD, 'coffer-fcgi');

// What is to be undone when the tests of the file are over, last first.  Registered here, because inside
// a hook after() means the end of that hook.
const undo = [];
after(async () => {
	for (const step of undo.reverse()) await step();
});
export const atEnd = (step) => undo.push(step);

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Wait until check() answers something true, and answer that.
export async function until(check, what, ms = 15000) {
	const end = Date.now() + ms;
	for (;;) {
		const got = await check();
		if (got) return got;
		if (Date.now() > end) throw new Error(`too late: ${what}`);
		await sleep(20);
	}
}

// Run a program to its end: {status, stdout, stderr}.
export function run(program, args, { input = '', ...options } = {}) {
	return new Promise((resolve, reject) => {
		const child = execFile(
			program,
			args,
			{ maxBuffer: 1 << 26, ...options },
			(error, stdout, stderr) => {
				if (error && typeof error.code !== 'number' && !error.signal) reject(error);
				else resolve({ status: error ? (error.code ?? error.signal) : 0, stdout, stderr });
			},
		);
		child.stdin.on('error', () => {});
		child.stdin.end(input);
	});
}

// The same, and it must succeed.
export async function must(program, args, options) {
	const { status, stdout, stderr } = await run(program, args, options);
	if (status !== 0)
		throw new Error(`${path.basename(program)} ${args.join(' ')}: ${status}: ${stderr || stdout}`);
	return stdout.trim();
}

// Somebody without rights: nobody when the tests run as root, else whoever runs them.
const NOBODY = { uid: 65534, gid: 65534 };
const isRoot = process.getuid() === 0;
export const plainUser = isRoot ? NOBODY : {};

// A directory that goes away after the tests of the file.  plain: it belongs to plainUser.
export function temporary({ plain = false } = {}) {
	const dir = mkdtempSync(path.join(tmpdir(), 'coffer-'));
	if (plain) give(dir);
	atEnd(() => rmSync(dir, { recursive: true, force: true }));
	return dir;
}

export function give(file) {
	if (isRoot) chownSync(file, NOBODY.uid, NOBODY.gid);
}

// A file of plainUser's.
export function put(file, text, mode = 0o600) {
	writeFileSync(file, text);
	chmodSync(file, mode);
	give(file);
}

// Copies of the programs and of deploy/ that everybody may read, wherever the source tree lies.
export function installed() {
	const home = temporary();
	chmodSync(home, 0o755);
	cpSync(path.join(ROOT, 'deploy'), path.join(home, 'deploy'), {
		recursive: true,
		filter: (file) => !/\/(build-aux|m4)$/.test(file),
	});
	mkdirSync(path.join(home, 'build'));
	for (const file of [COFFER, COFFER_FCGI]) {
		const copy = path.join(home, 'build', path.basename(file));
		cpSync(file, copy);
		chmodSync(copy, 0o755);
	}
	return {
		deploy: (name) => path.join(home, 'deploy', name),
		coffer: path.join(home, 'build/coffer'),
		fcgi: path.join(home, 'build/coffer-fcgi'),
	};
}

// quickstart in dir, detached; stopped after the tests of the file.  Answers what connection.json says.
export async function quickstart({ program, dir, port, args = [], env = {}, ...options }) {
	const environment = { ...process.env, ...env };
	atEnd(() => run(program, ['--stop', '--dir', dir], { env: environment, ...options }));
	await must(
		program,
		['--detach', '--no-install', '--port', String(port), '--dir', dir, ...args],
		{ env: environment, ...options },
	);
	return { ...JSON.parse(readFileSync(path.join(dir, 'connection.json'), 'utf8')), dir };
}

export const pidOf = (file) => Number(readFileSync(file, 'utf8'));

export function isAlive(pid) {
	try {
		return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
	} catch {
		return false;
	}
}

export const childrenOf = (pid) =>
	readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);

// End a process of ours and wait for it.
export async function end(pid, signal = 'SIGTERM') {
	if (isAlive(pid)) process.kill(pid, signal);
	await until(() => !isAlive(pid), `end of ${pid}`);
}

// A pool of workers of its own on the socket, with a configuration file.
export async function pool({ fcgi = COFFER_FCGI, socket, config, workers = 4, env = {}, ...options }) {
	const child = spawn(
		fcgi,
		['--config', config, '--listen', socket, '--workers', String(workers)],
		{ stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env }, ...options },
	);
	const started = { child, pid: child.pid, stderr: '' };
	child.stderr.setEncoding('utf8');
	child.stderr.on('data', (text) => (started.stderr += text));
	started.exited = new Promise((resolve) => {
		child.on('exit', (code, signal) => resolve(code ?? signal));
	});
	atEnd(() => {
		if (isAlive(child.pid)) child.kill('SIGKILL');
	});
	await until(
		() => existsSync(socket) || child.exitCode !== null,
		`socket of the pool: ${started.stderr}`,
	);
	if (child.exitCode !== null) throw new Error(`the pool ended: ${started.stderr}`);
	return started;
}
