// What the documents say is so: commands run, keys exist, files are there.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { instance, ROOT } from './lib.mjs';
import { COFFER, COFFER_FCGI, must, put, run, temporary } from './stage.mjs';

const read = (...names) => readFileSync(path.join(ROOT, ...names), 'utf8');

// Rows of include/conf.def: [section, key, type, default, text].
const rows = () =>
	[...read('include/conf.def').matchAll(/^CONF\((\w+), (\w+), (\w+), \w+, "(.*?)", "(.*)"\)$/gm)].map(
		([, ...row]) => row,
	);

const manual = async (name) => {
	const source =
		name === 'coffer.conf.5'
			? await must('sh', ['deploy/conf-manual', 'include/conf.def', 'deploy/coffer.conf.5.in'], { cwd: ROOT })
			: read('deploy', name);
	// as a reader sees it, without line breaks and hyphenation
	return source
		.replace(/\\f.|\\-/g, (m) => (m === '\\-' ? '-' : ''))
		.replace(/^\.(BR|TP|B|I|IR|RB|RI|BI|PP|TQ|SS|nf|fi)\b ?/gm, '')
		.replace(/["\n]/g, ' ')
		.replace(/ +/g, ' ');
};

test('coffer.conf(5) has every key of the configuration, with its default', async () => {
	const text = await manual('coffer.conf.5');
	assert.ok(rows().length > 30);
	for (const [section, key, , value, doc] of rows()) {
		assert.ok(text.includes(`[${section}]`), section);
		assert.match(text, new RegExp(`\\b${key} \\(`), key);
		assert.ok(text.includes(doc.replace(/\\"/g, '"').replaceAll('"', ' ').replace(/ +/g, ' ')), key);
		if (value) assert.ok(text.includes(`, ${value})`), `${key}: ${value}`);
	}
});

test('the sample configuration is one', async () => {
	const text = read('deploy/coffer.conf').replace(/^secret =.*/m, `secret = ${'x'.repeat(32)}`);
	const file = path.join(temporary(), 'coffer.conf');
	put(file, text);
	const good = await run(COFFER, ['--config', file, 'user', 'list'], {
		env: { ...process.env, COFFER_DATABASE_SOCKET: '/nonexistent' },
	});
	assert.match(good.stderr, /the database cannot be reached/, 'everything before that was well');
	// what stands in comments is known, too
	put(file, text.replace(/^; (\w+ =)/gm, '$1'));
	const all = await run(COFFER, ['--config', file, 'user', 'list']);
	assert.doesNotMatch(all.stderr, /unknown key/);
});

test('the manual pages have every command and every option', async () => {
	const coffer = await manual('coffer.1');
	const help = await must(COFFER, ['--help']);
	for (const [, name] of help.matchAll(/^ {2}([a-z]+) {2,}/gm)) {
		assert.ok(coffer.includes(` ${name} `), name);
		const usage = await must(COFFER, [name, '--help']);
		for (const [, action] of usage.matchAll(/^(?:usage:| {6}) coffer \w+ (\w+)/gm)) {
			if (!['user', 'key', 'workspace'].includes(name)) continue;
			assert.ok(coffer.includes(`${name} ${action} `), `${name} ${action}`);
			const more = await must(COFFER, [name, action, '--help']);
			for (const [, option] of more.matchAll(/^ {2}(--[a-z-]+)/gm))
				assert.ok(coffer.includes(option), `${name} ${action} ${option}`);
		}
		for (const [, option] of usage.matchAll(/^ {2}(--[a-z-]+)/gm))
			assert.ok(coffer.includes(option), `${name} ${option}`);
	}
	const fcgi = await manual('coffer-fcgi.8');
	for (const [option] of (await must(COFFER_FCGI, ['--help'])).matchAll(/--[a-z-]+/g))
		assert.ok(fcgi.includes(option), option);
});

test('links lead to files', () => {
	for (const [file, dir] of [['README.md', '.'], ['deploy/README.md', 'deploy']])
		for (const [, link] of read(file).matchAll(/\]\(([^)#]+)\)/g))
			if (!/^https?:/.test(link)) assert.ok(existsSync(path.join(ROOT, dir, link)), `${file}: ${link}`);
});

test('the tour of the source names files that are there', () => {
	const tour = read('README.md').split('## Tour of the source')[1];
	const folders = ['', 'app/http', 'app/rpc', 'app/data', 'app/policy', 'app/catalog'];
	for (const [, name] of tour.matchAll(/`([\w./]+\.[ch]|[\w./]+\.def|[\w/]+\.sh)`/g))
		assert.ok(folders.some((dir) => existsSync(path.join(ROOT, dir, name))), name);
});

test('the first conversation of the README, as it stands', async () => {
	const to = await instance();
	const text = read('README.md').split('## A first conversation')[1].split('\n## ')[0];
	// the indented blocks: the function, calls, and what comes back
	const blocks = text.split(/\n\n(?! {4})/).join('\n\n').match(/(?:^ {4}.*\n?)+/gm).map((block) => block.replace(/^ {4}/gm, ''));
	const setup = blocks[0].replace(/^KEY=.*/m, `KEY=${to.key}`).replaceAll('http://127.0.0.1:8080', to.url);
	const calls = blocks.flatMap((block) => block.split(/\n\n/)).filter((block) => /^call /.test(block));
	assert.equal(calls.length, 4);
	const answers = [];
	for (const call of calls) answers.push(JSON.parse(await must('sh', ['-c', `${setup}\n${call}`])).result);
	const [made, inserted, listed, mistaken] = answers;
	assert.equal(made.structuredContent.data.slug, 'books');
	assert.equal(inserted.structuredContent.data.title, 'The Mill on the Floss');
	assert.deepEqual(Object.keys(inserted.structuredContent.data), ['id', 'title', 'year', 'createdAt', 'updatedAt']);
	assert.deepEqual(listed.structuredContent, {
		data: [inserted.structuredContent.data], limit: 50, offset: 0, has_more: false,
	});
	assert.equal(mistaken.isError, true);
	const shown = mistaken.content[0].text.replaceAll('"', '\\"');
	assert.ok(text.includes(shown), `the README shows ${shown}`);
	await must('sh', ['-c', `${setup}\ncall schema.drop_collection '{"slug":"books"}'`]);
});
