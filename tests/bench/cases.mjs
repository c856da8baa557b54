// What is measured: the data, the requests and their checks.
import assert from 'node:assert/strict';
import { call, inParallel, toolCall } from './stage.mjs';

const TOPIC_ROWS = 100;
const BULK_ROWS = 1000;
const LISTED_TOPICS = 10;
const TEN_TOOLS = [
	'schema.list_collections', 'schema.describe_collection', 'collections.list',
	'collections.read', 'collections.aggregate', 'collections.insert', 'collections.update',
	'collections.delete', 'collections.bulk_insert', 'collections.bulk_update',
];

const FIELDS = [
	{ name: 'title', type: 'text', required: true },
	{ name: 'body', type: 'longtext' },
	{ name: 'status', type: 'text', indexed: true },
	{ name: 'topic', type: 'text', indexed: true },
	{ name: 'views', type: 'integer' },
	{ name: 'price', type: 'number' },
	{ name: 'is_public', type: 'boolean' },
	{ name: 'published', type: 'timestamp' },
];

// The same row for the same number, whatever the size of the table.
const article = (i) => ({
	title: `Article number ${i} about things`,
	body: `Lorem ipsum ${i} `.repeat(10),
	status: ['draft', 'review', 'published'][i % 3],
	topic: `t${Math.floor(i / TOPIC_ROWS)}`,
	views: (i * 7919) % 10007,
	price: (i % 1000) / 8,
	is_public: i % 2 === 1,
	published: new Date(Date.UTC(2026, 1, 1) + (i % 100000) * 60000).toISOString(),
});

// What limit_insert.c writes, too.
const NOTE = {
	title: 'A note of the benchmark',
	body:
		'Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut ' +
		'labore et dolore magna aliqua, quis nostrud exercitation.',
	status: 'published',
	topic: 't7',
	views: 42,
	price: 19.5,
	is_public: true,
	published: '2026-02-03T04:05:06.000Z',
};

// Of many rows those differ that are indexed.
const note = (i) => ({
	...NOTE,
	status: ['draft', 'review', 'published'][i % 3],
	topic: `t${i % 100}`,
	views: (i * 7919) % 10007,
});

export async function createCollections(stage) {
	const { collections } = await call(stage, 'schema.list_collections', {});
	for (const slug of ['articles', 'notes'])
		if (!collections.some((collection) => collection.slug === slug))
			await call(stage, 'schema.create_collection', {
				slug,
				fields: FIELDS,
				indexes: [{ fields: ['topic', 'views'] }],
			});
}

// Have rows 0..n-1 in articles.
export async function fill(stage, n, told) {
	const { meta } = await call(stage, 'collections.list', {
		collection: 'articles',
		limit: 1,
		meta: 'total_count',
	});
	const chunks = Math.ceil((n - meta.total_count) / BULK_ROWS);
	let done = 0;
	await inParallel(chunks, 4, async (chunk) => {
		const first = meta.total_count + chunk * BULK_ROWS;
		const rows = Array.from({ length: Math.min(BULK_ROWS, n - first) }, (_, i) => article(first + i));
		await call(stage, 'collections.bulk_insert', { collection: 'articles', rows });
		told(++done, chunks);
	});
	if (chunks > 0) stage.sql('ANALYZE TABLE ' + physicalTable(stage, 'articles'));
}

export function physicalTable(stage, slug) {
	const [[workspace, collection]] = stage.sql(
		`SELECT w.no, c.no FROM coffer_workspace w JOIN coffer_collection c ON c.workspace_id = w.id
		WHERE w.slug = 'default' AND c.slug = '${slug}'`,
	);
	return `c_${workspace}_${collection}`;
}

const listArgs = (topic, limit, fields) => ({
	collection: 'articles',
	filter: { topic },
	sort: '-views',
	limit,
	...(fields ? { fields } : {}),
});

async function articleIds(stage) {
	const ids = [];
	for (let topic = 0; topic < LISTED_TOPICS; topic++) {
		const page = await call(stage, 'collections.list', listArgs(`t${topic}`, TOPIC_ROWS, 'id'));
		ids.push(...page.data.map((row) => row.id));
	}
	return ids;
}

// name; mode and kind of the limit; target at 8 connections; key; bodies; check; seconds that one
// measurement takes at least.
export async function makeCases(stage) {
	const ids = await articleIds(stage);
	const tenKey = stage.newKey('--name', 'ten tools', '--tools', TEN_TOOLS.join(','));
	const structured = (answer) => {
		assert.equal(answer.result.isError, false);
		return answer.result.structuredContent;
	};
	return [
		{
			name: 'tools/list', mode: 'who', kind: 'tools', target: 0.8, key: tenKey,
			bodies: [JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })],
			check: (answer) =>
				assert.deepEqual(answer.result.tools.map((tool) => tool.name).sort(), [...TEN_TOOLS].sort()),
		},
		{
			name: 'read', mode: 'db', kind: 'read', target: 0.8, key: stage.key,
			bodies: ids.map((id) => toolCall('collections.read', { collection: 'articles', id })),
			check: (answer, i) => assert.equal(structured(answer).data.id, ids[i]),
		},
		{
			name: 'list', mode: 'db', kind: 'list', target: 0.8, key: stage.key,
			bodies: Array.from({ length: LISTED_TOPICS }, (_, i) =>
				toolCall('collections.list', listArgs(`t${i}`, 25)),
			),
			check: (answer, i) => {
				const rows = structured(answer).data;
				assert.equal(rows.length, 25);
				rows.forEach((row, n) => {
					assert.equal(row.topic, `t${i}`);
					assert.ok(n === 0 || rows[n - 1].views >= row.views);
				});
			},
		},
		{
			name: 'insert', mode: 'db', kind: 'insert', target: 0.7, key: stage.key, writes: true,
			bodies: [toolCall('collections.insert', { collection: 'notes', data: NOTE })],
			check: (answer) => assert.equal(structured(answer).data.body, NOTE.body),
		},
		{
			name: 'bulk_insert', mode: 'db', kind: 'bulk', target: 0.5, key: stage.key, writes: true,
			seconds: 5,
			bodies: [
				toolCall('collections.bulk_insert', {
					collection: 'notes',
					rows: Array.from({ length: BULK_ROWS }, (_, i) => note(i)),
				}),
			],
			check: (answer) => assert.equal(structured(answer).succeeded, BULK_ROWS),
		},
	];
}
