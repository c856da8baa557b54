// Mixed load: the memory of every worker stays small and flat.
import { children, median, rss } from '../bench/stage.mjs';
import { Client, every, lanes, longTest, minutesFromNow, numbers } from './long.mjs';

const options = numbers('Mixed calls; every worker stays below 20 MB and does not grow.', {
	minutes: 60,
	connections: 8,
	workers: 8,
	sample: 10,
	rows: 5000,
});

const LIMIT_MB = 20;
// What a worker may grow from the second quarter of the time to the last.
const GROWTH_MB = 1;
const FIELDS = [
	{ name: 'title', type: 'text', required: true },
	{ name: 'topic', type: 'text', indexed: true },
	{ name: 'views', type: 'integer' },
	{ name: 'details', type: 'json' },
	{ name: 'related', type: 'relation', to: 'articles' },
];

const pick = (list) => list[Math.floor(Math.random() * list.length)];
const article = (i) => ({
	title: `Article ${i} ${'x'.repeat(i % 200)}`,
	topic: `t${i % 50}`,
	views: i,
	details: { numbers: [1, 2.5, -3e10], text: 'a "quoted" line\n', nested: { i } },
});

const on = (client, verb, args) =>
	client.must(`collections.${verb}`, { collection: 'articles', ...args });

async function insert(client) {
	const data = { ...article(client.turn), related: pick(client.ids) };
	client.own.push((await on(client, 'insert', { data })).data.id);
}

async function remove(client) {
	if (client.own.length) await on(client, 'delete', { id: client.own.pop() });
}

async function bulk(client) {
	const rows = Array.from({ length: 300 }, (_, i) => article(i));
	const answer = await on(client, 'bulk_insert', { rows });
	client.own.push(...answer.results.map((row) => row.id));
	while (client.own.length > 400) await remove(client);
}

const page = (client) => ({ filter: { topic: `t${client.turn % 50}` }, sort: '-views', limit: 25 });
const bad = (client, verb, args) =>
	client.call(`collections.${verb}`, { collection: 'articles', ...args });

// How many of a hundred calls, and what a client does; it knows some ids.
const MIX = [
	[35, (c) => on(c, 'read', { id: pick(c.ids) })],
	[20, (c) => on(c, 'list', page(c))],
	[5, (c) => on(c, 'list', { q: 'xxx', expand: 'related', limit: 50, meta: '*' })],
	[5, (c) => on(c, 'aggregate', { agg: 'count', groupBy: 'topic' })],
	[10, insert],
	[8, (c) => on(c, 'update', { id: pick(c.ids), data: { views: c.turn } })],
	[4, remove],
	[2, bulk],
	[4, (c) => c.must('schema.describe_collection', { collection: 'articles' })],
	[2, (c) => c.must('activity.search', { limit: 20 })],
	[3, (c) => bad(c, 'read', { id: 'no such id' })],
	[2, (c) => bad(c, 'list', { filter: { nothing: { _gt: [] } } })],
];
const DECK = MIX.flatMap(([share, what]) => Array(share).fill(what));

// The shape of the workspace changes now and then, so that snapshots come and go.
async function changeRights(client, roleId) {
	const grant = { roleId, collection: 'articles', action: 'read', condition: { views: { _gt: 5 } } };
	const { data } = await client.must('permissions.grant', grant);
	await client.must('permissions.revoke', { id: data.id });
}

function grew(samples) {
	const quarter = Math.floor(samples.length / 4);
	if (quarter === 0) return 0;
	return median(samples.slice(-quarter)) - median(samples.slice(quarter, 2 * quarter));
}

// Workers that lived throughout; without retiring all do.
function judge(samples) {
	const series = [...samples.values()];
	const peak = Math.max(...series.flat());
	const growth = Math.max(...series.map(grew));
	return { peak, growth, last: Math.max(...series.map((list) => list.at(-1))) };
}

async function prepare(admin) {
	await admin.must('schema.create_collection', { slug: 'articles', fields: FIELDS });
	const ids = [];
	for (let first = 0; first < options.rows; first += 1000) {
		const rows = Array.from({ length: Math.min(1000, options.rows - first) }, (_, i) => article(first + i));
		const answer = await admin.must('collections.bulk_insert', { collection: 'articles', rows });
		ids.push(...answer.results.map((row) => row.id));
	}
	const role = await admin.must('roles.create', { name: 'reader' });
	return { ids, roleId: role.data.id };
}

async function run(stage) {
	const admin = new Client(stage);
	const { ids, roleId } = await prepare(admin);
	const pool = stage.pid('pool');
	const samples = new Map(children(pool).map((pid) => [pid, []]));
	const clients = Array.from({ length: options.connections }, () =>
		Object.assign(new Client(stage), { ids, own: [], turn: 0 }),
	);
	const until = minutesFromNow(options.minutes);
	let calls = 0;

	await Promise.all([
		lanes(clients.length, until, async (i) => {
			const client = clients[i];
			client.turn++;
			await pick(DECK)(client);
			calls++;
		}),
		every(2000, until, () => changeRights(admin, roleId)),
		every(options.sample * 1000, until, () => {
			for (const [pid, list] of samples) list.push(rss(pid) / 1048576);
		}),
	]);
	const alive = children(pool).filter((pid) => samples.has(pid)).length;
	const { peak, growth, last } = judge(samples);
	return {
		ok: peak > 0 && peak < LIMIT_MB && growth < GROWTH_MB && alive === samples.size,
		summary:
			`${calls} calls in ${options.minutes} minutes, ${alive} of ${samples.size} workers lived throughout; ` +
			`RSS at most ${peak.toFixed(1)} MB, at the end ${last.toFixed(1)} MB, growth ${growth.toFixed(2)} MB`,
	};
}

await longTest('mixed', { workers: options.workers, set: ['server.max_requests=1000000000'] }, run);
