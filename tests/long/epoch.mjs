// Rights are taken away on one worker while all the others are busy: what is asked after the answer
// to the change sees the change, on every worker.
import { sleep } from '../bench/stage.mjs';
import { Client, lanes, longTest, minutesFromNow, numbers } from './long.mjs';

const options = numbers('Revoking under load: no call sent after the answer has the old rights.', {
	minutes: 10,
	connections: 12,
	workers: 12,
});

const FIELDS = [
	{ name: 'a', type: 'text' },
	{ name: 'b', type: 'text' },
];
const row = { collection: 'secrets', data: { a: '1', b: '2' } };
const PERSON = 'reader@example.org';

// What the reader may see: a field, or nothing; next: while a change is under way, when both are
// right.
const world = { may: 'nothing', next: null, version: 0 };
const found = { calls: 0, changes: 0, keys: 0, wrong: [] };

function note(problem) {
	found.wrong.push(problem);
}

// What an answer shows: a, b, nothing, or something that was never granted.
function shown(answer) {
	if (answer.status === 401) return 'stranger';
	if (answer.refused?.startsWith('FORBIDDEN')) return 'nothing';
	const seen = answer.result?.data?.[0];
	if (!seen) return `unexpected: ${answer.status} ${answer.text.slice(0, 200)}`;
	const fields = ['a', 'b'].filter((name) => seen[name] !== undefined);
	return fields.length === 1 ? fields[0] : `never granted: ${fields}`;
}

async function look(client) {
	const before = { ...world };
	const answer = await client.call('collections.list', { collection: 'secrets', limit: 1 });
	const got = shown(answer);
	const allowed = new Set([before.may, before.next, world.may, world.next]);
	found.calls++;
	if (world.version - before.version > 1) return; // whole changes went by: anything was right
	if (!allowed.has(got)) note(`read: ${got} where ${[...allowed]} was right`);
}

// One change, seen as under way from before its request to after its answer.
async function change(may, work) {
	world.next = may;
	const result = await work();
	Object.assign(world, { may, next: null, version: world.version + 1 });
	found.changes++;
	return result;
}

async function grantAndRevoke(admin, roleId, field) {
	const args = { roleId, collection: 'secrets', action: 'read', fields: [field] };
	const { data } = await change(field, () => admin.must('permissions.grant', args));
	await change('nothing', () => admin.must('permissions.revoke', { id: data.id }));
}

// A key dies while it is used for reading and writing; what is sent later is refused.
async function revokeKey(stage, admin) {
	const key = stage.newKey('--name', 'short-lived');
	const [[id]] = stage.sql(`SELECT id FROM coffer_api_key WHERE prefix = '${key.slice(0, 12)}'`);
	const clients = Array.from({ length: 4 }, () => new Client(stage, key));
	let revoked = false;
	let written = 0;
	const use = async (client) => {
		for (;;) {
			const late = revoked;
			const answer = await client.call('collections.insert', row);
			if (late && answer.status !== 401) note(`a revoked key got ${answer.status}`);
			if (late) return;
			if (answer.refused) throw new Error(`a good key: ${answer.refused}`);
			written += answer.result ? 1 : 0;
		}
	};
	const revoke = async () => {
		while (written < 8) await sleep(5);
		await admin.must('apikeys.revoke', { id });
		revoked = true;
	};
	await Promise.all([...clients.map(use), revoke()]);
	found.keys++;
}

async function prepare(stage, admin) {
	await admin.must('schema.create_collection', { slug: 'secrets', fields: FIELDS });
	await admin.must('collections.insert', row);
	stage.cofferWith('a long enough password\n', 'user', 'add', PERSON, '--password-stdin');
	const [[userId]] = stage.sql(`SELECT id FROM coffer_user WHERE email = '${PERSON}'`);
	const role = await admin.must('roles.create', { name: 'reader' });
	await admin.must('roles.assign', { userId, roleId: role.data.id });
	const key = stage.coffer('key', 'create', '--user', PERSON, '--secret-only');
	return { roleId: role.data.id, key };
}

async function run(stage) {
	const admin = new Client(stage);
	const { roleId, key } = await prepare(stage, admin);
	const readers = Array.from({ length: options.connections }, () => new Client(stage, key));
	const until = minutesFromNow(options.minutes);

	await Promise.all([
		lanes(readers.length, until, (i) => look(readers[i])),
		lanes(1, until, async () => {
			await grantAndRevoke(admin, roleId, 'a');
			await grantAndRevoke(admin, roleId, 'b');
		}),
		lanes(1, until, () => revokeKey(stage, new Client(stage))),
	]);
	return {
		ok: found.wrong.length === 0 && found.changes > 10 && found.keys > 0,
		summary:
			`${found.calls} reads, ${found.changes} changes of rights, ${found.keys} keys revoked in use; ` +
			`${found.wrong.length} wrong${found.wrong.length ? `, such as: ${found.wrong[0]}` : ''}`,
	};
}

await longTest('epoch', { workers: options.workers }, run);
