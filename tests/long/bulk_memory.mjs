// A call with 10,000 rows: what it takes, and that it is given back.
import { readFileSync, writeFileSync } from 'node:fs';
import { mb, rss, sleep } from '../bench/stage.mjs';
import { Client, longTest, numbers } from './long.mjs';

const options = numbers('The memory of one worker before, at the peak of and after a large call.', {
	rows: 10000,
	rounds: 5,
});

const LIMIT_MB = 20;
// What may stay of the first call: caches of the worker.
const KEPT_MB = 4;

const row = (i) => ({
	title: `Row ${i} of a large call`,
	body: 'Lorem ipsum dolor sit amet, consectetur adipiscing elit. '.repeat(4),
	views: i,
	price: i / 100,
	is_public: i % 2 === 0,
});

const FIELDS = [
	{ name: 'title', type: 'text', required: true },
	{ name: 'body', type: 'longtext' },
	{ name: 'views', type: 'integer', indexed: true },
	{ name: 'price', type: 'number' },
	{ name: 'is_public', type: 'boolean' },
];

// The kernel notes the largest RSS since it was last told to forget it.
const forgetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, '5');
const peak = (pid) => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;

async function run(stage) {
	const client = new Client(stage);
	const rows = Array.from({ length: options.rows }, (_, i) => row(i));
	const figures = [];

	await client.must('schema.create_collection', { slug: 'large', fields: FIELDS });
	for (let round = 0; round < options.rounds; round++) {
		const [worker] = stage.poolWorkers();
		await client.must('collections.list', { collection: 'large', limit: 1 });
		await sleep(200);
		const before = rss(worker);
		forgetPeak(worker);
		const answer = await client.must('collections.bulk_insert', { collection: 'large', rows });
		if (answer.succeeded !== options.rows) throw new Error(`${answer.failed} rows failed`);
		await sleep(200);
		figures.push({ worker, before, peak: peak(worker), after: rss(worker) });
	}
	const [{ before }] = figures;
	const after = Math.max(...figures.map((figure) => figure.after));
	const text = figures.map((f) => `${mb(f.before)}/${mb(f.peak)}/${mb(f.after)}`).join(' ');
	return {
		ok: after < LIMIT_MB * 1048576 && after - before < KEPT_MB * 1048576 &&
			new Set(figures.map((f) => f.worker)).size === 1,
		summary:
			`${options.rows} rows in a body of ${mb(JSON.stringify(rows).length)} MB; ` +
			`RSS before/peak/after in MB: ${text}`,
	};
}

await longTest('bulk_memory', { workers: 1 }, run);
