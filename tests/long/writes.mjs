// Writes while something is being killed: each one happens exactly once, whole or not at all.
import { sleep } from '../bench/stage.mjs';
import { Client, every, lanes, minutesFromNow } from './long.mjs';

const BULK = 50;
const FIELDS = [
	{ name: 'name', type: 'text', required: true, unique: true },
	{ name: 'round', type: 'integer' },
];

// One write with an idempotency key, repeated until it is answered.  A lane in three writes many
// rows at once.
async function write(client, lane, counts) {
	const mark = `${lane}-${client.turn++}`;
	const many = lane % 3 === 2;
	const name = many ? 'collections.bulk_insert' : 'collections.insert';
	const rows = Array.from({ length: BULK }, (_, i) => ({ name: `${mark}-${i}`, round: client.turn }));
	const args = many
		? { collection: 'things', rows, atomic: true }
		: { collection: 'things', data: { name: mark, round: client.turn } };
	for (;;) {
		const answer = await client
			.call(name, args, { idempotencyKey: mark, timeout: 30000 })
			.catch((error) => ({ text: error.message }));
		if (answer.result) return idsOf(answer.result, many);
		counts.repeated++;
		if (answer.refused && !/^(UNAVAILABLE|CONFLICT: the call with this)/.test(answer.refused))
			throw new Error(`${mark}: ${answer.refused}`);
		await sleep(100);
	}
}

const idsOf = (result, many) =>
	many ? result.results.map((row) => row.id ?? row.data.id) : [result.data.id];

// Ids that only one of the two lists has.
function difference(a, b) {
	const left = new Set(a);
	const right = new Set(b);
	return [...left].filter((id) => !right.has(id)).concat([...right].filter((id) => !left.has(id)));
}

// What stands in the table, what was acknowledged and what the activity log says must be the same.
function compare(stage, acknowledged) {
	const [[table]] = stage.sql(
		`SELECT CONCAT('c_', w.no, '_', c.no) FROM coffer_workspace w
		JOIN coffer_collection c ON c.workspace_id = w.id WHERE c.slug = 'things'`,
	);
	const stored = stage.sql(`SELECT id FROM ${table}`).map(([id]) => id);
	const activity = stage.sql(
		`SELECT item_id, payload FROM coffer_activity WHERE action = 'item.create' AND collection = 'things'`,
	);
	const logged = activity.flatMap(([id, payload]) => (id === 'NULL' ? JSON.parse(payload).ids : [id]));
	return {
		rows: stored.length,
		notStored: difference(acknowledged, stored).length,
		notLogged: difference(logged, stored).length,
		twice: logged.length - new Set(logged).size,
	};
}

// Run lanes of writes for some minutes and disturb() every so many seconds.
export async function writeAndDisturb(stage, { minutes, connections, seconds }, disturb) {
	const clients = Array.from({ length: connections }, () => Object.assign(new Client(stage), { turn: 0 }));
	const acknowledged = [];
	const counts = { repeated: 0, disturbed: 0, calls: 0 };
	const until = minutesFromNow(minutes);

	await clients[0].must('schema.create_collection', { slug: 'things', fields: FIELDS });
	await Promise.all([
		lanes(connections, until, async (lane) => {
			acknowledged.push(...(await write(clients[lane], lane, counts)));
			counts.calls++;
		}),
		every(seconds * 1000, until, async () => {
			await disturb();
			counts.disturbed++;
		}),
	]);
	const found = compare(stage, acknowledged);
	return {
		ok:
			counts.disturbed > 0 && found.rows > 0 &&
			found.notStored + found.notLogged + found.twice === 0,
		summary:
			`${counts.calls} calls wrote ${acknowledged.length} rows, killed ${counts.disturbed} times, ` +
			`${counts.repeated} calls repeated; ` +
			`${found.rows} rows stand, ${found.notStored} differ from the acknowledged ones, ` +
			`${found.notLogged} from the activity log, ${found.twice} written twice`,
	};
}
